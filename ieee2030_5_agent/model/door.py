"""The one door for change: the clock, the signal that every change sends, and what time brings.

Whatever changes state is given the door: it emits one Changed for each accepted change, and it
leaves word when time will change something. There is one agenda and no timer per event.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from itertools import count

from .changes import Changed, PointValue
from .end_device import EndDevice


class Door:
    """Emits changes to listeners, in order; keeps the agenda."""

    def __init__(self, clock: Callable[[], float], new_mrid: Callable[[], bytes]) -> None:
        self.clock = clock
        self.new_mrid = new_mrid
        self._listeners: list[Callable[[Changed], None]] = []
        self._agenda: list[tuple[int, int, Callable[[int], None]]] = []
        self._order = count()

    @property
    def now(self) -> int:
        """The time in whole seconds, as the standard counts it."""
        return int(self.clock())

    def listen(self, listener: Callable[[Changed], None]) -> None:
        """Calls ``listener`` after each change."""
        self._listeners.append(listener)

    def emit(
        self,
        what: str,
        device: EndDevice | None,
        detail: Mapping[str, PointValue],
        points: Mapping[str, PointValue] | None = None,
    ) -> None:
        """Tells of one accepted change; ``detail`` in the field names of the standard."""
        sfdi = None if device is None else device.sfdi
        change = Changed(what, sfdi, self.clock(), dict(points or {}), dict(detail))
        for listener in self._listeners:
            listener(change)

    def bring(self, at: int, step: Callable[[int], None]) -> None:
        """Has ``advance`` call ``step(at)`` when the time has come; the step checks whether it
        still holds, so nothing is ever taken off the agenda."""
        heapq.heappush(self._agenda, (at, next(self._order), step))

    def advance(self, now: float) -> float | None:
        """Applies all that has become due; returns when to be called next (None: never)."""
        while self._agenda and self._agenda[0][0] <= now:
            at, _, step = heapq.heappop(self._agenda)
            step(at)
        return self._agenda[0][0] if self._agenda else None
