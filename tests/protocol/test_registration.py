"""Registration in band: who may register whom, and what is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.model.errors import DuplicateProgram
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Client
from ieee2030_5_agent.server import MAX_STRANGER_BODY
from ieee2030_5_agent.settings import Settings
from tests.protocol.conftest import BATTERY, START, Site
from tests.protocol.test_access import AGGREGATOR, AGGREGATOR_LFDI, BATTERY_LFDI, STRANGER_LFDI

STRANGER = 252385761218


def end_device(sfdi: int | str = STRANGER, lfdi: str | None = STRANGER_LFDI, more: str = "") -> str:
    named = f"<lFDI>{lfdi}</lFDI>" if lfdi else ""
    return f"<EndDevice>{named}<sFDI>{sfdi}</sFDI><changedTime>0</changedTime>{more}</EndDevice>"


@pytest.fixture
def open_site(make_site: Callable[..., Site]) -> Site:
    return make_site(
        in_band_registration={"enabled": True}, aggregators=[{"lfdi": AGGREGATOR_LFDI}]
    )


def post(site: Site, body: str, lfdi: str | None = STRANGER_LFDI) -> Any:
    return site.ask("POST", "/dcap/edev", site.xml(body), client=Client(lfdi))


def test_a_device_registers_itself_and_finds_all_it_needs(open_site: Site) -> None:
    response = post(open_site, end_device(more="<postRate>60</postRate>"))
    assert response.status == 201
    location = dict(response.headers)["Location"]
    device = open_site.get(location, client=Client(STRANGER_LFDI))
    assert (device.sFDI, device.changedTime, device.enabled) == (STRANGER, START, True)
    assert device.postRate == 60
    assert device.DERListLink.all == 1
    assert open_site.get("/dcap/edev", client=Client(STRANGER_LFDI)).all == 1
    der = open_site.get(device.DERListLink.href, client=Client(STRANGER_LFDI)).DER[0]
    assert None not in (der.DERCapabilityLink, der.DERSettingsLink, der.DERStatusLink)


def test_the_lfdi_comes_from_the_certificate_when_the_body_has_none(open_site: Site) -> None:
    response = post(open_site, end_device(lfdi=None))
    device = open_site.get(dict(response.headers)["Location"], client=Client(STRANGER_LFDI))
    assert device.lFDI.hex().upper() == STRANGER_LFDI


REFUSED = [
    ("an SFDI that is not that of the LFDI", end_device(19), STRANGER_LFDI, 400),
    ("an SFDI with a wrong check digit", end_device(STRANGER + 1), STRANGER_LFDI, 400),
    ("an LFDI that is not hexadecimal", end_device(lfdi="ZZ" * 20), STRANGER_LFDI, 400),
    ("no LFDI and no certificate", end_device(lfdi=None), None, 400),
    (
        "no SFDI, in an edition that is read laxly",
        f'<EndDevice xmlns="http://zigbee.org/sep"><lFDI>{STRANGER_LFDI}</lFDI></EndDevice>',
        STRANGER_LFDI,
        400,
    ),
    ("the LFDI of another certificate", end_device(), BATTERY_LFDI, 403),
    ("a device that is registered already", end_device(BATTERY, BATTERY_LFDI), BATTERY_LFDI, 409),
    ("an aggregator itself", end_device(AGGREGATOR, AGGREGATOR_LFDI), AGGREGATOR_LFDI, 403),
    ("an aggregator's device without LFDI", end_device(lfdi=None), AGGREGATOR_LFDI, 400),
]


@pytest.mark.parametrize(
    ("body", "client", "status"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refuses(open_site: Site, body: str, client: str | None, status: int) -> None:
    before = open_site.get("/dcap/edev").all
    assert post(open_site, body, client).status == status
    assert open_site.get("/dcap/edev").all == before


def test_an_aggregator_registers_what_it_manages(open_site: Site) -> None:
    assert post(open_site, end_device(), AGGREGATOR_LFDI).status == 201
    managed = open_site.get("/dcap/edev", client=Client(AGGREGATOR_LFDI))
    assert [device.sFDI for device in managed.EndDevice] == [int(AGGREGATOR), STRANGER]


def test_it_is_off_by_default(site: Site) -> None:
    assert post(site, end_device()).status == 403
    assert site.get("/dcap/edev").all == 2


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/dcap/edev", 413),
        ("POST", "/dcap/mup", 404),
        ("PUT", "/dcap/edev/0/der/1/ders", 404),
        ("POST", "/dcap/edev/7/lel", 404),
    ],
)
def test_nothing_is_parsed_of_who_may_not_write(
    make_site: Callable[..., Site], enabled: bool, method: str, path: str, status: int
) -> None:
    """Parsing costs most: a certificate of the CA alone does not buy a megabyte of it."""
    site = make_site(in_band_registration={"enabled": enabled})
    client = Client(STRANGER_LFDI)
    unreadable = "<a" * (MAX_STRANGER_BODY // 2 + 1)
    if path == "/dcap/edev" and not enabled:
        status = 403
    assert site.ask(method, path, unreadable, client=client).status == status
    assert site.ask(method, path, "<a", client=client).status == (400 if status == 413 else status)


def test_an_end_device_fits_into_what_is_read_of_who_is_not_registered(open_site: Site) -> None:
    body = open_site.xml(end_device())
    padded = body + " " * (MAX_STRANGER_BODY - len(body))
    assert post(open_site, padded + " ").status == 413
    assert post(open_site, padded).status == 201


@pytest.mark.parametrize(
    ("permitted", "status"), [([STRANGER_LFDI.lower()], 201), ([AGGREGATOR_LFDI], 403)]
)
def test_only_the_permitted_register(
    make_site: Callable[..., Site], permitted: list[str], status: int
) -> None:
    site = make_site(in_band_registration={"enabled": True, "permitted": permitted})
    assert post(site, end_device()).status == status


def test_a_device_that_registered_itself_may_leave(open_site: Site) -> None:
    location = dict(post(open_site, end_device()).headers)["Location"]
    client = Client(STRANGER_LFDI)
    assert open_site.ask("DELETE", location, client=client).status == 204
    assert open_site.ask("GET", location, client=client).status == 404


def test_what_the_operator_registered_stays(open_site: Site) -> None:
    assert open_site.ask("DELETE", "/dcap/edev/1").status == 403
    assert open_site.ask("GET", "/dcap/edev/1").status == 200


def test_a_put_changes_category_and_post_rate_and_nothing_else(site: Site) -> None:
    site.clock.now += 5
    body = end_device(BATTERY, BATTERY_LFDI, "<postRate>120</postRate>").replace(
        "<lFDI>", "<deviceCategory>0100</deviceCategory><lFDI>"
    )
    assert site.put("/dcap/edev/0", body).status == 204
    device = site.get("/dcap/edev/0")
    assert (device.deviceCategory, device.postRate, device.changedTime) == (
        b"\x01\x00",
        120,
        START + 5,
    )
    assert site.ask("PUT", "/dcap/edev/0", site.xml(end_device())).status == 403


@pytest.mark.parametrize(("pin", "status"), [(111115, 204), (111124, 403)])
def test_a_pin_that_a_client_sends_is_compared(site: Site, pin: int, status: int) -> None:
    body = (
        f"<Registration><dateTimeRegistered>0</dateTimeRegistered><pIN>{pin}</pIN></Registration>"
    )
    assert site.ask("PUT", "/dcap/edev/0/reg", site.xml(body)).status == status
    assert site.get("/dcap/edev/0/reg").pIN == 111115


def test_a_new_configuration_leaves_who_registered_in_band(
    open_site: Site, original_settings: dict[str, Any]
) -> None:
    post(open_site, end_device())
    open_site.server.configure(Settings.load(original_settings))
    assert open_site.get("/dcap/edev", client=Client(STRANGER_LFDI)).all == 1


def test_an_aggregator_that_leaves_the_configuration_leaves_its_devices_to_themselves(
    open_site: Site, original_settings: dict[str, Any]
) -> None:
    post(open_site, end_device(), AGGREGATOR_LFDI)
    for aggregators in ([{"lfdi": AGGREGATOR_LFDI}], []):
        open_site.server.configure(Settings.load(original_settings | {"aggregators": aggregators}))
        device = open_site.server.fleet.device(str(STRANGER))
        assert device.registration.manager == (AGGREGATOR if aggregators else None)
    assert AGGREGATOR not in open_site.server.fleet.registry.sfdis
    assert open_site.get("/dcap/edev", client=Client(STRANGER_LFDI)).all == 1


def test_an_aggregator_that_becomes_a_device_manages_nobody(
    open_site: Site, original_settings: dict[str, Any]
) -> None:
    post(open_site, end_device(), AGGREGATOR_LFDI)
    devices = [*original_settings["devices"], {"lfdi": AGGREGATOR_LFDI}]
    open_site.server.configure(Settings.load(original_settings | {"devices": devices}))
    fleet = open_site.server.fleet
    assert fleet.device(str(STRANGER)).registration.manager is None
    assert not fleet.device(AGGREGATOR).registration.aggregator


def test_a_configuration_that_cannot_be_put_in_force_changes_nothing(
    open_site: Site, original_settings: dict[str, Any]
) -> None:
    operations = Operations(open_site.server)
    mrid = operations.create_program(primacy=5)["mRID"]
    before = operations.get_devices()
    bad = original_settings | {"programs": [{"mRID": mrid, "primacy": 6}], "post_rate": 77}
    with pytest.raises(DuplicateProgram, match="was made by rpc"):
        open_site.server.configure(Settings.load(bad | {"devices": []}))
    assert operations.get_devices() == before
    assert open_site.server.settings.post_rate == 300
