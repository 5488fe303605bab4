"""A client of the driver, with an agent that is made up and a clock that stands."""

from __future__ import annotations

from typing import Any

import pytest

from ieee2030_5_driver.agent_client import AgentClient
from ieee2030_5_driver.rpc import AgentRpc
from tests.driver_fakes import IDENTITY, Clock, FakeAgent, FakeVip

MAX_AGE, TIMEOUT = 1.0, 5.0


ROWS = [{"Volttron Point Name": name} for name in ("W", "SoC", "Set")]


DEVICES = [f"{number:012d}" for number in range(50)]


ONE = DEVICES[0]


class Holder:
    """An Interface as far as the client knows it."""

    def __init__(self, topic: str, alive: bool = True) -> None:
        self.topic = topic
        self.alive = alive


class House:
    """A client, its agent, its clock and the holders of its devices."""

    def __init__(self) -> None:
        self.agent = FakeAgent()
        self.vip = FakeVip(self.agent)
        self.clock = Clock()
        self.client = AgentClient(AgentRpc(self.vip, IDENTITY), self.clock)
        self.holders = {sfdi: Holder(f"devices/{sfdi}") for sfdi in DEVICES}

    def claim(self, *sfdis: str, rows: list[dict[str, Any]] | None = None) -> None:
        for sfdi in sfdis:
            self.client.devices.claim(
                sfdi, self.holders[sfdi], list(ROWS if rows is None else rows)
            )

    def read(self, sfdi: str = ONE) -> dict[str, Any]:
        return dict(self.client.read(sfdi, MAX_AGE, TIMEOUT))

    def read_later(self, sfdi: str = ONE) -> dict[str, Any]:
        self.clock.now += MAX_AGE + 0.01
        return self.read(sfdi)

    def set_point(self, value: Any, sfdi: str = ONE, point: str = "Set") -> Any:
        return self.client.set_point(sfdi, point, value, MAX_AGE, TIMEOUT)

    def restart_agent(self) -> FakeAgent:
        self.agent = self.vip.agent = FakeAgent(self.agent.epoch + "+")
        return self.agent


@pytest.fixture
def house() -> House:
    house = House()
    house.claim(ONE)
    return house
