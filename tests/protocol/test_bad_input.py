"""Bad input never hurts: the right answer, one line of reason, nothing stored changes."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from lxml import etree

from tests.protocol import documents
from tests.protocol.conftest import Site
from tests.vectors import rules


def stored(site: Site) -> object:
    """Everything that a request could have changed."""
    fleet = site.server.fleet
    return (
        fleet.get_changes(None),
        [(device.registration, dict(device.resources)) for device in fleet.registry.listed],
        [(mirror.usage_point, dict(mirror.meter_readings)) for mirror in fleet.mirrors.listed],
        [list(device.log.listed) for device in fleet.registry.listed],
        [(program.number, dict(program.controls)) for program in fleet.programs.all],
        [list(response_set.listed) for response_set in fleet.response_sets.listed],
        [(entry.number, entry.request) for entry in fleet.reservations.all_requests()],
    )


@pytest.mark.parametrize("rule", rules("protocol/bad_input.toml"))
def test_refuses(full_site: Site, rule: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    before = stored(full_site)
    method, _, path = rule["request"].partition(" ")
    many = rule.get("many", {"text": "", "times": 0})
    body = rule.get("body", "").replace("{many}", many["text"] * many["times"])
    content_type = rule.get("content_type", "application/sep+xml")
    response = full_site.ask(method, path, body, content_type=content_type)
    assert response.status == rule["status"]
    assert rule["reason"] in response.body.decode()
    assert b"\n" not in response.body
    headers = dict(response.headers)
    assert headers["Content-Type"] == "application/sep+xml"
    assert headers.get("Allow") == rule.get("allow")
    assert headers.get("Location") == rule.get("location")
    assert stored(full_site) == before
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_another_device_does_not_notice(full_site: Site) -> None:
    full_site.ask("PUT", "/dcap/edev/0/der/1/ders", "<broken")
    assert full_site.get("/dcap/edev/1").sFDI == 111576577659


def test_our_own_fault_is_500_with_a_traceback_for_us_and_none_for_the_client(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(site.server.fleet.registry, "by_number", broken)
    response = site.ask("GET", "/dcap/edev/0")
    assert response.status == 500
    assert b"secret" not in response.body
    assert "secret" in caplog.text


def test_refusals_are_counted(full_site: Site) -> None:
    full_site.ask("GET", "/dcap/nothing")
    status = full_site.server.status()
    assert status["refused"] == 1
    assert status["requests_by_status"]["404"] == 1
    assert "/dcap/nothing" in status["last_error"]


def test_a_reason_full_of_hyphens_is_still_xml(site: Site) -> None:
    for path in ("/dcap/---", "/dcap/-", "/dcap/a--b-----c"):
        response = site.ask("GET", path)
        assert response.status == 404
        assert etree.fromstring(response.body).tag == "{urn:ieee:std:2030.5:ns}Error"


def test_a_write_to_another_spelling_keeps_its_method(site: Site) -> None:
    response = site.ask("PUT", "/dcap/edev/0/ps/", site.xml(documents.POWER_STATUS))
    assert (response.status, dict(response.headers)["Location"]) == (308, "/dcap/edev/0/ps")
