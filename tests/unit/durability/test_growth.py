"""What is made and removed again and again leaves nothing in the memory nor in the file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ieee2030_5_agent.model.errors import StoreUnavailable
from tests.unit.durability.conftest import BATTERY, Run, Start, until

MANY = 1000
DAY = 86_400


def _kept(run: Run, kind: str) -> set[str]:
    """The keys of a kind in the file."""
    until(lambda: run.rests, "rest")
    return {key for found, key, _ in run.keeper._disk.call(run.database.read) if found == kind}


def _programs(run: Run) -> list[str]:
    """Each with FunctionSetAssignments of its own name."""
    create = run.operations["create_program"]
    return [create(primacy=9, fsa=f"fsa {n}")["mRID"] for n in range(MANY)]


def _rows(number: int) -> list[dict[str, Any]]:
    row = {"Resource": "EndDevice", "Field": "sFDI", "Units": "", "Writable": "FALSE"}
    return [row | {"Volttron Point Name": f"point {number}"}]


def test_assignments_go_with_the_last_program_that_can_be_answered(start: Start) -> None:
    run = start()
    mrids = _programs(run)
    assert len(_kept(run, "fsa")) == MANY + 1  # the device's own program has one
    for mrid in mrids:
        run.operations["remove_program"](mrid)
    assert len(_kept(run, "fsa")) == MANY + 1
    run.server.fleet.advance(run.server.clock() + DAY + 1)
    assert _kept(run, "program") == {"0"}
    assert _kept(run, "fsa") == set(run.server.fleet.programs.fsas.by_name) == {"default"}


def test_assignments_go_with_a_program_that_was_removed_before_a_restart(start: Start) -> None:
    run = start()
    run.call("remove_program", run.call("create_program", primacy=9, all=True, fsa="a")["mRID"])
    run.end()
    run = start()
    assert _kept(run, "fsa") == {"a", "default"}
    run.server.fleet.advance(run.server.clock() + DAY + 1)
    assert _kept(run, "fsa") == {"default"}


def test_a_removed_program_whose_assignments_were_lost_goes_as_others_do(
    start: Start, tmp_path: Path
) -> None:
    run = start()
    run.call("remove_program", run.call("create_program", primacy=9, all=True, fsa="a")["mRID"])
    run.end()
    with closing(sqlite3.connect(tmp_path / "data" / "store.sqlite")) as file, file:
        assert file.execute("UPDATE records SET sum = sum + 1 WHERE key = 'a'").rowcount == 1
    run = start()
    run.server.fleet.advance(run.server.clock() + DAY + 1)
    assert _kept(run, "program") == {"0"}
    assert _kept(run, "fsa") == {"default"}


def test_a_program_that_comes_back_in_time_finds_its_assignments(start: Start) -> None:
    run = start()
    program = {"primacy": 9, "all": True, "fsa": "a"}
    run.call("remove_program", run.call("create_program", **program)["mRID"])
    known = run.server.fleet.programs.fsas.by_name["a"]
    run.call("create_program", **program)
    run.server.fleet.advance(run.server.clock() + DAY + 1)
    assert run.server.fleet.programs.fsas.by_name["a"] == known
    assert _kept(run, "fsa") == {"a", "default"}


def test_a_program_that_is_moved_leaves_no_assignments_behind(start: Start) -> None:
    run = start()
    program = {"mRID": "A1", "primacy": 9, "all": True}
    for number in range(MANY):
        run.operations["create_program"](**program, fsa=f"fsa {number}")
    last = f"fsa {MANY - 1}"
    assert _kept(run, "fsa") == set(run.server.fleet.programs.fsas.by_name) == {last, "default"}


def test_the_number_of_assignments_that_are_gone_is_not_used_again(start: Start) -> None:
    run = start()
    program = {"mRID": "A1", "primacy": 9, "all": True}
    run.call("create_program", **program, fsa="a")
    run.call("create_program", **program, fsa="b")
    run.end()
    run = start()
    run.call("create_program", **program, fsa="c")
    run.call("create_program", **program, fsa="a")
    numbers = {name: number for name, (number, _) in run.server.fleet.programs.fsas.by_name.items()}
    assert numbers == {"default": 0, "a": 4}


def test_assignments_that_no_program_uses_go_at_a_start(start: Start) -> None:
    """Those that the programs of earlier versions left."""
    run = start()
    run.server.fleet.programs.fsas.give("a")
    run.server.fleet._door.keep(("fsa", "a"))
    assert _kept(run, "fsa") == {"a", "default"}
    run.end()
    run = start()
    assert _kept(run, "fsa") == {"default"}
    run.end()
    run = start()
    run.call("create_program", primacy=9, fsa="b")
    assert run.server.fleet.programs.fsas.by_name["b"][0] == 2


def test_a_registry_goes_with_the_last_device_that_had_it(start: Start) -> None:
    run = start()
    for number in range(MANY):
        run.operations["config_points"](BATTERY, _rows(number))
    digest = run.server.fleet.device(BATTERY).registry
    assert _kept(run, "registry") == set(run.server.fleet.own_registries.digests) == {digest}


def test_a_registry_stays_as_long_as_a_device_has_it(start: Start) -> None:
    other = "0" * 40
    run = start()
    others = run.call("register_device", lfdi=other)["sfdi"]
    first = run.call("config_points", BATTERY, _rows(1))
    assert run.call("config_points", others, _rows(1)) == first
    second = run.call("config_points", BATTERY, _rows(2))
    assert _kept(run, "registry") == {first, second}
    run.call("remove_device", others)
    run.call("config_points", BATTERY, _rows(3))
    run.end()
    run = start()
    run.call("register_device", lfdi=other)
    assert run.server.fleet.device(others).registry == first
    run.call("config_points", others, _rows(3))
    assert len(_kept(run, "registry")) == 1


def test_a_registry_that_is_refused_leaves_the_former_one(start: Start) -> None:
    run = start()
    first = run.call("config_points", BATTERY, _rows(1))
    run.disk.failing = True
    with pytest.raises(StoreUnavailable):
        run.call("config_points", BATTERY, _rows(2))
    run.disk.failing = False
    until(
        lambda: run.keeper.is_open and run.server.fleet.device(BATTERY).registry == first, "first"
    )
    assert list(run.call("get_points", BATTERY)) == ["point 1"]
    assert set(run.server.fleet.own_registries.digests) == {first}
