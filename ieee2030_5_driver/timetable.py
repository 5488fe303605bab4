"""When each thing that is polled is due. Pure: time is an argument, nothing here waits."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T", bound=Hashable)

# Shorter ones are lost in the rounding of clock times, longer ones leave the calendar.
SHORTEST_INTERVAL_S = 0.01
LONGEST_INTERVAL_S = 366 * 86_400


class Entry(NamedTuple, Generic[T]):
    """One remote polled every ``interval`` seconds."""

    remote: T
    interval: float


@dataclass(slots=True)
class _Slot:
    """The place of a remote among the others; kept while the remote has any entry."""

    number: int
    entries: int = 0


class Timetable(Generic[T]):
    """Gives every entry exactly one due time per interval.

    Due times are the multiples of the interval since the epoch (so of the clock time, for
    intervals that divide a day), moved by an offset. The offset keeps remotes ``spacing`` seconds
    apart and stays the same as long as the remote is in the table: what happens to other entries
    never moves, drops or doubles a due time.
    """

    def __init__(self, spacing: float, start_offset: float) -> None:
        self.rhythm = (spacing, start_offset)
        self._slots: dict[T, _Slot] = {}
        self._due: dict[Entry[T], float] = {}
        # May hold outdated pairs; one counts if it agrees with _due.
        self._queue: list[tuple[float, int, Entry[T]]] = []
        self._ties = count()
        self._last_now = float("-inf")

    @property
    def entries(self) -> Iterable[Entry[T]]:
        """Everything that is polled."""
        return self._due.keys()

    def offset(self, entry: Entry[T]) -> float:
        """Seconds between a multiple of the interval and the entry's due time."""
        slot = self._slots[entry.remote].number
        spacing, start_offset = self.rhythm
        return (start_offset + slot * spacing) % entry.interval

    def add(self, entry: Entry[T], now: float) -> None:
        """Polls ``entry`` from its next due time on. One that is there already stays as it is.

        Raises ``ValueError`` for an interval that nothing can be polled at.
        """
        if entry in self._due:
            return
        if not SHORTEST_INTERVAL_S <= entry.interval <= LONGEST_INTERVAL_S:  # nor for nan
            raise ValueError(
                f"interval: {entry.interval} is not between {SHORTEST_INTERVAL_S:g} and"
                f" {LONGEST_INTERVAL_S} seconds"
            )
        slot = self._slots.get(entry.remote)
        if slot is None:
            slot = self._slots[entry.remote] = _Slot(self._free_number())
        slot.entries += 1
        self._put(entry, self._next_after(entry, now))

    def discard(self, entry: Entry[T]) -> None:
        """Polls ``entry`` no more."""
        if self._due.pop(entry, None) is None:
            return
        slot = self._slots[entry.remote]
        slot.entries -= 1
        if not slot.entries:
            del self._slots[entry.remote]

    def take_due(self, now: float) -> list[Entry[T]]:
        """The entries that are due; each is due again one interval later.

        After a pause (the host slept) an entry is due once, not once per missed interval.
        """
        if now < self._last_now:
            self._realign(now)
        self._last_now = now
        taken = []
        while (due := self.next_due()) is not None and due <= now:
            entry = heapq.heappop(self._queue)[2]
            self._put(entry, self._next_after(entry, now))
            taken.append(entry)
        return taken

    def next_due(self) -> float | None:
        """When the next entry is due; None for an empty table."""
        while self._queue:
            due, _, entry = self._queue[0]
            if self._due.get(entry) == due:
                return due
            heapq.heappop(self._queue)
        return None

    def last_due(self) -> float | None:
        """When every entry will have been due at least once; None for an empty table."""
        return max(self._due.values(), default=None)

    def _free_number(self) -> int:
        taken = {slot.number for slot in self._slots.values()}
        return next(number for number in count() if number not in taken)

    def _next_after(self, entry: Entry[T], now: float) -> float:
        offset = self.offset(entry)
        turns = (now - offset) // entry.interval + 1
        due = turns * entry.interval + offset
        # Rounding can put the product back on "now" itself.
        return due if due > now else due + entry.interval

    def _put(self, entry: Entry[T], due: float) -> None:
        self._due[entry] = due
        heapq.heappush(self._queue, (due, next(self._ties), entry))

    def _realign(self, now: float) -> None:
        """The clock was set back: without this nothing would be due until it caught up."""
        for entry in self._due:
            self._put(entry, self._next_after(entry, now))
