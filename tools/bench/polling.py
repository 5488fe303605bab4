"""The platform driver with 200 devices: from poll to publish, and how many calls that takes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from time import monotonic
from typing import NamedTuple

import gevent

from .figures import Figure
from .platform import BenchPlatform
from .timing import percentile

DEVICES = 200
INTERVAL_S = 5
# Whole intervals that are measured, after the first publish of every device.
INTERVALS = 2
INTERVALS_OF_CALLS = 1  # where only calls are counted
FIRST_S = 60.0
CEILING_S = 2.0


class Polled(NamedTuple):
    """Seconds from the poll to the arrival of each publish; publishes and calls a second."""

    latencies: list[float]
    publishes: float
    calls: float


def measure(platform: BenchPlatform) -> Iterator[Figure]:
    yield Figure("message bus: publishes, one after the other", ceiling(platform), None, "1/s")
    ours = watch(platform, "ieee2030_5", cache_expiry_s=INTERVAL_S)
    own = watch(platform, "own_remote")
    shared = watch(platform, "shared_remote", INTERVALS_OF_CALLS)
    name = f"driver, {DEVICES} devices every {INTERVAL_S} s"
    for percent, goal in ((50, None), (99, "ratio <= 1")):
        yield Figure(
            f"{name}: poll to publish p{percent} / own remotes",
            percentile(ours.latencies, percent) * 1e3,
            percentile(own.latencies, percent) * 1e3,
            "ms",
            goal,
        )
    yield Figure(f"{name}: calls / shared remote", ours.calls, shared.calls, "1/s", "ratio <= 1")
    yield Figure(f"{name}: calls / own remotes", ours.calls, own.calls, "1/s")
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
    platform: BenchPlatform, driver_type: str, intervals: int = INTERVALS, **remote: object
) -> Polled:
    """Runs the platform driver with devices of a type, and looks at the bus for some intervals."""
    seconds = INTERVAL_S * intervals
    with platform.polled(driver_type, DEVICES, INTERVAL_S, FIRST_S, **remote) as (_, bus):
        seen, calls = len(bus), platform.calls()
        gevent.sleep(seconds)
        messages, called = list(bus)[seen:], platform.calls() - calls
    return Polled(
        [each.at - stamp(each.headers["TimeStamp"]) for each in messages],
        len(messages) / seconds,
        called / seconds,
    )


def stamp(text: str) -> float:
    """A header's time as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()
