"""A value that was set, or taken back, is what is read from then on."""

from __future__ import annotations

from typing import Any

import pytest

from ieee2030_5_driver import agent_client
from ieee2030_5_driver.rpc import AgentRefused, AgentUnavailable
from tests.unit.driver_client.conftest import MAX_AGE, ONE, TIMEOUT, House


@pytest.mark.parametrize("value", [0, -3, 2.5, False, "", "text"])
def test_a_set_value_is_seen_at_once(house: House, value: Any) -> None:
    house.read()
    assert house.set_point(value) == value
    assert house.read()["Set"] == value
    assert house.read_later()["Set"] == value


def test_a_refresh_that_began_before_does_not_hide_a_set_value(house: House) -> None:
    house.read()
    house.agent.receive(ONE, "Set", 1)
    written: list[Any] = []

    def set_meanwhile() -> None:
        house.agent.on_the_way = lambda: None
        house.agent.receive(ONE, "W", 8)  # not in the answer that is on its way
        written.append(house.client.set_point(ONE, "Set", 9, 1e9, TIMEOUT))

    house.agent.on_the_way = set_meanwhile
    assert house.read_later()["Set"] == 9
    assert written == [9]
    assert house.read() == {"W": 8, "SoC": None, "Set": 9}
    house.agent.receive(ONE, "Set", 3)
    assert house.read_later()["Set"] == 3


def set_and_change(house: House) -> None:
    """During a refresh the driver sets a value, and then the agent changes it."""
    house.agent.before = lambda: None
    house.client.set_point(ONE, "Set", 9, 1e9, TIMEOUT)
    house.agent.receive(ONE, "Set", 3)  # in the answer that is made now


def test_a_set_value_does_not_hide_a_later_one(house: House) -> None:
    house.read()
    house.agent.before = lambda: set_and_change(house)
    house.read_later()
    assert house.read()["Set"] == 3


def test_a_set_value_does_not_hide_a_later_one_when_a_refresh_fails(house: House) -> None:
    house.read()

    def fail() -> None:
        house.agent.before = lambda: None
        raise ValueError("busy")

    house.agent.before = lambda: set_and_change(house)
    house.read_later()
    house.agent.before = fail
    with pytest.raises(AgentUnavailable, match="busy"):
        house.read()
    house.clock.now += agent_client.FAILURE_MEMORY_S
    assert house.read()["Set"] == 3


def test_a_set_point_may_change_other_points_too(house: House) -> None:
    house.read()
    house.set_point(9)
    house.agent.receive(ONE, "W", 9)
    assert house.read()["W"] == 9


def test_setting_needs_no_read_before(house: House) -> None:
    assert house.set_point(5) == 5
    assert house.agent.maps[ONE] == ["W", "SoC", "Set"]


def test_a_reverted_point_is_read_again_at_once(house: House) -> None:
    house.set_point(5)
    house.client.revert_point(ONE, "Set", MAX_AGE, TIMEOUT)
    assert house.read()["Set"] is None


def test_a_revert_during_a_refresh_is_seen(house: House) -> None:
    house.set_point(5)
    house.read()

    def revert_meanwhile() -> None:
        house.agent.on_the_way = lambda: None
        house.client.revert_point(ONE, "Set", 1e9, TIMEOUT)

    house.agent.on_the_way = revert_meanwhile
    assert house.read_later()["Set"] is None


def test_a_revert_while_all_points_are_fetched_again(house: House) -> None:
    house.read()

    def set_meanwhile() -> None:
        house.agent.on_the_way = lambda: None
        house.client.set_point(ONE, "Set", 5, 1e9, TIMEOUT)

    house.agent.receive(ONE, "W", 1)
    house.agent.on_the_way = set_meanwhile
    assert house.read_later()["Set"] == 5
    rounds = iter([False, True])

    def revert_meanwhile() -> None:
        if next(rounds, False):
            house.client.revert_point(ONE, "Set", 1e9, TIMEOUT)

    house.clock.now += MAX_AGE
    house.client._fetched_at = house.clock.now  # so that the revert does not wait for the refresh
    house.clock.now += MAX_AGE
    house.agent.on_the_way = revert_meanwhile
    assert house.read()["Set"] is None


def test_the_agents_refusal_of_a_value_reaches_the_caller(house: House) -> None:
    with pytest.raises(AgentRefused, match=f"^device {ONE} has no point Nothing$"):
        house.set_point(1, point="Nothing")


def test_setting_on_an_agent_that_has_just_restarted(house: House) -> None:
    house.read()
    house.restart_agent()
    assert house.set_point(5) == 5
    assert house.agent.values[ONE]["Set"] == 5


def test_a_device_that_is_written_all_the_time_is_told_as_such(house: House) -> None:
    house.read()

    def revert_meanwhile() -> None:
        house.agent.revert_point(ONE, "Set")
        house.client.devices.device(ONE).complete = False
        house.client._note_write(ONE, {})

    house.agent.on_the_way = revert_meanwhile
    with pytest.raises(AgentUnavailable, match=f"device {ONE} was written or configured again"):
        house.read_later()
