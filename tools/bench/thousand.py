"""A thousand devices on the real platform: each sends and is read every 15 seconds."""

from __future__ import annotations

from collections.abc import Iterator
from time import time

import gevent

from tools.private_platform import until

from . import certificates, documents
from .figures import Figure
from .load import Load, Order, status_requests
from .platform import DEVICES, BenchPlatform
from .timing import Usage, percentile

INTERVAL_S = 15
# Every device sends and is read at least once.
MEASURED_S = 16.0
FIRST_S = 120.0


def measure(platform: BenchPlatform, load: Load) -> Iterator[Figure]:
    with platform.polled("ieee2030_5", DEVICES, INTERVAL_S, FIRST_S) as driver:
        sending = gevent.spawn(load.run, order(platform))
        connected = "connections of all devices"
        until(lambda: platform.connections() >= DEVICES or sending.ready(), connected, FIRST_S)
        agent, reader = Usage(platform.agent.pid), Usage(driver.process.pid)
        result = sending.get()
        used = {"agent": agent.percent(), "driver": reader.percent()}
        end = time()
        published = sum(end - INTERVAL_S < message.at <= end for message in driver.bus)
    name = f"{DEVICES} devices every {INTERVAL_S} s"
    slow = percentile(result.latencies, 99) * 1e3
    yield Figure(f"{name}: PUT through the listener, p99", slow, None, "ms", "ours <= 100")
    for process, percent in used.items():
        yield Figure(f"{name}: CPU of the {process}", percent, None, "% of core", "ours <= 50")
    due = DEVICES / INTERVAL_S
    yield Figure(f"{name}: publishes / due", published / INTERVAL_S, due, "1/s")
    yield Figure(f"{name}: PUTs / due", result.rate, due, "1/s")


def order(platform: BenchPlatform) -> Order:
    """Each device sends its state by a connection of its own, which is another one each time."""
    return Order(
        port=platform.tls_port,
        requests=[
            status_requests("PUT", each.href + documents.PLACES["DERStatus"])
            for each in platform.devices
        ],
        connections=DEVICES,
        seconds=MEASURED_S,
        pause_s=INTERVAL_S,
        authority=str(platform.certificates / certificates.AUTHORITY),
        certificates=[
            str(certificates.device_file(platform.certificates, each.number))
            for each in platform.devices
        ],
    )
