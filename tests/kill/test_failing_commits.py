"""Whatever call of the disk fails, and wherever the log is: after a kill the file holds what was
acknowledged and nothing that was refused."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ieee2030_5_agent.store.database import Database
from ieee2030_5_agent.store.errors import StoreError, UnsettledStore
from ieee2030_5_agent.store.files import LOG
from ieee2030_5_agent.store.journal import Batch
from tests.kill.failing_disk import FOR_GOOD, Disk, unsupported

ROOT = Path(__file__).parents[2]
KEPT, REFUSED, UNSETTLED, WELL = "kept", "refused", "unsettled", "well"
# More than a page has room for.
WIDE = "-" * 5000

# What the record and the note become, one after the other; None: they go.
DEEDS = (("record", "1"), ("note", "2"), ("record", "3"), ("note", None), ("record", None))

# Which calls fail.
FAULTS = {
    "sync": {"failing": True},
    "write": {"full": True},
    "sync and write": {"failing": True, "full": True},
}


def _in_the_middle(path: Path) -> Database:
    database = Database(path)
    database.write(_batch("0"))
    return database


def _to_begin(path: Path) -> Database:
    """All of the log is in the file itself: the next to write begins it anew."""
    database = _in_the_middle(path)
    database._connection.execute("PRAGMA wal_checkpoint")
    return database


def _often_moved(path: Path) -> Database:
    """Every few commits are followed by a checkpoint."""
    database = _in_the_middle(path)
    database._connection.execute("PRAGMA wal_autocheckpoint = 8")
    return database


def _left_by_a_kill(path: Path) -> Database:
    """The log has a head and nothing else: its first commit was never written."""
    before = path.with_name("before.sqlite")
    killed = _to_begin(before)
    killed.write(_batch("0"))
    _copy(before, path)
    killed.close()
    with path.with_name(path.name + LOG).open("r+b") as log:
        log.truncate(32)
    return Database(path)


SITES = {each.__name__: each for each in (_in_the_middle, _to_begin, _often_moved, _left_by_a_kill)}


def _batch(value: str | None) -> Batch:
    if value is None:
        return Batch(removed=[("counter", "n")])
    return Batch(put=[("counter", "n", value), ("curve", value, WIDE)])


def _outcome(database: Database, what: str, value: str | None) -> str:
    try:
        if what == "note":
            database.note("n", value)
        else:
            database.write(_batch(value))
    except UnsettledStore:
        return UNSETTLED
    except StoreError:
        return REFUSED
    return KEPT


def _copy(path: Path, copy: Path) -> None:
    """The file and its log as a kill would leave them at this moment."""
    for name in ("", LOG):
        shutil.copyfile(path.with_name(path.name + name), copy.with_name(copy.name + name))


def _held(path: Path) -> dict[str, str | None]:
    """What is in a copy."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        record, note = connection.execute(
            "SELECT (SELECT document FROM records WHERE kind = 'counter'),"
            " (SELECT value FROM notes WHERE name = 'n')"
        ).fetchone()
    return {"record": record, "note": None if note is None else json.loads(note)}


def _life(database: Database, disk: Disk, **fault: Any) -> list[str]:
    """All deeds on a disk that fails; their outcomes, and what is wrong after a kill."""
    outcomes: list[str] = []
    possible: dict[str, list[str | None]] = {"record": ["0"], "note": [None]}
    copies = []
    disk.fail(**fault)
    for number, (what, value) in enumerate(DEEDS):
        outcome = _outcome(database, what, value)
        outcomes.append(outcome)
        if outcome == KEPT:
            possible[what] = [value]
        elif outcome == UNSETTLED:
            possible[what] = [*possible[what], value]
        if outcome != KEPT or number == len(DEEDS) - 1:
            copy = database.path.with_suffix(f".{number}")
            _copy(database.path, copy)
            copies.append((copy, tuple(outcomes), dict(possible)))
    begun = disk.begun
    disk.fail()
    database.close()
    for copy, before, values in copies:
        held = _held(copy)
        if any(held[each] not in values[each] for each in held):
            outcomes.append(f"{held} after {before}: not of {values}")
    return [*outcomes, *(() if begun else (WELL,))]


def tell(folder: Path) -> None:
    """Says what became of the deeds, for each place of the log, which calls fail, and how often;
    run in a process of its own, which is never rid of its filter."""
    disk = Disk()
    told: dict[str, Counter[str]] = {}
    numbers = itertools.count()
    for (where, site), (which, fault), times in itertools.product(
        SITES.items(), FAULTS.items(), (1, FOR_GOOD)
    ):
        outcomes = told[f"{where} / {which} / {times}"] = Counter()
        for after in itertools.count():
            path = folder / f"{next(numbers)}.sqlite"
            outcomes.update(_life(site(path), disk, after=after, times=times, **fault))
            if WELL in outcomes:
                break
    print(json.dumps(told))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, int]]:
    if (reason := unsupported()) is not None:
        pytest.skip(f"the kernel lets no call fail: {reason}")
    folder = str(tmp_path_factory.mktemp("stores"))
    command = [sys.executable, "-m", "tests.kill.test_failing_commits", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    outcomes: dict[str, dict[str, int]] = json.loads(done.stdout)
    return outcomes


def test_what_is_acknowledged_is_there_and_what_is_refused_is_not(
    told: dict[str, dict[str, int]],
) -> None:
    wrong = set().union(*told.values()) - {KEPT, REFUSED, UNSETTLED, WELL}
    assert not wrong
    assert all(outcomes[KEPT] and outcomes[REFUSED] for outcomes in told.values())


def test_who_waits_is_answered_at_once_while_the_disk_can_either_write_or_sync(
    told: dict[str, dict[str, int]],
) -> None:
    """Only when it can do neither, nothing takes the place of what could not be synced."""
    held = {where for where, outcomes in told.items() if UNSETTLED in outcomes}
    assert held == {where for where in told if f"/ sync and write / {FOR_GOOD}" in where}


if __name__ == "__main__":
    tell(Path(sys.argv[1]))
