"""Written points: limited by what the device reported, and in force as long as their control is."""

from __future__ import annotations

import pytest

from ieee2030_5_agent.model.errors import BadValue, BaseUnknown
from ieee2030_5_agent.model.points import PointMap
from ieee2030_5_agent.sep import models
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, Site
from tests.writing_site import WritingSite

POWER = {
    "Volttron Point Name": "power",
    "Point Name": "b124_WChaMax",
    "Units": "W",
    "Writable": "TRUE",
    "Resource": "DERControl",
    "Field": "DERControlBase.opModTargetW",
}


@pytest.fixture
def with_power(site: Site) -> Site:
    site.server.fleet.config_points(BATTERY, [POWER])
    site.put("/dcap/edev/0/der/1/derg", documents.DER_SETTINGS)
    return site


def test_more_than_the_device_reported_is_refused_and_changes_nothing(with_power: Site) -> None:
    fleet = with_power.server.fleet
    assert fleet.set_point(BATTERY, "power", 10_000) == 10_000
    with pytest.raises(BadValue, match="device 097935300833: opModTargetW 10001 is beyond"):
        fleet.set_point(BATTERY, "power", 10_001)
    assert fleet.get_point(BATTERY, "power") == 10_000


@pytest.mark.parametrize("read", ["get_point", "get_points", "get_changes"])
def test_a_reading_is_true_to_the_second(with_power: Site, read: str) -> None:
    fleet = with_power.server.fleet
    fleet.set_point(BATTERY, "power", 10_000)
    cursor = fleet.get_changes(None)["cursor"]
    with_power.clock.now += 86400
    found = {
        "get_point": lambda: fleet.get_point(BATTERY, "power"),
        "get_points": lambda: fleet.get_points(BATTERY)["power"],
        "get_changes": lambda: fleet.get_changes(cursor)["points"][BATTERY]["power"],
    }
    assert found[read]() is None


TITLES = ("Volttron Point Name", "Units", "Mapping", "Notes")
ENABLE = ("ena", "", "present=1;absent=0", "")


def ceiling(*rows: tuple[str, str, str, str]) -> list[dict[str, str]]:
    field = {"Resource": "DERControl", "Field": "DERControlBase.opModMaxLimW"}
    rest = {"Point Name": "", "Group": "g", "Writable": "TRUE", **field}
    return [{**dict(zip(TITLES, row, strict=True)), **rest} for row in rows]


def test_0_has_no_sign() -> None:
    device = WritingSite().device()
    device.set("b123_OutPFSet", -0.0)
    device.set("b123_OutPFSet_Ena", 1)
    device.set("b131_curve_Pt", [[0.0, -0.5], [-0.0, 0.0]])
    device.set("b131_ModEna", 1)
    read = [device.point("b123_OutPFSet"), *device.point("b131_curve_Pt")[1]]
    assert [str(value).lstrip("0.") for value in read] == ["", "", ""]


def test_a_rating_of_0_is_told_from_one_that_is_not_reported() -> None:
    site = WritingSite()
    device = site.device()
    nothing = models.ActivePower(multiplier=0, value=0)
    site.fleet.put_resource(device.device, ("DERSettings", 1), models.DERSettings(setMaxW=nothing))
    rate = models.ActivePower(multiplier=0, value=5000)
    site.fleet.put_resource(
        device.device, ("DERCapability", 1), models.DERCapability(rtgMaxChargeRateW=rate)
    )
    with pytest.raises(BaseUnknown, match=r"has no value: the device has reported 0"):
        device.set("b704_WSetPct", -20)
    assert device.set("b704_WSetPct", 20) == 20


COLUMNS = ("Volttron Point Name", "Resource", "Field", "Mapping", "Group", "Writable")
_DROOP = "DERControl|DERControlBase.opModFreqDroop"
DROOP = [
    f"dBOF|{_DROOP}.dBOF||d|TRUE",
    f"dBUF|{_DROOP}.dBUF||d|TRUE",
    f"kOF|{_DROOP}.kOF||d|TRUE",
    f"kUF|{_DROOP}.kUF||d|TRUE",
    f"openLoopTms|{_DROOP}.openLoopTms||d|TRUE",
    f"adopt|{_DROOP}|commit=request|d|TRUE",
    f"ena|{_DROOP}|present=1;absent=0|d|TRUE",
]
NEW_ROWS = {
    "the same row": (("lim", "%", "", ""), True),
    "another note": (("lim", "%", "", "the ceiling"), True),
    "another unit": (("lim", "W", "positive=DERSettings.setMaxW", ""), False),
    "another name": (("ceiling", "%", "", ""), False),
}


@pytest.mark.parametrize("case", NEW_ROWS)
def test_what_is_staged_counts_only_while_its_row_says_the_same(site: Site, case: str) -> None:
    row, counts = NEW_ROWS[case]
    fleet = site.server.fleet
    site.put("/dcap/edev/0/der/1/derg", documents.DER_SETTINGS)
    fleet.config_points(BATTERY, ceiling(("lim", "%", "", ""), ENABLE))
    fleet.set_point(BATTERY, "lim", 60)
    fleet.config_points(BATTERY, ceiling(row, ENABLE))
    if counts:
        fleet.set_point(BATTERY, "ena", 1)
        assert fleet.get_point(BATTERY, "lim") == 60
    else:
        with pytest.raises(BadValue, match="nothing is set that it could switch on"):
            fleet.set_point(BATTERY, "ena", 1)


def test_what_is_staged_counts_only_under_the_default_registry_that_it_had(site: Site) -> None:
    fleet = site.server.fleet
    fleet.set_default_points(PointMap.from_rows(ceiling(("lim", "%", "", ""), ENABLE)))
    fleet.set_point(BATTERY, "lim", 60)
    watts = ("lim", "W", "positive=DERSettings.setMaxW", "")
    fleet.set_default_points(PointMap.from_rows(ceiling(watts, ENABLE)))
    with pytest.raises(BadValue, match="nothing is set that it could switch on"):
        fleet.set_point(BATTERY, "ena", 1)


def test_what_is_adopted_counts_only_while_its_rows_say_the_same(site: Site) -> None:
    fleet = site.server.fleet
    rows = [dict(zip(COLUMNS, cells.split("|"), strict=True)) for cells in DROOP]
    fleet.config_points(BATTERY, rows)
    for name in ("dBOF", "dBUF", "kOF", "kUF", "openLoopTms", "adopt"):
        fleet.set_point(BATTERY, name, 1)
    fleet.config_points(BATTERY, rows)
    assert fleet.get_point(BATTERY, "adopt") == 1
    fleet.config_points(BATTERY, rows[1:])
    assert fleet.get_point(BATTERY, "adopt") is None
    with pytest.raises(BadValue, match="dBOF is not set"):
        fleet.set_point(BATTERY, "ena", 1)
