"""What durability costs: changes on disk beside those in memory, and a restart with much in it."""

from __future__ import annotations

import hashlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent

from ieee2030_5_agent.durability import HeldBack, Keeper
from ieee2030_5_agent.model.drafts import Draft
from ieee2030_5_agent.model.end_device import Registration
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.sep.identity import format_sfdi, sfdi_of_lfdi
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from ieee2030_5_agent.store.database import Database
from ieee2030_5_agent.store.journal import Journal
from ieee2030_5_agent.store.opening import open_store

from .figures import Figure

CHANGES = 200
AT_ONCE = 50
DEVICES, CONTROLS_EACH = 10_000, 10
DURATION_S = 600


def measure() -> Iterator[Figure]:
    for name, change in (("registration", _register), ("control", _control)):
        memory = _seconds(None, 1, change)
        alone = _seconds("file", 1, change)
        together = _seconds("file", AT_ONCE, change)
        yield Figure(f"durable {name}, one after the other / memory", alone, memory, "us")
        yield Figure(f"durable {name}, {AT_ONCE} at once / memory", together, memory, "us")
    yield Figure(
        f"restart with {DEVICES} devices and {DEVICES * CONTROLS_EACH} controls",
        _restart(),
        None,
        "s",
    )


class _Running:
    """A server behind its store, in memory or in a file."""

    def __init__(self, path: Path | None) -> None:
        self.server = Server(Settings.load({}))
        self.keeper = Keeper(self.server, lambda problem: None, self.server.configure)
        self._writer = gevent.spawn(self.keeper.keep)
        self.keeper.choose(Settings.load({}), path)
        while not self.keeper.is_open:
            gevent.sleep(0.001)
        calls = Operations(self.server).all()
        self.calls = {
            name: HeldBack(self.server, self.keeper).operation(call) for name, call in calls
        }

    def close(self) -> None:
        self.keeper.close()
        self._writer.kill()


def _lfdi(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:40].upper()


def _register(running: _Running, number: int) -> None:
    running.calls["register_device"](lfdi=_lfdi(number))


def _control(running: _Running, number: int) -> None:
    if not running.server.fleet.registry.listed:
        running.calls["register_device"](lfdi=_lfdi(0))
    running.calls["create_control"](
        device=format_sfdi(sfdi_of_lfdi(_lfdi(0))),
        start=int(time.time()) + DURATION_S * (number + 1),
        duration=DURATION_S,
        modes={"opModMaxLimW": 5000},
    )


def _seconds(file: str | None, at_once: int, change: Callable[[_Running, int], None]) -> float:
    """Microseconds from one change to the next, in the middle of all; each waits for the disk."""
    with tempfile.TemporaryDirectory() as folder:
        running = _Running(None if file is None else Path(folder, file))
        change(running, CHANGES)  # all that is compiled once
        taken = []
        for first in range(0, CHANGES, at_once):
            began = time.perf_counter()
            asked = [gevent.spawn(change, running, first + n) for n in range(at_once)]
            gevent.joinall(asked, raise_error=True)
            taken.append((time.perf_counter() - began) / at_once)
        running.close()
    return statistics.median(taken) * 1e6


def _restart() -> float:
    """Seconds from the file to the fleet."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "store.sqlite")
        _fill(path)
        server = Server(Settings.load({}))
        fleet = server.new_fleet(server.settings)
        began = time.perf_counter()
        opened = open_store(path, lambda: fleet, time.time())
        seconds = time.perf_counter() - began
        opened.database.close()
    return seconds


def _fill(path: Path) -> None:
    fleet: Any = Server(Settings.load({})).fleet
    journal = Journal(fleet)
    start = int(time.time()) + 3600
    for number in range(DEVICES):
        lfdi = _lfdi(number)
        device = fleet.register(Registration(format_sfdi(sfdi_of_lfdi(lfdi)), lfdi), "rpc")
        program = fleet.set_points.own_program(device)
        for place in range(CONTROLS_EACH):
            base = models.DERControlBase(opModMaxLimW=5000)
            draft = Draft(base=base, start=start + place * DURATION_S, duration=DURATION_S)
            fleet.dispatch.create(program, draft)
    database = Database(path)
    while journal.backlog:
        database.write(journal.take(DEVICES))
    database.close()
