"""What cannot be kept is refused, and forgotten."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
import pytest

from ieee2030_5_agent.durability import keeper as module
from ieee2030_5_agent.durability.commits import PIECE
from ieee2030_5_agent.model import meter_readings
from ieee2030_5_agent.model.errors import StoreUnavailable
from ieee2030_5_agent.model.fleet import Fleet
from ieee2030_5_agent.rest.messages import Client, Request, Response
from ieee2030_5_agent.settings import Settings
from ieee2030_5_agent.store.database import Database
from ieee2030_5_agent.store.documents import Document
from ieee2030_5_agent.store.errors import DamagedStore, StoreError
from ieee2030_5_agent.store.journal import Batch
from ieee2030_5_agent.store.kinds import KINDS, Key
from tests.faulty_disk import Disk
from tests.protocol import documents
from tests.unit.durability.conftest import (
    BATTERY,
    CAPABILITY,
    LFDI,
    LIMIT,
    LIMIT_S,
    STATUS,
    Run,
    Start,
    until,
)


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


def _removed(file: Path, kept: Path) -> None:
    file.rename(kept)


def _replaced(file: Path, kept: Path) -> None:
    """By a copy as a backup has it, also with its times."""
    file.rename(kept)
    shutil.copy2(kept, file)


def _moved_and_linked(file: Path, kept: Path) -> None:
    """Its log stays where it was, and the next start looks for one beside the file itself."""
    file.rename(kept)
    file.symlink_to(kept)


@pytest.mark.parametrize("somebody_waits", [True, False], ids=["", "nobody waits"])
@pytest.mark.parametrize("harm", [_removed, _replaced, _moved_and_linked])
def test_nothing_is_kept_in_a_file_that_is_not_in_its_place(
    start: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    harm: Callable[[Path, Path], None],
    somebody_waits: bool,
) -> None:
    """It would be gone with the end of the agent, which has it open and writes to it."""
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    file, kept = tmp_path / "data" / "store.sqlite", tmp_path / "kept.sqlite"
    harm(file, kept)
    if somebody_waits:
        assert run.ask("PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY).status == 503
    else:
        assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 201
    until(lambda: run.keeper.state == module.CLOSED, "end of reading")
    assert str(run.problems[-1]).startswith(f"{file}: ")
    assert run.ask("POST", "/dcap/edev/0/lel", documents.log_event()).status == 503
    assert run.ask("GET", "/dcap/edev/0").status == 200
    kept.replace(file)
    until(lambda: run.keeper.state == module.GOOD, "recovery")
    assert run.problems[-1] is None
    assert run.ask("PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY).status == 201
    until(lambda: run.rests, "rest")
    run.die()
    resources = start().server.fleet.device(BATTERY).resources
    assert {("DERCapability", 1), ("DERStatus", 1)} - resources.keys() == (
        {("DERStatus", 1)} if somebody_waits else set()
    )


def test_nobody_is_refused_before_it_is_certain(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be synced is in the file after a kill, as long as nothing takes its place."""
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    attempts: list[object] = []

    def not_writable(database: Database) -> None:
        attempts.append(database)
        raise StoreError("disk I/O error")

    run.disk.failing = True
    with monkeypatch.context() as dead:
        dead.setattr(Database, "_write_over", not_writable)
        waits = gevent.spawn(run.ask, "PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY)
        until(lambda: len(attempts) > 3, "attempts")
        assert not waits.ready()
        # Others know at once that nothing of theirs is kept.
        assert run.ask("POST", "/dcap/edev/0/lel", documents.log_event()).status == 503
    assert waits.get(timeout=LIMIT_S).status == 503
    run.disk.failing = False
    until(lambda: run.keeper.state == module.GOOD, "recovery")
    assert not run.capability


def test_all_who_wait_for_a_failed_batch_are_refused(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    run.disk.failing = True
    with run.slow_disk():
        waiting = [gevent.spawn(run.ask, "PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY)]
        gevent.idle()
        waiting.append(gevent.spawn(run.ask, "POST", "/dcap/edev/0/lel", documents.log_event()))
        gevent.idle()
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
        gevent.idle()
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


def _post_reading(run: Run, value: int) -> Response:
    body = documents.meter_reading("AB", f"<Reading><value>{value}</value></Reading>", "")
    return run.ask("POST", "/dcap/mup/0", body)


def _last_value(run: Run) -> int | None:
    (mirror,) = run.server.fleet.mirrors.listed
    (reading,) = mirror.meter_readings.values()
    return None if reading.last is None else reading.last.value


REFUSED: dict[str, Callable[[Run], Response]] = {
    "posted again": lambda run: run.ask(
        "POST", "/dcap/mup", documents.mirror("AA", documents.reading("AB", 99, "PhaseCurrentAvg"))
    ),
    "removed": lambda run: run.ask("DELETE", "/dcap/mup/0"),
}


@pytest.mark.parametrize("on_its_way", [False, True], ids=["", "on its way"])
@pytest.mark.parametrize("change", REFUSED)
def test_the_last_reading_that_was_acknowledged_outlives_a_refused_change_of_its_mirror(
    start: Start, monkeypatch: pytest.MonkeyPatch, change: str, on_its_way: bool
) -> None:
    """Also one that was not on the disk yet, or only on its way."""
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    mirror = documents.mirror("AA", documents.reading("AB", 24, "PhaseCurrentAvg"))
    assert run.ask("POST", "/dcap/mup", mirror).status == 201
    until(lambda: run.rests, "all to be written")
    assert _post_reading(run, 30).status == 204
    run.disk.failing = True
    with run.slow_disk():
        if on_its_way:
            first = gevent.spawn(run.ask, "POST", "/dcap/edev/0/lel", documents.log_event())
            gevent.idle()
        refused = gevent.spawn(REFUSED[change], run)
        gevent.idle()
    assert refused.get().status == 503
    assert not on_its_way or first.get().status == 503
    run.disk.failing = False
    until(lambda: run.keeper.state == module.GOOD and run.rests, "recovery")
    assert _last_value(run) == 30
    run.die()
    assert _last_value(start()) == 30


def test_a_reading_that_rests_on_a_refused_change_is_refused_with_it(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    mirror = documents.mirror("AA", documents.reading("AB", 24, "PhaseCurrentAvg"))
    assert run.ask("POST", "/dcap/mup", mirror).status == 201
    until(lambda: run.rests, "all to be written")
    run.disk.failing = True
    with run.slow_disk():
        refused = [gevent.spawn(REFUSED["posted again"], run)]
        gevent.idle()
        refused.append(gevent.spawn(_post_reading, run, 30))
        gevent.idle()
    assert [one.get().status for one in refused] == [503, 503]
    run.disk.failing = False
    until(lambda: run.keeper.state == module.GOOD and run.rests, "recovery")
    assert _last_value(run) == 24
    assert _post_reading(run, 31).status == 204


def test_a_refused_change_makes_no_value_young(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was acknowledged after it keeps the time of its receipt."""
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    fleet = run.server.fleet
    assert run.ask("PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY).status == 201
    until(lambda: run.rests, "rest")
    before = dict(fleet.device(BATTERY).point_times)
    run.disk.failing = True
    with run.slow_disk():
        refused = gevent.spawn(run.ask, "PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY)
        gevent.idle()
        assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 201
        received = fleet.device(BATTERY).point_times["b713_SoC"]
    assert refused.get().status == 503
    run.disk.failing = False
    until(lambda: run.keeper.state == module.GOOD and run.rests, "recovery")
    for life in (run, None):
        life = life or start()
        times = life.server.fleet.device(BATTERY).point_times
        assert times["b120_WRtg"] == before["b120_WRtg"]
        assert times["b713_SoC"] == received
        life.die()


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
    made = _made(monkeypatch, "event")
    controls = [
        {"program": program, "start": 2_000_000_000 + 60 * number, "duration": 60, "modes": LIMIT}
        for number in range(3 * PIECE)
    ]
    before = run.disk.commits
    with _turns_of_others(made) as turns:
        assert len(run.call("create_controls", controls)) == 3 * PIECE
    assert run.disk.commits == before + 1
    assert len({turn for turn in turns if 0 < turn < 3 * PIECE}) >= 2
    assert len(made) == 3 * PIECE  # once, as nothing changed meanwhile


NO_POINT_READS = "<ReadingType><uom>0</uom></ReadingType>"


def test_others_have_their_turn_while_much_of_one_device_is_made_ready(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes with one batch, as the values of points and their times are not to be parted."""
    run = start()
    many = []
    for number in range(3):
        readings = [
            documents.reading(f"{number}{place:03X}", 24, "", NO_POINT_READS)
            for place in range(PIECE)
        ]
        mirror = documents.mirror(f"A{number}", "".join(readings))
        assert run.ask("POST", "/dcap/mup", mirror).status == 201
        many += [("POST", f"/dcap/mup/{number}", each) for each in readings]
    until(lambda: run.rests, "rest")
    made, before = _made(monkeypatch, "meter_reading"), run.disk.commits
    with _turns_of_others(made) as turns:
        for each in many:
            assert run.ask(*each).status == 204
        until(lambda: run.rests, "rest")
    assert run.disk.commits == before + 1
    assert len({turn for turn in turns if 0 < turn < 3 * PIECE}) >= 2
    assert len(made) == 3 * PIECE


def _made(monkeypatch: pytest.MonkeyPatch, kind: str) -> list[Key]:
    """Of which records of a kind documents are made from now on."""
    made: list[Key] = []
    document = KINDS[kind].document

    def counted(fleet: Fleet, key: Key) -> Document | None:
        made.append(key)
        return document(fleet, key)

    monkeypatch.setitem(KINDS, kind, replace(KINDS[kind], document=counted))
    return made


@contextmanager
def _turns_of_others(made: list[Key]) -> Iterator[list[int]]:
    """How much was made when somebody else had a turn."""
    turns: list[int] = []

    def others() -> None:
        while True:
            turns.append(len(made))
            gevent.sleep(0.001)  # not to take the processor from the thread that writes

    greenlet = gevent.spawn(others)
    yield turns
    greenlet.kill()
