"""The methods of each resource, as the standard's WADL has them.

M: must be there; O, D: may be; E: must be refused with 405 and Allow.
"""

from __future__ import annotations

import csv
from collections.abc import Callable

import pytest

from ieee2030_5_agent.function_sets import ALL_ROUTES
from ieee2030_5_agent.rest.routing import METHODS, Table
from tests.protocol.conftest import Site
from tests.vectors import DATA

with (DATA / "protocol" / "methods.csv").open(newline="") as file:
    MODES = {row.pop("resource"): row for row in csv.DictReader(file)}
STRICT = Table(ALL_ROUTES, "/dcap", post_as_put=False)
# Ours alone: other ways to resources of the table, the server's own description, CSIP-AUS.
OTHERS = {
    "EndDeviceDERProgramList",
    "FunctionSetAssignmentsDERProgramList",
    "EndDeviceDERControlList",
    "EndDeviceDERControl",
    "SelfDeviceInformation",
    "SelfLogEventList",
    "SetReading",
    "ConnectionPoint",
}


def test_every_resource_that_we_serve_is_in_the_table() -> None:
    assert {route.name for route in ALL_ROUTES} == set(MODES) | OTHERS


@pytest.mark.parametrize("name", MODES)
def test_has_the_methods_that_the_standard_demands_and_no_forbidden_one(name: str) -> None:
    offered = set(STRICT.methods(name))
    modes = MODES[name] | {"HEAD": MODES[name]["GET"]}
    assert {method for method, mode in modes.items() if mode == "M"} <= offered
    assert not offered & {method for method, mode in modes.items() if mode == "E"}


@pytest.mark.parametrize("name", MODES)
def test_what_is_not_offered_is_405_with_allow(make_site: Callable[..., Site], name: str) -> None:
    site = make_site(post_as_put=False)
    route = next(route for route in ALL_ROUTES if route.name == name)
    path = "/dcap" + "/".join(
        "1" if part.startswith("{") else part for part in route.template.split("/")
    )
    for method in set(METHODS) - set(STRICT.methods(name)):
        response = site.ask(method, path, site.xml("<DERStatus/>"))
        assert response.status == 405, (method, path)
        assert dict(response.headers)["Allow"] == ", ".join(STRICT.methods(name))
