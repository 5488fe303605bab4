"""Time: the clock that rules all events of this server, and the local time zone.

Source: IEEE 2030.5-2018 Time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ..rest.call import Answer, Call, ok
from ..rest.routing import Route
from ..sep import models

DAY_S = 86400
# Daylight saving comes back every year; two years hold the next beginning and the next end.
HORIZON_DAYS = 732


@dataclass(frozen=True, slots=True)
class DaylightSaving:
    """The current period of daylight saving, or the next one; zeros where there is none."""

    start: int = 0
    end: int = 0


def read(call: Call) -> Answer:
    now = int(call.now)
    zone = ZoneInfo(call.settings.timezone)
    local = datetime.fromtimestamp(now, zone)
    total = _seconds(local.utcoffset())
    daylight = total - _standard(zone, local.year)
    period = daylight_saving(call.settings.timezone, now // DAY_S)
    return ok(
        models.Time(
            href=call.self_href,
            pollRate=call.poll_rate("Time"),
            currentTime=now,
            dstEndTime=period.end,
            dstOffset=daylight,
            dstStartTime=period.start,
            localTime=now + total,
            quality=call.settings.time_quality,
            tzOffset=total - daylight,
        )
    )


@lru_cache(maxsize=64)
def daylight_saving(timezone: str, day: int) -> DaylightSaving:
    """The period of daylight saving that a day (since 1970) lies in, or else the next one."""
    zone = ZoneInfo(timezone)
    first = day * DAY_S
    if _in_effect(zone, first):
        start = _change(zone, first, -1, in_effect=False)
        end = _change(zone, first, 1, in_effect=False)
    else:
        start = _change(zone, first, 1, in_effect=True)
        end = None if start is None else _change(zone, start, 1, in_effect=False)
    if start is None or end is None:
        return DaylightSaving()
    return DaylightSaving(start, end)


def _change(zone: ZoneInfo, time: int, direction: int, in_effect: bool) -> int | None:
    """The second at which daylight saving next (or last) begins or ends; None within HORIZON."""
    step = direction * DAY_S
    for _ in range(HORIZON_DAYS):
        following = time + step
        if _in_effect(zone, following) == in_effect:
            early, late = sorted((time, following))
            return _bisect(zone, early, late)
        time = following
    return None


def _bisect(zone: ZoneInfo, early: int, late: int) -> int:
    before = _in_effect(zone, early)
    while late - early > 1:
        middle = (early + late) // 2
        if _in_effect(zone, middle) == before:
            early = middle
        else:
            late = middle
    return late


def _in_effect(zone: ZoneInfo, time: int) -> bool:
    local = datetime.fromtimestamp(time, UTC).astimezone(zone)
    return _seconds(local.utcoffset()) > _standard(zone, local.year)


def _standard(zone: ZoneInfo, year: int) -> int:
    """The offset of the zone without daylight saving: the smaller one of the year. The data base
    itself says that Dublin has a saving of minus one hour in winter."""
    seasons = (datetime(year, month, 1, tzinfo=zone) for month in (1, 7))
    return min(_seconds(season.utcoffset()) for season in seasons)


def _seconds(offset: timedelta | None) -> int:
    return 0 if offset is None else int(offset.total_seconds())


ROUTES = (Route("Time", "/tm", GET=read),)
