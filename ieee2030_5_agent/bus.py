"""What the agent says on the message bus: topics, and the queue that leads there.

A change is told while a device waits for its answer, so it is only put into a queue; one greenlet
makes the messages and publishes them. A message that is no JSON would kill the agent's connection
and is dropped here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import gevent
import zmq
from gevent.queue import Empty, Full, Queue
from volttron.client.vip.agent.errors import VIPError
from volttron.utils.jsonrpc import Error, RemoteError

from .json_types import NotJson, to_json
from .model.changes import Changed

_log = logging.getLogger(__name__)

ROOT_TOPIC = "ieee2030_5"
# Kinds of Changed that have a topic. Device data goes out through the platform driver.
TOPICS = {
    "registration": "registration",
    "removal": "registration",
    "control": "control",
    "response": "response",
    "log_event": "log_event",
    "flow_reservation": "flow_reservation",
}
PUBLISH_TIMEOUT_S = 10.0
SEND_TIMEOUT_S = 5.0
# A bus that is away for long must not fill the memory: at 100 changes/s this lasts 100 s.
QUEUE_LIMIT = 10_000


class Bus:
    """Publishes changes in order from a greenlet that runs ``keep``."""

    def __init__(self, pubsub: Callable[[], Any], limit: int = QUEUE_LIMIT) -> None:
        """``pubsub`` gives VOLTTRON's pubsub subsystem at the time of publishing."""
        self._pubsub = pubsub
        self._queue: Queue[Changed] = Queue(maxsize=limit)
        self.dropped = 0

    def tell(self, change: Changed) -> None:
        """A listener of the fleet: queues a change, if its kind has a topic; never blocks."""
        if change.what not in TOPICS or change.sfdi is None:
            return
        try:
            self._queue.put_nowait(change)
        except Full:
            self._drop_oldest()
            self._queue.put_nowait(change)

    def keep(self) -> None:
        """Publishes for ever."""
        while True:
            change = self._queue.get()
            topic = f"{ROOT_TOPIC}/{change.sfdi}/{TOPICS[change.what]}"
            try:
                message = to_json(
                    {"sFDI": change.sfdi, **change.detail, "points": change.points}, topic
                )
            except NotJson as problem:
                _log.error("not published: %s", problem)
                continue
            at = datetime.fromtimestamp(change.at, UTC)
            self.publish(topic, {"TimeStamp": at.isoformat()}, message)

    def publish(self, topic: str, headers: dict[str, Any], message: object) -> None:
        """Publishes one message and waits for the router; a failure costs this message only."""
        try:
            self._send(topic, headers, message).get(timeout=PUBLISH_TIMEOUT_S)
        except gevent.Timeout:
            _log.warning("%s perhaps not published: the message bus does not answer", topic)
        except (VIPError, Error, RemoteError, zmq.ZMQError) as problem:
            _log.warning("%s not published: %r", topic, problem)

    def _send(self, topic: str, headers: dict[str, Any], message: object) -> Any:
        """Gives the message to VOLTTRON, as soon as the bus is there to take it.

        VOLTTRON first asks who is connected and waits for that without limit, also when the
        platform that was asked is dead. So it is told to ask again; nothing was sent by then.
        """
        said = False
        while True:
            with gevent.Timeout(SEND_TIMEOUT_S, False):
                return self._pubsub().publish("pubsub", topic, headers=headers, message=message)
            if not said:
                said = True
                _log.warning("the message bus does not answer, messages wait from %s on", topic)

    def _drop_oldest(self) -> None:
        try:
            self._queue.get_nowait()
        except Empty:
            return
        if self.dropped == 0:
            _log.warning("the message bus is too slow, the oldest messages are dropped")
        self.dropped += 1
