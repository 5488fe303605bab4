"""Metering Mirror: devices post what they measure.

Source: IEEE 2030.5-2018 MirrorUsagePoint, MirrorMeterReading.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..model.mirrors import Mirror
from ..rest.call import Answer, Call, created, no_content, ok
from ..rest.errors import BadRequest, BadValue, TooLarge
from ..rest.routing import Route
from ..sep import models
from ..sep.identity import normalise_lfdi

# Every edition demands these; without them a list that shows the mirror could be no document.
MANDATORY = ("mRID", "deviceLFDI", "roleFlags", "serviceCategoryKind", "status")

# MirrorMeterReadings of one post and the Readings in their sets: a day of five minutes of fourteen
# quantities. Readings that have their own times reach MAX_TAGS of the server before, with eleven.
MAX_READINGS = 4096


def read_list(call: Call) -> Answer:
    return call.page(
        models.MirrorUsagePointList,
        call.scope.mirrors(),
        lambda mirror: _model(call, mirror),
        pollRate=call.poll_rate("MirrorUsagePointList"),
    )


def read(call: Call) -> Answer:
    return ok(_model(call, _asked_mirror(call)))


def create(call: Call) -> Answer:
    """POST to the list: a new mirror, or an update of the client's own with the same mRID."""
    mirror, new = _put(call)
    href = _href(call, mirror)
    return created(href) if new else no_content(href)


def write(call: Call) -> Answer:
    """PUT, or POST of a whole MirrorUsagePoint: updates the mirror of this URI."""
    mirror = _asked_mirror(call)
    if not isinstance(call.body, models.MirrorUsagePoint):
        raise BadRequest(f"MirrorUsagePoint is expected, this is {type(call.body).__name__}")
    if call.body.mRID is None or int.from_bytes(call.body.mRID) != mirror.mrid:
        raise BadValue(f"the mRID is not that of MirrorUsagePoint {mirror.number}")
    _put(call)
    return no_content(call.self_href)


def post(call: Call) -> Answer:
    """POST to a mirror: one meter reading, a list of them (all or none), or the whole mirror."""
    mirror = _asked_mirror(call)
    if isinstance(call.body, models.MirrorUsagePoint):
        return write(call)
    readings = (
        call.body.MirrorMeterReading
        if isinstance(call.body, models.MirrorMeterReadingList)
        else [call.body]
    )
    if not readings:
        raise BadValue("the MirrorMeterReadingList is empty")
    _refuse_too_many(readings)
    new = call.fleet.mirroring.post(mirror, readings, call.strict)
    return created(call.self_href) if new else no_content(call.self_href)


def delete(call: Call) -> Answer:
    call.fleet.mirroring.remove(_asked_mirror(call))
    return no_content()


def _put(call: Call) -> tuple[Mirror, bool]:
    for name in MANDATORY:
        if getattr(call.body, name) is None:
            raise BadValue(f"MirrorUsagePoint has no {name}")
    _refuse_too_many(call.body.MirrorMeterReading)
    device = call.named_device(normalise_lfdi(call.body.deviceLFDI), "deviceLFDI")
    return call.fleet.mirroring.put(device, call.body, call.strict)


def _refuse_too_many(posted: Iterable[models.MirrorMeterReading]) -> None:
    """Few are kept, and to look through all of them takes the time of others."""
    count = sum(1 + sum(len(each.Reading) for each in one.MirrorReadingSet) for one in posted)
    if count > MAX_READINGS:
        raise TooLarge(f"{count} readings at once, at most {MAX_READINGS} are taken")


def _asked_mirror(call: Call) -> Mirror:
    return call.mirror("mup", "MirrorUsagePoint")


def _model(call: Call, mirror: Mirror) -> models.MirrorUsagePoint:
    return mirror.model(_href(call, mirror), call.href("UsagePoint", upt=mirror.number))


def _href(call: Call, mirror: Mirror) -> str:
    return call.href("MirrorUsagePoint", mup=mirror.number)


ROUTES = (
    Route(
        "MirrorUsagePointList",
        "/mup",
        GET=read_list,
        POST=create,
        bodies=(models.MirrorUsagePoint,),
    ),
    Route(
        "MirrorUsagePoint",
        "/mup/{mup}",
        GET=read,
        PUT=write,
        POST=post,
        DELETE=delete,
        bodies=(
            models.MirrorUsagePoint,
            models.MirrorMeterReading,
            models.MirrorMeterReadingList,
        ),
    ),
)
