"""Who does not belong is told so, counted by reason, and logged once per reason and client."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.refusals import LINES_A_MINUTE
from ieee2030_5_agent.rest.messages import Client
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.clock import Clock
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, Site
from tests.vectors import rules

WHO = {
    "nobody": None,
    "battery": documents.LFDI,
    "inverter": "2990C58A59935A7D5838C952B1A453C967341A07",
    "stranger": "5E0561BF9E2A2826012D5F51F0A12FAEBCFA6854",
    "revoked": "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5",
}


@pytest.fixture
def guarded(make_site: Callable[..., Site], original_settings: dict[str, Any]) -> Site:
    """Two devices; the second is disabled; one more certificate is revoked."""
    battery, inverter = original_settings["devices"]
    return make_site(
        access="certificate",
        devices=[battery, inverter | {"enabled": False}, {"lfdi": WHO["revoked"]}],
        in_band_registration={"enabled": True, "permitted": [documents.LFDI]},
        revoked=[WHO["revoked"]],
    )


@pytest.mark.parametrize("rule", rules("protocol/refusals.toml"))
def test_refused_counted_and_told_once(
    guarded: Site, rule: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    numbers = {device.sfdi: device.number for device in guarded.server.fleet.registry.listed}
    method, _, path = rule["request"].partition(" ")
    body = rule.get("body", "").format(**WHO)
    lfdi = WHO[rule["who"]]
    for _ in range(3):
        response = guarded.ask(
            method,
            path.format(battery=numbers[BATTERY], inverter=numbers["111576577659"]),
            body and guarded.xml(body),
            client=Client(lfdi),
        )
        assert response.status == rule["status"]
    refusals = guarded.server.status()["refusals"]
    assert {cause: entry["count"] for cause, entry in refusals.items()} == {rule["cause"]: 3}
    assert refusals[rule["cause"]]["clients"] == {lfdi or "a client": 3}
    told = [record for record in caplog.records if rule["cause"] in record.getMessage()]
    assert [record.levelno for record in told] == [logging.INFO]


LONG = "z" * 2**19
MUCH = {
    "a namespace": ("PUT", "/dcap/edev/0/ps", f"<PowerStatus xmlns='{LONG}'/>", {}),
    "a root element": ("PUT", "/dcap/edev/0/ps", f"<{LONG}/>", {}),
    "a code": (
        "PUT",
        "/dcap/edev/0/ps",
        f"<PowerStatus xmlns='urn:ieee:std:2030.5:ns'><batteryStatus>{LONG}</batteryStatus>"
        "</PowerStatus>",
        {},
    ),
    "lines in a code": (
        "PUT",
        "/dcap/edev/0/ps",
        "<PowerStatus xmlns='urn:ieee:std:2030.5:ns'><batteryStatus>1\n2\n-->3</batteryStatus>"
        "</PowerStatus>",
        {},
    ),
    "a path": ("GET", "/dcap/" + "z" * 4000, "", {}),
    "a query": ("GET", "/dcap/edev?s=" + "z" * 4000, "", {}),
    "a Content-Type": ("PUT", "/dcap/edev/0/ps", "<a/>", {"content_type": "z" * 4000}),
}


@pytest.mark.parametrize("what", MUCH)
def test_of_what_a_client_sends_little_is_told(
    site: Site, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its mistake is named in one line of the answer, of the log and of get_status."""
    caplog.set_level(logging.DEBUG, "ieee2030_5_agent")
    method, path, body, more = MUCH[what]
    response = site.ask(method, path, body, **more)
    assert response.status in (400, 404, 415)
    last_error = site.server.status()["last_error"]
    lines = [record.getMessage() for record in caplog.records]
    assert any("refused" in line for line in lines)
    for told in (*lines, last_error, response.body.decode()):
        assert len(told) < 500, told[:1000]
        assert "\n" not in told
    assert response.body.count(b"-->") == 1


def test_a_clock_that_is_set_back_does_not_silence_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    clock, timer = Clock(), Clock()
    server = Server(Settings.load({"access": "certificate"}), clock, timer)
    server.refusals.note("not TLS", "before")
    clock.now -= 86400
    for minute in range(2 * LINES_A_MINUTE):
        timer.now += 60
        server.refusals.note("not TLS", f"client {minute}")
    told = [record for record in caplog.records if "client " in record.getMessage()]
    assert len(told) == 2 * LINES_A_MINUTE


def test_a_revoked_certificate_stays_revoked_whatever_access_is_granted(guarded: Site) -> None:
    guarded.server.fleet.set_access(str(WHO["revoked"]), granted=True)
    refused = guarded.ask("GET", "/dcap", client=Client(WHO["revoked"]))
    assert refused.status == 403
    assert b"revoked" in refused.body
