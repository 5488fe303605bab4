"""What the agent does when the platform's process is gone, and when it comes back twice."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import psutil
import pytest
import zmq
from volttron.client.vip.agent.dispatch import Signal

from ieee2030_5_agent.connection import LONELY_S, ConnectionWatch, end_predecessors

LAUNCHED = {"_LAUNCHED_BY_PLATFORM": "1"}


class Core:
    """VOLTTRON's core, as far as it matters: a signal of socket events, a count of attempts."""

    def __init__(self) -> None:
        self._reconnect_attempt = 49
        self.receivers: list[Any] = []
        self.onsockevent = self
        self.onsetup = Signal()
        self._socket: Any = None

    def connect(self, receiver: Any) -> None:
        self.receivers.append(receiver)

    def send(self, event: int) -> None:
        for receiver in self.receivers:
            receiver(self, event=event, value=0, endpoint=b"tcp://127.0.0.1:1")


def test_sending_never_blocks_who_reads_the_events() -> None:
    """Half a connection would otherwise be the last one, see the platform tests of restarts."""
    core = Core()
    watch = ConnectionWatch(core, {})
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.immediate = True  # as VOLTTRON makes it
        socket.linger = 0
        core._socket = socket
        core.onsetup.send(core)
        with socket.connect("tcp://127.0.0.1:1"):
            socket.send(b"hello", zmq.NOBLOCK)
    assert watch.connected


@pytest.mark.parametrize("event", [zmq.EVENT_DISCONNECTED, zmq.EVENT_CONNECT_RETRIED])
def test_volttron_is_kept_from_giving_up(event: int) -> None:
    core = Core()
    watch = ConnectionWatch(core, {})
    assert watch.connected
    core.send(event)
    assert not watch.connected
    assert core._reconnect_attempt == 0
    core.send(zmq.EVENT_CONNECTED)
    assert not watch.connected
    core.send(zmq.EVENT_HANDSHAKE_SUCCEEDED)
    assert watch.connected


def test_told_once_per_loss(caplog: pytest.LogCaptureFixture) -> None:
    core = Core()
    ConnectionWatch(core, {})
    for event in (zmq.EVENT_DISCONNECTED, zmq.EVENT_CONNECT_RETRIED, zmq.EVENT_CONNECT_DELAYED):
        core.send(event)
    assert len(caplog.records) == 1
    core.send(zmq.EVENT_HANDSHAKE_SUCCEEDED)
    core.send(zmq.EVENT_DISCONNECTED)
    assert len(caplog.records) == 2


@pytest.mark.parametrize(
    ("environ", "waited_s", "left"),
    [
        (LAUNCHED, LONELY_S - 1, 0),
        (LAUNCHED, LONELY_S + 1, 1),
        ({}, LONELY_S + 1, 0),
    ],
    ids=["not yet", "too long", "started by hand"],
)
def test_an_installed_agent_does_not_wait_for_ever(
    environ: dict[str, str], waited_s: float, left: int
) -> None:
    core, now, calls = Core(), [1000.0], []
    ConnectionWatch(core, environ, lambda: now[0], lambda: calls.append(1))
    core.send(zmq.EVENT_DISCONNECTED)
    now[0] += waited_s
    core.send(zmq.EVENT_CONNECT_RETRIED)
    core.send(zmq.EVENT_CONNECT_RETRIED)
    assert len(calls) == left


def test_patience_begins_anew_with_each_loss() -> None:
    core, now, calls = Core(), [1000.0], []
    ConnectionWatch(core, LAUNCHED, lambda: now[0], lambda: calls.append(1))
    for _ in range(3):
        core.send(zmq.EVENT_DISCONNECTED)
        now[0] += LONELY_S - 1
        core.send(zmq.EVENT_CONNECT_RETRIED)
        core.send(zmq.EVENT_HANDSHAKE_SUCCEEDED)
    assert calls == []


OBEDIENT = "print('ready', flush=True); input()"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + OBEDIENT


@pytest.mark.parametrize(
    ("program", "environ", "ended"),
    [
        (OBEDIENT, {"AGENT_UUID": "u1", "VOLTTRON_HOME": "/h1"}, True),
        (DEAF, {"AGENT_UUID": "u1", "VOLTTRON_HOME": "/h1"}, True),
        (OBEDIENT, {"AGENT_UUID": "u2", "VOLTTRON_HOME": "/h1"}, False),
        (OBEDIENT, {"AGENT_UUID": "u1", "VOLTTRON_HOME": "/h2"}, False),
        (OBEDIENT, {}, False),
    ],
    ids=["same agent", "same agent, deaf", "another agent", "another platform", "no agent"],
)
def test_predecessors_are_ended(
    program: str, environ: dict[str, str], ended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ieee2030_5_agent.connection.GRACE_S", 0.2)
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env={"PATH": os.defpath, **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        end_predecessors({})
        assert process.poll() is None
        end_predecessors({"AGENT_UUID": "u1", "VOLTTRON_HOME": "/h1"})
        if ended:
            process.wait(timeout=5)
        else:
            assert process.poll() is None
            process.kill()


def test_does_not_end_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "process_iter", lambda: [psutil.Process()])
    monkeypatch.setattr(psutil.Process, "environ", lambda self: {"AGENT_UUID": "u1"})
    end_predecessors({"AGENT_UUID": "u1"})
