"""Staying with the platform when its process dies and is started again.

VOLTTRON's own answer is to give up after 50 attempts to connect, which takes 0.7 s, and then to
hang: such an agent neither serves nor ends. Ours keeps trying, and serves again as soon as there
is a platform. VOLTTRON also has its sockets block who sends without a connection, the reader of
their events among them: when a connection was begun and came to nothing, nobody reads, ZeroMQ's
thread waits for room in the queue of events, and nothing ever connects again. So ours keeps what
is sent until there is a connection. The new platform does not know such an agent, and may start
it once more; so a new process first ends the one that it replaces, which would hold the identity.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

import psutil
import zmq

_log = logging.getLogger(__name__)

# An agent that a platform has started does not wait longer than this for the next one.
LONELY_S = 600.0
GRACE_S = 5.0


def leave() -> None:
    """Stops this process in the orderly way, as `kill` would."""
    signal.raise_signal(signal.SIGTERM)


class ConnectionWatch:
    """Listens to the events of the agent's socket.

    While ``connected`` is false no answer comes: what is sent goes out with the next connection.
    """

    def __init__(
        self,
        core: Any,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.monotonic,
        leave: Callable[[], None] = leave,
    ) -> None:
        self.connected = True
        self._core = core
        self._patience_s = LONELY_S if environ.get("_LAUNCHED_BY_PLATFORM") else float("inf")
        self._clock = clock
        self._leave = leave
        self._lost_at = 0.0
        core.onsetup.connect(self._on_setup)
        core.onsockevent.connect(self._on_event)

    def _on_setup(self, sender: object, **_: object) -> None:
        """The socket is made, but not yet connected: the last moment for this option."""
        self._core._socket.immediate = False

    def _on_event(self, sender: object, event: int = 0, **_: object) -> None:
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self.connected = True
        elif event in (zmq.EVENT_DISCONNECTED, zmq.EVENT_CONNECT_RETRIED):
            self._lost()

    def _lost(self) -> None:
        self._core._reconnect_attempt = 0  # at 50 VOLTTRON would give up
        if self.connected:
            self.connected = False
            self._lost_at = self._clock()
            _log.warning("the connection to the platform is lost, trying to connect again")
        elif self._clock() - self._lost_at > self._patience_s:
            _log.warning("no platform for %g s, the agent ends", self._patience_s)
            self._patience_s = float("inf")
            self._leave()


def end_predecessors(environ: Mapping[str, str] = os.environ) -> None:
    """Ends other processes of this installed agent, left over by a platform that died."""
    uuid, home = environ.get("AGENT_UUID"), environ.get("VOLTTRON_HOME")
    if not uuid:
        return  # started by hand: nobody starts it a second time but its owner
    found = [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and _is_agent(process, uuid, home)
    ]
    for process in found:
        _log.warning("ending process %s of this agent, left over by an earlier platform", process)
        process.terminate()
    _, alive = psutil.wait_procs(found, timeout=GRACE_S)
    for process in alive:
        process.kill()


def _is_agent(process: psutil.Process, uuid: str, home: str | None) -> bool:
    try:
        environ = process.environ()
    except (psutil.Error, OSError):
        return False  # gone meanwhile, or somebody else's
    return environ.get("AGENT_UUID") == uuid and environ.get("VOLTTRON_HOME") == home
