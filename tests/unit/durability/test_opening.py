"""Opening the store, and who is let in before it is open."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ieee2030_5_agent.durability import keeper as module
from ieee2030_5_agent.model.fleet import Fleet
from ieee2030_5_agent.settings import Settings, Store
from tests.faulty_disk import Disk
from tests.unit.durability.conftest import (
    BATTERY,
    CAPABILITY,
    LFDI,
    Run,
    Start,
    until,
)


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


def _with_a_registry_that_nobody_has(run: Run) -> None:
    """As earlier versions left one when a device got another."""
    row = {"Resource": "EndDevice", "Field": "sFDI", "Units": "", "Writable": "FALSE"}
    fleet = run.server.fleet
    digest = fleet.own_registries.take([row | {"Volttron Point Name": "first"}])
    fleet._door.keep(("registry", digest))
    run.call("config_points", BATTERY, [row | {"Volttron Point Name": "second"}])
    assert len(fleet.own_registries.digests) == 2
    run.end()


def test_registries_that_nobody_has_are_forgotten_at_the_start(start: Start) -> None:
    _with_a_registry_that_nobody_has(start())
    run = start()
    assert list(run.call("get_points", BATTERY)) == ["second"]
    run.end()
    kinds = [kind for kind, _, _ in start().database.read()]
    assert kinds.count("registry") == 1


def test_a_device_can_come_back_whose_registry_is_lost(start: Start, tmp_path: Path) -> None:
    run = start({})
    run.call("register_device", lfdi=LFDI)
    row = {"Resource": "EndDevice", "Field": "sFDI", "Units": "", "Writable": "FALSE"}
    run.call("config_points", BATTERY, [row | {"Volttron Point Name": "own"}])
    run.call("remove_device", BATTERY)
    run.end()
    with closing(sqlite3.connect(tmp_path / "data" / "store.sqlite")) as file, file:
        lost = "UPDATE records SET sum = sum + 1 WHERE kind = 'registry'"
        assert file.execute(lost).rowcount == 1
    run = start({})
    assert f"the record kept_registry {BATTERY}" in str(run.problems[-1])
    run.call("register_device", lfdi=LFDI)
    assert run.server.fleet.device(BATTERY).registry is None


def test_an_assignment_that_is_lost_is_made_again_for_good(start: Start, tmp_path: Path) -> None:
    run = start()
    run.call("create_program", mRID="A1", primacy=6, all=True)
    run.end()
    with closing(sqlite3.connect(tmp_path / "data" / "store.sqlite")) as file, file:
        assert file.execute("UPDATE records SET sum = sum + 1 WHERE kind = 'fsa'").rowcount == 1
    run = start()
    assert "damaged" in str(run.problems[-1])
    assert run.ask("GET", "/dcap/edev/0/fsa").status == 200
    made = run.server.fleet.programs.fsas.by_name
    assert made
    run.end()
    assert start().server.fleet.programs.fsas.by_name == made


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
    _with_a_registry_that_nobody_has(start())  # it is cleaned up at the next start
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
