"""The driver's cache on the real server: it shows what the points of the agent read."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ieee2030_5_agent.operations import Operations
from ieee2030_5_driver.agent_client import AgentClient
from ieee2030_5_driver.pushing import Pusher
from ieee2030_5_driver.rpc import AgentRpc
from tests.clock import Clock
from tests.driver_fakes import IDENTITY, FakeVip
from tools.bench import site

REGISTRY = Path(__file__).parents[2] / "config" / "ieee2030_5.csv"
DEVICE, OTHER = site.fleet(2)
MAX_AGE, TIMEOUT = 1.0, 5.0
POLL_S = 10


class Holder:
    topic = "devices/one"
    alive = True

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []

    def publish_changes(self, values: dict[str, Any]) -> None:
        self.published.append(dict(values))


class House:
    """The server behind its RPC calls, and the driver's client with one device on it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.server = site.start([DEVICE, OTHER], self.clock)
        self.operations = Operations(self.server)
        self.calls: Counter[str] = Counter()
        self.holder, self.other = Holder(), Holder()
        vip = FakeVip(self._answer)  # type: ignore[arg-type]  # calls are all that it makes
        self.client = AgentClient(AgentRpc(vip, IDENTITY), self.clock)
        with REGISTRY.open(newline="", encoding="utf-8") as file:
            self.rows: list[Any] = list(csv.DictReader(file))
        self.client.devices.claim(DEVICE.sfdi, self.holder, self.rows)
        self.client.devices.claim(OTHER.sfdi, self.other, self.rows)
        for each in (DEVICE, OTHER):
            site.fill(self.server, each)
            self.client.read(each.sfdi, MAX_AGE, TIMEOUT)
        self.calls.clear()

    def _answer(self, method: str, *arguments: Any) -> Any:
        self.calls[method] += 1
        if method == "get_cursor":
            return self.server.fleet.cursor
        return getattr(self.operations, method)(*arguments)

    def set_point(self, point: str, value: float) -> Any:
        return self.client.set_point(DEVICE.sfdi, point, value, MAX_AGE, TIMEOUT)

    def polled(self) -> dict[str, Any]:
        self.clock.now += POLL_S
        return dict(self.client.read(DEVICE.sfdi, MAX_AGE, TIMEOUT))

    def real(self) -> dict[str, Any]:
        return self.operations.get_points(DEVICE.sfdi)


@pytest.fixture
def house() -> House:
    return House()


# What holds without an event, values that wait for their switch, one that is in force at once.
@pytest.mark.parametrize("point", ["b121_WGra", "b123_WMaxLimPct", "b123_OutPFSet", "b704_WSet"])
def test_polls_after_a_write_show_the_points_of_the_agent(house: House, point: str) -> None:
    for value in (1, 1, 0.95, 1):
        house.set_point(point, value)
        assert house.polled() == house.real()


def test_a_registry_of_the_same_names_that_somebody_else_gave_is_replaced(house: House) -> None:
    before = house.polled()
    rows = [dict(row) for row in house.rows]
    soc, energy = (
        next(row for row in rows if row["Volttron Point Name"] == name)
        for name in ("b802_SoC", "b713_WHAvail")
    )
    soc |= {**energy, "Volttron Point Name": "b802_SoC"}
    house.operations.config_points(DEVICE.sfdi, rows)
    assert house.real()["b802_SoC"] != before["b802_SoC"]
    for _ in range(2):
        assert house.polled() == house.real() == before
    assert house.calls["config_points"] == 1


def test_a_write_costs_one_fetch_of_its_device_alone(house: House) -> None:
    house.set_point("b121_WGra", 50)
    assert house.calls == {"set_point": 1}
    house.polled()
    assert house.calls == {"set_point": 1, "get_changes": 2}
    house.polled()
    assert house.calls == {"set_point": 1, "get_changes": 3}


def test_a_value_that_is_not_in_force_is_not_pushed(house: House) -> None:
    pusher = Pusher(house.client, lambda _: None)
    pusher.add(DEVICE.sfdi, house.holder)
    for _ in range(2):
        house.set_point("b123_WMaxLimPct", 60)
        house.clock.now += POLL_S
        pusher.turn()
    assert house.real()["b123_WMaxLimPct"] is None
    assert [each["b123_WMaxLimPct"] for each in house.holder.published] == [None, None]
