"""Memory of a device and of a control.

Each is measured in a process of its own that does nothing else: what a process has once taken it
seldom gives back.
"""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import count
from typing import TypeVar

import psutil

from . import site
from .figures import Figure

T = TypeVar("T")

FEW, MANY = 500, 1_000
# How often devices send everything again with other values: what they replace may leave gaps in
# the memory of the process, most of them in the first rounds.
ROUNDS = 3
# 24 hours of five minutes, for some devices.
CONTROLS, CONTROLLED = 288, 40


def measure() -> Iterator[Figure]:
    figure = "memory per device, all resources, 26 points"
    yield Figure(figure, device_bytes() / 1024, None, "KiB", "ours <= 12")
    scheduled, run = apart(control_bytes)
    yield Figure("memory per control, scheduled", scheduled / 1024, None, "KiB")
    yield Figure("memory per control, the last of a day in force", run / 1024, None, "KiB")


def device_bytes() -> float:
    """What each further device takes. The first ones of a process take less of their own: they
    fill what its start has left free."""
    few, many = (apart(partial(fleet_bytes, number)) for number in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def fleet_bytes(number: int) -> int:
    """The memory of a process with so many devices, which have been sending for some rounds."""
    clock = count(site.START, 0.01)  # no two moments are the same
    server = site.start(map(site.device, range(number)), lambda: next(clock))
    rows = site.registry_rows()
    for each in map(site.device, range(number)):
        server.fleet.config_points(each.sfdi, rows)
    for sent in range(1 + ROUNDS):
        for each in map(site.device, range(number)):
            # Other values than those of its neighbours, or it would share them.
            site.fill(server, each, less=(each.number + sent) % 100)
    return resident()


def control_bytes() -> tuple[float, float]:
    """What a process grows by per control: once a day's controls are scheduled, and when the last
    of them is in force. Each can be answered for a day after its end, so all are held then."""
    *controlled, first = site.fleet(CONTROLLED + 1)
    now = site.START
    server = site.start([*controlled, first], lambda: now)
    site.schedule(server, first, CONTROLS)  # what is made once, for all, is no control's
    before = resident()
    for each in controlled:
        site.schedule(server, each, CONTROLS)
    scheduled = resident() - before
    while now < site.START + site.LEAD_S + (CONTROLS - 1) * site.CONTROL_S:
        now += site.CONTROL_S
        server.fleet.dispatch.catch_up()
    run = resident() - before
    controls = CONTROLLED * CONTROLS
    return scheduled / controls, run / controls


def resident() -> int:
    """The memory of this process that no file is behind, without what is garbage already.

    Of the pages of files, such as libraries, the system keeps what it has room for just now.
    """
    gc.collect()
    return sum(each.anonymous + each.swap for each in psutil.Process().memory_maps())


def apart(probe: Callable[[], T]) -> T:
    """What a function returns in a fresh process."""
    with fresh_process() as process:
        return process.submit(probe).result()


def fresh_process() -> ProcessPoolExecutor:
    """A process that has done nothing yet."""
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
