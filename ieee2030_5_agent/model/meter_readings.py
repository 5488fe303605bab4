"""MeterReading: one measured quantity of a mirror, merged over all that was posted about it.

Everything here is immutable: a post makes new objects, so that it is taken as a whole or not at
all. Source: IEEE 2030.5-2018 Metering Mirror (rules h and i), MeterReading, ReadingSet, Reading.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter
from typing import TypeVar

from ..sep import models
from ..sep.facets import ELEMENTS
from ..sep.packing import beside, pack, unpack

# A day of the usual five minutes: enough for a client to check what arrived, and some 100 KB at
# most. The record of a plant is the historian's, which gets every value through the points.
MAX_INTERVALS = 288

Named = TypeVar("Named", models.ReadingType, models.Reading)
_READING_TYPE = tuple(ELEMENTS["ReadingType"])
_READING_TYPE_VALUES = attrgetter(*_READING_TYPE)
# What tells intervals apart: start, consumptionBlock, touTier.
Moment = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Value:
    """A value with the end of its interval and when it came."""

    value: int
    time: float
    received: float

    @property
    def parts(self) -> tuple[int, float, float]:
        return (self.value, self.time, self.received)

    @property
    def order(self) -> tuple[float, float, float]:
        """The newest is the greatest. A time that lies ahead counts as the time of arrival, so
        that a clock that went wrong once does not hide everything that comes later."""
        return (min(self.time, self.received), self.time, self.received)


@dataclass(frozen=True, slots=True)
class Interval:
    """A Reading of a set and its number, which is part of its URI."""

    number: int
    reading: models.Reading
    received: float

    @property
    def moment(self) -> Moment | None:
        """What another Reading must share to replace this one; None: it shares with none."""
        reading = self.reading
        if reading.timePeriod is None or reading.timePeriod.start is None:
            return None
        return (reading.timePeriod.start, reading.consumptionBlock or 0, reading.touTier or 0)


@dataclass(frozen=True, slots=True)
class ReadingSet:
    """A MirrorReadingSet: ``header`` holds all but its readings, which are in list order."""

    number: int
    header: models.MirrorReadingSet
    intervals: tuple[Interval, ...]
    next_interval: int

    @property
    def mrid(self) -> int:
        return int.from_bytes(self.header.mRID or b"")

    @property
    def start(self) -> int:
        period = self.header.timePeriod
        return 0 if period is None else period.start or 0

    def start_of(self, interval: Interval) -> int:
        """When an interval began; one without a time of its own began with the set."""
        return self.start if interval.moment is None else interval.moment[0]

    def interval(self, number: int) -> Interval | None:
        return next((item for item in self.intervals if item.number == number), None)

    def without(self, gone: Callable[[Interval], bool]) -> ReadingSet:
        kept = tuple(item for item in self.intervals if not gone(item))
        return self if len(kept) == len(self.intervals) else replace(self, intervals=kept)

    def trimmed(self, excess: int) -> ReadingSet:
        """The set without its oldest intervals."""
        oldest = {item.number for item in sorted(self.intervals, key=self.start_of)[:excess]}
        return self.without(lambda item: item.number in oldest)

    def values(self) -> Iterator[Value]:
        for item in self.intervals:
            if item.reading.value is not None:
                period = item.reading.timePeriod or self.header.timePeriod
                time = _end(period)
                yield Value(
                    item.reading.value,
                    item.received if time is None else time,
                    item.received,
                )


@dataclass(frozen=True, slots=True, eq=False)
class MeterReading:
    """One quantity. There are as many as there are devices times what they measure, so all that
    is not asked for by every post is packed.

    ``reading_type`` and ``description``: what the first post said, each kept once for all that
    say the same. ``sets``: newest first, as in the ReadingSetList.
    """

    number: int
    reading_type: models.ReadingType | None
    description: str | None
    packed: bytes
    sets: tuple[ReadingSet, ...] = ()
    next_set: int = 0

    @classmethod
    def first(cls, number: int, posted: models.MirrorMeterReading, received: float) -> MeterReading:
        """The meter reading that a first post makes."""
        nothing = cls.of(number, models.MirrorMeterReading(mRID=posted.mRID))
        return nothing.merged(posted, received)

    @classmethod
    def of(
        cls,
        number: int,
        latest: models.MirrorMeterReading,
        last: Value | None = None,
        sets: tuple[ReadingSet, ...] = (),
        next_set: int = 0,
    ) -> MeterReading:
        """``latest``: the MirrorMeterReading as merged so far, without its sets. ``last``: the
        latest value that a single Reading had (``latest`` has what was posted last)."""
        newest = last
        for reading_set in sets:
            for value in reading_set.values():
                newest = _later(newest, value)
        reading_type, description = _shared(latest.ReadingType), latest.description
        if description is not None:
            description = sys.intern(description)
        rest = replace(latest, ReadingType=None, description=None)
        packed = pack(rest, last and last.parts, newest and newest.parts)
        return cls(number, reading_type, description, packed, sets, next_set)

    @property
    def latest(self) -> models.MirrorMeterReading:
        """The MirrorMeterReading as merged so far, without its sets."""
        return replace(self._rest, ReadingType=self.reading_type, description=self.description)

    @property
    def _rest(self) -> models.MirrorMeterReading:
        """``latest`` without what is not packed."""
        rest: models.MirrorMeterReading = unpack("MirrorMeterReading", self.packed)
        return rest

    @property
    def last(self) -> Value | None:
        """The latest value that a single Reading had."""
        return _values(self.packed)[0]

    @property
    def newest(self) -> Value | None:
        """The newest value, of the single Reading or of an interval."""
        return _values(self.packed)[1]

    @property
    def mrid(self) -> int:
        return int.from_bytes(self._rest.mRID or b"")

    @property
    def uom(self) -> int:
        """The unit; an absent ReadingType element counts as code 0."""
        return 0 if self.reading_type is None else self.reading_type.uom or 0

    def binds_as(self, former: MeterReading) -> bool:
        """Whether this is the same measurement with another value, so that the points that could
        read it before still can."""
        return (
            former.newest is not None
            and self.newest is not None
            and former.description == self.description
            and former.reading_type == self.reading_type
        )

    def reading_set(self, number: int) -> ReadingSet | None:
        return next((item for item in self.sets if item.number == number), None)

    def merged(self, posted: models.MirrorMeterReading, received: float) -> MeterReading:
        """After a post (rule h.1). What it leaves out stays; another ReadingType starts anew."""
        before, known = self._rest, self._is_kept_by(posted.ReadingType)
        latest = replace(
            posted,
            href=None,
            description=self.description if posted.description is None else posted.description,
            version=before.version if posted.version is None else posted.version,
            ReadingType=_bare(posted.ReadingType) or self.reading_type,
            Reading=_bare(posted.Reading) or (before.Reading if known else None),
            MirrorReadingSet=[],
        )
        last = _later(_single(posted, received), self.last if known else None)
        sets, following = self.sets if known else (), self.next_set
        if posted.MirrorReadingSet:
            sets, following = _with_sets(sets, following, posted.MirrorReadingSet, received)
        return MeterReading.of(self.number, latest, last, sets, following)

    def _is_kept_by(self, reading_type: models.ReadingType | None) -> bool:
        """Whether what is known stays: values of another ReadingType would be read wrongly."""
        known = self.reading_type
        return reading_type is None or known is None or _bare(reading_type) == known


# A post asks for those of one device's readings again and again.
@lru_cache(maxsize=64)
def _values(packed: bytes) -> tuple[Value | None, ...]:
    """The values that are packed with a meter reading: its last, its newest."""
    return tuple(None if parts is None else Value(*parts) for parts in beside(packed))


def _with_sets(
    known: Sequence[ReadingSet],
    following: int,
    posted: Sequence[models.MirrorReadingSet],
    received: float,
) -> tuple[tuple[ReadingSet, ...], int]:
    """The sets after a post, and the number of the next one.

    A set replaces the one of the same mRID (rule i), which keeps its number.
    """
    sets = {item.mrid: item for item in known}
    for each in posted:
        mrid = int.from_bytes(each.mRID or b"")
        before = sets.pop(mrid, None)
        sets[mrid] = _reading_set(
            following if before is None else before.number, before, each, received
        )
        following += before is None
    listed = sorted(_reported_once(sets), key=lambda item: (-item.start, -item.mrid))
    return _bounded(listed), following


def _reported_once(sets: Mapping[int, ReadingSet]) -> list[ReadingSet]:
    """Of intervals with the same start in several sets only the last one stays."""
    holders = {item.moment: mrid for mrid, each in sets.items() for item in each.intervals}
    holders.pop(None, None)

    def elsewhere(mrid: int) -> Callable[[Interval], bool]:
        return lambda item: holders.get(item.moment, mrid) != mrid

    return [each.without(elsewhere(mrid)) for mrid, each in sets.items()]


def _bounded(sets: Sequence[ReadingSet]) -> tuple[ReadingSet, ...]:
    """Without the oldest sets and intervals beyond MAX_INTERVALS; the newest come first."""
    kept: list[ReadingSet] = []
    room = MAX_INTERVALS
    for each in sets[:MAX_INTERVALS]:
        excess = len(each.intervals) - room
        kept.append(each if excess <= 0 else each.trimmed(excess))
        room -= len(kept[-1].intervals)
        if room == 0:
            break
    return tuple(kept)


def _reading_set(
    number: int, before: ReadingSet | None, posted: models.MirrorReadingSet, received: float
) -> ReadingSet:
    """The set of a post. Of intervals with the same start the last counts."""
    known = {item.moment: item.number for item in (before.intervals if before else ())}
    known.pop(None, None)
    following = before.next_interval if before else 0
    intervals: dict[Moment | int, Interval] = {}
    for reading in posted.Reading:
        moment = Interval(-1, reading, received).moment
        if moment is not None and moment in known:
            own = known[moment]
        else:
            own, following = following, following + 1
            if moment is not None:
                known[moment] = own
        intervals[own if moment is None else moment] = Interval(
            own, replace(reading, href=None), received
        )
    header = replace(posted, href=None, Reading=[])
    listed = tuple(sorted(intervals.values(), key=_list_order))
    return ReadingSet(number, header, listed, following)


def _list_order(item: Interval) -> tuple[int, int, int, int, int]:
    """The order of the ReadingList; those that it does not tell apart by start, then number."""
    reading = item.reading
    local = int.from_bytes(reading.localID or b"")
    start = item.moment[0] if item.moment else 0
    return (local, reading.consumptionBlock or 0, reading.touTier or 0, start, item.number)


def _single(posted: models.MirrorMeterReading, received: float) -> Value | None:
    reading = posted.Reading
    if reading is None or reading.value is None:
        return None
    time = _end(reading.timePeriod)
    if time is None:
        time = posted.lastUpdateTime
    return Value(reading.value, received if time is None else float(time), received)


def _later(new: Value | None, known: Value | None) -> Value | None:
    """Of two values the later one, however late it came; of the same time the one that is new."""
    values = [value for value in (new, known) if value is not None]
    return max(values, key=lambda value: value.order, default=None)


def _end(period: models.DateTimeInterval | None) -> float | None:
    if period is None or period.start is None:
        return None
    return float(period.start + (period.duration or 0))


def _shared(reading_type: models.ReadingType | None) -> models.ReadingType | None:
    """One object for all equal ReadingTypes: a fleet has a handful."""
    if reading_type is None:
        return None
    values = _READING_TYPE_VALUES(reading_type)
    try:
        return _reading_type(values)
    except TypeError:  # a value of it is a model itself
        return reading_type


@lru_cache(maxsize=1024)
def _reading_type(values: tuple[object, ...]) -> models.ReadingType:
    return models.ReadingType(**dict(zip(_READING_TYPE, values, strict=True)))  # type: ignore[arg-type]


def _bare(resource: Named | None) -> Named | None:
    """Without the href that a client may have sent along: only the server gives any."""
    if resource is None or resource.href is None:
        return resource
    return replace(resource, href=None)
