"""Clients of several editions side by side: each is answered in the namespace it last used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Client
from ieee2030_5_agent.sep.codec import decode
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, Site, fill

NAMESPACES = [
    "http://zigbee.org/sep",
    "http://ieee.org/2030.5",
    "urn:ieee:std:2030.5:ns",
]


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_device_is_answered_in_its_namespace(site: Site, namespace: str) -> None:
    site.namespace = namespace
    site.put("/dcap/edev/0/der/1/ders", documents.DER_STATUS)
    for path in (
        "/dcap/edev/0",
        "/dcap/edev/0/der/1/ders",
        "/dcap/derp/0",
        "/dcap/edev/0/fsa",
    ):
        assert f'xmlns="{namespace}"' in site.ask("GET", path).body.decode(), path


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_another_device_is_not_affected(site: Site, namespace: str) -> None:
    site.namespace = namespace
    site.put("/dcap/edev/0/der/1/ders", documents.DER_STATUS)
    assert b'xmlns="urn:ieee:std:2030.5:ns"' in site.ask("GET", "/dcap/edev/1").body


def test_the_last_used_namespace_counts(site: Site) -> None:
    for namespace in (*NAMESPACES, NAMESPACES[0]):
        site.namespace = namespace
        site.put("/dcap/edev/0/der/1/ders", documents.DER_STATUS)
    assert b'xmlns="http://zigbee.org/sep"' in site.ask("GET", "/dcap/edev/0").body


def test_an_error_is_told_in_the_namespace_of_the_request(site: Site) -> None:
    site.namespace = "http://zigbee.org/sep"
    for wrong in ("<DERSettings/>", "<DERStatus><readingTime>x</readingTime></DERStatus>"):
        response = site.ask("PUT", "/dcap/edev/0/der/1/ders", site.xml(wrong))
        assert response.status == 400
        assert b'xmlns="http://zigbee.org/sep"' in response.body


@pytest.mark.parametrize(
    ("default_edition", "namespace"),
    [("2013", NAMESPACES[0]), ("2013-ieee", NAMESPACES[1]), ("2018", NAMESPACES[2])],
)
def test_the_default_is_configurable(
    make_site: Callable[..., Site], default_edition: str, namespace: str
) -> None:
    response = make_site(default_edition=default_edition).ask("GET", "/dcap")
    assert f'xmlns="{namespace}"' in response.body.decode()


def test_a_body_without_namespace_leaves_the_default_in_force(site: Site) -> None:
    response = site.ask("PUT", "/dcap/edev/0/der/1/ders", documents.DER_STATUS)
    assert response.status == 201
    assert b'xmlns="urn:ieee:std:2030.5:ns"' in site.ask("GET", "/dcap/edev/0").body


def test_names_of_2013_are_visible_under_those_of_today(site: Site) -> None:
    site.put(
        "/dcap/edev/0/der/1/dercap",
        '<DERCapability xmlns="http://zigbee.org/sep"><rtgA><multiplier>1</multiplier>'
        "<value>33</value></rtgA></DERCapability>",
    )
    assert site.point("b120_ARtg") == 330
    assert b"<rtgA>" in site.ask("GET", "/dcap/edev/0/der/1/dercap").body


@pytest.mark.parametrize(("edition", "namespace"), [("2013", 0), ("2013-ieee", 1)])
def test_old_clients_find_their_way_through_the_whole_tree(
    make_site: Callable[..., Site], edition: str, namespace: int
) -> None:
    site = make_site(default_edition=edition)
    site.namespace = NAMESPACES[namespace]
    fill(site)
    seen: set[str] = set()
    queue = {"/dcap"}
    while queue:
        path = queue.pop()
        seen.add(path)
        response = site.ask("GET", path)
        if response.status == 404 and b"has not sent" in response.body:
            continue
        assert response.status == 200, (path, response.body)
        document = etree.fromstring(response.body)
        assert etree.QName(document).namespace == NAMESPACES[namespace], path
        decode(response.body)
        queue |= {str(e.get("href")) for e in document.iter() if e.get("href")} - seen
    assert len(seen) > 40


def test_what_an_old_client_left_out_is_not_told_as_a_document_of_today(site: Site) -> None:
    site.namespace = "http://zigbee.org/sep"
    settings = "/dcap/edev/0/der/1/derg"
    site.put(settings, "<DERSettings><setGradW>1</setGradW></DERSettings>")
    site.namespace = "urn:ieee:std:2030.5:ns"
    site.put("/dcap/edev/0/ps", documents.POWER_STATUS)
    assert b'xmlns="http://zigbee.org/sep"' in site.ask("GET", settings).body
    assert b'xmlns="urn:ieee:std:2030.5:ns"' in site.ask("GET", "/dcap/edev/0/ps").body


def test_a_mirror_has_what_every_edition_demands(site: Site) -> None:
    site.namespace = "http://zigbee.org/sep"
    lax = f"<MirrorUsagePoint><mRID>AA</mRID><deviceLFDI>{documents.LFDI}</deviceLFDI>"
    refused = site.post("/dcap/mup", lax + "</MirrorUsagePoint>", 400)
    assert b"MirrorUsagePoint has no roleFlags" in refused.body


def test_an_aggregator_is_answered_in_its_own_edition_not_in_that_of_a_device(
    make_site: Callable[..., Site], original_settings: dict[str, Any]
) -> None:
    battery, inverter = original_settings["devices"]
    lfdi = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"
    site = make_site(
        aggregators=[{"lfdi": lfdi}],
        devices=[battery | {"aggregator": "167261211391"}, inverter],
    )
    number = site.server.fleet.device(BATTERY).number
    status = f"/dcap/edev/{number}/ders"
    for namespace, client in ((NAMESPACES[0], documents.LFDI), (NAMESPACES[-1], lfdi)):
        site.namespace = namespace
        path = f"/dcap/edev/{number}/der/1/ders"
        site.ask("PUT", path, site.xml(documents.DER_STATUS), client=Client(client))
    for client, namespace in ((documents.LFDI, NAMESPACES[0]), (lfdi, NAMESPACES[-1])):
        for asked in (f"/dcap/edev/{number}", "/dcap/tm", "/dcap/nothing", status):
            body = site.ask("GET", asked, client=Client(client)).body
            assert f'xmlns="{namespace}"'.encode() in body, (client, asked, body)


def test_the_summary_tells_the_namespace_in_use(site: Site) -> None:
    site.namespace = NAMESPACES[0]
    site.put("/dcap/edev/0/der/1/ders", documents.DER_STATUS)
    summary = Operations(site.server).get_devices()[0]
    assert (summary["sfdi"], summary["namespace"]) == (BATTERY, NAMESPACES[0])
