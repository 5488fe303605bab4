"""A server with two devices whose rating is known, and an operator's orders to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.clock import Clock

BATTERY, INVERTER, AGGREGATOR = "097935300833", "111576577659", "167261211391"
MRID = "A0000000000000000000000000000001"
PROGRAM = "C0000000000000000000000000000001"
LIMIT = {"opModMaxLimW": 5000}
CURVE = {
    "curveType": 11,
    "CurveData": [{"xvalue": 95, "yvalue": 30}, {"xvalue": 105, "yvalue": -30}],
    "xMultiplier": 0,
    "yMultiplier": 0,
    "yRefType": 3,
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Server:
    settings = {
        "devices": [
            {"sfdi": BATTERY, "groups": ["north", "all"]},
            {"sfdi": INVERTER, "groups": ["all"]},
        ],
        "aggregators": [{"sfdi": AGGREGATOR, "groups": ["crowd"]}],
        "programs": [{"mRID": PROGRAM, "primacy": 5, "description": "feeder", "all": True}],
    }
    server = Server(Settings.load(settings), clock)
    for sfdi, watts in ((BATTERY, 5000), (INVERTER, 10_000)):
        rate = models.ActivePower(multiplier=0, value=watts)
        reported = models.DERSettings(
            setMaxW=rate, setMaxChargeRateW=rate, setMaxDischargeRateW=rate
        )
        server.fleet.put_resource(server.fleet.device(sfdi), ("DERSettings", 1), reported)
    return server


@pytest.fixture
def operations(server: Server) -> Operations:
    return Operations(server)


@pytest.fixture
def create(operations: Operations) -> Callable[..., list[dict[str, Any]]]:
    """create_control with what a test does not care about."""

    def call(**changes: Any) -> list[dict[str, Any]]:
        order: dict[str, Any] = {"device": BATTERY, "duration": 600, "modes": LIMIT, **changes}
        created = operations.create_control(**order)
        assert json.loads(json.dumps(created)) == created
        return created

    return call


def only(operations: Operations, **filters: Any) -> dict[str, Any]:
    (control,) = operations.get_controls(**filters)
    assert json.loads(json.dumps(control)) == control
    return control
