"""The one door for change: the clock, the signal that every change sends, and what time brings.

Whatever changes state is given the door: it emits one Changed for each accepted change, and it
leaves word when time will change something. There is one agenda and no timer per event.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from itertools import count

from .changes import Changed, PointValue, Record
from .end_device import EndDevice
from .errors import StoreUnavailable


class Door:
    """Emits changes to listeners, in order; keeps the agenda."""

    def __init__(self, clock: Callable[[], float], new_mrid: Callable[[], bytes]) -> None:
        self.clock = clock
        self.new_mrid = new_mrid
        # Why nothing is taken that would have to be kept; None: all is.
        self.closed: str | None = None
        self._listeners: list[Callable[[Changed], None]] = []
        self._keepers: list[Callable[[Changed], None]] = []
        self._before: list[Callable[[], object]] = []
        self._agenda: list[tuple[int, int, Callable[[int], None]]] = []
        self._order = count()

    @property
    def now(self) -> int:
        """The time in whole seconds, as the standard counts it."""
        return int(self.clock())

    def check_open(self) -> None:
        """To be called before a change that has to be kept, and may have to be undone.

        Raises StoreUnavailable while nothing can be kept."""
        if self.closed is not None:
            raise StoreUnavailable(self.closed)
        for prepare in self._before:
            prepare()

    def listen(
        self,
        listener: Callable[[Changed], None],
        *,
        keeps: bool = False,
        before: Callable[[], object] | None = None,
    ) -> None:
        """Calls ``listener`` after each change; ``keeps``: also after those that are no news.
        ``before``: is called before one that may have to be undone."""
        self._listeners.append(listener)
        if before is not None:
            self._before.append(before)
        if keeps:
            self._keepers.append(listener)

    def emit(
        self,
        what: str,
        device: EndDevice | None,
        detail: Mapping[str, PointValue],
        points: Mapping[str, PointValue] | None = None,
        *,
        records: Iterable[Record] = (),
        latest: Iterable[Record] = (),
        gone: Iterable[Record] = (),
    ) -> None:
        """Tells of one accepted change; ``detail`` in the field names of the standard."""
        change = Changed(
            what,
            None if device is None else device.sfdi,
            self.clock(),
            dict(points or {}),
            dict(detail),
            tuple(records),
            tuple(latest),
            tuple(gone),
        )
        for listener in self._listeners:
            listener(change)

    def keep(
        self, *records: Record, latest: Iterable[Record] = (), gone: Iterable[Record] = ()
    ) -> None:
        """Tells of what is another now, but news for nobody except who stores it."""
        if self._keepers:
            change = Changed(
                "kept",
                None,
                self.clock(),
                records=records,
                latest=tuple(latest),
                gone=tuple(gone),
            )
            for keeper in self._keepers:
                keeper(change)

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
