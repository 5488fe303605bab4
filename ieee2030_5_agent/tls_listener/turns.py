"""One request of each client in each turn of the event loop.

A request is answered without a pause, and one with a large document takes its time. A client with
many connections, or with many requests on one, would get through one after the other before
anybody else is looked at. So its requests take turns, in the order in which they came, and between
two of them all others have theirs: it costs them the time of one request, however many it has.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import gevent
from gevent.event import Event


class Turns:
    """Who has had a request in this turn of the loop, and who waits for the next."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Event]] = {}
        # A timer without delay, as a callback of the hub would come before the next look at the
        # sockets.
        self._timer: Any = None

    def take(self, client: str) -> None:
        """Returns when this client may have a request answered."""
        waiting = self._waiting.get(client)
        if waiting is None:
            if not self._waiting:
                self._start()
            self._waiting[client] = deque()
            return
        mine = Event()
        waiting.append(mine)
        mine.wait()

    def close(self) -> None:
        """Lets go of the loop; nobody may take a turn any more."""
        if self._timer is not None:
            self._timer.close()

    def _start(self) -> None:
        if self._timer is None:
            self._timer = gevent.get_hub().loop.timer(0)
        self._timer.start(self._next)

    def _next(self) -> None:
        """A new turn: of each client the one that waits for longest, and who does not wait may
        come at once."""
        self._waiting = {client: waiting for client, waiting in self._waiting.items() if waiting}
        for waiting in self._waiting.values():
            waiting.popleft().set()
        if self._waiting:
            self._start()
