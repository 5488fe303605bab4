"""py20305 follows DERControls and says so, whichever way it is run.

All clients get the same orders at the same time, so that the whole takes as long as the longest
of them. The modes differ, so that no order disturbs another.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import pytest

from tests.interop.conftest import PROGRAM
from tests.interop.py20305_client import PATIENCE_S, Py20305
from tests.platform.under_test import PlatformUnderTest

RECEIVED, STARTED, COMPLETED, CANCELLED, SUPERSEDED = 1, 2, 3, 6, 7
LONG_S = 600
RANDOMIZE_S = 4
# Seconds that the client may be late, and those that it counts in whole.
LATE_S = 2


class Order(NamedTuple):
    """A DERControl that was ordered."""

    mrid: str
    start: int
    duration: int


class Orders:
    """Gives orders to all clients, and reads what each of them answered."""

    def __init__(self, platform: PlatformUnderTest, clients: list[Py20305]) -> None:
        self._platform = platform
        self._clients = clients
        self.given: dict[str, Order] = {}

    def give(self, name: str, delay: int, duration: int, modes: object, **more: object) -> None:
        start = int(time.time()) + delay
        (created,) = self._platform.agent(
            "create_control",
            program=PROGRAM["mRID"],
            start=start,
            duration=duration,
            modes=modes,
            **more,
        )
        self.given[name] = Order(created["mRID"], start, duration)

    def cancel(self, name: str) -> None:
        self._platform.agent("cancel_control", self.given[name].mrid)

    def set_default(self, percent: int) -> None:
        self._platform.agent(
            "set_default_control",
            PROGRAM["mRID"],
            {"DERControlBase": {"opModMaxLimW": percent * 100}},
        )

    def answers(self, name: str, client: Py20305) -> list[dict[str, Any]]:
        """What a client answered, in the order in which it came."""
        answers = self._platform.agent("get_responses", self.given[name].mrid)
        found: list[dict[str, Any]] = answers.get(client.sfdi, {}).get("responses", [])
        return found

    def statuses(self, name: str, client: Py20305) -> list[int]:
        return [answer["status"] for answer in self.answers(name, client)]

    def until_all_answer(self, name: str, status: int) -> None:
        for client in self._clients:
            self.until_answered(name, client, status)

    def until_answered(self, name: str, client: Py20305, status: int) -> None:
        self._platform.until(
            lambda: status in self.statuses(name, client),
            f"answer {status} of {client.name} to {name}",
            self.given[name].duration % LONG_S + PATIENCE_S,
        )

    def at(self, name: str, client: Py20305, status: int) -> int:
        """When, by the client's word, something happened."""
        (when,) = (
            answer["createdDateTime"]
            for answer in self.answers(name, client)
            if answer["status"] == status
        )
        return int(when)


@pytest.fixture(scope="module")
def orders(platform: PlatformUnderTest, clients: dict[str, Py20305]) -> Orders:
    """The orders, given one after the other as the clients take notice."""
    given = Orders(platform, list(clients.values()))
    given.give("immediate", 0, 20, {"opModTargetW": {"multiplier": 1, "value": 250}})
    given.give("scheduled", 14, 5, {"opModTargetVar": {"multiplier": 0, "value": 500}})
    randomized = {"randomize_start": RANDOMIZE_S}
    given.give("randomised", 14, 5, {"opModFixedVar": {"refType": 1, "value": 3000}}, **randomized)
    given.give("outdone", 0, LONG_S, {"opModFixedW": 3000})
    given.give("dropped", LONG_S, 60, {"opModMaxLimW": 1000})
    given.give("stopped", 0, LONG_S, {"opModVoltVar": "C1"})
    given.set_default(77)
    for name, status in (("outdone", STARTED), ("dropped", RECEIVED), ("stopped", STARTED)):
        given.until_all_answer(name, status)
    given.give("newer", 0, 20, {"opModFixedW": -2000})
    given.cancel("dropped")
    given.cancel("stopped")
    for client in clients.values():
        client.until_told("update_p_lim", p_lim_w=77.0)
    given.set_default(66)
    return given


def test_an_immediate_control_is_followed_to_its_end(orders: Orders, client: Py20305) -> None:
    orders.until_answered("immediate", client, COMPLETED)
    assert orders.statuses("immediate", client) == [RECEIVED, STARTED, COMPLETED]
    client.until_told("update_target_w", mode_enable=1, watts=2500)


def test_a_scheduled_control_begins_and_ends_on_the_second(orders: Orders, client: Py20305) -> None:
    orders.until_answered("scheduled", client, COMPLETED)
    assert orders.statuses("scheduled", client) == [RECEIVED, STARTED, COMPLETED]
    order = orders.given["scheduled"]
    begun, ended = (orders.at("scheduled", client, what) for what in (STARTED, COMPLETED))
    assert order.start <= begun <= order.start + LATE_S
    assert order.start + order.duration <= ended <= order.start + order.duration + LATE_S
    client.until_told("update_target_var", mode_enable=1, var=500)


def test_a_randomised_control_begins_within_its_randomisation(
    orders: Orders, client: Py20305
) -> None:
    orders.until_answered("randomised", client, COMPLETED)
    assert orders.statuses("randomised", client) == [RECEIVED, STARTED, COMPLETED]
    start = orders.given["randomised"].start
    assert start <= orders.at("randomised", client, STARTED) <= start + RANDOMIZE_S + LATE_S


def test_a_superseded_control_gives_way_to_the_newer_one(orders: Orders, client: Py20305) -> None:
    orders.until_answered("newer", client, COMPLETED)
    assert orders.statuses("outdone", client) == [RECEIVED, STARTED, SUPERSEDED]
    assert orders.statuses("newer", client) == [RECEIVED, STARTED, COMPLETED]
    (given_up,) = (one for one in orders.answers("outdone", client) if one["status"] == SUPERSEDED)
    (taken_up,) = (one for one in orders.answers("newer", client) if one["status"] == STARTED)
    assert given_up["received"] < taken_up["received"]
    commands = [told.parameters.get("WSet") for told in client.told if "fixed_w" in told.method]
    assert commands[:2] == [30.0, -20.0]


def test_a_control_cancelled_before_its_start_is_dropped(orders: Orders, client: Py20305) -> None:
    orders.until_answered("dropped", client, CANCELLED)
    assert orders.statuses("dropped", client) == [RECEIVED, CANCELLED]
    assert 10.0 not in [told.parameters.get("p_lim_w") for told in client.told]


def test_a_control_cancelled_while_active_is_stopped(orders: Orders, client: Py20305) -> None:
    orders.until_answered("stopped", client, CANCELLED)
    assert orders.statuses("stopped", client) == [RECEIVED, STARTED, CANCELLED]
    curve = client.until_told("update_qv", qv_mode_enable=1)
    assert (curve["qv_curve_v_pts"], curve["qv_curve_q_pts"]) == ([90, 110], [30, -30])
    client.until_told("update_qv", qv_mode_enable=0)


def test_the_default_control_is_followed_and_so_is_its_change(
    orders: Orders, client: Py20305
) -> None:
    client.until_told("update_p_lim", p_lim_mode_enable=1, p_lim_w=77.0)
    client.until_told("update_p_lim", p_lim_mode_enable=1, p_lim_w=66.0)


def test_no_answer_is_missing(platform: PlatformUnderTest, orders: Orders, client: Py20305) -> None:
    for name, order in orders.given.items():
        missing = platform.agent("get_responses", order.mrid)[client.sfdi]["missing"]
        assert missing == {}, name


@pytest.fixture(scope="module")
def wound_down(orders: Orders) -> Orders:
    """After all others: the client takes no default up again beside such a control."""
    orders.give("wound down", 0, LONG_S, {"opModFixedV": 10000}, randomize_duration=RANDOMIZE_S)
    orders.until_all_answer("wound down", STARTED)
    orders.cancel("wound down")
    return orders


def test_the_cancellation_of_a_randomised_control_is_answered(
    wound_down: Orders, client: Py20305
) -> None:
    """By the switch; the client does not withdraw the command (docs/interop.md)."""
    wound_down.until_answered("wound down", client, CANCELLED)
    assert wound_down.statuses("wound down", client) == [RECEIVED, STARTED, CANCELLED]
