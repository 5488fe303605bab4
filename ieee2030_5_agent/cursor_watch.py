"""Waiting for the next change of a point, for agents that want to know at once."""

from __future__ import annotations

import math

from gevent.event import Event

from .model.errors import ModelError
from .server import Server

# A caller that is gone is waited for no longer than this.
LONGEST_S = 60.0


class CursorWatch:
    """Knows when ``get_changes`` has something new to tell; a listener of the fleet."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._seen = server.fleet.cursor
        self._moved = Event()
        server.listen(lambda _: self._look())
        server.adopted = self._look

    def wait(self, cursor: str | None, seconds: float) -> str:
        """The cursor of now. As long as that is ``cursor``, waits for a change, at most so many
        seconds. Raises ModelError."""
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not number or not math.isfinite(seconds) or not 0 <= seconds <= LONGEST_S:
            raise ModelError(f"wait_s is {seconds!r}, 0 to {LONGEST_S:g} seconds are expected")
        if cursor == self._server.fleet.cursor and seconds:
            self._moved.wait(timeout=seconds)
        return self._server.fleet.cursor

    def _look(self) -> None:
        if self._server.fleet.cursor == self._seen:
            return  # nothing that get_changes tells of
        self._seen = self._server.fleet.cursor
        # Whoever waits has this very event; those who come later wait for the next change.
        moved, self._moved = self._moved, Event()
        moved.set()
