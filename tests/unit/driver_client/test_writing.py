"""A value that was set, or taken back, is what is read from then on."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import gevent
import pytest
from gevent.lock import Semaphore

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


def test_a_refresh_that_began_before_does_not_hide_a_revert(house: House) -> None:
    """However long values are cached."""
    house.set_point(5)
    house.read()
    readers: list[Any] = []

    def revert_meanwhile() -> None:
        house.agent.on_the_way = lambda: None
        house.client.revert_point(ONE, "Set", 1e9, TIMEOUT)
        readers.append(gevent.spawn(house.client.read, ONE, 60.0, TIMEOUT))
        gevent.sleep(0)

    house.agent.on_the_way = revert_meanwhile
    house.read_later()
    assert readers[0].get()["Set"] is None
    assert house.read()["Set"] is None


def test_a_refresh_that_began_before_does_not_hide_what_a_lost_command_did(house: House) -> None:
    house.set_point(5)
    house.read()
    readers: list[Any] = []

    def lost(*_: Any) -> None:
        house.agent.receive(ONE, "Set", 7)
        raise gevent.Timeout

    def set_meanwhile() -> None:
        house.agent.on_the_way = lambda: None
        with pytest.raises(AgentUnavailable):
            house.client.set_point(ONE, "Set", 7, 1e9, TIMEOUT)
        readers.append(gevent.spawn(house.client.read, ONE, 60.0, TIMEOUT))
        gevent.sleep(0)

    house.agent.set_point = lost  # type: ignore[method-assign,assignment]
    house.agent.on_the_way = set_meanwhile
    house.read_later()
    assert readers[0].get()["Set"] == 7


def at_the_agent(
    house: House, number: int, method: str, *arguments: Any
) -> tuple[list[gevent.Greenlet], Callable[[], None]]:
    """Writes that are on their way already; each call lets the next one be answered."""
    turn = Semaphore(0)
    carry_out = getattr(house.agent, method)

    def in_turn(*arguments: Any) -> Any:
        turn.acquire()
        return carry_out(*arguments)

    def next_answer() -> None:
        turn.release()
        gevent.sleep(0.001)

    setattr(house.agent, method, in_turn)
    write = partial(getattr(house.client, method), ONE, *arguments, 60.0, TIMEOUT)
    writers = [gevent.spawn(write) for _ in range(number)]
    gevent.sleep(0.001)
    return writers, next_answer


def test_a_value_that_was_set_and_reverted_during_a_refresh_is_not_shown(house: House) -> None:
    house.read()
    _, next_revert = at_the_agent(house, 1, "revert_point", "Set")

    def set_and_revert() -> None:
        house.agent.before = lambda: None
        house.client.set_point(ONE, "Set", 5, 1e9, TIMEOUT)
        next_revert()

    house.agent.before = set_and_revert
    assert house.read_later()["Set"] is None


def test_a_value_that_is_not_in_force_is_not_shown_for_good(house: House) -> None:
    """It is set again while all points are fetched, as they are after it was set first."""
    house.read()
    house.agent.set_point = lambda *arguments: arguments[-1]  # type: ignore[method-assign]
    _, next_answer = at_the_agent(house, 2, "set_point", "Set", 5)
    next_answer()
    changes_then_everything = iter([lambda: None, next_answer])
    house.agent.on_the_way = lambda: next(changes_then_everything, lambda: None)()
    assert house.read_later()["Set"] == 5
    assert house.read_later()["Set"] is None


def test_the_agents_refusal_of_a_value_reaches_the_caller(house: House) -> None:
    with pytest.raises(AgentRefused, match=f"^device {ONE} has no point Nothing$"):
        house.set_point(1, point="Nothing")


def test_setting_on_an_agent_that_has_just_restarted(house: House) -> None:
    house.read()
    house.restart_agent()
    assert house.set_point(5) == 5
    assert house.agent.values[ONE]["Set"] == 5


def test_a_value_that_a_restarted_agent_has_lost_is_not_shown(house: House) -> None:
    """The restart is noticed by the refresh during which the value was set."""
    house.read()
    _, next_answer = at_the_agent(house, 2, "set_point", "Set", 5)
    next_answer()

    def set_and_restart() -> None:
        next_answer()
        house.restart_agent()

    house.agent.on_the_way = set_and_restart
    assert house.read_later()["Set"] is None


def test_a_device_that_is_written_during_each_refresh_is_read(house: House) -> None:
    house.read()
    writers, house.agent.on_the_way = at_the_agent(
        house, 2 * agent_client.ROUNDS, "revert_point", "Set"
    )
    house.agent.receive(ONE, "W", 8)
    assert house.client.read(ONE, 0, TIMEOUT) == {"W": 8, "SoC": None, "Set": None}
    assert [writer.ready() for writer in writers].count(True) == 1  # one refresh was enough
    gevent.killall(writers)


@pytest.mark.parametrize("max_age", [0.0, 60.0])
def test_many_who_write_one_device_see_each_what_they_wrote(house: House, max_age: float) -> None:
    """None of their reads fails, nor does a poll meanwhile."""
    points = [f"Set{number}" for number in range(20)]
    house.claim(ONE, rows=[{"Volttron Point Name": point} for point in points])
    delays = random.Random(1)
    house.agent.before = house.agent.on_the_way = lambda: gevent.sleep(delays.uniform(0, 0.003))

    def write(point: str) -> None:
        for value in range(1, 11):
            gevent.sleep(delays.uniform(0, 0.01))
            assert house.client.set_point(ONE, point, value, max_age, TIMEOUT) == value
            assert house.client.read(ONE, max_age, TIMEOUT)[point] == value
            house.client.revert_point(ONE, point, max_age, TIMEOUT)
            assert house.client.read(ONE, max_age, TIMEOUT)[point] is None

    writers = [gevent.spawn(write, point) for point in points]
    while not all(writer.ready() for writer in writers):
        assert list(house.client.read(ONE, max_age, TIMEOUT)) == points
        gevent.sleep(0.001)
    gevent.joinall(writers, raise_error=True)
