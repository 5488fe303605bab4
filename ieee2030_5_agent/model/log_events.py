"""Log Event: what a device noted in its log, and what the codes of a DER mean.

Source: IEEE 2030.5-2018 LogEvent, LogEventList; CSIP 2.1 alarms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from ..sep import models
from ..sep.facets import ELEMENTS, SIMPLE
from ..sep.json_form import to_json
from .changes import PointValue
from .errors import BadValue
from .listing import Listing
from .recall import Recall

# Whose codes a LogEvent uses: profile IEEE 2030.5, function set DER, the number of the IEEE.
PROFILE_2030_5, FUNCTION_SET_DER, PEN_IEEE = 2, 11, 40732

# The alarms of the log are those of DERStatus.alarmStatus: bit n has code 2n when it comes and
# 2n + 1 when it is over.
ALARMS: dict[int, tuple[str, bool]] = {
    2 * bit + over: (name, not over)
    for bit, name in SIMPLE["AlarmStatusBits"].codes.items()
    for over in (False, True)
}
_MANDATORY = tuple(name for name, element in ELEMENTS["LogEvent"].items() if element.required)


@dataclass(frozen=True, slots=True)
class Entry:
    """One LogEvent and its number, which is part of its URI."""

    number: int
    event: models.LogEvent
    received: float = 0.0

    @property
    def time(self) -> int:
        return self.event.createdDateTime or 0


class DeviceLog:
    """The newest LogEvents of one device; what came first goes first when there is no room."""

    __slots__ = ("_by_number", "_listing", "recall", "total")

    def __init__(self) -> None:
        self._listing: Listing[Entry] = Listing(_order)
        self._by_number: dict[int, Entry] = {}
        self.total = 0
        # For its oldest event, which leaves when it is too old.
        self.recall = Recall()

    @property
    def listed(self) -> Sequence[Entry]:
        """The LogEventList: last created first, then highest logEventID."""
        return self._listing.all

    def by_number(self, number: int) -> Entry | None:
        return self._by_number.get(number)

    def add(self, event: models.LogEvent, received: float) -> Entry:
        """Adds an event as the newest. Raises BadValue when it is not complete."""
        self.put(entry := Entry(self.total, _complete(event), received))
        self.total += 1
        return entry

    def drop(self, room: int) -> list[Entry]:
        """Removes what came first until there is room for the rest; returns what had to go."""
        over = max(0, len(self._by_number) - room)
        for entry in (dropped := list(islice(self._by_number.values(), over))):
            self.remove(entry)
        return dropped

    def replace(self, entry: Entry, event: models.LogEvent) -> Entry:
        """Changes an event, which keeps its number. Raises BadValue when it is not complete."""
        new = Entry(entry.number, _complete(event), entry.received)
        self._listing.remove(entry)
        self.put(new)
        return new

    def remove(self, entry: Entry) -> None:
        self._listing.remove(entry)
        del self._by_number[entry.number]

    @property
    def oldest(self) -> Entry | None:
        """What was received first."""
        return next(iter(self._by_number.values()), None)

    def put(self, entry: Entry) -> None:
        """Lists an event that has its number, as one from the store has."""
        self._by_number[entry.number] = entry
        self._listing.add(entry)


def describe(entry: Entry) -> dict[str, PointValue]:
    """An event for those who listen: the standard's names, ``alarm`` and ``active`` of a DER."""
    event = entry.event
    known = ALARMS.get(event.logEventCode or 0) if _is_of_der(event) else None
    meaning = {} if known is None else {"alarm": known[0], "active": known[1]}
    return {"number": entry.number, **to_json(event), **meaning}


def _is_of_der(event: models.LogEvent) -> bool:
    scope = (event.profileID, event.functionSet, event.logEventPEN)
    return scope == (PROFILE_2030_5, FUNCTION_SET_DER, PEN_IEEE)


def _complete(event: models.LogEvent) -> models.LogEvent:
    """Documents of 2013-era clients get here unchecked, but an event without time has no place."""
    for name in _MANDATORY:
        if getattr(event, name) is None:
            raise BadValue(f"LogEvent has no {name}")
    event.href = None
    return event


def _order(entry: Entry) -> tuple[int, int, int]:
    return (-entry.time, -(entry.event.logEventID or 0), -entry.number)
