"""The registries of devices, and who may have which."""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import count
from typing import Any

import gevent
import pytest

from ieee2030_5_driver import agent_client
from ieee2030_5_driver.rpc import AgentRefused, AgentUnavailable
from tests.unit.driver_client.conftest import DEVICES, ONE, ROWS, Holder, House


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        "text",
        {"cursor": "1:2"},
        {"cursor": 5, "points": {}},
        {"cursor": "a:1", "points": 3},
    ],
    ids=repr,
)
def test_an_identity_that_is_no_2030_5_agent(house: House, answer: Any) -> None:
    house.agent.get_changes = lambda *_: answer  # type: ignore[method-assign]
    with pytest.raises(AgentUnavailable, match=r"is it an IEEE 2030\.5 agent"):
        house.read()


def test_a_refused_registry(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.claim(DEVICES[1])
    house.agent.bad_points = {"SoC", "W"}
    house.claim(DEVICES[1], rows=[{"Volttron Point Name": "Set"}])
    for _ in range(3):
        with pytest.raises(AgentRefused, match=f"^device {ONE}: bad rows: SoC, W$"):
            house.read_later()
    assert house.read(DEVICES[1]) == {"Set": None}
    assert house.agent.calls["config_points"] == 2
    assert caplog.messages == [
        f"devices/{ONE} is not published: device {ONE}: bad rows: SoC, W",
    ]


def test_a_refused_registry_is_tried_again(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    house.agent.known = set()
    for _ in range(2):
        with pytest.raises(AgentRefused, match="not registered"):
            house.read()
        house.clock.now += agent_client.REFUSAL_MEMORY_S
    house.agent.known = None
    assert house.read()["W"] is None
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "INFO"]


def test_a_corrected_registry_is_tried_at_once(house: House) -> None:
    house.agent.bad_points = {"W"}
    with pytest.raises(AgentRefused):
        house.read()
    house.claim(ONE, rows=[{"Volttron Point Name": "SoC"}])
    assert house.read() == {"SoC": None}


def test_a_device_that_the_agent_does_not_have_any_more(house: House) -> None:
    house.read()
    house.agent.remove(ONE)
    house.agent.known = set()
    with pytest.raises(AgentRefused, match="not registered"):
        house.read_later()


def test_a_device_that_was_removed_and_registered_again(house: House) -> None:
    house.read()
    house.agent.receive(ONE, "W", 5)
    house.agent.remove(ONE)
    assert house.read_later() == {"W": None, "SoC": None, "Set": None}
    assert house.agent.maps[ONE] == ["W", "SoC", "Set"]


def test_a_registry_that_somebody_else_changed_is_sent_again(house: House) -> None:
    """Otherwise the last values under our names would be published for ever."""
    house.read()
    house.agent.receive(ONE, "W", 5)
    house.agent.config_points(ONE, [{"Volttron Point Name": "Other"}])
    house.agent.receive(ONE, "Other", 1)
    assert set(house.read_later()) == {"W", "SoC", "Set"}
    assert house.agent.maps[ONE] == ["W", "SoC", "Set"]
    house.agent.receive(ONE, "W", 7)
    assert house.read_later()["W"] == 7


def test_two_who_give_a_device_other_registries_take_turns(house: House) -> None:
    """Each of our reads brings our registry back once, not again and again."""
    house.read()
    other = [{**row, "Field": "other"} for row in ROWS]
    for _ in range(3):
        house.agent.config_points(ONE, other)
        house.agent.calls.clear()
        assert set(house.read_later()) == {"W", "SoC", "Set"}
        assert house.agent.calls["config_points"] == 1
        assert house.agent.registries[ONE] == repr(ROWS)


def test_a_registry_that_is_changed_while_all_points_are_fetched(house: House) -> None:
    """What the agent says then is not what our rows mean."""
    rounds = iter([True])

    def change_once() -> None:
        if next(rounds, False):
            house.agent.config_points(ONE, [{**row, "Field": "other"} for row in ROWS])
            house.agent.receive(ONE, "W", 5)

    house.agent.before = change_once
    house.read()
    assert house.agent.registries[ONE] == repr(ROWS)


def test_points_that_the_agent_does_not_deliver(house: House) -> None:
    house.agent.hidden_points = {"SoC"}
    with pytest.raises(AgentRefused, match="'ieee2030_5' does not deliver SoC"):
        house.read()


def test_a_device_configured_twice_names_both(house: House) -> None:
    second = Holder("devices/second")
    with pytest.raises(ValueError, match=f"^device {ONE} of agent 'ieee2030_5' .* devices/{ONE}$"):
        house.client.devices.claim(ONE, second, ROWS)
    assert house.read()["W"] is None


@pytest.mark.parametrize(
    "leave",
    [
        lambda house: setattr(house.holders[ONE], "alive", False),
        lambda house: house.client.devices.release(ONE, house.holders[ONE]),
        lambda house: house.holders.pop(ONE),
    ],
    ids=["removed", "released", "gone"],
)
def test_another_may_take_a_device_that_was_left(
    house: House, leave: Callable[[House], None]
) -> None:
    house.read()
    house.agent.receive(ONE, "W", 5)
    leave(house)
    second = Holder("devices/second")
    house.client.devices.claim(ONE, second, [{"Volttron Point Name": "W"}])
    assert house.read() == {"W": 5}
    assert house.agent.maps[ONE] == ["W"]


def test_a_reader_of_a_device_that_another_takes_meanwhile(house: House) -> None:
    reader = gevent.spawn(house.read)
    gevent.sleep(0)
    house.holders[ONE].alive = False
    second = Holder("devices/second")
    house.client.devices.claim(ONE, second, [{"Volttron Point Name": "W"}])
    assert reader.get() == {"W": None}


def test_a_device_that_gets_another_registry_during_each_refresh(house: House) -> None:
    house.read()
    numbers = count()

    def configure() -> None:
        house.claim(ONE, rows=[{"Volttron Point Name": f"P{next(numbers)}"}])

    house.agent.before = configure
    with pytest.raises(AgentUnavailable, match=f"device {ONE} was configured again and again"):
        house.read_later()


def test_release_by_somebody_else_changes_nothing(house: House) -> None:
    house.client.devices.release(ONE, Holder("devices/second"))
    assert house.read()["W"] is None


@pytest.mark.parametrize(("before", "now"), [(1, True), (0, False), (1, 1.0), ([[1]], [[True]])])
def test_a_registry_with_a_cell_of_another_type_is_another_one(
    house: House, before: object, now: object
) -> None:
    first, second = [[{"Volttron Point Name": "Set", "Default": each}] for each in (before, now)]
    house.claim(*DEVICES[:2], rows=first)
    house.read()
    house.claim(ONE, rows=second)
    house.claim(DEVICES[2], rows=second)
    for sfdi, rows in zip(DEVICES, (second, first, second), strict=False):
        house.read(sfdi)
        assert house.agent.registries[sfdi] == repr(rows)


def test_a_registry_with_its_columns_in_another_order_is_the_same(house: House) -> None:
    house.claim(ONE, rows=[{"Volttron Point Name": "Set", "Units": "W"}])
    house.read()
    house.claim(ONE, rows=[{"Units": "W", "Volttron Point Name": "Set"}])
    house.read()
    assert house.agent.calls["config_points"] == 1


def test_equal_registries_are_kept_once(house: House) -> None:
    house.claim(*DEVICES)
    shared = house.client.devices.device(ONE).rows
    assert house.client.devices.claim(DEVICES[1], house.holders[DEVICES[1]], list(ROWS)) is shared
    assert len({id(device.rows) for device in house.client.devices}) == 1
