"""An agent in this process: calls other agents and listens to the message bus."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import gevent
from gevent.event import Event
from volttron.client.vip.agent import Agent
from volttron.types.auth.auth_credentials import VolttronCredentials

from .problems import PlatformProblem
from .waiting import until

CONNECT_S = 15.0
CALL_S = 15.0


class Message(NamedTuple):
    """One message of the bus, with the time of its arrival here."""

    topic: str
    headers: dict[str, Any]
    body: Any
    sender: str
    at: float


class Recording:
    """The messages of the bus below a topic prefix, from the moment it was opened."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.messages: list[Message] = []

    def __iter__(self) -> Iterator[Message]:
        return iter(tuple(self.messages))

    def __len__(self) -> int:
        return len(self.messages)

    def of(self, topic: str) -> list[Message]:
        """All messages of exactly this topic."""
        return [message for message in self.messages if message.topic == topic]

    def wait(
        self,
        condition: Callable[[Message], bool] = lambda message: True,
        timeout: float = 15.0,
        *,
        after: int = 0,
        what: str = "such a message",
    ) -> Message:
        """The first message, from number ``after`` on, that fulfils the condition."""

        def found() -> tuple[Message] | None:
            for message in self.messages[after:]:
                if condition(message):
                    return (message,)  # a tuple is truthy whatever the message is
            return None

        try:
            return until(found, f"{what} on {self.prefix}", timeout)[0]
        except PlatformProblem as problem:
            heard = sorted({message.topic for message in self.messages})
            last = self.messages[-1].body if self.messages else None
            raise PlatformProblem(f"{problem}; heard {heard}, the last one {last}") from None

    def _receive(
        self,
        _peer: str,
        sender: str,
        _bus: str,
        topic: str,
        headers: dict[str, Any],
        message: object,
    ) -> None:
        self.messages.append(Message(topic, headers, message, sender, time.time()))


class Peer:
    """A VOLTTRON agent without behaviour, in greenlets of this process."""

    def __init__(self, credentials: Path, address: str) -> None:
        # The server's public key is read from the home that the environment names.
        os.environ["VOLTTRON_HOME"] = str(credentials.parent.parent)
        self.agent: Any = Agent(
            credentials=VolttronCredentials.load_from_file(credentials), address=address
        )
        connected = Event()
        self._greenlet = gevent.spawn(self.agent.core.run, connected)
        if not connected.wait(timeout=CONNECT_S):
            self._greenlet.kill()
            raise PlatformProblem(f"no connection to {address} within {CONNECT_S:g} s")

    def rpc(
        self, peer: str, method: str, *args: object, timeout: float = CALL_S, **kwargs: object
    ) -> Any:
        """Calls a method of another agent; a TimeoutError when no answer comes.

        VOLTTRON itself raises gevent.Timeout, which ``except Exception`` does not catch.
        """
        try:
            return self.agent.vip.rpc.call(peer, method, *args, **kwargs).get(timeout=timeout)
        except gevent.Timeout:
            raise TimeoutError(f"no answer from {peer}.{method} in {timeout:g} s") from None

    def peers(self) -> list[str]:
        """The identities that are connected now."""
        return list(self.agent.vip.peerlist().get(timeout=CALL_S))

    @contextmanager
    def bus(self, prefix: str) -> Iterator[Recording]:
        """Records the bus below a prefix (by characters, as VOLTTRON compares) in the block."""
        recording = Recording(prefix)
        self.listen(prefix, recording._receive)
        try:
            yield recording
        finally:
            self.agent.vip.pubsub.unsubscribe("pubsub", prefix, recording._receive).get(
                timeout=CALL_S
            )

    def listen(self, prefix: str, callback: Callable[..., None]) -> None:
        """Subscribes for good."""
        self.agent.vip.pubsub.subscribe("pubsub", prefix, callback).get(timeout=CALL_S)

    def close(self) -> None:
        """Disconnects."""
        self.agent.core.stop()
        self._greenlet.kill()
