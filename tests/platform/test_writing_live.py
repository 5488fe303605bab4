"""Writing on a real platform: driver -> agent -> what the device reads, and back onto the bus."""

from __future__ import annotations

import pytest
from volttron.utils.jsonrpc import RemoteError

from tests.platform.under_test import DRIVER, PlatformUnderTest
from tests.point_cases import REPOSITORY

CURVE = [[92, 44], [98, 0], [102, 0], [108, -44.5]]


def test_staged_points_reach_the_device_when_their_switch_is_on(
    platform: PlatformUnderTest,
) -> None:
    device = platform.add_device()
    text = (REPOSITORY / "config" / "points" / "pv.csv").read_text()
    platform.store(DRIVER, "pv.csv", text)
    topic = platform.add_to_driver(device, registry="config://pv.csv")
    controls = platform.href(device) + "/derc"

    def write(point: str, value: object) -> object:
        return platform.driver("set_point", topic, point, value)

    with platform.bus(f"devices/{topic}/multi") as bus:
        # The driver may still wait for an answer of the agent that a test before has killed.
        bus.wait(lambda message: True, what="a first poll")
        assert write("b704_WMaxLimPct", 60) == 60
        # What was set is what a read shows until a refresh that began later, and one may still be
        # going on: the registries of all devices after the agent was killed.
        platform.until(
            lambda: platform.driver("get_point", topic, "b704_WMaxLimPct") is None,
            "that what is staged commands nothing",
        )
        assert "<DERControl " not in platform.http("GET", controls).text
        assert write("b704_WMaxLimPctRvrtTms", 900) == 900
        assert write("b704_WMaxLimPctEna", 1) == 1
        text = platform.http("GET", controls).text
        assert "<opModMaxLimW>6000</opModMaxLimW>" in text
        assert "<duration>900</duration>" in text
        wanted = {"b704_WMaxLimPct": 60.0, "b704_WMaxLimPctEna": 1}
        bus.wait(lambda message: message.body[0].items() >= wanted.items(), what=f"{wanted}")

        write("b705_Crv_DeptRef", 1)
        assert write("b705_Crv_Pt", CURVE) == CURVE
        with pytest.raises(RemoteError, match="nothing is adopted yet"):
            write("b705_Ena", 1)
        write("b705_AdptCrvReq", 1)
        assert write("b705_Ena", 1) == 1
        shown = {"b705_Crv_Pt": CURVE, "b705_AdptCrvRslt": 1}
        message = bus.wait(lambda message: message.body[0].items() >= shown.items(), what="a curve")
        assert message.body[1]["b705_Crv_Pt"]["type"] == "list"
    text = platform.http("GET", controls).text
    link = text.partition('<opModVoltVar href="')[2].partition('"')[0]
    assert platform.http("GET", link).text.count("<CurveData>") == len(CURVE)

    for point in ("b705_Ena", "b704_WMaxLimPct"):
        platform.driver("revert_point", topic, point)
    assert platform.driver("get_point", topic, "b704_WMaxLimPctEna") == 0
    assert platform.driver("get_point", topic, "b705_Crv_Pt") is None
    assert "<currentStatus>1<" not in platform.http("GET", controls).text
