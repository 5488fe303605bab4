"""What py20305 tells arrives as points on the bus, whichever way it is run."""

from __future__ import annotations

from typing import Any

from tests.interop.conftest import REGISTERS
from tests.interop.py20305_client import Py20305
from tests.interop.reports import EXPECTED
from tests.platform.under_test import PlatformUnderTest


def summary(platform: PlatformUnderTest, client: Py20305) -> dict[str, Any]:
    (found,) = (one for one in platform.agent("get_devices") if one["sfdi"] == client.sfdi)
    return dict(found)


def test_a_client_finds_its_registration_or_registers_itself(
    platform: PlatformUnderTest, client: Py20305
) -> None:
    device = summary(platform, client)
    registers = client.name in REGISTERS
    assert device["origin"] == ("in_band" if registers else "config")
    assert ("registered EndDevice at " in client.said) is registers
    assert ("EndDevice already registered for" in client.said) is not registers


def test_what_the_client_measures_and_is_set_to_arrives_on_the_bus(
    platform: PlatformUnderTest, client: Py20305
) -> None:
    with platform.bus(f"devices/{client.topic}/") as bus:
        last = bus.wait(
            lambda message: None not in message.body[0].values(), what="a value for each point"
        )
    assert last.body[0] == EXPECTED


def test_documents_are_kept_in_the_edition_that_the_client_speaks(
    platform: PlatformUnderTest, client: Py20305
) -> None:
    for resource in ("DERCapability", "DERSettings", "DERStatus"):
        document = platform.agent("get_resource", client.sfdi, resource)
        assert ('schemaVer="2.2"' in document) is not client.compatible


def test_no_request_of_a_client_was_refused(
    platform: PlatformUnderTest, clients: dict[str, Py20305]
) -> None:
    lfdis = {client.lfdi for client in clients.values()}
    refused = {
        reason: sorted(lfdis & set(entry["clients"]))
        for reason, entry in platform.agent("get_status")["refusals"].items()
    }
    assert not any(refused.values()), refused
