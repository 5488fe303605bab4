"""Changed points on the message bus at once, instead of with the next poll.

One greenlet for each agent waits there for the next change (``get_cursor``), refreshes the cache
that all devices share, and publishes what has another value now. What changes while it publishes
is gathered and goes out together.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from weakref import WeakValueDictionary

import gevent

from .agent_client import AgentClient
from .rpc import AgentError

_log = logging.getLogger(__name__)

# The longest that one call waits at the agent, which then answers that nothing has changed. Short,
# because an agent that ends meanwhile never answers.
WAIT_S = 5.0
# After a failure; whether the agent is there is logged by its client.
RETRY_S = 2.0


class Publisher(Protocol):
    """The Interface of a device, as far as it must publish."""

    @property
    def alive(self) -> bool: ...

    def publish_changes(self, values: Mapping[str, Any]) -> None:
        """Publishes points with their new values."""


class Pusher:
    """Publishes the changes of those devices of one agent that want it."""

    def __init__(self, client: AgentClient, spawn: Callable[[Callable[[], None]], object]) -> None:
        self._client = client
        self._spawn = spawn
        self._running = False
        self._publishers: WeakValueDictionary[str, Publisher] = WeakValueDictionary()
        self._news: dict[str, dict[str, Any]] = {}
        self._complaint: str | None = None
        client.listen(self._note)

    def add(self, sfdi: str, publisher: Publisher) -> None:
        """From now on the changes of the device are published."""
        self._publishers[sfdi] = publisher
        self._client.keep_ready(sfdi, True)
        if not self._running:
            self._running = True
            self._spawn(self.keep_on)

    def remove(self, sfdi: str, publisher: Publisher) -> None:
        """The changes of the device are left to its polls, if it is ``publisher`` that has it."""
        if self._publishers.get(sfdi) is publisher:
            del self._publishers[sfdi]
            self._news.pop(sfdi, None)
            self._client.keep_ready(sfdi, False)

    def _note(self, sfdi: str, values: Mapping[str, Any]) -> None:
        if sfdi in self._publishers:
            self._news.setdefault(sfdi, {}).update(values)

    def keep_on(self) -> None:
        """Takes turns as long as there is a device that wants it."""
        try:
            while any(each.alive for each in self._publishers.values()):
                self.turn()
        finally:
            self._running = False

    def turn(self) -> None:
        """Publishes what has changed, then waits for the next change. Never raises AgentError."""
        try:
            self._client.refresh()
            self._publish()
            self._client.wait_for_change(WAIT_S)
            self._complain(None)
        except AgentError as error:
            self._complain(str(error))
            gevent.sleep(RETRY_S)

    def _publish(self) -> None:
        while self._news:
            sfdi = next(iter(self._news))
            values, publisher = self._news.pop(sfdi), self._publishers.get(sfdi)
            if publisher is None or not publisher.alive:
                continue
            try:
                publisher.publish_changes(values)
            except Exception:  # noqa: BLE001 the outermost edge: other devices have news too
                _log.exception("device %s: its changes are left to the next poll", sfdi)

    def _complain(self, complaint: str | None) -> None:
        if complaint and complaint != self._complaint:
            _log.warning("changes are published with the next poll only: %s", complaint)
        self._complaint = complaint
