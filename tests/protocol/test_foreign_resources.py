"""No resource of a device exists for another registered device, whatever it tries there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from ieee2030_5_agent.function_sets import ALL_ROUTES
from ieee2030_5_agent.rest.messages import Client
from ieee2030_5_agent.rest.routing import METHODS, Route
from tests.protocol import documents
from tests.protocol.conftest import INVERTER, Site, fill

OWNER = Client(documents.LFDI)
OTHER = Client("2990C58A59935A7D5838C952B1A453C967341A07")
# Without a number in its URI a resource is the same for all.
OWNED = [route for route in ALL_ROUTES if route.group is not None]
# Ways that no link leads to (see test_conformance).
UNLINKED = ("/derc", "/derc/1", "/cp")
CSIP_AUS = "https://csipaus.org/ns"
CONNECTION_POINT = (
    f'<ConnectionPoint xmlns="{CSIP_AUS}"><connectionPointId>1</connectionPointId>'
    "</ConnectionPoint>"
)
CURVE = {
    "mRID": "C1",
    "curveType": 11,
    "CurveData": [{"xvalue": 0, "yvalue": 100}, {"xvalue": 100, "yvalue": 0}],
    "xMultiplier": 0,
    "yMultiplier": 0,
    "yRefType": 2,
}


@pytest.fixture
def filled(make_site: Callable[..., Site], original_settings: dict[str, Any]) -> Site:
    """The battery has sent one of everything, the inverter nothing; a program for each."""
    battery, inverter = original_settings["devices"]
    site = make_site(
        devices=[battery | {"groups": ["north"]}, inverter],
        programs=[
            {"mRID": "A1", "primacy": 5, "groups": ["north"], "DERCurve": [CURVE]},
            {"mRID": "A2", "primacy": 6, "devices": [INVERTER]},
        ],
        csip_aus_namespace=CSIP_AUS,
    )
    fill(site)
    site.put(f"{site.battery}/cp", CONNECTION_POINT)
    return site


def owned(site: Site) -> dict[str, dict[str, bytes]]:
    """All that the owner finds, by route and path."""
    found: dict[str, dict[str, bytes]] = {}
    seen: set[str] = set()
    queue = {"/dcap", *(site.battery + way for way in UNLINKED)}
    while queue:
        path = queue.pop()
        seen.add(path)
        response = site.ask("GET", path, client=OWNER)
        if response.status == 404:
            continue
        assert response.status == 200, (path, response.body)
        elements = etree.fromstring(response.body).iter(etree.Element)
        queue |= {href for element in elements if (href := element.get("href"))} - seen
        route, _, _ = site.server.table.match("GET", path)
        found.setdefault(route.name, {})[path] = response.body
    return found


def bodies(site: Site, route: Route, own: bytes) -> list[bytes | str]:
    """Nothing, the resource as its owner reads it, and a document of each type that it takes."""
    known = [
        *documents.SINGLETONS.values(),
        CONNECTION_POINT,
        documents.log_event(),
        documents.reservation(),
        documents.subscription(site.battery),
        documents.mirror("AA"),
        documents.meter_reading("AC", "", documents.READING_TYPE),
        documents.response(documents.LFDI[:32], 2),
    ]
    taken = {body.__name__ for body in route.bodies}
    fitting = [
        text for text in known if (root := re.match("<([A-Za-z]+)", text)) and root[1] in taken
    ]
    return ["", own, *map(site.xml, fitting), *(site.xml(f"<{name}/>") for name in sorted(taken))]


@pytest.mark.parametrize("route", OWNED, ids=lambda route: route.name)
def test_nothing_of_another_device_is_there_by_any_method(filled: Site, route: Route) -> None:
    before = owned(filled)
    paths = before[route.name]
    assert paths, "the owner has none to be protected"
    for path, own in paths.items():
        for method in METHODS:
            sent = bodies(filled, route, own) if method in ("PUT", "POST") else [""]
            statuses = {filled.ask(method, path, body, client=OTHER).status for body in sent}
            if method not in filled.server.table.methods(route.name):
                assert statuses == {405}, (method, path)
            else:
                # What nobody may send is told so before anything is looked up.
                assert statuses - {400} == {404}, (method, path)
    assert owned(filled)[route.name] == paths
