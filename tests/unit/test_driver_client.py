"""The shared cache: how many calls it makes, what it serves, how it meets a lost agent."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import gevent
import pytest
from gevent.event import Event
from volttron.client.vip.agent.errors import Unreachable
from volttron.driver.base.interfaces import DriverInterfaceError
from volttron.utils.jsonrpc import MethodNotFound, RemoteError

from ieee2030_5_driver import agent_client, shared_refresh
from ieee2030_5_driver.agent_client import AgentClient
from ieee2030_5_driver.rpc import AgentRefused, AgentRpc, AgentUnavailable
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
            self.client.claim(sfdi, self.holders[sfdi], list(ROWS if rows is None else rows))

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


def test_values_never_received_are_none_and_zero_is_a_value(house: House) -> None:
    assert house.read() == {"W": None, "SoC": None, "Set": None}
    house.agent.receive(ONE, "W", 0)
    house.agent.receive(ONE, "SoC", False)
    assert house.read_later() == {"W": 0, "SoC": False, "Set": None}


def test_devices_polled_at_the_same_time_share_the_calls(house: House) -> None:
    house.claim(*DEVICES)
    readers = [gevent.spawn(house.read, sfdi) for sfdi in DEVICES]
    gevent.joinall(readers, raise_error=True)
    assert house.agent.calls["config_points"] == len(DEVICES)
    assert house.agent.most_busy <= agent_client.CONCURRENT_REGISTRIES
    house.agent.calls.clear()
    house.clock.now += MAX_AGE + 0.01
    readers = [gevent.spawn(house.read, sfdi) for sfdi in DEVICES]
    gevent.joinall(readers, raise_error=True)
    assert house.agent.calls == {"get_changes": 1}


@pytest.mark.parametrize(
    ("age", "calls"), [(0.0, {}), (MAX_AGE - 0.01, {}), (MAX_AGE, {"get_changes": 1})]
)
def test_values_are_cached_until_they_expire(
    house: House, age: float, calls: dict[str, int]
) -> None:
    house.read()
    house.agent.calls.clear()
    house.clock.now += age
    house.read()
    assert house.agent.calls == calls


def test_no_cache_asks_each_time(house: House) -> None:
    house.read()
    house.agent.calls.clear()
    for _ in range(3):
        house.client.read(ONE, 0.0, TIMEOUT)
        house.clock.now += 0.001
    assert house.agent.calls == {"get_changes": 3}


def test_without_a_cache_a_refresh_that_began_before_is_too_old(house: House) -> None:
    house.read()
    let_go = Event()

    def slow() -> None:
        house.agent.on_the_way = lambda: None
        let_go.wait()

    house.agent.on_the_way = slow
    house.agent.calls.clear()
    gevent.spawn(house.client.read, ONE, 0.0, TIMEOUT)
    gevent.sleep(0.001)
    house.agent.receive(ONE, "Set", 7)  # not in the answer that is on its way
    readers = [gevent.spawn(house.client.read, ONE, 0.0, TIMEOUT) for _ in range(5)]
    gevent.sleep(0.001)
    let_go.set()
    assert [reader.get()["Set"] for reader in readers] == [7] * 5
    assert house.agent.calls == {"get_changes": 2}  # the five share theirs


def test_a_refresh_is_joined_that_is_not_older_than_a_value_may_be(house: House) -> None:
    house.read_later()
    house.clock.now += MAX_AGE
    house.agent.calls.clear()

    def join_meanwhile() -> None:
        house.agent.on_the_way = lambda: None
        house.clock.now += MAX_AGE - 0.01
        readers.append(gevent.spawn(house.read))
        gevent.sleep(0.001)

    readers: list[Any] = []
    house.agent.on_the_way = join_meanwhile
    house.read()
    readers[0].get()
    assert house.agent.calls == {"get_changes": 1}


# -- time-outs --


def test_a_refresh_may_take_the_longest_timeout_of_the_devices(house: House) -> None:
    house.client.claim(DEVICES[1], house.holders[DEVICES[1]], ROWS, 30.0)
    limits: dict[str, float] = {}

    class Limited(FakeVip):
        def _call(self, peer: str, method: str, *arguments: Any) -> Any:
            answer = super()._call(peer, method, *arguments)

            def get(timeout: float) -> Any:
                limits[method] = timeout
                return answer.get(timeout)

            return SimpleNamespace(get=get)

    house.vip.rpc.call = Limited(house.agent)._call
    house.read()
    house.client.refresh()
    house.set_point(5)
    house.client.wait_for_change(60.0)
    assert limits == {"config_points": 30, "get_changes": 30, "set_point": 5, "get_cursor": 61}
    house.client.claim(DEVICES[1], house.holders[DEVICES[1]], ROWS, 7.0)
    house.client.refresh()
    assert limits["get_changes"] == 7


def test_nobody_waits_longer_than_its_own_timeout(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    patient = DEVICES[1]
    house.client.claim(patient, house.holders[patient], ROWS, 30.0)
    house.read(patient)
    house.read()
    house.clock.now += 2 * MAX_AGE
    let_go = Event()

    def slow() -> None:
        house.agent.on_the_way = lambda: None
        let_go.wait()

    house.agent.on_the_way = slow
    reader = gevent.spawn(house.client.read, patient, MAX_AGE, 30.0)
    for _ in range(2):
        with pytest.raises(
            AgentUnavailable, match=r"'ieee2030_5' does not answer \(timeout 0\.01 s\)"
        ):
            house.client.read(ONE, MAX_AGE, 0.01)
    house.agent.receive(ONE, "W", 5)
    let_go.set()
    reader.get()
    house.clock.now += 2 * MAX_AGE
    with caplog.at_level(logging.INFO):
        assert house.client.read(ONE, MAX_AGE, 0.01)["W"] == 5
    assert [text for text in caplog.messages if "answer" in text] == [
        "agent 'ieee2030_5' has not answered for 0.01 s: devices with that rpc_timeout_s are not"
        " published",
        "agent 'ieee2030_5' answers within 0.01 s again",
    ]


def test_the_refresh_before_the_own_one_counts_too(house: House) -> None:
    house.client.claim(DEVICES[1], house.holders[DEVICES[1]], ROWS, 30.0)
    house.read()
    delays = iter([0.3, 30.0])
    house.agent.before = lambda: gevent.sleep(next(delays))
    gevent.spawn(house.client.read, DEVICES[1], 0, 30.0)
    gevent.sleep(0.001)
    began = time.monotonic()
    with pytest.raises(AgentUnavailable, match="does not answer"):
        house.client.read(ONE, 0, 0.4)
    assert 0.4 <= time.monotonic() - began < 0.6


def test_nothing_but_an_answer_in_time_is_one(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Other devices, which wait longer, get theirs each time."""
    caplog.set_level(logging.INFO, shared_refresh.__name__)
    house.client.claim(DEVICES[1], house.holders[DEVICES[1]], ROWS, 30.0)
    house.read()
    house.read(DEVICES[1])
    house.agent.before = lambda: gevent.sleep(0.01)
    for _ in range(3):
        with pytest.raises(AgentUnavailable, match="does not answer"):
            house.client.read(ONE, 0, 0.002)
        for _ in range(2):
            house.client.read(DEVICES[1], 0, 30.0)
    assert len([r for r in caplog.records if r.name == shared_refresh.__name__]) == 1


def test_a_refresh_of_many_calls_may_take_longer_than_one(house: House) -> None:
    house.claim(*DEVICES[1:])
    house.client.claim(DEVICES[1], house.holders[DEVICES[1]], ROWS, 30.0)
    slow_call = house.agent.config_points

    def config_points(*arguments: Any) -> str:
        gevent.sleep(0.02)
        return slow_call(*arguments)

    house.agent.config_points = config_points  # type: ignore[method-assign]
    readers = [gevent.spawn(house.client.read, sfdi, MAX_AGE, 0.1) for sfdi in DEVICES]
    gevent.joinall(readers, raise_error=True)


def test_nothing_of_a_refresh_that_failed_goes_on(house: House) -> None:
    house.claim(*DEVICES)
    house.client._wanted.update(DEVICES)
    let_go = Event()

    def config_points(*_: Any) -> None:
        if house.agent.calls["config_points"] == agent_client.CONCURRENT_REGISTRIES:
            raise gevent.Timeout
        let_go.wait()

    house.agent.config_points = config_points  # type: ignore[method-assign,assignment]
    with pytest.raises(AgentUnavailable, match="does not answer"):
        house.read()
    let_go.set()
    gevent.sleep(0.01)
    assert house.agent.calls["config_points"] == agent_client.CONCURRENT_REGISTRIES


# -- changes --


def test_only_changes_are_transferred(house: House) -> None:
    house.claim(*DEVICES)
    for sfdi in DEVICES:
        house.read(sfdi)
    house.read_later()
    house.agent.transferred = 0
    house.agent.receive(DEVICES[7], "W", 5)
    house.read_later()
    assert house.agent.transferred == 1
    assert house.read(DEVICES[7])["W"] == 5


def test_a_device_added_later_gets_all_its_points(house: House) -> None:
    house.read()
    house.claim(DEVICES[1])
    assert house.read(DEVICES[1]) == {"W": None, "SoC": None, "Set": None}


def test_another_registry_voids_the_old_values(house: House) -> None:
    house.read()
    house.agent.receive(ONE, "W", 5)
    house.claim(ONE, rows=[{"Volttron Point Name": "W", "Field": "other"}])
    house.agent.values[ONE]["W"] = 7  # what the other field holds, without any change of it
    assert house.read() == {"W": 7}
    assert house.agent.calls["config_points"] == 2


def test_the_same_registry_is_not_sent_again(house: House) -> None:
    house.read()
    house.claim(ONE)
    house.read_later()
    assert house.agent.calls["config_points"] == 1


# -- writing --


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


def test_a_set_value_does_not_hide_a_later_one(house: House) -> None:
    house.read()

    def set_and_change() -> None:
        house.agent.before = lambda: None
        house.client.set_point(ONE, "Set", 9, 1e9, TIMEOUT)
        house.agent.receive(ONE, "Set", 3)  # in the answer that is made now

    house.agent.before = set_and_change
    house.read_later()
    assert house.read()["Set"] == 3


def test_a_set_value_does_not_hide_a_later_one_when_a_refresh_fails(house: House) -> None:
    house.read()

    def set_and_change() -> None:
        house.agent.before = lambda: None
        house.client.set_point(ONE, "Set", 9, 1e9, TIMEOUT)
        house.agent.receive(ONE, "Set", 3)  # in the answer that is made now

    def fail() -> None:
        house.agent.before = lambda: None
        raise ValueError("busy")

    house.agent.before = set_and_change
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
        house.client._device(ONE).complete = False
        house.client._note_write(ONE, {})

    house.agent.on_the_way = revert_meanwhile
    with pytest.raises(AgentUnavailable, match=f"device {ONE} was written or configured again"):
        house.read_later()


# -- a lost, a restarted, another agent --


def test_a_restarted_agent_gets_the_registries_before_anything_is_served(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    house.claim(*DEVICES[:3])
    for sfdi in DEVICES[:3]:
        house.read(sfdi)
    house.agent.receive(ONE, "W", 5)
    assert house.read_later()["W"] == 5
    house.restart_agent()
    assert house.read_later() == {"W": None, "SoC": None, "Set": None}
    assert house.agent.calls["config_points"] == 1
    for sfdi in DEVICES[1:3]:
        assert house.read(sfdi) == {"W": None, "SoC": None, "Set": None}
    assert house.agent.calls["config_points"] == 3
    assert [text for text in caplog.messages if "restarted" in text] == [
        "agent 'ieee2030_5' was restarted: its devices are configured again"
    ]


def test_removed_devices_are_not_configured_again(house: House) -> None:
    house.claim(*DEVICES[:2])
    house.read(ONE)
    house.read(DEVICES[1])
    house.holders[DEVICES[1]].alive = False
    house.restart_agent()
    house.read_later()
    assert list(house.agent.maps) == [ONE]
    with pytest.raises(AgentRefused, match="is not configured any more"):
        house.read(DEVICES[1])


@pytest.mark.parametrize("gone", [False, True])
def test_a_deleted_device_is_left_alone(house: House, gone: bool) -> None:
    """Its registry is not imposed on the agent again, and its time-out is not waited for."""
    house.client.claim(DEVICES[1], house.holders[DEVICES[1]], ROWS, 300.0)
    house.read()
    house.read(DEVICES[1])
    house.holders[DEVICES[1]].alive = False
    if gone:
        del house.holders[DEVICES[1]]
    other = [{"Volttron Point Name": "Other"}]
    house.agent.config_points(DEVICES[1], other)
    for _ in range(2):
        house.read_later()
    assert house.agent.registries[DEVICES[1]] == repr(other)
    assert house.client._longest_timeout() == TIMEOUT


def test_an_agent_that_restarts_all_the_time(house: House) -> None:
    house.read()

    def restart() -> None:
        house.restart_agent().on_the_way = restart

    restart()
    with pytest.raises(AgentUnavailable, match="restarted again and again"):
        house.read_later()


def test_absent_agent(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    house.vip.agent = None
    calls = MagicMock(wraps=house.vip._answer)
    house.vip._answer = calls  # type: ignore[method-assign]
    for _ in range(3):
        with pytest.raises(AgentUnavailable, match=r"'ieee2030_5' does not answer .* installed"):
            house.read()
        house.clock.now += agent_client.FAILURE_MEMORY_S / 2
    calls.assert_not_called()  # the list of peers told it, nobody waited for a time-out
    assert len([text for text in caplog.messages if "lost" in text]) == 1


def test_lost_agent_is_not_asked_by_everybody(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    house.claim(*DEVICES)
    for sfdi in DEVICES:
        house.read(sfdi)
    house.vip.agent = None
    calls = MagicMock(wraps=house.vip._answer)
    house.vip._answer = calls  # type: ignore[method-assign]
    house.clock.now += MAX_AGE + 0.01
    readers = [gevent.spawn(house.read, sfdi) for sfdi in DEVICES]
    gevent.joinall(readers)
    assert {type(reader.exception) for reader in readers} == {AgentUnavailable}
    assert "does not answer (timeout 5 s): is it installed and running?" in str(
        readers[0].exception
    )
    house.vip.peerlist = None  # type: ignore[assignment]
    with pytest.raises(AgentUnavailable):
        house.read()
    assert calls.call_count == 1
    assert len([text for text in caplog.messages if "lost" in text]) == 1


def test_old_values_are_never_served_while_the_agent_is_away(house: House) -> None:
    house.read()
    house.vip.agent = None
    house.clock.now += MAX_AGE + 0.01
    with pytest.raises(AgentUnavailable):
        house.read()
    with pytest.raises(AgentUnavailable):
        house.set_point(1)


def test_recovery_by_itself(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    house.read()
    house.vip.agent = None
    house.clock.now += MAX_AGE + 0.01
    with pytest.raises(AgentUnavailable):
        house.read()
    house.vip.agent = house.agent
    house.agent.receive(ONE, "W", 5)
    house.clock.now += agent_client.FAILURE_MEMORY_S
    assert house.read()["W"] == 5
    reached = [text for text in caplog.messages if text == "agent 'ieee2030_5' reached"]
    assert len(reached) == 2


def test_losing_the_agent_while_setting(house: House) -> None:
    house.read()
    house.vip.agent = None
    with pytest.raises(AgentUnavailable, match="timeout 5 s"):
        house.set_point(1)
    with pytest.raises(AgentUnavailable):
        house.read_later()


def test_a_command_that_is_not_answered_in_time_is_no_loss_of_the_agent(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    house.claim(DEVICES[1])
    house.read(DEVICES[1])

    def set_point(*_: Any) -> None:
        raise gevent.Timeout

    house.agent.set_point = set_point  # type: ignore[method-assign,assignment]
    with pytest.raises(AgentUnavailable, match="does not answer"):
        house.set_point(1)
    assert house.read(DEVICES[1])["W"] is None
    assert not [text for text in caplog.messages if "lost" in text]


@pytest.mark.parametrize("method", ["set_point", "revert_point"])
@pytest.mark.parametrize("lost", [gevent.Timeout, ValueError], ids=["no answer", "failed"])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_write_without_a_good_answer_may_have_been_carried_out(
    house: House, method: str, lost: type[BaseException], restarted: bool
) -> None:
    """However long values are cached: the next read that reaches the agent shows what it has."""
    house.set_point(1)
    house.read_later()
    if restarted:
        house.restart_agent()
    agent = house.agent
    carry_out = getattr(agent, method)

    def answer_is_lost(*arguments: Any) -> None:
        carry_out(*arguments)
        agent.receive(ONE, "W", 8)
        raise lost

    setattr(agent, method, answer_is_lost)
    arguments = {"set_point": ("Set", 7), "revert_point": ("Set",)}[method]
    with pytest.raises(DriverInterfaceError):
        getattr(house.client, method)(ONE, *arguments, 60.0, TIMEOUT)
    house.clock.now += agent_client.FAILURE_MEMORY_S
    assert house.client.read(ONE, 60.0, TIMEOUT) == agent.values[ONE]
    assert agent.values[ONE]["W"] == 8


def test_a_reader_that_is_killed_does_not_block_the_others(house: House) -> None:
    house.read()
    house.clock.now += MAX_AGE + 0.01
    house.agent.calls.clear()
    first = gevent.spawn(house.read)
    gevent.sleep(0)
    second = gevent.spawn(house.read)
    gevent.sleep(0)
    first.kill()
    assert second.get() == {"W": None, "SoC": None, "Set": None}
    assert house.agent.calls == {"get_changes": 1}


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


# -- refusals --


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


# -- one device, one topic --


def test_a_device_configured_twice_names_both(house: House) -> None:
    second = Holder("devices/second")
    with pytest.raises(ValueError, match=f"^device {ONE} of agent 'ieee2030_5' .* devices/{ONE}$"):
        house.client.claim(ONE, second, ROWS)
    assert house.read()["W"] is None


@pytest.mark.parametrize(
    "leave",
    [
        lambda house: setattr(house.holders[ONE], "alive", False),
        lambda house: house.client.release(ONE, house.holders[ONE]),
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
    house.client.claim(ONE, second, [{"Volttron Point Name": "W"}])
    assert house.read() == {"W": 5}
    assert house.agent.maps[ONE] == ["W"]


def test_a_reader_of_a_device_that_another_takes_meanwhile(house: House) -> None:
    reader = gevent.spawn(house.read)
    gevent.sleep(0)
    house.holders[ONE].alive = False
    second = Holder("devices/second")
    house.client.claim(ONE, second, [{"Volttron Point Name": "W"}])
    assert reader.get() == {"W": None}


def test_release_by_somebody_else_changes_nothing(house: House) -> None:
    house.client.release(ONE, Holder("devices/second"))
    assert house.read()["W"] is None


def test_equal_registries_are_kept_once(house: House) -> None:
    house.claim(*DEVICES)
    shared = house.client._devices[ONE].rows
    assert house.client.claim(DEVICES[1], house.holders[DEVICES[1]], list(ROWS)) is shared
    assert len({id(device.rows) for device in house.client._devices.values()}) == 1


# -- errors of the platform --


class Failing:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def get(self, timeout: float) -> Any:
        raise self.error


@pytest.mark.parametrize(
    ("error", "expected", "text"),
    [
        (gevent.Timeout(5), AgentUnavailable, "agent 'a' does not answer (timeout 5 s): is it"),
        (Unreachable(113, "no route", "a", "RPC"), AgentUnavailable, "agent 'a' cannot be reached"),
        (RemoteError("why", exc_type="x.Y", exc_args=["why"]), AgentRefused, "why"),
        (MethodNotFound(-32601, "no such"), AgentRefused, "agent 'a' refused m: no such"),
    ],
    ids=lambda value: getattr(value, "__name__", None) or type(value).__name__,
)
def test_every_failure_of_a_call_is_a_driver_error(
    error: BaseException, expected: type[Exception], text: str
) -> None:
    vip = MagicMock()
    vip.rpc.call.return_value = Failing(error)
    with pytest.raises(expected) as raised:
        AgentRpc(vip, "a").call("m", timeout=5.0)
    assert str(raised.value).startswith(text)
    assert isinstance(raised.value, DriverInterfaceError)


def test_a_platform_that_does_not_answer() -> None:
    vip = MagicMock()
    vip.peerlist.return_value = Failing(gevent.Timeout(5))
    with pytest.raises(AgentUnavailable, match="the platform does not answer"):
        AgentRpc(vip, "a").check_connected(5.0)
