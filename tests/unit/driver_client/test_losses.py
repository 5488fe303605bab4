"""An agent that restarts or goes away, and comes again."""

from __future__ import annotations

import logging
from typing import Any
from unittest.mock import MagicMock

import gevent
import pytest
from volttron.driver.base.interfaces import DriverInterfaceError

from ieee2030_5_driver import agent_client
from ieee2030_5_driver.rpc import AgentRefused, AgentUnavailable
from tests.unit.driver_client.conftest import DEVICES, MAX_AGE, ONE, ROWS, TIMEOUT, House


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
    house.client.devices.claim(DEVICES[1], house.holders[DEVICES[1]], ROWS, 300.0)
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
    assert house.client.devices.longest_timeout == TIMEOUT


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
