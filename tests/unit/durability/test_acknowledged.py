"""What was acknowledged is on disk."""

from __future__ import annotations

import json

import gevent
import pytest

from ieee2030_5_agent.durability import commits
from ieee2030_5_agent.durability import keeper as module
from ieee2030_5_agent.model.points import PointMap
from ieee2030_5_agent.store.database import Database
from ieee2030_5_agent.store.errors import StoreError
from ieee2030_5_agent.store.journal import Batch
from tests.protocol import documents
from tests.unit.durability.conftest import (
    BATTERY,
    CAPABILITY,
    LFDI,
    LIMIT_S,
    STATUS,
    Start,
    until,
)

MIRROR = documents.mirror("AA", documents.reading("AB", 24, "PhaseCurrentAvg"))
DURATION = "sep_DERAvailability_availabilityDuration"


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
        gevent.idle()
        answers = [
            gevent.spawn(run.ask, "POST", "/dcap/edev/0/lel", documents.log_event())
            for _ in range(20)
        ]
        gevent.idle()
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
        gevent.idle()
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


def test_what_was_to_be_written_of_a_mirror_goes_with_it(start: Start) -> None:
    run = start()
    assert run.ask("POST", "/dcap/mup", MIRROR).status == 201
    content = documents.reading_set("AC", 900, documents.interval(900, 24))
    assert run.ask("POST", "/dcap/mup/0", documents.meter_reading("AB", content)).status == 204
    assert run.ask("DELETE", "/dcap/mup/0").status == 204
    until(lambda: run.rests, "rest")
    kinds = {kind for kind, _, _ in run.database.read()}
    assert not kinds & {"mirror", "meter_reading", "reading_set"}


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


@pytest.mark.parametrize(
    "then",
    [
        ("PUT", "/dcap/edev/0/dstat", documents.DEVICE_STATUS),
        ("PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY),
        ("POST", "/dcap/mup", MIRROR),
    ],
    ids=["something repeated", "something to wait for", "readings posted again"],
)
def test_whatever_batch_is_the_last_one_a_value_has_the_time_of_its_own_receipt(
    start: Start, monkeypatch: pytest.MonkeyPatch, then: tuple[str, str, str]
) -> None:
    """However little of what is written behind goes with one batch."""
    run = start({"devices": [{"lfdi": LFDI}, {"lfdi": "1" * 40}]})
    assert run.ask("POST", "/dcap/mup", MIRROR).status == 201
    until(lambda: run.rests, "rest")
    monkeypatch.setattr(commits, "MOST_LATEST", 1)
    write, left = Database.write, []

    def see(database: Database, batch: Batch) -> None:
        write(database, batch)
        left.append(_value_and_time(database))

    monkeypatch.setattr(Database, "write", see)
    sent = []
    for seconds in (3600, 60):
        availability = documents.DER_AVAILABILITY.replace("3600", str(seconds))
        for asked in (
            ("PUT", "/dcap/edev/0/der/1/ders", STATUS),
            ("PUT", "/dcap/edev/1/der/1/ders", STATUS),
            ("PUT", "/dcap/edev/0/der/1/dera", availability),
            then,
        ):
            assert run.ask(*asked).status in (201, 204)
        sent.append((seconds, run.server.fleet.device(BATTERY).point_times[DURATION]))
        until(lambda: run.rests, "rest")
    assert set(left) <= {(None, None), *sent}
    assert left[-1] == sent[-1]


def _value_and_time(database: Database) -> tuple[int | None, float | None]:
    """What a file says of a point."""
    found = {row[:2]: json.loads(row[2]) for row in database.read()}
    resource = found.get(("resource", f"{BATTERY}/DERAvailability/1"), {"fields": {}})
    times = found.get(("times", BATTERY), {"received": []})
    return (
        resource["fields"].get("availabilityDuration"),
        next((at for at, names in times["received"] if DURATION in names), None),
    )


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


def test_an_end_does_not_wait_for_a_batch_that_nobody_writes_any_more(start: Start) -> None:
    run = start()
    with run.slow_disk():
        gevent.spawn(run.ask, "PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY)
        gevent.idle()
        run.greenlet.kill()
    with gevent.Timeout(LIMIT_S):
        run.keeper.close()


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
        gevent.idle()
        asked.append(gevent.spawn(run.ask, "POST", "/dcap/edev/0/lel", documents.log_event()))
        gevent.idle()
        end = gevent.spawn(run.keeper.close)
        gevent.idle()
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
