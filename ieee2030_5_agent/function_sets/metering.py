"""Metering: what devices mirrored, as usage points with their readings.

A UsagePoint has the number of its mirror and is seen by whoever sees the mirror.
Source: IEEE 2030.5-2018 UsagePoint, MeterReading, ReadingType, ReadingSet, Reading.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..model.meter_readings import Interval, MeterReading, ReadingSet
from ..model.mirrors import Mirror
from ..model.readings import ROLE_FLAGS
from ..rest.call import Answer, Call, ok
from ..rest.errors import NotFound
from ..rest.lists import TimeFilter, TimeKey
from ..rest.routing import BOTH_WAYS, NOT_SUBSCRIBABLE, SUBSCRIBABLE, Route
from ..sep import models

IS_MIRROR = 1 << ROLE_FLAGS["isMirror"]
BY_START: TimeKey[ReadingSet] = TimeKey(lambda item: item.start, descending=True)


def read_usage_points(call: Call) -> Answer:
    return call.page(
        models.UsagePointList,
        call.scope.mirrors(),
        lambda mirror: _usage_point(call, mirror),
        pollRate=call.poll_rate("UsagePointList"),
    )


def read_usage_point(call: Call) -> Answer:
    return ok(_usage_point(call, _asked_mirror(call)))


def read_meter_readings(call: Call) -> Answer:
    mirror = _asked_mirror(call)
    return call.page(
        models.MeterReadingList, mirror.listed, lambda item: _meter_reading(call, item)
    )


def read_meter_reading(call: Call) -> Answer:
    return ok(_meter_reading(call, _asked_meter_reading(call)))


def read_reading_type(call: Call) -> Answer:
    """A device of a 2013-era edition may not have sent any: then nothing is known about it."""
    known = _asked_meter_reading(call).reading_type or models.ReadingType()
    return ok(replace(known, href=call.self_href))


def read_last_reading(call: Call) -> Answer:
    meter_reading = _asked_meter_reading(call)
    last = meter_reading.latest.Reading
    if last is None:
        raise NotFound(f"MeterReading {meter_reading.number} has no single Reading")
    return ok(replace(last, href=call.self_href))


def read_reading_sets(call: Call) -> Answer:
    meter_reading = _asked_meter_reading(call)
    return call.page(
        models.ReadingSetList,
        meter_reading.sets,
        lambda item: _reading_set(call, item),
        BY_START,
    )


def read_reading_set(call: Call) -> Answer:
    return ok(_reading_set(call, _asked_reading_set(call)))


def read_readings(call: Call) -> Answer:
    reading_set = _asked_reading_set(call)
    return call.page(
        models.ReadingList,
        reading_set.intervals,
        lambda item: _reading(call, item),
        TimeFilter(reading_set.start_of),
    )


def read_reading(call: Call) -> Answer:
    reading_set, number = _asked_reading_set(call), call.params["r"]
    interval = reading_set.interval(number)
    if interval is None:
        raise NotFound(f"ReadingSet {reading_set.number} has no Reading {number}")
    return ok(_reading(call, interval))


def _asked_mirror(call: Call) -> Mirror:
    return call.mirror("upt", "UsagePoint")


def _asked_meter_reading(call: Call) -> MeterReading:
    mirror, number = _asked_mirror(call), call.params["mr"]
    meter_reading = mirror.meter_reading(number)
    if meter_reading is None:
        raise NotFound(f"UsagePoint {mirror.number} has no MeterReading {number}")
    return meter_reading


def _asked_reading_set(call: Call) -> ReadingSet:
    meter_reading, number = _asked_meter_reading(call), call.params["rs"]
    reading_set = meter_reading.reading_set(number)
    if reading_set is None:
        raise NotFound(f"MeterReading {meter_reading.number} has no ReadingSet {number}")
    return reading_set


def _usage_point(call: Call, mirror: Mirror) -> models.UsagePoint:
    source, n = mirror.usage_point, mirror.number
    flags = int.from_bytes(source.roleFlags or b"") | IS_MIRROR
    return models.UsagePoint(
        href=call.href("UsagePoint", upt=n),
        mRID=source.mRID,
        description=source.description,
        version=source.version,
        roleFlags=flags.to_bytes(2),
        serviceCategoryKind=source.serviceCategoryKind,
        status=source.status,
        deviceLFDI=source.deviceLFDI,
        MeterReadingListLink=call.list_link(
            models.MeterReadingListLink, len(mirror.meter_readings), upt=n
        ),
    )


def _meter_reading(call: Call, item: MeterReading) -> models.MeterReading:
    n, source = item.number, item.latest
    return models.MeterReading(
        href=call.href("MeterReading", mr=n),
        mRID=source.mRID,
        description=source.description,
        version=source.version,
        ReadingLink=None if source.Reading is None else call.link(models.ReadingLink, mr=n),
        ReadingSetListLink=call.list_link(models.ReadingSetListLink, len(item.sets), mr=n),
        ReadingTypeLink=call.link(models.ReadingTypeLink, mr=n),
    )


def _reading_set(call: Call, item: ReadingSet) -> models.ReadingSet:
    n, source = item.number, item.header
    return models.ReadingSet(
        href=call.href("ReadingSet", rs=n),
        mRID=source.mRID,
        description=source.description,
        version=source.version,
        timePeriod=source.timePeriod,
        ReadingListLink=call.list_link(models.ReadingListLink, len(item.intervals), rs=n),
    )


def _reading(call: Call, item: Interval) -> models.Reading:
    return replace(item.reading, href=call.href("SetReading", r=item.number))


def _row(
    name: str,
    path: str,
    handler: Callable[[Call], Answer],
    subscribable: int = NOT_SUBSCRIBABLE,
) -> Route:
    return Route(name, "/upt" + path, GET=handler, subscribable=subscribable)


# Reading is the last single value of a meter reading, where ReadingLink leads.
ROUTES = (
    _row("UsagePointList", "", read_usage_points, SUBSCRIBABLE),
    _row("UsagePoint", "/{upt}", read_usage_point),
    _row("MeterReadingList", "/{upt}/mr", read_meter_readings, SUBSCRIBABLE),
    _row("MeterReading", "/{upt}/mr/{mr}", read_meter_reading),
    _row("ReadingType", "/{upt}/mr/{mr}/rt", read_reading_type),
    _row("Reading", "/{upt}/mr/{mr}/r", read_last_reading, BOTH_WAYS),
    _row("ReadingSetList", "/{upt}/mr/{mr}/rs", read_reading_sets, SUBSCRIBABLE),
    _row("ReadingSet", "/{upt}/mr/{mr}/rs/{rs}", read_reading_set),
    _row("ReadingList", "/{upt}/mr/{mr}/rs/{rs}/r", read_readings, SUBSCRIBABLE),
    _row("SetReading", "/{upt}/mr/{mr}/rs/{rs}/r/{r}", read_reading),
)
