"""The agent on a real platform: its route, its configuration, its RPC."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from volttron.utils.jsonrpc import RemoteError

from tests.platform.under_test import AGENT, Device, PlatformUnderTest, new_device

SEP_XML = "application/sep+xml"


@pytest.fixture
def configured(platform: PlatformUnderTest) -> Iterator[PlatformUnderTest]:
    """The platform, with the agent's configuration as it was before the test."""
    before = dict(platform.agent_config)
    yield platform
    platform.agent_config = before
    platform.configure_agent()
    platform.until(lambda: health(platform)["status"] == "GOOD", "a healthy agent")


def health(platform: PlatformUnderTest) -> dict[str, Any]:
    return dict(platform.agent("health.get_status"))


def sfdis(platform: PlatformUnderTest) -> set[str]:
    return {device["sfdi"] for device in platform.agent("get_devices")}


# --- the route -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/dcap", 200),
        ("GET", "/dcap/edev?s=0&l=1", 200),
        ("GET", "/dcap/nothing/here", 404),
        ("GET", "/dcap/edev/4711", 404),
        ("GET", "/dcapx", 404),
        ("GET", "/", 302),
        ("GET", "/index.html", 200),
    ],
)
def test_the_route_takes_the_root_and_nothing_else(
    platform: PlatformUnderTest, method: str, path: str, status: int
) -> None:
    answer = platform.http(method, path)
    assert answer.status_code == status, answer.text
    ours = answer.headers.get("Content-Type") == SEP_XML
    assert ours is path.startswith(("/dcap/", "/dcap?")) or path == "/dcap"


@pytest.mark.parametrize("path", ["/dcap", "/dcap/edev", "/dcap/tm"])
def test_head_tells_the_length_of_get(platform: PlatformUnderTest, path: str) -> None:
    head = platform.http("HEAD", path)
    get = platform.http("GET", path)
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert int(head.headers["Content-Length"]) == len(get.content) > 0
    # A body after HEAD would be read as the next answer of the same connection.
    assert platform.http("GET", path).content.startswith(b"<")


def test_a_wrong_method_says_which_are_right(platform: PlatformUnderTest) -> None:
    answer = platform.http("DELETE", "/dcap")
    assert answer.status_code == 405
    assert {"GET", "HEAD"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("<x", SEP_XML, 400),
        ("", SEP_XML, 400),
        ('{"a": 1}', "application/json", 415),
        ("0", "application/json", 415),
        ("a=b", "application/x-www-form-urlencoded", 415),
        ("x" * 10_000_000, SEP_XML, 413),
    ],
    ids=["malformed", "empty", "JSON", "JSON number", "form", "10 MB"],
)
def test_bad_bodies(platform: PlatformUnderTest, body: str, content_type: str, status: int) -> None:
    device = Device(**{key: platform.agent_config["devices"][0][key] for key in ("sfdi", "lfdi")})
    path = f"{platform.href(device)}/der/1/ders"
    answer = platform.http("PUT", path, body, {"Content-Type": content_type})
    assert answer.status_code == status, answer.text
    assert b"<Error" in answer.content


# --- configuration -------------------------------------------------------------------------------


def test_a_device_is_added_changed_and_removed_live(configured: PlatformUnderTest) -> None:
    platform, device = configured, new_device()
    others = platform.agent_config["devices"]
    with platform.bus(f"ieee2030_5/{device.sfdi}/registration") as said:
        platform.configure_agent(devices=[*others, device.entry | {"pin_code": "111115"}])
        href = platform.href(device)
        assert b"<pIN>111115</pIN>" in platform.http("GET", f"{href}/reg").content
        platform.configure_agent(devices=[*others, device.entry | {"pin_code": "130178"}])
        platform.until(
            lambda: b"<pIN>130178</pIN>" in platform.http("GET", f"{href}/reg").content, "the PIN"
        )
        assert platform.href(device) == href
        platform.configure_agent(devices=others)
        assert platform.http("GET", href).status_code == 404
        last = said.wait(lambda message: message.body.get("registered") is False)
    assert [message.body["registered"] for message in said] == [True, True, False]
    assert last.sender == AGENT
    assert last.body["sFDI"] == device.sfdi
    assert "TimeStamp" in last.headers


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone: 'Mars/Olympus' is no time zone"),
        ({"time_zone": "UTC"}, "time_zone: unknown key (did you mean timezone?)"),
        ({"devices": [{"sfdi": "097935300834"}]}, "devices[0].sfdi: SFDI 097935300834"),
        ({"devices": [{"sfdi": 19}, {"sfdi": "19"}]}, "devices[1].sfdi: 000000000019 is already"),
    ],
    ids=["bad value", "unknown key", "check digit", "twice"],
)
def test_a_bad_configuration_is_refused(
    configured: PlatformUnderTest, change: dict[str, Any], problem: str
) -> None:
    platform = configured
    before = sfdis(platform)
    platform.store(AGENT, "config", {**platform.agent_config, **change})
    platform.until(lambda: health(platform)["status"] == "BAD", "a health that is BAD")
    assert problem in health(platform)["context"]
    assert problem in platform.agent("get_status")["problems"]["config"]
    assert sfdis(platform) == before
    assert platform.http("GET", "/dcap").status_code == 200


def test_a_configuration_that_is_no_json_is_refused(configured: PlatformUnderTest) -> None:
    platform = configured
    platform.rpc("platform.config_store", "set_config", AGENT, "config", "devices: []", "raw")
    platform.until(lambda: health(platform)["status"] == "BAD", "a health that is BAD")
    assert "config: an object with keys is expected" in health(platform)["context"]


def test_deleting_the_configuration_restores_that_of_the_installation(
    configured: PlatformUnderTest,
) -> None:
    configured.delete(AGENT, "config")
    configured.until(lambda: sfdis(configured) == set(), "no devices")
    assert health(configured)["status"] == "GOOD"


def test_the_root_moves_live(configured: PlatformUnderTest) -> None:
    platform = configured
    platform.configure_agent(root="/sep2/here")
    platform.until(lambda: platform.http("GET", "/sep2/here").status_code == 200, "the new root")
    platform.until(lambda: platform.http("GET", "/dcap").status_code == 404, "no old root")
    assert b'href="/sep2/here/edev"' in platform.http("GET", "/sep2/here").content
    platform.configure_agent(root=None)
    platform.until(lambda: platform.http("GET", "/dcap").status_code == 200, "the old root")


def test_a_registry_in_the_store_of_the_agent(configured: PlatformUnderTest) -> None:
    platform = configured
    device = platform.add_device()
    shipped = platform.agent("get_points", device.sfdi)
    title = "Volttron Point Name,Resource,Field\n"
    try:
        platform.store(AGENT, "ieee2030_5.csv", title + "state,DERStatus,genConnectStatus.value\n")
        platform.until(
            lambda: platform.agent("get_points", device.sfdi) == {"state": None}, "the point"
        )
        platform.store(AGENT, "ieee2030_5.csv", title + "state,DERStatus,nonsense\n")
        platform.until(lambda: health(platform)["status"] == "BAD", "a health that is BAD")
        assert "nonsense" in health(platform)["context"]
        assert platform.agent("get_points", device.sfdi) == {"state": None}
    finally:
        platform.delete(AGENT, "ieee2030_5.csv")
    platform.until(
        lambda: platform.agent("get_points", device.sfdi).keys() == shipped.keys(), "the points"
    )


# --- RPC -----------------------------------------------------------------------------------------

KNOWN = "097935300833"


@pytest.mark.parametrize("sfdi", [KNOWN, 97935300833, "97935300833", "097-935-300-833"])
def test_an_sfdi_in_any_spelling(platform: PlatformUnderTest, sfdi: str | int) -> None:
    assert platform.agent("get_points", sfdi).keys() == platform.agent("get_points", KNOWN).keys()


@pytest.mark.parametrize(
    ("method", "arguments", "text"),
    [
        ("get_point", ("000000000019", "b1_SN"), "000000000019"),
        ("get_point", (KNOWN, "b1_Nope"), "b1_Nope"),
        ("get_point", (KNOWN,), "missing a required argument: 'point_name'"),
        ("get_point", ("097935300834", "b1_SN"), "check digit"),
        ("get_points", ({"sfdi": 1},), "SFDI is dict"),
        ("set_point", (KNOWN, "b1_SN", 1), "b1_SN"),
        ("set_point", (KNOWN, "b124_WChaMax", float("nan")), "b124_WChaMax"),
        ("set_point", (KNOWN, "b124_WChaMax", "much"), "b124_WChaMax"),
        ("set_point", (KNOWN, "b124_WChaMax", [1]), "b124_WChaMax"),
        ("config_points", (KNOWN, [{"Volttron Point Name": "x"}]), "line 2 (x)"),
        ("config_points", (KNOWN, 7), "a list of rows is expected"),
        ("get_changes", (None, KNOWN), "a list of SFDIs is expected"),
        ("get_resource", (KNOWN, "Nonsense"), "Nonsense"),
        ("web_request", ({}, ""), "web_request is for platform.web, not for tester"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_call_is_answered_at_once_and_changes_nothing(
    platform: PlatformUnderTest, method: str, arguments: tuple[Any, ...], text: str
) -> None:
    before = platform.agent("get_points", KNOWN)
    with pytest.raises(RemoteError) as caught:
        platform.agent(method, *arguments, timeout=5)
    assert text in str(caught.value)
    assert platform.agent("get_points", KNOWN) == before


def test_mistakes_of_callers_fill_no_log(platform: PlatformUnderTest) -> None:
    already = len(platform.log())
    with pytest.raises(RemoteError):
        platform.agent("get_point", KNOWN, "b1_NotInTheLog")
    platform.until(lambda: "b1_NotInTheLog" in platform.log()[already:], "the line in the log")
    lines = [line for line in platform.log()[already:].splitlines() if "NotInTheLog" in line]
    assert all("ERROR" not in line for line in lines), lines


def test_every_answer_is_json_whatever_the_model_holds(platform: PlatformUnderTest) -> None:
    """An answer that is none would never come: the call would time out."""
    for method, arguments in (
        ("get_devices", ()),
        ("get_status", ()),
        ("get_changes", ()),
        ("get_points", (KNOWN,)),
        ("get_resource", (KNOWN, "EndDevice")),
    ):
        assert platform.agent(method, *arguments, timeout=5)
