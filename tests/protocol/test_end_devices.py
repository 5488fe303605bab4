"""End Device, Registration, and what changes when the configuration does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.settings import Settings
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, INVERTER, START, Site


def test_registered_devices_are_listed_with_their_identity(site: Site) -> None:
    listed = site.get("/dcap/edev")
    assert (listed.all, listed.results, listed.pollRate) == (2, 2, 900)
    assert [device.sFDI for device in listed.EndDevice] == [int(BATTERY), int(INVERTER)]
    assert listed.EndDevice[0].lFDI.hex() == "247bd68e3378fe57ba604e3c8bdf9e3f78a3d743"
    assert listed.EndDevice[0].deviceCategory == b"\x02\x00"


def test_the_list_is_ordered_by_last_change_then_sfdi(
    site: Site, original_settings: dict[str, Any]
) -> None:
    original_settings["devices"][1]["pin_code"] = "123455"
    site.clock.now += 10
    site.server.configure(Settings.load(original_settings))
    listed = site.get("/dcap/edev").EndDevice
    assert [device.sFDI for device in listed] == [int(INVERTER), int(BATTERY)]
    assert listed[0].changedTime == START + 10


def test_a_page_of_the_list(site: Site) -> None:
    page = site.get("/dcap/edev?s=1&l=1")
    assert (page.all, page.results, [d.sFDI for d in page.EndDevice]) == (
        2,
        1,
        [int(INVERTER)],
    )


def test_the_letter_of_the_standard_returns_one_member(
    make_site: Callable[..., Site],
) -> None:
    page = make_site(default_list_limit=1).get("/dcap/edev")
    assert (page.all, page.results) == (2, 1)


def test_registration_tells_pin_and_time(site: Site) -> None:
    registration = site.get("/dcap/edev/0/reg")
    assert (registration.pIN, registration.dateTimeRegistered) == (111115, START)


def test_a_device_without_pin_has_no_registration(
    make_site: Callable[..., Site], original_settings: dict[str, Any]
) -> None:
    device = original_settings["devices"][0] | {"pin_code": ""}
    site = make_site(devices=[device])
    assert site.get("/dcap/edev/0").RegistrationLink is None
    assert site.ask("GET", "/dcap/edev/0/reg").status == 404


def test_a_device_that_is_added_later_gets_the_next_number(
    site: Site, original_settings: dict[str, Any]
) -> None:
    original_settings["devices"].insert(0, {"sfdi": "19"})
    site.server.configure(Settings.load(original_settings))
    assert site.get("/dcap/edev/2").sFDI == 19
    assert site.get("/dcap/edev/0").sFDI == int(BATTERY)


def test_a_removed_device_is_gone_with_all_it_had_and_its_number_is_not_used_again(
    full_site: Site, original_settings: dict[str, Any]
) -> None:
    both = Settings.load(original_settings)
    one = Settings.load(original_settings | {"devices": original_settings["devices"][1:]})
    full_site.server.configure(one)
    for path in (
        "/dcap/edev/0",
        "/dcap/edev/0/der/1/ders",
        "/dcap/derp/0",
        "/dcap/mup/0",
    ):
        assert full_site.ask("GET", path).status == 404, path
    assert full_site.get("/dcap/edev").all == 1
    full_site.server.configure(both)
    assert full_site.ask("GET", "/dcap/edev/0").status == 404
    assert full_site.get("/dcap/edev/2").sFDI == int(BATTERY)
    assert full_site.point("b802_SoC") is None


def test_a_changed_registration_keeps_number_and_data(
    full_site: Site, original_settings: dict[str, Any]
) -> None:
    original_settings["devices"][0]["pin_code"] = "123455"
    full_site.server.configure(Settings.load(original_settings))
    assert full_site.get("/dcap/edev/0/reg").pIN == 123455
    assert full_site.point("b802_SoC") == 93


def test_an_unchanged_configuration_changes_nothing(
    full_site: Site, original_settings: dict[str, Any]
) -> None:
    before = full_site.server.fleet.get_changes(None)["cursor"]
    full_site.server.configure(Settings.load(original_settings))
    assert full_site.server.fleet.get_changes(None)["cursor"] == before


@pytest.mark.parametrize("path", list(documents.SINGLETONS))
def test_a_singleton_is_created_replaced_and_read_back(site: Site, path: str) -> None:
    document = documents.SINGLETONS[path]
    assert site.ask("GET", path).status == 404
    response = site.ask("PUT", path, site.xml(document))
    assert (response.status, dict(response.headers)["Location"]) == (201, path)
    assert site.ask("PUT", path, site.xml(document)).status == 204
    assert site.get(path).href == path


@pytest.mark.parametrize("path", list(documents.SINGLETONS))
def test_post_does_what_put_does_unless_switched_off(
    make_site: Callable[..., Site], path: str
) -> None:
    site = make_site()
    document = site.xml(documents.SINGLETONS[path])
    assert site.ask("POST", path, document).status == 201
    response = make_site(post_as_put=False).ask("POST", path, document)
    assert (response.status, dict(response.headers)["Allow"]) == (405, "GET, HEAD, PUT")


def test_a_put_replaces_as_a_whole(site: Site) -> None:
    site.put("/dcap/edev/0/der/1/ders", documents.DER_STATUS)
    site.put("/dcap/edev/0/der/1/ders", "<DERStatus><readingTime>7</readingTime></DERStatus>")
    assert site.get("/dcap/edev/0/der/1/ders").stateOfChargeStatus is None
    assert site.point("b802_SoC") is None


@pytest.mark.parametrize(
    "content_type",
    [
        "application/sep+xml",
        "application/sep+xml; level=+S1",
        "application/sep+xml;charset=utf-8",
        "APPLICATION/XML",
        "text/xml",
        "application/IEEE2030_5+xml",
        None,
    ],
)
def test_media_types_seen_in_the_field_are_taken(site: Site, content_type: str | None) -> None:
    response = site.ask(
        "PUT",
        "/dcap/edev/0/ps",
        site.xml(documents.POWER_STATUS),
        content_type=content_type,
    )
    assert response.status == 201


def test_what_is_the_servers_to_say_is_not_taken_from_a_client(site: Site) -> None:
    told = documents.DEVICE_STATUS.replace(
        "<DeviceStatus>", '<DeviceStatus href="/evil" pollRate="1" subscribable="1">'
    )
    site.put("/dcap/edev/0/dstat", told)
    status = site.get("/dcap/edev/0/dstat")
    assert (status.href, status.pollRate) == ("/dcap/edev/0/dstat", 900)
    settings = documents.DER_SETTINGS.replace("<DERSettings>", '<DERSettings subscribable="3">')
    site.put("/dcap/edev/0/der/1/derg", settings)
    assert site.get("/dcap/edev/0/der/1/derg").subscribable == 1
