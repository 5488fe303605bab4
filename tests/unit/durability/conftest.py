"""The core of an agent with a store, life after life on the same file."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent
import pytest

from ieee2030_5_agent.durability import HeldBack, Keeper
from ieee2030_5_agent.model.changes import Changed
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Request, Response
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from ieee2030_5_agent.store.database import Database
from tests.faulty_disk import Disk
from tests.protocol import documents

BATTERY = "097935300833"
LFDI = "247bd68e3378fe57ba604e3c8bdf9e3f78a3d743"
CAPABILITY = documents.SINGLETONS["/dcap/edev/0/der/1/dercap"]
STATUS = documents.SINGLETONS["/dcap/edev/0/der/1/ders"]
LIMIT = {"opModMaxLimW": 50}
LIMIT_S = 10.0


@dataclass
class Run:
    """One life of an agent's core: server, store, and the greenlet that writes."""

    path: Path | None
    disk: Disk = field(default_factory=Disk)
    settings: Settings | None = None
    problems: list[str | None] = field(default_factory=list)
    told: list[Changed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server = Server(Settings.load({}))
        self.server.listen(self.told.append)
        self.keeper = Keeper(
            self.server,
            self.problems.append,
            self.server.configure,
            functools.partial(Database, connect=self.disk.connect),
        )
        self.held_back = HeldBack(self.server, self.keeper)
        self.greenlet = gevent.spawn(self.keeper.keep)
        if self.settings is None:
            self.keeper.no_configuration()
        else:
            self.keeper.choose(self.settings, self.path)
        self.operations = dict(Operations(self.server).all())

    def ask(self, method: str, path: str, body: str = "") -> Response:
        end = body.find(">")
        xml = f'{body[:end]} xmlns="urn:ieee:std:2030.5:ns"{body[end:]}' if body else ""
        request = Request(method, path, body=xml.encode(), content_type="application/sep+xml")
        return self.held_back.handle(request)

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        return self.held_back.operation(self.operations[name])(*args, **kwargs)

    @property
    def capability(self) -> bool:
        return ("DERCapability", 1) in self.server.fleet.device(BATTERY).resources

    @property
    def rests(self) -> bool:
        """Whether all is written."""
        commits = self.keeper._commits
        return commits is not None and commits._flying is None and not commits.journal.backlog

    @property
    def database(self) -> Database:
        assert self.keeper._commits is not None
        return self.keeper._commits.database

    @contextmanager
    def slow_disk(self) -> Iterator[None]:
        """Nothing reaches the disk while the block runs."""
        held = threading.Event()
        gevent.spawn(self.keeper._disk.call, held.wait)
        gevent.idle()  # it is in the thread then
        try:
            yield
        finally:
            held.set()

    def end(self) -> None:
        self.keeper.close()
        self.greenlet.kill()

    def die(self) -> None:
        """As SIGKILL would: nothing more is written, the system takes the lock back."""
        self.greenlet.kill()
        if self.keeper._commits is not None:
            self.keeper._disk.call(self.database.close)


Start = Callable[..., Run]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a life on the same file as the one before."""
    runs: list[Run] = []
    device = {"devices": [{"lfdi": LFDI}]}

    def begin(config: Any = device, wait: bool = True, **more: Any) -> Run:
        settings = None if config is None else Settings.load(config)
        runs.append(run := Run(tmp_path / "data" / "store.sqlite", settings=settings, **more))
        if wait:
            until(lambda: run.keeper.is_open and run.rests, "an open store")
        return run

    yield begin
    for run in runs:
        run.die()


def until(condition: Callable[[], Any], what: str) -> None:
    with gevent.Timeout(LIMIT_S, AssertionError(f"no {what} in {LIMIT_S} s")):
        while not condition():
            gevent.sleep(0.005)
