"""What is told of controls while time goes by."""

from __future__ import annotations

from typing import Any

from ieee2030_5_agent.model.changes import Changed
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.server import Server
from tests.clock import START, Clock
from tests.unit.operations_controls.conftest import BATTERY, INVERTER, PROGRAM


def test_each_change_of_status_is_told_for_each_device(
    create: Any, operations: Operations, server: Server, clock: Clock
) -> None:
    told: list[Changed] = []
    server.fleet.listen(told.append)
    create(device=None, program=PROGRAM, start=START + 60)
    clock.now += 60
    server.fleet.advance(clock.now)
    clock.now += 600
    server.fleet.advance(clock.now)
    story = [(c.sfdi, c.detail["status"]) for c in told if c.what == "control"]
    assert sorted(story, key=lambda pair: str(pair[0])) == [
        (sfdi, status)
        for sfdi in (BATTERY, INVERTER)
        for status in ("scheduled", "active", "completed")
    ]


def test_of_one_moment_the_end_is_told_before_the_beginning(
    create: Any, server: Server, clock: Clock
) -> None:
    first, second = (create(start=START + at, duration=60)[0]["mRID"] for at in (60, 120))
    told: list[Changed] = []
    server.fleet.listen(told.append)
    clock.now += 120
    server.fleet.advance(clock.now)
    assert [(c.detail["mRID"], c.detail["status"]) for c in told if c.what == "control"] == [
        (first, "active"),
        (first, "completed"),
        (second, "active"),
    ]
