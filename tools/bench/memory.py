"""Memory of a device and of a control, and how long a big fleet takes to start.

Each is measured in a process of its own that does nothing else: what a process has once taken it
seldom gives back.
"""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from time import process_time
from typing import TypeVar

import psutil

from . import site
from .figures import Figure

T = TypeVar("T")

DEVICES = 1_000
# 24 hours of five minutes, for some devices.
CONTROLS, CONTROLLED = 288, 100
STARTED = 10_000


def measure() -> Iterator[Figure]:
    empty, filled = apart(device_bytes)
    yield Figure("memory per device, all resources, 26 points", filled, empty, "KiB", "ours <= 12")
    empty, filled = apart(control_bytes)
    yield Figure("memory per control", filled, empty, "KiB")
    yield Figure(f"start with {STARTED} devices", apart(start_seconds), None, "s", "ours <= 3")


def device_bytes() -> tuple[float, float]:
    """KiB that a process grows by per device: 0 of an empty fleet, and of a filled one."""
    devices = site.fleet(DEVICES)
    one = site.start(devices[:1])
    rows = site.registry_rows()
    one.fleet.config_points(devices[0].sfdi, rows)
    site.fill(one, devices[0])  # what is made once, for all, is no device's
    before = resident()
    server = site.start(devices)
    for each in devices:
        server.fleet.config_points(each.sfdi, rows)
        site.fill(server, each)
    return 0.0, (resident() - before) / 1024 / DEVICES


def control_bytes() -> tuple[float, float]:
    """KiB that a process grows by per control: 0 without any, and of a day's controls."""
    devices = site.fleet(CONTROLLED + 1)
    server = site.start(devices)
    site.schedule(server, devices[CONTROLLED], CONTROLS)
    before = resident()
    for each in devices[:CONTROLLED]:
        site.schedule(server, each, CONTROLS)
    return 0.0, (resident() - before) / 1024 / CONTROLLED / CONTROLS


def start_seconds() -> float:
    """Of the processor, from the configuration to the first request that could be answered."""
    devices = site.fleet(STARTED)
    started = process_time()
    site.start(devices)
    return process_time() - started


def resident() -> int:
    """The memory of this process that no other shares, without what is garbage already."""
    gc.collect()
    return int(psutil.Process().memory_full_info().uss)


def apart(probe: Callable[[], T]) -> T:
    """What a function returns in a fresh process."""
    with fresh_process() as process:
        return process.submit(probe).result()


def fresh_process() -> ProcessPoolExecutor:
    """A process that has done nothing yet."""
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
