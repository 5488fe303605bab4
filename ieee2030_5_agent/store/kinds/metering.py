"""MirrorUsagePoints, their meter readings, and each reading set by itself: only what a post brought
is written again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...model.fleet import Fleet
from ...model.meter_readings import MeterReading, ReadingSet, Value
from ...model.mirrors import Mirror, ReadingKey, key_of, key_text
from ...sep import models
from ..documents import Document, from_document, to_document
from .kind import Key, Kind, Restoring, TextKey


@dataclass(frozen=True, slots=True)
class _Quantity:
    """A MeterReading without its sets."""

    number: int
    latest: models.MirrorMeterReading
    last: Value | None = None
    next_set: int = 0


def _mirror(fleet: Fleet, key: Key) -> Document | None:
    mirror = fleet.mirrors.by_number(int(key[0]))
    if mirror is None:
        return None
    return {
        "sfdi": mirror.sfdi,
        "usage_point": to_document(mirror.usage_point),
        "post_rate": mirror.post_rate,
        "claimed": sorted(f"{mrid:x}" for mrid in mirror.claimed),
    }


def _restore_mirror(to: Restoring, key: TextKey, document: Document) -> None:
    device = to.fleet.device(document["sfdi"])
    mirror = Mirror(
        number=int(key[0]),
        sfdi=device.sfdi,
        owners=device.owners,
        usage_point=from_document(models.MirrorUsagePoint, document["usage_point"]),
        post_rate=document["post_rate"],
        claimed=tuple(int(mrid, 16) for mrid in document["claimed"]),
    )
    to.fleet.mirrors.put(mirror)
    device.mirrors += (mirror,)


def _mirror_keys(fleet: Fleet) -> Iterator[Key]:
    for mirror in fleet.mirrors.listed:
        yield (mirror.number,)


def _readings(fleet: Fleet) -> Iterator[tuple[Mirror, MeterReading]]:
    for mirror in fleet.mirrors.listed:
        for reading in mirror.meter_readings.values():
            yield mirror, reading


def _named(fleet: Fleet, key: Key) -> tuple[ReadingKey, MeterReading] | None:
    mirror = fleet.mirrors.by_number(int(key[0]))
    if mirror is None:
        return None
    number = int(key[1])
    found = (item for item in mirror.meter_readings.items() if item[1].number == number)
    return next(found, None)


def _meter_reading(fleet: Fleet, key: Key) -> Document | None:
    named = _named(fleet, key)
    if named is None:
        return None
    reading_key, reading = named
    quantity = _Quantity(reading.number, reading.latest, reading.last, reading.next_set)
    return {"name": key_text(reading_key), "reading": to_document(quantity)}


def _restore_meter_reading(to: Restoring, key: TextKey, document: Document) -> None:
    mirror = to.fleet.mirrors.by_number(int(key[0]))
    if mirror is None:
        raise LookupError(f"there is no MirrorUsagePoint {key[0]}")
    sets = to.reading_sets.get((int(key[0]), int(key[1])), [])
    sets.sort(key=lambda each: (-each.start, -each.mrid))
    known = from_document(_Quantity, document["reading"])
    mirror.meter_readings[key_of(document["name"])] = MeterReading.of(
        known.number, known.latest, known.last, tuple(sets), known.next_set
    )


def _meter_reading_keys(fleet: Fleet) -> Iterator[Key]:
    for mirror, reading in _readings(fleet):
        yield (mirror.number, reading.number)


def _reading_set(fleet: Fleet, key: Key) -> Document | None:
    named = _named(fleet, key)
    found = None if named is None else named[1].reading_set(int(key[2]))
    return None if found is None else to_document(found)


def _restore_reading_set(to: Restoring, key: TextKey, document: Document) -> None:
    sets = to.reading_sets.setdefault((int(key[0]), int(key[1])), [])
    sets.append(from_document(ReadingSet, document))


def _reading_set_keys(fleet: Fleet) -> Iterator[Key]:
    for mirror, reading in _readings(fleet):
        for each in reading.sets:
            yield (mirror.number, reading.number, each.number)


def _sets_below(fleet: Fleet, key: Key) -> Iterator[Key]:
    named = _named(fleet, key)
    for each in () if named is None else named[1].sets:
        yield (*key, each.number)


KINDS = (
    Kind("mirror", _mirror, _restore_mirror, _mirror_keys, ("meter_reading", "reading_set")),
    Kind("reading_set", _reading_set, _restore_reading_set, _reading_set_keys, below=_sets_below),
    Kind("meter_reading", _meter_reading, _restore_meter_reading, _meter_reading_keys),
)
