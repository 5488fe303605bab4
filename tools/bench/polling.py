"""The platform driver with 200 devices: from poll to publish, and how many calls that takes.

Meanwhile 1 % of the devices send another state each second, so that polls bring changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import Any, NamedTuple

import gevent

from tools.private_platform import PlatformProblem

from . import documents
from .figures import Figure
from .load import Load, Order, status_requests
from .platform import AGENT, BenchPlatform
from .timing import percentile

DEVICES = 200
INTERVAL_S = 5
# Each sends once in an interval, one after the other: that is 1 % of all devices each second.
CHANGING = DEVICES * INTERVAL_S // 100
# Whole intervals that are measured, after the first publish of every device.
INTERVALS = 2
INTERVALS_OF_CALLS = 1  # where only calls are counted
FIRST_S = 60.0
CEILING_S = 2.0


class Polled(NamedTuple):
    """Seconds from when a poll was due to the arrival of its publish, for each publish of some
    intervals; publishes and calls a second."""

    latencies: list[float]
    publishes: float
    calls: float


def measure(platform: BenchPlatform, load: Load) -> Iterator[Figure]:
    yield Figure("message bus: publishes, one after the other", ceiling(platform), None, "1/s")
    ours = watch(platform, load, "ieee2030_5", cache_expiry_s=INTERVAL_S)
    own = watch_reference(platform, load, "own_remote")
    shared = watch_reference(platform, load, "shared_remote", INTERVALS_OF_CALLS)
    name = f"driver, {DEVICES} devices every {INTERVAL_S} s"
    calls = f"{name}: calls with cache_expiry_s {INTERVAL_S}"
    for which, percent, goal in (
        ("p50", 50, None),
        ("p99", 99, "ratio <= 1"),
        ("longest", 100, None),
    ):
        yield Figure(
            f"{name}: poll to publish {which} / own remotes",
            percentile(ours.latencies, percent) * 1e3,
            percentile(own.latencies, percent) * 1e3,
            "ms",
            goal,
        )
    yield Figure(f"{calls} / shared remote", ours.calls, shared.calls, "1/s", "ratio <= 1")
    yield Figure(f"{calls} / own remotes", ours.calls, own.calls, "1/s")
    yield Figure(f"{name}: publishes / due", ours.publishes, DEVICES / INTERVAL_S, "1/s")


def ceiling(platform: BenchPlatform) -> float:
    """How many messages the platform takes a second from an agent that waits for each."""
    publish = platform.peer.agent.vip.pubsub.publish
    count, end = 0, monotonic() + CEILING_S
    while monotonic() < end:
        publish("pubsub", "bench/ceiling", message=[{"W": 1.0}, {}]).get(timeout=CEILING_S)
        count += 1
    return count / CEILING_S


def watch(
    platform: BenchPlatform,
    load: Load,
    driver_type: str,
    intervals: int = INTERVALS,
    **remote: object,
) -> Polled:
    """Runs the platform driver with devices of a type, and looks at the bus for some intervals.

    Raises RuntimeError when other devices have changed than were to.
    """
    seconds = INTERVAL_S * intervals
    with platform.polled(driver_type, DEVICES, INTERVAL_S, FIRST_S, **remote) as driver:
        offsets = due_offsets(platform.schedule(driver))
        cursor = platform.peer.rpc(AGENT, "get_cursor")
        seen, calls = len(driver.bus), platform.calls()
        sending = gevent.spawn(load.run, changes(platform, seconds))
        gevent.sleep(seconds)
        messages, called = list(driver.bus)[seen:], platform.calls() - calls
        sending.get()
        changed = len(platform.peer.rpc(AGENT, "get_changes", cursor)["points"])
    if changed != CHANGING:
        raise RuntimeError(f"{changed} devices have changed, not {CHANGING}")
    return Polled(
        [late(each.at, offsets[each.topic.removesuffix("/multi")]) for each in messages],
        len(messages) / seconds,
        called / seconds,
    )


def changes(platform: BenchPlatform, seconds: float) -> Order:
    """Devices from all over the fleet send another state once in an interval."""
    hrefs = [each.href for each in platform.devices[: DEVICES : DEVICES // CHANGING]]
    requests = [status_requests("PUT", href + documents.PLACES["DERStatus"]) for href in hrefs]
    return Order(platform.web_port, requests, CHANGING, seconds, pause_s=INTERVAL_S)


def watch_reference(
    platform: BenchPlatform, load: Load, driver_type: str, intervals: int = INTERVALS
) -> Polled:
    """``watch``, a second time if need be: on a busy machine a driver with VOLTTRON's scheduler may
    start every poll many times over, and never comes to publish all devices."""
    try:
        return watch(platform, load, driver_type, intervals)
    except PlatformProblem as problem:
        print(f"{driver_type}: {problem}; it is started once more")
        return watch(platform, load, driver_type, intervals)


def due_offsets(schedule: dict[str, Any]) -> dict[str, float]:
    """When each device is due after every multiple of the interval, in seconds, as the schedulers
    tell it: ``{group: {interval: {offset: {remote: [points]}}}}``."""
    return {
        point.rpartition("/")[0]: seconds_of(offset)
        for intervals in schedule.values()
        for slots in intervals.values()
        for offset, remotes in slots.items()
        for points in remotes.values()
        for point in points
    }


def seconds_of(offset: str) -> float:
    """Our scheduler writes ``0.02``, VOLTTRON's ``0:00:00.020000``."""
    seconds = 0.0
    for part in offset.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


def late(at: float, offset: float) -> float:
    """Seconds since the poll was due. What is later than an interval shows only what is beyond it;
    the calls of all drivers here end after 5 s, which is an interval."""
    return (at - offset) % INTERVAL_S
