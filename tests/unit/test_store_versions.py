"""Versions of the store's file: every older one is brought forward, a newer one is refused."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from ieee2030_5_agent.store.database import Database
from ieee2030_5_agent.store.errors import NewerStore, StoreError
from ieee2030_5_agent.store.journal import Batch, everything
from ieee2030_5_agent.store.kinds import KINDS
from ieee2030_5_agent.store.opening import open_store
from ieee2030_5_agent.store.schema import STEPS, checksum, version_of

ROWS = [("device", "1", '{"a":1}'), ("resource", "1/DERStatus/1", '{"b":2}')]
# Files as each version wrote them, as SQL.
FIRST = Path(__file__).parents[1] / "data" / "store" / "version_1.sql"
BATTERY = "097935300833"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.sqlite"


@pytest.fixture
def first(path: Path) -> Path:
    """A file of the first version, with a record of every kind."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST.read_text(encoding="utf-8"))
    return path


def test_all_that_the_first_version_wrote_comes_back(first: Path) -> None:
    server = Server(Settings.load({}))
    opened = open_store(first, lambda: server.new_fleet(server.settings), 7)
    rows = opened.database.read()
    opened.database.close()
    assert opened.damage is None
    assert {kind for kind, _, _ in rows} == KINDS.keys()
    found = {(kind, key) for kind, key, _ in rows}
    # Later ones also say up to where the numbers of FunctionSetAssignments were used.
    assert everything(opened.fleet).keys() == found | {("counter", "fsa")}
    device = opened.fleet.device(BATTERY)
    assert (device.points, device.point_times) == ({"soc": 93.0}, {"soc": 1_780_000_000})


def renamed(connection: sqlite3.Connection) -> None:
    """As a step of a later version could be: another layout, and what documents hold."""
    connection.execute("CREATE INDEX kinds ON records (kind)")
    for row in connection.execute("SELECT kind, key, document FROM records").fetchall():
        kind, key, document = row
        if kind == "counter":
            text = json.dumps({"following": json.loads(document)["next"]})
            connection.execute(
                "UPDATE records SET document = ?, sum = ? WHERE kind = ? AND key = ?",
                (text, checksum(kind, key, text), kind, key),
            )


def test_a_file_of_the_first_version_is_brought_forward_once(first: Path) -> None:
    with closing(sqlite3.connect(first)) as connection:
        before = dict(connection.execute("SELECT kind || key, document FROM records"))
        assert version_of(connection) == 1
    for _ in range(2):
        newer = Database(first, steps=[*STEPS, renamed])
        rows = {f"{kind}{key}": document for kind, key, document in newer.read()}
        newer.close()
        assert rows.keys() == before.keys()
        assert rows["counterdevice"] == '{"following": 2}'
        assert {name for name in rows if rows[name] != before[name]} == {
            f"counter{name}"
            for name in ("device", "program", "mirror", "reservation", "subscription")
        }
    with closing(sqlite3.connect(first)) as connection:
        assert version_of(connection) == 2
    with pytest.raises(NewerStore):
        Database(first)


def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(path: Path) -> None:
    def further(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE records ADD COLUMN more TEXT")

    Database(path, steps=[*STEPS, further]).close()
    before = path.read_bytes()
    with pytest.raises(NewerStore, match=r"is of version 2, this program knows versions up to 1"):
        Database(path)
    assert path.read_bytes() == before


def test_an_older_file_is_brought_forward(path: Path) -> None:
    database = Database(path)
    database.write(Batch(put=ROWS))
    database.close()

    def renamed(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE notes SET value = value")
        connection.execute("INSERT INTO notes VALUES ('seen', '[2]')")

    steps = [*STEPS, renamed]
    for _ in range(2):  # and only once
        newer = Database(path, steps=steps)
        assert sorted(newer.read()) == sorted(ROWS)
        assert newer.noted("seen") == [2]
        newer.close()


def test_a_step_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    database = Database(path)
    database.write(Batch(put=ROWS))
    database.close()

    def failing(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM records")
        connection.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(StoreError, match="no such table: nowhere"):
        Database(path, steps=[*STEPS, failing])
    database = Database(path)
    assert sorted(database.read()) == sorted(ROWS)
    database.close()
