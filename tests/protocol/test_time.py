"""Time: one clock for everything, and the local time zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.protocol.conftest import Site


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("timezone", "now", "tz_offset", "dst_offset", "dst_start", "dst_end"),
    [
        ("UTC", "2026-07-01T12:00:00", 0, 0, None, None),
        # Winter in the north: the offset of daylight saving is 0, its next period is told.
        ("America/Los_Angeles", "2026-01-15T00:00:00", -28800, 0,
         "2026-03-08T10:00:00", "2026-11-01T09:00:00"),
        ("America/Los_Angeles", "2026-07-01T00:00:00", -28800, 3600,
         "2026-03-08T10:00:00", "2026-11-01T09:00:00"),
        ("America/Los_Angeles", "2026-12-01T00:00:00", -28800, 0,
         "2027-03-14T10:00:00", "2027-11-07T09:00:00"),
        # In the south the period spans the turn of the year.
        ("Australia/Sydney", "2026-01-15T00:00:00", 36000, 3600,
         "2025-10-04T16:00:00", "2026-04-04T16:00:00"),
        # The time zone data base has a daylight saving of minus one hour for Irish winters.
        ("Europe/Dublin", "2026-01-15T00:00:00", 0, 0,
         "2026-03-29T01:00:00", "2026-10-25T01:00:00"),
        ("Europe/Dublin", "2026-07-01T00:00:00", 0, 3600,
         "2026-03-29T01:00:00", "2026-10-25T01:00:00"),
        ("Asia/Kolkata", "2026-07-01T00:00:00", 19800, 0, None, None),
    ],
)  # fmt: skip
def test_time_zone(
    make_site: Callable[..., Site],
    timezone: str,
    now: str,
    tz_offset: int,
    dst_offset: int,
    dst_start: str | None,
    dst_end: str | None,
) -> None:
    site = make_site(timezone=timezone)
    site.clock.now = at(now) + 0.9
    time = site.get("/dcap/tm")
    assert time.currentTime == at(now)
    assert (time.tzOffset, time.dstOffset) == (tz_offset, dst_offset)
    assert time.localTime == at(now) + tz_offset + dst_offset
    assert time.dstStartTime == (at(dst_start) if dst_start else 0)
    assert time.dstEndTime == (at(dst_end) if dst_end else 0)


def test_an_hour_changes_at_the_second(make_site: Callable[..., Site]) -> None:
    site = make_site(timezone="America/Los_Angeles")
    site.clock.now = at("2026-03-08T09:59:59")
    assert site.get("/dcap/tm").dstOffset == 0
    site.clock.now += 1
    assert site.get("/dcap/tm").dstOffset == 3600


def test_quality_is_what_is_configured(make_site: Callable[..., Site]) -> None:
    assert make_site(time_quality=7).get("/dcap/tm").quality == 7
