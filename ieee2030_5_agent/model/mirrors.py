"""MirrorUsagePoint: what a device measures, merged over its posts.

Source: IEEE 2030.5-2018 Metering Mirror (rules h and i).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from sortedcontainers import SortedKeyList

from ..sep import models
from .errors import BadValue
from .readings import StoredReading


@dataclass(slots=True, eq=False)
class Mirror:
    """One MirrorUsagePoint and the meter readings below it.

    ``meter_readings`` is keyed by mRID; clients of 2013-era editions use one mRID for several
    readings and tell them apart by description, so there the description is part of the key.
    """

    number: int
    sfdi: str
    usage_point: models.MirrorUsagePoint
    post_rate: int
    meter_readings: dict[str, models.MirrorMeterReading] = field(default_factory=dict)

    @property
    def mrid(self) -> int:
        """The mRID as the number it is compared by."""
        return int.from_bytes(self.usage_point.mRID or b"")

    def model(self, href: str) -> models.MirrorUsagePoint:
        """The resource as a client reads it, with the latest of each meter reading."""
        return replace(
            self.usage_point,
            href=href,
            MirrorMeterReading=list(self.meter_readings.values()),
            postRate=self.post_rate,
        )

    def merged(
        self, posted: Iterable[models.MirrorMeterReading], strict: bool
    ) -> dict[str, models.MirrorMeterReading]:
        """The meter readings after a post; nothing is changed yet.

        What later posts leave out (ReadingType, description, version) stays from the first.
        Raises BadValue for a new mRID without ReadingType in a strict edition (rule h.3).
        """
        known = dict(self.meter_readings)
        merged: dict[str, models.MirrorMeterReading] = {}
        for reading in posted:
            key = self._key(reading, strict, known)
            before = known.get(key)
            if before is None and strict and reading.ReadingType is None:
                raise BadValue(f"MirrorMeterReading {key} is new and has no ReadingType")
            known[key] = merged[key] = _merge(before, reading)
        return merged

    def _key(
        self,
        reading: models.MirrorMeterReading,
        strict: bool,
        known: dict[str, models.MirrorMeterReading],
    ) -> str:
        if reading.mRID is None:
            raise BadValue("MirrorMeterReading has no mRID")
        key = f"{int.from_bytes(reading.mRID):032X}"
        if strict:
            return key
        if reading.description is not None:
            return f"{key}/{reading.description}"
        return next((name for name in reversed(known) if name.startswith(key)), key)


class Mirrors:
    """All mirrors by number and mRID, and in the order of the MirrorUsagePointList."""

    def __init__(self) -> None:
        self._listed: SortedKeyList = SortedKeyList(key=lambda mirror: -mirror.mrid)
        self._by_number: dict[int, Mirror] = {}
        self._by_mrid: dict[int, Mirror] = {}
        self._next_number = 0

    @property
    def listed(self) -> Sequence[Mirror]:
        """All mirrors, highest mRID first."""
        return self._listed  # type: ignore[no-any-return]

    def by_number(self, number: int) -> Mirror | None:
        return self._by_number.get(number)

    def by_mrid(self, mrid: int) -> Mirror | None:
        return self._by_mrid.get(mrid)

    def of_device(self, sfdi: str) -> list[Mirror]:
        return [mirror for mirror in self._listed if mirror.sfdi == sfdi]

    def add(self, mirror: Mirror) -> None:
        """Gives the mirror its number; numbers are never used again."""
        mirror.number = self._next_number
        self._next_number += 1
        self._by_number[mirror.number] = mirror
        self._by_mrid[mirror.mrid] = mirror
        self._listed.add(mirror)

    def remove(self, mirror: Mirror) -> None:
        self._listed.remove(mirror)
        del self._by_number[mirror.number]
        del self._by_mrid[mirror.mrid]


def _merge(
    before: models.MirrorMeterReading | None, reading: models.MirrorMeterReading
) -> models.MirrorMeterReading:
    if before is None:
        return reading
    return replace(
        reading,
        description=before.description if reading.description is None else reading.description,
        version=before.version if reading.version is None else reading.version,
        ReadingType=reading.ReadingType or before.ReadingType,
        Reading=reading.Reading or before.Reading,
        MirrorReadingSet=reading.MirrorReadingSet or before.MirrorReadingSet,
    )


def stored_reading(
    mrid: str,
    meter_reading: models.MirrorMeterReading,
    role_flags: bytes | None,
    received: float,
) -> StoredReading | None:
    """The newest value of a meter reading for the points, or None while it has no value."""
    newest: tuple[float, int] | None = None
    for reading in _values(meter_reading):
        if reading.value is None:
            continue
        time = _time_of(reading, meter_reading, received)
        if newest is None or time >= newest[0]:
            newest = (time, reading.value)
    if newest is None:
        return None
    return StoredReading(
        mrid=mrid,
        description=meter_reading.description,
        reading_type=meter_reading.ReadingType,
        role_flags=int.from_bytes(role_flags or b""),
        value=newest[1],
        time=newest[0],
        received=received,
    )


def _values(meter_reading: models.MirrorMeterReading) -> Iterator[models.Reading]:
    for reading_set in meter_reading.MirrorReadingSet:
        yield from reading_set.Reading
    if meter_reading.Reading is not None:
        yield meter_reading.Reading


def _time_of(
    reading: models.Reading, meter_reading: models.MirrorMeterReading, received: float
) -> float:
    period = reading.timePeriod
    if period is not None and period.start is not None:
        return float(period.start + (period.duration or 0))
    if meter_reading.lastUpdateTime is not None:
        return float(meter_reading.lastUpdateTime)
    return received
