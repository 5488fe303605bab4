"""One refresh at a time, and how long each reader waits for it."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from gevent.event import Event

from ieee2030_5_driver import agent_client, shared_refresh
from ieee2030_5_driver.device_table import DeviceTable
from ieee2030_5_driver.rpc import AgentUnavailable
from tests.driver_fakes import FakeVip
from tests.unit.driver_client.conftest import DEVICES, MAX_AGE, ONE, ROWS, TIMEOUT, Holder, House


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


def test_a_refresh_costs_only_what_it_is_about(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a thousand devices, what each refresh asks of every device is most of a driver's start:
    the first poll of each one makes a refresh."""
    asked: set[str] = set()

    class Asked:
        def __init__(self, topic: str) -> None:
            self.topic = topic

        @property
        def alive(self) -> bool:
            asked.add(self.topic)
            return True

    holders = {sfdi: Asked(sfdi) for sfdi in DEVICES}
    for sfdi, holder in holders.items():
        house.client.devices.release(sfdi, house.holders[sfdi])
        house.client.devices.claim(sfdi, holder, ROWS)
    monkeypatch.setattr(DeviceTable, "__iter__", lambda _: pytest.fail("all were gone through"))
    for sfdi in DEVICES[:4]:
        house.read_later(sfdi)  # the first refresh finds out the longest time-out
    house.agent.receive(ONE, "W", 5)
    house.set_point(1, DEVICES[1])
    asked.clear()
    assert house.read_later(DEVICES[2])["W"] is None
    assert house.read(ONE)["W"] == 5
    assert asked <= set(DEVICES[:4])


def test_a_refresh_may_take_the_longest_timeout_of_the_devices(house: House) -> None:
    house.client.devices.claim(DEVICES[1], house.holders[DEVICES[1]], ROWS, 30.0)
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
    house.client.devices.claim(DEVICES[1], house.holders[DEVICES[1]], ROWS, 7.0)
    house.client.refresh()
    assert limits["get_changes"] == 7


def test_the_longest_timeout_follows_the_devices(house: House) -> None:
    devices = house.client.devices
    assert devices.longest_timeout == TIMEOUT
    for sfdi, timeout, longest in (
        (DEVICES[1], 30.0, 30.0),
        (DEVICES[2], 40.0, 40.0),
        (DEVICES[1], 50.0, 50.0),
        (DEVICES[1], 7.0, 40.0),
    ):
        devices.claim(sfdi, house.holders[sfdi], ROWS, timeout)
        assert devices.longest_timeout == longest
    devices.release(DEVICES[2], house.holders[DEVICES[2]])
    assert devices.longest_timeout == 7
    second = Holder("devices/second")
    house.holders[DEVICES[1]].alive = False
    devices.claim(DEVICES[1], second, ROWS, 6.0)
    assert devices.longest_timeout == 6
    second.alive = False
    assert devices.longest_timeout == TIMEOUT
    devices.claim(ONE, house.holders[ONE], ROWS, 2.0)
    assert devices.longest_timeout == 2
    house.claim(DEVICES[2])
    assert devices.longest_timeout == TIMEOUT


def test_nobody_waits_longer_than_its_own_timeout(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    patient = DEVICES[1]
    house.client.devices.claim(patient, house.holders[patient], ROWS, 30.0)
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
            AgentUnavailable, match=r"'ieee2030_5' does not answer \(timeout 0\.2 s\)"
        ):
            house.client.read(ONE, MAX_AGE, 0.2)
    house.agent.receive(ONE, "W", 5)
    let_go.set()
    reader.get()
    house.clock.now += 2 * MAX_AGE
    with caplog.at_level(logging.INFO):
        assert house.client.read(ONE, MAX_AGE, 0.2)["W"] == 5
    assert [text for text in caplog.messages if "answer" in text] == [
        "agent 'ieee2030_5' has not answered for 0.2 s: devices with that rpc_timeout_s are not"
        " published",
        "agent 'ieee2030_5' answers within 0.2 s again",
    ]


@pytest.mark.parametrize(("took", "in_time"), [(29.0, True), (31.0, False)])
def test_the_refresh_before_the_own_one_counts_too(
    house: House, monkeypatch: pytest.MonkeyPatch, took: float, in_time: bool
) -> None:
    """What is left of its time-out is what a reader waits for a refresh that began later."""
    for module in (agent_client, shared_refresh):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=house.clock))
    house.read()
    let_go = Event()

    def slow() -> None:
        house.agent.before = lambda: None
        let_go.wait()

    house.agent.before = slow
    gevent.spawn(house.client.read, ONE, 0, 60.0)
    gevent.sleep(0)
    reader = gevent.spawn(house.client.read, ONE, 0, 30.0)
    gevent.sleep(0)
    house.clock.now += took
    let_go.set()
    reader.join()
    assert isinstance(reader.exception, AgentUnavailable) is not in_time


def test_nothing_but_an_answer_in_time_is_one(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Other devices, which wait longer, get theirs each time."""
    caplog.set_level(logging.INFO, shared_refresh.__name__)
    house.client.devices.claim(DEVICES[1], house.holders[DEVICES[1]], ROWS, 30.0)
    house.read()
    house.read(DEVICES[1])
    let_go = Event()
    house.agent.before = let_go.wait
    for _ in range(3):
        let_go.clear()
        with pytest.raises(AgentUnavailable, match="does not answer"):
            house.client.read(ONE, 0, 0.002)
        let_go.set()
        for _ in range(2):
            house.client.read(DEVICES[1], 0, 30.0)
    assert len([r for r in caplog.records if r.name == shared_refresh.__name__]) == 1


def test_a_refresh_of_many_calls_may_take_longer_than_one(house: House) -> None:
    house.claim(*DEVICES[1:])
    house.client.devices.claim(DEVICES[1], house.holders[DEVICES[1]], ROWS, 30.0)
    slow_call = house.agent.config_points

    def config_points(*arguments: Any) -> str:
        gevent.sleep(0.1)
        return slow_call(*arguments)

    house.agent.config_points = config_points  # type: ignore[method-assign]
    readers = [gevent.spawn(house.client.read, sfdi, MAX_AGE, 0.5) for sfdi in DEVICES]
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
