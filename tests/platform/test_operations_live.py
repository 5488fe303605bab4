"""What an operator does by RPC, as devices and the message bus see it."""

from __future__ import annotations

import pytest
from volttron.utils.jsonrpc import RemoteError

from tests.platform.under_test import PlatformUnderTest, new_device

NS = 'xmlns="urn:ieee:std:2030.5:ns"'


def test_a_device_and_a_program_made_by_rpc_are_found_by_http(
    platform: PlatformUnderTest,
) -> None:
    device = new_device()
    with platform.bus(f"ieee2030_5/{device.sfdi}/") as bus:
        summary = platform.peer.agent.vip.rpc.call(
            "ieee2030_5", "register_device", **device.entry, groups=["live"]
        ).get(timeout=10)
        registered = bus.wait(what="the registration")
    assert registered.topic.endswith("/registration")
    assert registered.body["registered"] is True
    program = platform.peer.agent.vip.rpc.call(
        "ieee2030_5", "create_program", primacy=9, description="live test", groups=["live"]
    ).get(timeout=10)
    assert "live test" in platform.http("GET", f"{summary['href']}/derp").text
    platform.agent("remove_program", program["mRID"])
    assert "live test" not in platform.http("GET", f"{summary['href']}/derp").text
    platform.agent("remove_device", device.sfdi)
    assert platform.http("GET", summary["href"]).status_code == 404


def test_log_events_and_responses_are_told_on_the_bus(platform: PlatformUnderTest) -> None:
    device = platform.add_device()
    href = platform.href(device)
    alarm = (
        f"<LogEvent {NS}><createdDateTime>1780000000</createdDateTime><functionSet>11"
        "</functionSet><logEventCode>2</logEventCode><logEventID>1</logEventID>"
        "<logEventPEN>40732</logEventPEN><profileID>2</profileID></LogEvent>"
    )
    settings = (
        f"<DERSettings {NS}><setGradW>0</setGradW><setMaxChargeRateW><multiplier>0</multiplier>"
        "<value>5000</value></setMaxChargeRateW><setMaxW><multiplier>0</multiplier><value>5000"
        "</value></setMaxW><updatedTime>1780000000</updatedTime></DERSettings>"
    )
    assert platform.http("PUT", f"{href}/der/1/derg", settings).status_code == 201
    with platform.bus(f"ieee2030_5/{device.sfdi}/") as bus:
        assert platform.http("POST", f"{href}/lel", alarm).status_code == 201
        told = bus.wait(lambda message: message.topic.endswith("/log_event"), what="the alarm")
        assert told.body["logEventCode"] == 2
        platform.agent("set_point", device.sfdi, "b124_WChaMax", 1000)
        control = bus.wait(lambda message: message.topic.endswith("/control"), what="the control")
        answer = (
            f"<DERControlResponse {NS}><createdDateTime>1780000000</createdDateTime>"
            f"<endDeviceLFDI>{device.lfdi}</endDeviceLFDI><status>1</status>"
            f"<subject>{control.body['mRID']}</subject></DERControlResponse>"
        )
        text = platform.http("GET", f"{href}/derc").text
        reply_to = text.partition('replyTo="')[2].partition('"')[0]
        assert platform.http("POST", reply_to, answer).status_code == 201
        bus.wait(lambda message: message.topic.endswith("/response"), what="the response")
    answered = platform.agent("get_responses", control.body["mRID"])
    assert [one["status"] for one in answered[device.sfdi]["responses"]] == [1]


@pytest.mark.parametrize(
    ("method", "arguments", "named"),
    [
        ("remove_device", ["000000000019"], "000000000019"),
        ("set_poll_rate", ["Nonsense", 5], "Nonsense"),
        ("remove_program", ["zz"], "zz"),
        ("get_responses", ["AB"], "AB"),
    ],
)
def test_a_refusal_names_the_argument(
    platform: PlatformUnderTest, method: str, arguments: list[object], named: str
) -> None:
    with pytest.raises(RemoteError, match=named):
        platform.agent(method, *arguments)
