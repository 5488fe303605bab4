"""Answers are held back until they are on disk, and never given when they are not."""

from __future__ import annotations

import functools
import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import gevent
import pytest

from ieee2030_5_agent.durability import HeldBack, Keeper, commits
from ieee2030_5_agent.durability import keeper as module
from ieee2030_5_agent.durability.commits import PIECE
from ieee2030_5_agent.model import meter_readings
from ieee2030_5_agent.model.changes import Changed
from ieee2030_5_agent.model.errors import StoreUnavailable
from ieee2030_5_agent.model.fleet import Fleet
from ieee2030_5_agent.model.points import PointMap
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Client, Request, Response
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings, Store
from ieee2030_5_agent.store.database import Database
from ieee2030_5_agent.store.documents import Document
from ieee2030_5_agent.store.errors import DamagedStore, StoreError
from ieee2030_5_agent.store.journal import Batch
from ieee2030_5_agent.store.kinds import KINDS, Key
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
        return self.keeper._commits is not None and not self.keeper._commits.under_way

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


# --- what is acknowledged is there ---------------------------------------------------------------


def test_an_answer_waits_for_the_disk(start: Start) -> None:
    run = start()
    before = run.disk.commits
    assert run.ask("PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY).status == 201
    assert run.disk.commits == before + 1
    run.die()
    assert start().capability


def test_a_call_waits_for_the_disk(start: Start) -> None:
    run = start()
    control = run.call("create_control", device=BATTERY, modes={"opModMaxLimW": 50}, duration=600)
    run.die()
    (listed,) = start().call("get_controls", BATTERY)
    assert listed["mRID"] == control[0]["mRID"]


def test_reading_waits_for_nothing(start: Start) -> None:
    run = start()
    with run.slow_disk():
        assert run.ask("GET", "/dcap/edev").status == 200
        assert run.call("get_points", BATTERY)["b120_WRtg"] is None


def test_requests_at_the_same_time_share_one_sync(start: Start) -> None:
    run = start()
    before = run.disk.commits
    with run.slow_disk():
        first = gevent.spawn(run.ask, "PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY)
        gevent.sleep(0.05)
        answers = [
            gevent.spawn(run.ask, "POST", "/dcap/edev/0/lel", documents.log_event())
            for _ in range(20)
        ]
        gevent.sleep(0.05)
        assert not any(one.ready() for one in (first, *answers))
    gevent.joinall([first, *answers])
    assert {one.value.status for one in answers} == {201}
    assert run.disk.commits == before + 2


def test_the_same_again_waits_for_the_first(start: Start) -> None:
    """An answer may rest on what another request changed and is not on disk yet."""
    run = start()
    run.ask("PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY)
    with run.slow_disk():
        asked = [
            gevent.spawn(run.ask, "DELETE", "/dcap/edev/0/lel/0"),
            gevent.spawn(run.ask, "POST", "/dcap/edev/0/lel", documents.log_event()),
            gevent.spawn(
                run.ask, "PUT", "/dcap/edev/0/di", documents.SINGLETONS["/dcap/edev/0/di"]
            ),
        ]
        gevent.sleep(0.05)
        assert [one.ready() for one in asked] == [True, False, False]
    gevent.joinall(asked)


def test_what_devices_repeat_is_written_behind(start: Start) -> None:
    run = start()
    assert run.ask("PUT", "/dcap/edev/0/di", documents.SINGLETONS["/dcap/edev/0/di"]).status == 201
    until(lambda: run.rests, "rest")
    before = run.disk.commits
    assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 201
    assert run.disk.commits == before
    with gevent.Timeout(1.0):
        while run.keeper.status()["backlog"]:
            gevent.sleep(0.005)
    device = run.server.fleet.device(BATTERY)
    times = dict(device.point_times)
    run.die()
    again = start().server.fleet.device(BATTERY)
    assert again.resources["DERStatus", 1] == device.resources["DERStatus", 1]
    assert again.point_times == times
    assert times


def test_what_is_on_disk_has_the_time_of_its_receipt_there(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much else is to be written behind."""
    monkeypatch.setattr(commits, "MOST_LATEST", 1)
    others = [{"lfdi": f"{number}" * 40} for number in range(1, 6)]
    run = start({"devices": [{"lfdi": LFDI}, *others]})
    for number in range(1, 6):
        assert run.ask("PUT", f"/dcap/edev/{number}/der/1/ders", STATUS).status == 201
    assert run.ask("PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY).status == 201
    received = run.server.fleet.device(BATTERY).point_times["b120_WRtg"]
    run.die()
    assert start().server.fleet.device(BATTERY).point_times.get("b120_WRtg") == received


def test_an_orderly_end_writes_everything(start: Start) -> None:
    run = start()
    assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 201
    run.end()
    assert ("DERStatus", 1) in start().server.fleet.device(BATTERY).resources


@pytest.mark.parametrize("since", ["just now", "for long"])
def test_an_end_on_a_disk_that_fails_waits_for_nothing(
    start: Start, monkeypatch: pytest.MonkeyPatch, since: str
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    run.disk.failing = True
    assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 201
    if since == "for long":
        until(lambda: run.keeper.state == module.CLOSED, "failed batch")
    with gevent.Timeout(LIMIT_S):
        run.keeper.close()
    assert run.ask("PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY).status == 503
    attempts = len(run.problems)
    gevent.idle()
    assert len(run.problems) == attempts
    run.greenlet.kill()
    assert not any(key[0] == "DERStatus" for key in start().server.fleet.device(BATTERY).resources)


def test_an_end_after_the_disk_is_well_again_writes_what_waited(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 60.0)
    run = start()
    run.disk.failing = True
    assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 201
    until(lambda: run.keeper.state == module.CLOSED, "failed batch")
    run.disk.failing = False
    run.end()
    assert ("DERStatus", 1) in start().server.fleet.device(BATTERY).resources


@pytest.mark.parametrize("fails", [False, True], ids=["that works", "that fails"])
def test_an_end_waits_for_the_commit_under_way(
    start: Start, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """And what came after one that fails is refused with it: it may rest on it."""
    run = start()
    write = Database.write
    failures = [StoreError("disk I/O error")] if fails else []

    def fails_once(database: Database, batch: Batch) -> None:
        if failures:
            raise failures.pop()
        write(database, batch)

    monkeypatch.setattr(Database, "write", fails_once)
    with run.slow_disk():
        asked = [gevent.spawn(run.ask, "PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY)]
        gevent.sleep(0.02)
        asked.append(gevent.spawn(run.ask, "POST", "/dcap/edev/0/lel", documents.log_event()))
        gevent.sleep(0.02)
        end = gevent.spawn(run.keeper.close)
        gevent.sleep(0.02)
    gevent.joinall([*asked, end], timeout=LIMIT_S, raise_error=True)
    assert [one.value.status for one in asked] == ([503, 503] if fails else [201, 201])
    run.greenlet.kill()
    again = start()
    assert again.capability is not fails
    assert len(again.server.fleet.device(BATTERY).log.listed) == (0 if fails else 1)


@pytest.mark.parametrize("first", ["registry", "store", "a newer value"])
def test_points_of_the_configured_registry_keep_their_times(start: Start, first: str) -> None:
    """Whether the registry or the store comes first; what came in between is younger."""
    row = {
        "Resource": "DERStatus",
        "Field": "stateOfChargeStatus.value",
        "Units": "",
        "Writable": "FALSE",
        "Volttron Point Name": "my_soc",
    }
    registry = PointMap.from_rows([row])
    run = start()
    run.server.fleet.set_default_points(registry)
    run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS)
    until(lambda: run.rests, "rest")
    before = dict(run.server.fleet.device(BATTERY).point_times)
    assert list(before) == ["my_soc"]
    run.end()
    run = start(wait=False)
    if first == "registry":
        run.server.fleet.set_default_points(registry)
    until(lambda: run.keeper.is_open, "open store")
    if first == "a newer value":
        run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS)
    if first != "registry":
        run.server.fleet.set_default_points(registry)
    times = run.server.fleet.device(BATTERY).point_times
    assert list(times) == ["my_soc"]
    assert (times == before) is (first != "a newer value")


# --- who hears of it -----------------------------------------------------------------------------


def names(run: Run) -> list[str]:
    """What others were told of: resources by their name, other changes by what they are."""
    return [str(change.detail.get("resource", change.what)) for change in run.told]


def test_nobody_is_told_before_it_is_on_disk_and_all_in_order(start: Start) -> None:
    run = start()
    run.told.clear()
    with run.slow_disk():
        assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 201
        assert names(run) == ["DERStatus"]  # which nobody has to wait for
        waits = gevent.spawn(run.ask, "PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY)
        gevent.sleep(0.02)
        run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS)
        assert names(run) == ["DERStatus"]
    assert waits.get().status == 201
    assert names(run) == ["DERStatus", "DERCapability", "DERStatus"]


def test_nobody_ever_hears_of_what_was_refused(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    run.told.clear()
    run.disk.failing = True
    with run.slow_disk():
        waits = gevent.spawn(run.call, "create_control", device=BATTERY, modes=LIMIT, duration=600)
        gevent.sleep(0.02)
        assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 201
    with pytest.raises(StoreUnavailable):
        waits.get()
    until(lambda: run.keeper.state == module.CLOSED, "end of reading")
    # What devices repeat is for good, also while nothing can be written.
    assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 204
    assert [name for name in names(run) if name != "configuration"] == ["DERStatus", "DERStatus"]
    run.disk.failing = False
    until(lambda: run.keeper.state == module.GOOD and run.rests, "recovery")
    assert run.call("create_control", device=BATTERY, modes=LIMIT, duration=600)
    assert "control" in names(run)


def test_what_time_brought_is_told_once_more_when_it_could_not_be_written(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    soon = int(run.server.clock()) + 2
    run.call("create_control", device=BATTERY, modes=LIMIT, start=soon, duration=600)
    run.told.clear()
    run.disk.failing = True
    until(lambda: run.server.clock() >= soon, "time")
    with run.slow_disk():
        run.server.fleet.advance(run.server.clock())
        assert not run.told
    until(lambda: run.keeper.state == module.CLOSED, "end of reading")
    assert "control" not in names(run)
    run.server.fleet.advance(run.server.clock())
    (change,) = (change for change in run.told if change.what == "control")
    assert change.detail["status"] == "active"
    run.disk.failing = False
    until(lambda: run.keeper.state == module.GOOD and run.rests, "recovery")
    run.die()
    (listed,) = start().call("get_controls", BATTERY)
    assert listed["status"] == "active"


# --- what cannot be kept is refused --------------------------------------------------------------


@pytest.mark.parametrize("fault", ["full", "failing"])
def test_what_cannot_be_written_is_refused_and_forgotten(
    start: Start, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    run.ask("PUT", "/dcap/edev/0/di", documents.SINGLETONS["/dcap/edev/0/di"])
    setattr(run.disk, fault, True)
    refused: list[Response] = []
    for _ in range(200):  # a file has some room in its last pages
        answer = run.ask("POST", "/dcap/edev/0/lel", documents.log_event())
        if answer.status != 201:
            refused.append(answer)
            break
    assert [(one.status, dict(one.headers)["Retry-After"]) for one in refused] == [(503, "10")]
    until(lambda: run.keeper.state == module.CLOSED, "end of reading")
    kept = len(run.server.fleet.device(BATTERY).log.listed)
    # Nothing is changed any more, whoever asks.
    assert run.ask("POST", "/dcap/edev/0/lel", documents.log_event()).status == 503
    with pytest.raises(StoreUnavailable):
        run.call("set_access", LFDI, False)
    assert len(run.server.fleet.device(BATTERY).log.listed) == kept
    # What devices repeat is taken, and everything can be read.
    assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 201
    assert run.ask("GET", "/dcap/edev/0/di").status == 200
    assert run.problems[-1] is not None
    setattr(run.disk, fault, False)
    until(lambda: run.keeper.state == module.GOOD, "recovery")
    assert run.problems[-1] is None
    assert run.ask("POST", "/dcap/edev/0/lel", documents.log_event()).status == 201
    until(lambda: run.rests, "rest")
    run.die()
    device = start().server.fleet.device(BATTERY)
    assert len(device.log.listed) == kept + 1
    assert ("DERStatus", 1) in device.resources


def test_all_who_wait_for_a_failed_batch_are_refused(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    run.disk.failing = True
    with run.slow_disk():
        waiting = [gevent.spawn(run.ask, "PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY)]
        gevent.sleep(0.02)
        waiting.append(gevent.spawn(run.ask, "POST", "/dcap/edev/0/lel", documents.log_event()))
        gevent.sleep(0.02)
    gevent.joinall(waiting)
    assert [one.value.status for one in waiting] == [503, 503]
    until(lambda: run.keeper.state == module.CLOSED, "end of reading")
    assert not run.capability
    assert not run.server.fleet.device(BATTERY).log.listed


def test_what_devices_repeat_is_not_refused_with_what_others_wait_for(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is kept in memory and written later, so a refusal would not be true."""
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    run.disk.failing = True
    with run.slow_disk():
        waits = gevent.spawn(run.ask, "PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY)
        gevent.sleep(0.02)
        assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 201
    assert waits.get().status == 503
    run.disk.failing = False
    until(lambda: run.keeper.state == module.GOOD and run.rests, "recovery")
    run.die()
    resources = start().server.fleet.device(BATTERY).resources
    assert (("DERStatus", 1) in resources, ("DERCapability", 1) in resources) == (True, False)


def test_a_configuration_that_comes_while_all_is_read_again_stays_in_force(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    begun, go_on = threading.Event(), threading.Event()
    refill = module._refill

    def slow(*args: Any) -> None:
        begun.set()
        go_on.wait(LIMIT_S)
        refill(*args)

    monkeypatch.setattr(module, "_refill", slow)
    run = start()
    run.disk.failing = True
    refused = gevent.spawn(run.ask, "PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY)
    until(begun.is_set, "reading")
    run.disk.failing = False
    settings = Settings.load({"devices": [{"lfdi": LFDI}], "max_log_events": 7})
    run.server.configure(settings)
    run.keeper.choose(settings, run.path)
    go_on.set()
    until(lambda: run.keeper.state == module.GOOD, "recovery")
    assert refused.get().status == 503
    assert run.server.settings is settings
    assert run.server.fleet.logs.most == 7


@pytest.mark.parametrize("urgent", [True, False], ids=["somebody waits", "nobody waits"])
def test_damage_that_is_met_while_recovering_is_set_aside(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, urgent: bool
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    run.disk.failing = True
    file = tmp_path / "data" / "store.sqlite"
    with closing(sqlite3.connect(file)) as other, other:
        assert other.execute("UPDATE records SET sum = sum + 1 WHERE kind = 'rates'").rowcount == 1
    if urgent:
        assert run.ask("POST", "/dcap/edev/0/lel", documents.log_event()).status == 503
    else:
        probe = Database.probe
        damages = [DamagedStore("malformed")]

        def damaged_once(database: Database) -> None:
            if damages and not run.disk.failing:
                raise damages.pop()
            probe(database)

        monkeypatch.setattr(Database, "probe", damaged_once)
        assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 201
        until(lambda: run.keeper.state == module.CLOSED, "failed batch")
    run.disk.failing = False
    until(lambda: run.keeper.state == module.GOOD, "recovery")
    assert "store.damaged-" in str(run.problems[-1])
    # What nobody waited for is only in memory, and was taken.
    assert (("DERStatus", 1) in run.server.fleet.device(BATTERY).resources) is not urgent
    assert run.ask("POST", "/dcap/edev/0/lel", documents.log_event()).status == 201
    assert len(list(file.parent.glob("*.damaged-*.sqlite"))) == 1


def test_what_was_heard_of_a_device_that_was_refused_is_no_damage(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    in_band = {"enabled": True, "permitted": []}
    run = start({"devices": [{"lfdi": LFDI}], "in_band_registration": in_band})
    run.disk.failing = True
    body = (
        b'<EndDevice xmlns="urn:ieee:std:2030.5:ns"><sFDI>167261211391</sFDI>'
        b"<changedTime>0</changedTime></EndDevice>"
    )
    client = Client("3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")
    request = Request(
        "POST", "/dcap/edev", body=body, content_type="application/sep+xml", client=client
    )
    assert run.held_back.handle(request).status == 503
    until(lambda: run.keeper.state == module.CLOSED, "end of reading")
    assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 201
    run.disk.failing = False
    until(lambda: run.keeper.state == module.GOOD and run.rests, "recovery")
    assert run.keeper.status()["damage"] is None
    assert not list((tmp_path / "data").glob("*.damaged-*"))


def test_a_record_that_cannot_be_used_is_copied_once_however_long_it_takes(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    run.database.write(Batch(put=[("contact", "1", '{"last_contact":0}')]))
    run.end()
    at = itertools.count(1_000_000)
    with monkeypatch.context() as clock:
        clock.setattr(module.time, "time", lambda: float(next(at)))
        run = start(wait=False, disk=Disk(failing=True))
        until(lambda: len(run.problems) >= 3, "third attempt")
        run.disk.failing = False
        until(lambda: run.keeper.is_open, "open store")
    assert "the record contact 1" in str(run.problems[-1])
    assert len(list((tmp_path / "data").glob("*.damaged-*.sqlite"))) == 1


def test_a_whole_mirror_is_not_taken_while_nothing_can_be_kept(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also not by POST to its URI, by which readings come."""
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    assert run.ask("POST", "/dcap/mup", documents.mirror("AA")).status == 201
    run.disk.failing = True
    run.ask("POST", "/dcap/edev/0/lel", documents.log_event())
    until(lambda: run.keeper.state == module.CLOSED, "end of reading")
    changed = documents.mirror("AA").replace("<status>1<", "<status>0<")
    assert run.ask("POST", "/dcap/mup/0", changed).status == 503
    assert run.server.fleet.mirrors.listed[0].usage_point.status == 1


def test_readings_are_taken_while_the_disk_is_full_but_no_new_meter_reading(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    mirror = documents.mirror("AA", documents.reading("AB", 24, "PhaseCurrentAvg"))
    assert run.ask("POST", "/dcap/mup", mirror).status == 201
    run.disk.failing = True
    run.ask("POST", "/dcap/edev/0/lel", documents.log_event())
    until(lambda: run.keeper.state == module.CLOSED, "end of reading")
    again = documents.meter_reading("AB", "<Reading><value>77</value></Reading>", "")
    assert run.ask("POST", "/dcap/mup/0", again).status == 204
    new = documents.meter_reading(
        "AC", "<Reading><value>7</value></Reading>", documents.READING_TYPE
    )
    assert run.ask("POST", "/dcap/mup/0", new).status == 503
    assert len(run.server.fleet.mirrors.listed[0].meter_readings) == 1


def test_a_removal_that_was_refused_takes_nothing_along(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor what was sent a moment before it, and was still to be written."""
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    mirror = documents.mirror("AA", documents.reading("AB", 24, "PhaseCurrentAvg"))
    assert run.ask("POST", "/dcap/mup", mirror).status == 201
    until(lambda: run.rests, "all to be written")
    content = documents.reading_set("AC", 900, documents.interval(900, 24))
    again = documents.meter_reading("AB", content, "")
    assert run.ask("POST", "/dcap/mup/0", again).status == 204
    run.disk.failing = True
    assert run.ask("DELETE", "/dcap/mup/0").status == 503
    run.disk.failing = False
    until(lambda: run.keeper.state == module.GOOD and run.rests, "recovery")
    (kept,) = run.server.fleet.mirrors.listed[0].meter_readings.values()
    assert kept.newest is not None
    run.die()
    (mirror_of_old,) = start().server.fleet.mirrors.listed
    assert len(mirror_of_old.meter_readings) == 1


def test_a_change_that_cannot_be_made_a_document_is_refused_and_forgotten(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of our own must not leave anybody waiting, nor spoil what comes after."""
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    broken = replace(KINDS["rates"], document=lambda fleet, key: {"poll": object()})
    with monkeypatch.context() as while_broken:
        while_broken.setitem(KINDS, "rates", broken)
        with pytest.raises(StoreUnavailable, match="internal error"):
            run.call("set_post_rate", 30)
    until(lambda: run.keeper.state == module.GOOD, "recovery")
    assert run.server.fleet.mirroring.post_rate_s == 300
    assert run.call("set_post_rate", 30) is None
    assert run.server.fleet.mirroring.post_rate_s == 30


def test_a_reading_that_cannot_be_made_a_document_holds_up_nothing_else(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what others wait for, nor the way back from a disk that failed."""
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    broken = replace(KINDS["contact"], document=lambda fleet, key: {"last_contact": object()})
    monkeypatch.setitem(KINDS, "contact", broken)
    assert run.ask("PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY).status == 201
    until(lambda: run.rests, "rest")
    assert run.keeper.status()["not_storable"] > 0
    run.disk.failing = True
    assert run.ask("POST", "/dcap/edev/0/lel", documents.log_event()).status == 503
    run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS)
    run.disk.failing = False
    until(lambda: run.keeper.state == module.GOOD and run.rests, "recovery")
    assert run.ask("POST", "/dcap/edev/0/lel", documents.log_event()).status == 201


def test_sets_that_came_and_went_while_nothing_could_be_written_leave_nothing_behind(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    monkeypatch.setattr(meter_readings, "MAX_INTERVALS", 2)
    run = start()

    def post(number: int) -> None:
        content = documents.reading_set(f"{number:x}", 900 * number, documents.interval(1, number))
        body = documents.meter_reading("AB", content, documents.READING_TYPE)
        assert run.ask("POST", "/dcap/mup/0", body).status in (201, 204)

    assert run.ask("POST", "/dcap/mup", documents.mirror("AA")).status == 201
    for number in (1, 2):
        post(number)
    until(lambda: run.rests, "rest")
    run.disk.failing = True
    for number in range(3, 40):
        post(number)
    until(lambda: run.keeper.state == module.CLOSED, "failed batch")
    until(lambda: run.keeper.status()["backlog"] < 10, "forgotten names")
    run.disk.failing = False
    until(lambda: run.keeper.state == module.GOOD and run.rests, "recovery")
    held = {key for kind, key, _ in run.database.read() if kind == "reading_set"}
    assert len(held) == 2
    run.die()
    (mirror,) = start().server.fleet.mirrors.listed
    (reading,) = mirror.meter_readings.values()
    assert [each.start for each in reading.sets] == [900 * 39, 900 * 38]


def test_others_have_their_turn_while_much_is_made_ready(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the batch is written as one, however long it takes to make."""
    run = start()
    program = run.call("create_program", primacy=7, all=True)["mRID"]
    made: list[object] = []
    turns: list[int] = []
    event = KINDS["event"].document

    def counted(fleet: Fleet, key: Key) -> Document | None:
        made.append(key)
        return event(fleet, key)

    def others() -> None:
        while True:
            turns.append(len(made))
            gevent.sleep(0)

    monkeypatch.setitem(KINDS, "event", replace(KINDS["event"], document=counted))
    controls = [
        {"program": program, "start": 2_000_000_000 + 60 * number, "duration": 60, "modes": LIMIT}
        for number in range(3 * PIECE)
    ]
    before = run.disk.commits
    greenlet = gevent.spawn(others)
    assert len(run.call("create_controls", controls)) == 3 * PIECE
    greenlet.kill()
    assert run.disk.commits == before + 1
    assert len({turn for turn in turns if 0 < turn < 3 * PIECE}) >= 2
    assert len(made) == 3 * PIECE  # once, as nothing changed meanwhile


# --- opening -------------------------------------------------------------------------------------


def test_until_the_store_is_open_everybody_is_told_to_come_again(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    first = start()
    second = start(wait=False)
    until(lambda: second.problems, "problem")
    assert "in use by another agent" in str(second.problems[-1])
    assert second.ask("GET", "/dcap").status == 503
    first.end()
    until(lambda: second.keeper.is_open, "open store")
    assert second.ask("GET", "/dcap").status == 200
    assert second.problems[-1] is None


def test_a_damaged_file_is_set_aside_and_told_until_somebody_knows(
    start: Start, tmp_path: Path
) -> None:
    run = start()
    assert run.ask("PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY).status == 201
    run.end()
    file = tmp_path / "data" / "store.sqlite"
    content = bytearray(file.read_bytes())
    at = content.index(b'{"class":"DERCapability"')
    content[at + 30 : at + 34] = b"XXXX"
    file.write_bytes(content)
    run = start()
    assert not run.capability
    assert run.server.fleet.device(BATTERY).number == 0
    assert "kept as store.damaged-" in str(run.problems[-1])
    assert [one.read_bytes() == content for one in file.parent.glob("*.damaged-*.sqlite")] == [True]
    run.end()
    run = start()
    assert "kept as store.damaged-" in str(run.problems[-1])
    run.keeper.acknowledge_store()
    assert run.problems[-1] is None
    run.end()
    assert start().problems == [None]


def test_without_a_configuration_nothing_is_shown_and_nothing_taken_away(start: Start) -> None:
    run = start()
    assert run.ask("PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY).status == 201
    run.end()
    run = start(config=None, wait=False)
    assert run.ask("GET", "/dcap/edev").status == 503
    run.keeper.choose(Settings.load({"devices": [{"lfdi": LFDI}]}), run.path)
    until(lambda: run.keeper.is_open, "open store")
    assert run.capability


def test_a_configuration_that_conflicts_with_the_store_lets_nobody_in(start: Start) -> None:
    """Not even by the built-in settings, which are open to all."""
    secure = {"access": "certificate", "devices": [{"lfdi": LFDI}]}
    run = start(secure)
    run.call("create_program", mRID="A1", primacy=5, all=True)
    run.end()
    conflicting = secure | {"programs": [{"mRID": "A1", "primacy": 5, "all": True}]}
    run = start(conflicting, wait=False)
    until(lambda: run.problems, "problem")
    assert "made by rpc, not by config" in str(run.problems[-1])
    assert [run.ask("GET", path).status for path in ("/dcap", "/dcap/edev")] == [503, 503]
    assert run.ask("PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY).status == 503
    run.keeper.choose(Settings.load(secure), run.path)
    until(lambda: run.keeper.is_open and run.rests, "open store")
    assert run.problems[-1] is None
    assert run.ask("GET", "/dcap/edev").status == 403


def test_registries_that_nobody_has_are_forgotten_at_the_start(start: Start) -> None:
    run = start()
    row = {"Resource": "EndDevice", "Field": "sFDI", "Units": "", "Writable": "FALSE"}
    for name in ("first", "second"):
        run.call("config_points", BATTERY, [row | {"Volttron Point Name": name}])
    assert len(run.server.fleet.own_registries.digests) == 2
    run.end()
    run = start()
    assert list(run.call("get_points", BATTERY)) == ["second"]
    run.end()
    kinds = [kind for kind, _, _ in start().database.read()]
    assert kinds.count("registry") == 1


def test_an_assignment_that_is_lost_is_made_again_for_good(start: Start, tmp_path: Path) -> None:
    run = start()
    run.call("create_program", mRID="A1", primacy=6, all=True)
    run.end()
    with closing(sqlite3.connect(tmp_path / "data" / "store.sqlite")) as file, file:
        assert file.execute("UPDATE records SET sum = sum + 1 WHERE kind = 'fsa'").rowcount == 1
    run = start()
    assert "damaged" in str(run.problems[-1])
    assert run.ask("GET", "/dcap/edev/0/fsa").status == 200
    made = run.server.fleet.programs.fsas
    assert made
    run.end()
    assert start().server.fleet.programs.fsas == made


def test_a_fault_in_bringing_back_is_told_and_tried_again(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    start().end()

    def fault(*_: object) -> None:
        raise KeyError("default")

    with monkeypatch.context() as while_faulty:
        while_faulty.setattr(Fleet, "resume", fault)
        run = start(wait=False)
        until(lambda: len(run.problems) >= 2, "second attempt")
        assert {str(each)[-41:] for each in run.problems} == {
            "cannot be brought back: KeyError: 'default'"[-41:]
        }
        assert run.ask("GET", "/dcap").status == 503
    until(lambda: run.keeper.is_open, "open store")


def test_a_start_that_fails_half_way_lets_go_of_the_file(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    row = {"Resource": "EndDevice", "Field": "sFDI", "Units": "", "Writable": "FALSE"}
    for name in ("first", "second"):  # the first is cleaned up at the next start
        run.call("config_points", BATTERY, [row | {"Volttron Point Name": name}])
    run.end()
    run = start(wait=False, disk=Disk(failing=True))
    until(lambda: len(run.problems) >= 3, "third attempt")
    assert {str(problem)[-14:] for problem in run.problems} == {"disk I/O error"}
    run.disk.failing = False
    until(lambda: run.keeper.is_open, "open store")


@pytest.mark.parametrize(
    ("settings", "environ", "expected"),
    [
        ({"memory": True}, {"AGENT_UUID": "1"}, None),
        ({}, {"AGENT_UUID": "1"}, Path("data/ieee2030_5.sqlite").absolute()),
        ({}, {}, None),
        ({"path": "/there/file"}, {}, Path("/there/file")),
    ],
    ids=["memory", "installed", "by hand", "configured"],
)
def test_where_the_file_is(settings: Any, environ: Any, expected: Path | None) -> None:
    assert Store.read(settings).file(environ) == expected
