"""Who sees what: a device itself, an aggregator what it manages, a stranger how to register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ieee2030_5_agent.rest.messages import Client, Response
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, INVERTER, Site

BATTERY_LFDI = documents.LFDI
INVERTER_LFDI = "2990C58A59935A7D5838C952B1A453C967341A07"
AGGREGATOR_LFDI = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"
AGGREGATOR = "167261211391"
STRANGER_LFDI = "5E0561BF9E2A2826012D5F51F0A12FAEBCFA6854"

Ask = Callable[..., Response]


@pytest.fixture
def managed(make_site: Callable[..., Site], original_settings: dict[str, Any]) -> Site:
    """The aggregator manages the battery; the inverter stands alone. A program for each."""
    battery, inverter = original_settings["devices"]
    return make_site(
        access="certificate",
        aggregators=[{"lfdi": AGGREGATOR_LFDI, "pin_code": "123455"}],
        devices=[battery | {"aggregator": AGGREGATOR, "groups": ["north"]}, inverter],
        programs=[
            {"mRID": "A1", "primacy": 5, "groups": ["north"]},
            {"mRID": "A2", "primacy": 6, "devices": [INVERTER]},
        ],
        in_band_registration={"enabled": True},
    )


def as_client(site: Site, lfdi: str | None) -> Ask:
    def ask(method: str, path: str, body: str = "") -> Response:
        return site.ask(method, path, body and site.xml(body), client=Client(lfdi))

    return ask


def numbers(site: Site) -> dict[str, int]:
    return {device.sfdi: device.number for device in site.server.fleet.registry.listed}


def listed(site: Site, lfdi: str, path: str = "/dcap/edev") -> list[int]:
    model = site.get(path, client=Client(lfdi))
    assert model.all == model.results
    return [device.sFDI for device in model.EndDevice]


def test_a_device_finds_exactly_itself(managed: Site) -> None:
    assert listed(managed, BATTERY_LFDI) == [int(BATTERY)]
    assert listed(managed, INVERTER_LFDI) == [int(INVERTER)]


def test_an_aggregator_finds_itself_first_and_what_it_manages(managed: Site) -> None:
    assert listed(managed, AGGREGATOR_LFDI) == [int(AGGREGATOR), int(BATTERY)]
    page = managed.get("/dcap/edev?s=1&l=1", client=Client(AGGREGATOR_LFDI))
    assert [device.sFDI for device in page.EndDevice] == [int(BATTERY)]


def test_a_stranger_finds_an_empty_list(managed: Site) -> None:
    assert listed(managed, STRANGER_LFDI) == []
    capability = managed.get("/dcap", client=Client(STRANGER_LFDI))
    assert capability.EndDeviceListLink.all == 0
    assert capability.MirrorUsagePointListLink is None
    assert managed.get("/dcap/tm", client=Client(STRANGER_LFDI)).currentTime is not None


def test_without_a_certificate_nothing_is_told(managed: Site) -> None:
    for path in ("/dcap", "/dcap/tm", "/dcap/edev", "/dcap/edev/0"):
        assert managed.ask("GET", path).status == 403, path


OWN_PATHS = [
    ("GET", ""),
    ("GET", "/reg"),
    ("GET", "/der"),
    ("GET", "/fsa"),
    ("GET", "/derp"),
    ("GET", "/derc"),
    ("PUT", "/der/1/ders"),
    ("POST", "/der/1/ders"),
    ("PUT", "/di"),
    ("PUT", "/ps"),
    ("DELETE", ""),
    ("PUT", ""),
]
BODIES = {
    "/der/1/ders": documents.DER_STATUS,
    "/di": documents.DEVICE_INFORMATION,
    "/ps": documents.POWER_STATUS,
    "": "<EndDevice><sFDI>1</sFDI><changedTime>0</changedTime></EndDevice>",
}


@pytest.mark.parametrize(("method", "path"), OWN_PATHS, ids=lambda part: part or "-")
@pytest.mark.parametrize("lfdi", [INVERTER_LFDI, STRANGER_LFDI], ids=["another", "stranger"])
def test_another_devices_resources_do_not_exist(
    managed: Site, lfdi: str, method: str, path: str
) -> None:
    uri = f"/dcap/edev/{numbers(managed)[BATTERY]}{path}"
    body = BODIES.get(path, "") if method in ("PUT", "POST") else ""
    assert as_client(managed, lfdi)(method, uri, body).status == 404
    assert managed.point("b802_SoC") is None
    assert listed(managed, INVERTER_LFDI) == [int(INVERTER)]


def test_an_aggregator_may_speak_for_what_it_manages(managed: Site) -> None:
    ask = as_client(managed, AGGREGATOR_LFDI)
    uri = f"/dcap/edev/{numbers(managed)[BATTERY]}/der/1/ders"
    assert ask("PUT", uri, documents.DER_STATUS).status == 201
    assert managed.point("b802_SoC") == 93
    other = f"/dcap/edev/{numbers(managed)[INVERTER]}/der/1/ders"
    assert ask("PUT", other, documents.DER_STATUS).status == 404


def test_programs_are_seen_by_those_that_follow_them(managed: Site) -> None:
    programs = {p.mrid[-1]: p.number for p in managed.server.fleet.programs.all}
    seen = {
        lfdi: [
            as_client(managed, lfdi)("GET", f"/dcap/derp/{programs[mrid]}").status
            for mrid in (0xA1, 0xA2)
        ]
        for lfdi in (BATTERY_LFDI, AGGREGATOR_LFDI, INVERTER_LFDI, STRANGER_LFDI)
    }
    assert seen == {
        BATTERY_LFDI: [200, 404],
        AGGREGATOR_LFDI: [200, 404],
        INVERTER_LFDI: [404, 200],
        STRANGER_LFDI: [404, 404],
    }


def test_mirrors_are_seen_by_owner_and_manager(managed: Site) -> None:
    battery, inverter = (as_client(managed, lfdi) for lfdi in (BATTERY_LFDI, INVERTER_LFDI))
    assert battery("POST", "/dcap/mup", documents.mirror("AA")).status == 201
    assert inverter("POST", "/dcap/mup", documents.mirror("BB", lfdi=INVERTER_LFDI)).status == 201
    for lfdi, expected in {
        BATTERY_LFDI: [b"\xaa"],
        AGGREGATOR_LFDI: [b"\xaa"],
        INVERTER_LFDI: [b"\xbb"],
    }.items():
        mirrors = managed.get("/dcap/mup", client=Client(lfdi))
        assert (mirrors.all, [m.mRID for m in mirrors.MirrorUsagePoint]) == (1, expected)
    assert inverter("GET", "/dcap/mup/0").status == 404
    assert inverter("POST", "/dcap/mup/0", documents.reading("AB", 1)).status == 404
    assert inverter("DELETE", "/dcap/mup/0").status == 404
    assert as_client(managed, STRANGER_LFDI)("GET", "/dcap/mup").status == 404


def test_a_mirror_for_another_device_is_refused(managed: Site) -> None:
    inverter = as_client(managed, INVERTER_LFDI)
    assert inverter("POST", "/dcap/mup", documents.mirror("AA")).status == 403
    aggregator = as_client(managed, AGGREGATOR_LFDI)
    assert aggregator("POST", "/dcap/mup", documents.mirror("AA")).status == 201
    body = documents.mirror("AB", lfdi=INVERTER_LFDI)
    assert aggregator("POST", "/dcap/mup", body).status == 403


def test_a_withdrawn_client_is_refused_until_it_is_granted_again(managed: Site) -> None:
    battery = as_client(managed, BATTERY_LFDI)
    managed.server.fleet.set_access(BATTERY_LFDI, granted=False)
    for path in ("/dcap", "/dcap/edev", f"/dcap/edev/{numbers(managed)[BATTERY]}"):
        assert battery("GET", path).status == 403, path
    assert as_client(managed, INVERTER_LFDI)("GET", "/dcap/edev").status == 200
    managed.server.fleet.set_access(BATTERY_LFDI, granted=True)
    assert battery("GET", "/dcap/edev").status == 200


def test_a_disabled_device_reads_and_does_not_write(
    make_site: Callable[..., Site], original_settings: dict[str, Any]
) -> None:
    original_settings["devices"][0]["enabled"] = False
    site = make_site(devices=original_settings["devices"])
    assert site.get("/dcap/edev/0").enabled is False
    assert site.ask("PUT", "/dcap/edev/0/ps", site.xml(documents.POWER_STATUS)).status == 403
    assert site.ask("POST", "/dcap/mup", site.xml(documents.mirror())).status == 403


@pytest.mark.parametrize("disabled", [BATTERY_LFDI, AGGREGATOR_LFDI])
def test_nothing_is_written_for_or_by_a_disabled_device(managed: Site, disabled: str) -> None:
    battery = numbers(managed)[BATTERY]
    aggregator = as_client(managed, AGGREGATOR_LFDI)
    mirror = dict(aggregator("POST", "/dcap/mup", documents.mirror("AA")).headers)["Location"]
    aggregator("PUT", f"/dcap/edev/{battery}/der/1/derg", documents.DER_SETTINGS)
    managed.server.fleet.set_point(BATTERY, "b124_WChaMax", 2000)
    program = managed.server.fleet.device(BATTERY).program
    control = managed.get(f"/dcap/derp/{program}/actderc", client=Client(BATTERY_LFDI))
    event = control.DERControl[0]
    answer = aggregator("POST", event.replyTo, documents.response(event.mRID))
    device = managed.server.fleet.registry.by_lfdi(disabled)
    assert device is not None
    managed.server.fleet.update(replace(device.registration, enabled=False))
    writes = [
        ("POST", "/dcap/mup", documents.mirror("AB")),
        ("PUT", mirror, documents.mirror("AA")),
        ("POST", mirror, documents.reading("AD", 24)),
        ("DELETE", mirror, ""),
        ("POST", event.replyTo, documents.response(event.mRID, 2)),
        ("DELETE", dict(answer.headers)["Location"], ""),
        ("PUT", f"/dcap/edev/{battery}/ps", documents.POWER_STATUS),
    ]
    for method, path, body in writes:
        response = aggregator(method, path, body)
        assert response.status == 403, (method, path, response)
        assert b"is disabled" in response.body
    assert aggregator("GET", mirror).status == 200


@pytest.mark.parametrize("access", ["open", "certificate"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_a_forged_identity_is_refused_whoever_may_ask(
    make_site: Callable[..., Site], access: str, method: str
) -> None:
    site = make_site(access=access)
    response = site.ask(method, "/dcap/edev/0", client=Client(forged="a wrong secret"))
    assert response.status == 403
    assert b"a wrong secret" in response.body
    assert site.server.refusals.summary()["forged identity"]["count"] == 1


def test_an_identity_narrows_the_view_in_laboratory_mode_too(site: Site) -> None:
    assert listed(site, BATTERY_LFDI) == [int(BATTERY)]
    assert site.get("/dcap/edev").all == 2


def test_an_aggregator_itself_has_neither_programs_nor_ders(managed: Site) -> None:
    own = managed.get(f"/dcap/edev/{numbers(managed)[AGGREGATOR]}", client=Client(AGGREGATOR_LFDI))
    assert (own.DERListLink, own.FunctionSetAssignmentsListLink) == (None, None)
