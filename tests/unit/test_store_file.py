"""The store's file: whole batches or nothing, versions, damage, and what stands in the way."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from ieee2030_5_agent.store.database import LOG_KEPT, Database, connect
from ieee2030_5_agent.store.errors import DamagedStore, StoreError, StoreLocked
from ieee2030_5_agent.store.journal import Batch
from ieee2030_5_agent.store.opening import open_store
from ieee2030_5_agent.store.salvage import COPIES_KEPT, salvage
from tests.faulty_disk import Disk

ROWS = [("device", "1", '{"a":1}'), ("resource", "1/DERStatus/1", '{"b":2}')]

DAMAGED = "the file is damaged"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database(path)
    yield database
    database.close()


def test_what_is_written_is_read(database: Database) -> None:
    database.write(Batch(put=ROWS))
    database.write(Batch(put=[("device", "1", '{"a":2}')]))
    assert sorted(database.read()) == [("device", "1", '{"a":2}'), ROWS[1]]


def test_what_is_removed_is_gone(database: Database) -> None:
    database.write(Batch(put=ROWS))
    database.write(Batch(removed=[("device", "1")]))
    assert database.read() == [ROWS[1]]


def test_parts_go_with_the_whole_and_nothing_else_does(database: Database) -> None:
    keys = ["1", "1/a", "1/b/c", "10", "10/a", "11", "2", "/1/a"]
    database.write(Batch(put=[("part", key, "{}") for key in keys]))
    database.write(Batch(put=[("other", "1/a", "{}")]))
    # What is put in the same batch is of the next one under this key.
    database.write(Batch(cleared=[("part", "1")], put=[("part", "1/new", "{}")]))
    left = {key for kind, key, _ in database.read() if kind == "part"}
    assert left == {"1/new", "10", "10/a", "11", "2", "/1/a"}
    assert ("other", "1/a", "{}") in database.read()


@pytest.mark.parametrize("fault", ["full", "failing"])
def test_a_batch_is_written_as_a_whole_or_not_at_all(path: Path, fault: str) -> None:
    disk = Disk()
    database = Database(path, disk.connect)
    database.write(Batch(put=ROWS))
    setattr(disk, fault, True)
    many = [("device", str(number), "{}" * 100) for number in range(1000)]
    with pytest.raises(StoreError, match=r"store\.sqlite: d"):
        database.write(Batch(removed=[("device", "1")], put=many))
    assert sorted(database.read()) == sorted(ROWS)
    setattr(disk, fault, False)
    database.write(Batch(put=many))
    assert len(database.read()) == len(many) + 1
    database.close()


def test_something_else_takes_the_place_of_a_refused_batch_before_it_is_refused(
    path: Path,
) -> None:
    """A commit that could not be synced is whole in the log: the next to open would find it."""
    disk = Disk()
    database = Database(path, disk.connect)
    database.write(Batch(put=ROWS))
    disk.failing = True
    statements: list[str] = []
    database._connection.set_trace_callback(statements.append)
    with pytest.raises(StoreError, match="disk I/O error"):
        database.write(Batch(put=ROWS))
    refused = statements.index("ROLLBACK")
    assert any("INTO records" in each for each in statements[:refused])
    assert any("INTO notes VALUES ('probe'" in each for each in statements[refused:])
    disk.failing = False
    database.write(Batch(put=ROWS))
    assert sorted(database.read()) == sorted(ROWS)
    database.close()


def test_every_batch_is_synced(path: Path) -> None:
    """synchronous = FULL (2): the log is synced at each commit; with NORMAL it would not be."""
    database = Database(path)
    pragmas = ("journal_mode", "synchronous")
    found = [database._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    assert found == ["wal", 2]
    database.close()


def test_only_the_owner_may_read_it(database: Database, path: Path) -> None:
    database.write(Batch(put=ROWS))
    assert _modes(path) == dict.fromkeys(("", "-wal", "-shm"), 0o600)
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_only_the_owner_may_read_it_from_its_first_moment(path: Path) -> None:
    seen: list[int] = []

    def watched(path: Path) -> sqlite3.Connection:
        seen.append(path.stat().st_mode & 0o777)
        return connect(path)

    Database(path, watched).close()
    assert seen == [0o600]


def test_what_others_could_read_is_closed_to_them_with_its_log(path: Path) -> None:
    database = Database(path)
    database.write(Batch(put=ROWS))
    copies = {name: path.with_name(path.name + name).read_bytes() for name in ("", "-wal", "-shm")}
    database.close()
    for name, content in copies.items():  # as an agent that was killed leaves them
        file = path.with_name(path.name + name)
        file.write_bytes(content)
        file.chmod(0o644)
    database = Database(path)
    assert _modes(path) == dict.fromkeys(copies, 0o600)
    database.close()


def _modes(path: Path) -> dict[str, int]:
    files = {name: path.with_name(path.name + name) for name in ("", "-wal", "-shm")}
    return {name: file.stat().st_mode & 0o777 for name, file in files.items()}


# --- what stands in the way ----------------------------------------------------------------------


def test_two_agents_never_share_a_file(database: Database, path: Path) -> None:
    with pytest.raises(StoreLocked, match=r"store\.sqlite is in use by another agent"):
        Database(path)
    database.close()
    Database(path).close()


def test_another_name_of_the_file_is_the_same_file(database: Database, path: Path) -> None:
    link = path.with_name("link.sqlite")
    link.symlink_to(path)
    with pytest.raises(StoreLocked, match=r"store\.sqlite is in use by another agent"):
        Database(link)


def test_a_file_with_two_names_is_refused(path: Path) -> None:
    """A hard link: SQLite keeps a log for each name, and the lock of one is not the other's."""
    many(path)
    before = path.read_bytes()
    link = path.parent.with_name("link.sqlite")
    link.hardlink_to(path)
    for name in (link, path):
        with pytest.raises(StoreError, match=rf"{name.name} has another name \(a hard link\)"):
            Database(name)
    assert path.read_bytes() == before
    link.unlink()
    Database(path).close()


@pytest.mark.parametrize("fault", [StoreError("full"), MemoryError(), KeyboardInterrupt()])
def test_whatever_goes_wrong_at_opening_lets_go_of_the_file(
    path: Path, fault: BaseException
) -> None:
    connections: list[sqlite3.Connection] = []

    def watched(path: Path) -> sqlite3.Connection:
        connections.append(connect(path))
        return connections[-1]

    def failing(connection: sqlite3.Connection) -> None:
        raise fault

    with pytest.raises(type(fault)):
        Database(path, watched, steps=[failing])
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connections[0].execute("SELECT 1")
    Database(path).close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_what_root_makes_belongs_to_whom_the_folder_does(tmp_path: Path) -> None:
    """The agent could not open what `store import` or `store compact` left behind."""
    os.chown(tmp_path, 12345, 12346)
    path = tmp_path / "new" / "data" / "store.sqlite"
    rows = many(path)
    database = Database(path)
    database.write(Batch(put=rows))
    made = {each: each.stat() for each in tmp_path.rglob("*")}
    database.close()
    assert len(made) == 6  # two folders, the file, its log, what readers share, the lock
    assert {(stat.st_uid, stat.st_gid) for stat in made.values()} == {(12345, 12346)}
    path.write_bytes(_without(path.read_bytes(), 12))
    salvaged = salvage(path, 7, DAMAGED)
    assert {each.stat().st_uid for each in (path, salvaged.set_aside)} == {12345}


def test_salvage_leaves_a_link_to_the_file_as_it_is(path: Path) -> None:
    many(path)
    link = path.parent.with_name("link.sqlite")
    link.symlink_to(path)
    assert salvage(link, 0, DAMAGED).set_aside.parent == path.parent
    assert link.readlink() == path


def test_others_may_read_what_is_written(database: Database, path: Path) -> None:
    database.write(Batch(put=ROWS))
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader:
        assert reader.execute("SELECT count(*) FROM records").fetchone() == (2,)
        database.write(Batch(put=[("device", "2", "{}")]))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match=r"data/store.sqlite: Permission denied"):
        Database(tmp_path / "data" / "store.sqlite")
    tmp_path.chmod(0o700)


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreError, match=r"data/store.sqlite: File exists"):
        Database(tmp_path / "data" / "store.sqlite")


def test_the_log_gives_room_back_that_a_slow_reader_made_it_take(
    database: Database, path: Path
) -> None:
    log = path.with_name(path.name + "-wal")
    large = "a" * (LOG_KEPT // 10)
    database.write(Batch(put=ROWS))
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM records").fetchone() == (2,)
        for number in range(12):
            database.write(Batch(put=[("device", "large", f"{large}{number}")]))
        assert log.stat().st_size > LOG_KEPT
    for number in range(12):
        database.write(Batch(put=[("device", "large", f"{large}{number}")]))
    assert log.stat().st_size <= LOG_KEPT


# --- damage --------------------------------------------------------------------------------------


def many(path: Path) -> list[tuple[str, str, str]]:
    rows = [("device", str(number), f'{{"n":"{number:0500}"}}') for number in range(200)]
    database = Database(path)
    database.write(Batch(put=rows))
    database.close()
    return rows


def _page(number: int) -> slice:
    return slice((number - 1) * 4096, number * 4096)


@pytest.mark.parametrize(
    ("damage", "least"),
    [
        pytest.param(lambda raw: raw.replace(b"0199", b"0198", 1), 199, id="a changed document"),
        pytest.param(lambda raw: _without(raw, 12), 100, id="a page of rubbish"),
        pytest.param(lambda raw: raw[: len(raw) // 2], 0, id="half the file"),
        pytest.param(lambda raw: b"no database" * 1000, 0, id="no database"),
        pytest.param(lambda raw: b"\0" * len(raw), 0, id="nothing but zeros"),
    ],
)
def test_damage_is_seen_set_aside_and_survived(path: Path, damage: Any, least: int) -> None:
    rows = many(path)
    path.write_bytes(damaged := damage(path.read_bytes()))
    with pytest.raises(DamagedStore, match=r"store\.sqlite"):
        _read(path)
    salvaged = salvage(path, 1_780_000_000.5, DAMAGED)
    assert salvaged.set_aside == path.with_name("store.damaged-1780000000.sqlite")
    assert salvaged.set_aside.read_bytes() == damaged
    found = _read(path)
    assert len(found) == salvaged.records >= least
    assert set(found) <= set(rows)  # nothing is invented
    assert not list(path.parent.glob("*.new*"))


def test_a_damaged_index_is_seen_and_all_records_go_on(path: Path) -> None:
    """Reading all records does not need it; without it a removal would find nothing."""
    rows = many(path)
    raw = path.read_bytes()
    place = next(re.finditer(rb"device77(?!{)", raw)).start()  # without a document: in the index
    path.write_bytes(raw[:place] + b"eevice" + raw[place + 6 :])
    with pytest.raises(DamagedStore, match="index"):
        Database(path)
    assert salvage(path, 7, DAMAGED).records == len(rows)
    database = Database(path)
    database.write(Batch(removed=[("device", "77")]))
    assert sorted(database.read()) == sorted(set(rows) - {rows[77]})
    database.close()


@pytest.mark.parametrize(
    ("place", "bit"),
    [
        pytest.param(b"SQLite format", 1, id="the first byte"),
        pytest.param(16, 1, id="the size of a page"),
        pytest.param(47, 1, id="the format of the tables"),
        pytest.param(63, 1, id="the version"),
        pytest.param(100, 1, id="the kind of the page"),
        pytest.param(b"tablerecordsrecords", 1, id="the kind of a table"),
        pytest.param(b"recordsrecords", 1, id="the name of a table"),
        pytest.param(b"CREATE TABLE records", 1, id="the making of a table"),
        pytest.param(b"CREATE TABLE records", 128, id="no text"),
        pytest.param(b"document TEXT", 1, id="the name of a column"),
        pytest.param(b"\x02CREATE TABLE records", 1, id="the place of a table"),
    ],
)
@pytest.mark.parametrize("logged", [0, 1], ids=["", "with a log"])
def test_one_wrong_bit_of_the_first_page_loses_nothing(
    path: Path, place: int | bytes, bit: int, logged: int
) -> None:
    rows = many(path)
    database = Database(path)
    database.compact()
    late = [("device", "late", "{}")] * logged
    database.write(Batch(put=late))
    raw = bytearray(path.read_bytes())
    log = path.with_name(path.name + "-wal").read_bytes()
    database.close()
    raw[place if isinstance(place, int) else raw.index(place)] ^= bit
    path.write_bytes(raw)
    path.with_name(path.name + "-wal").write_bytes(log)
    with pytest.raises(DamagedStore, match=r"store\.sqlite"):
        _read(path)
    assert salvage(path, 7, DAMAGED).records == len(rows) + logged
    assert sorted(_read(path)) == sorted(rows + late)
    assert not list(path.parent.glob("*.copy*"))


def test_a_document_that_is_no_text_is_damage(path: Path) -> None:
    rows = many(path)
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"0199")] ^= 128
    path.write_bytes(raw)
    with pytest.raises(DamagedStore, match=r"store\.sqlite"):
        _read(path)
    assert salvage(path, 7, DAMAGED).records == len(rows) - 1


@pytest.mark.parametrize("gone", [False, True], ids=["empty", "gone"])
def test_a_log_without_its_file_is_damage(path: Path, gone: bool) -> None:
    database = Database(path)
    database.write(Batch(put=ROWS))
    log = path.with_name(path.name + "-wal").read_bytes()
    database.close()
    path.with_name(path.name + "-wal").write_bytes(log)
    if gone:
        path.unlink()
    else:
        path.write_bytes(b"")
    with pytest.raises(DamagedStore, match=r"store\.sqlite is empty or gone, and its log is not"):
        Database(path)
    salvaged = salvage(path, 7, DAMAGED)
    assert salvaged.records == 0
    kept = salvaged.set_aside
    assert kept.with_name(kept.name + "-wal").read_bytes() == log
    assert kept.exists() != gone
    assert _read(path) == []


def test_an_empty_file_without_a_log_is_new(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"")
    assert _read(path) == []


@pytest.mark.parametrize(
    "broken", [(3, -4), (0, 10, 20, -1), (0, 1, 2, -3, -2, -1)], ids=["two", "ends", "rows of them"]
)
def test_what_is_whole_between_damaged_pages_is_salvaged(
    path: Path, broken: tuple[int, ...]
) -> None:
    rows = [("log_event", f"1/{number}", f'{{"n":"{number:0300}"}}') for number in range(3000)]
    database = Database(path)
    database.write(Batch(put=rows))
    database.compact()
    database.close()
    raw = path.read_bytes()
    leaves = _leaves(raw)
    lost = set()
    for number in (leaves[place] for place in broken):
        page = raw[_page(number)]
        lost |= {row for row in rows if row[2].encode() in page}
        raw = _without(raw, number)
    path.write_bytes(raw)
    assert len(lost) >= len(broken)
    salvaged = salvage(path, 7, DAMAGED)
    assert set(_read(path)) == set(rows) - lost
    assert salvaged.records == len(rows) - len(lost)


def _leaves(raw: bytes) -> list[int]:
    """The pages of rows: their first byte is 13, in SQLite's format; not the first, the schema."""
    pages = range(2, len(raw) // 4096 + 1)
    return [number for number in pages if raw[_page(number)][0] == 13]


def test_no_copy_of_a_damaged_file_takes_the_place_of_another(path: Path) -> None:
    many(path)
    contents = [_without(path.read_bytes(), 12), b"no database" * 1000, b"nor this" * 1000]
    asides = []
    for content in contents:
        path.write_bytes(content)
        path.chmod(0o644)
        asides.append(salvage(path, 7, DAMAGED).set_aside)
    assert [aside.name for aside in asides] == [
        "store.damaged-7.sqlite",
        "store.damaged-7-2.sqlite",
        "store.damaged-7-3.sqlite",
    ]
    assert [aside.read_bytes() for aside in asides] == contents
    assert {aside.stat().st_mode & 0o777 for aside in asides} == {0o600}


def test_only_the_newest_copies_of_damaged_files_are_kept(path: Path) -> None:
    """A disk that damages the file again and again would be filled with copies of it."""
    many(path)
    others = ["other.damaged-5.sqlite", "store.damaged-5.sqlite.old", "store.damaged-x.sqlite"]
    # The log of one whose file was gone, and what SQLite leaves beside one that is looked at.
    beside = ["store.damaged-4.sqlite-wal", "store.damaged-7.sqlite-shm"]
    for name in others + beside:
        path.with_name(name).write_text("")
        os.utime(path.with_name(name), (0, 0))
    for number in range(12):
        _damaged_and_salvaged(path, f"no database {number}", at_clock=number)
    found = [each.read_text() for each in path.parent.glob("store.damaged-*.sqlite")]
    newest = [f"no database {number}" for number in range(12 - COPIES_KEPT, 12)]
    assert sorted(found) == sorted(["", *newest])  # and the one with a name of its own
    assert not any(path.with_name(name).exists() for name in beside)
    assert all(path.with_name(name).exists() for name in others)


def test_the_copy_that_was_just_made_stays_when_the_clock_went_back(path: Path) -> None:
    many(path)
    for number in range(COPIES_KEPT):
        _damaged_and_salvaged(path, f"no database {number}", at_clock=2**32 + number)
    _damaged_and_salvaged(path, "the last", at_clock=0)
    found = [each.read_text() for each in path.parent.glob("store.damaged-*")]
    newest = [f"no database {number}" for number in range(1, COPIES_KEPT)]
    assert sorted(found) == sorted([*newest, "the last"])


def _damaged_and_salvaged(path: Path, content: str, at_clock: int) -> None:
    """All in the same second, as their names have it."""
    path.write_text(content)
    os.utime(salvage(path, 7, DAMAGED).set_aside, (at_clock, at_clock))


@pytest.mark.parametrize("fault", ["full", "failing"])
def test_a_damaged_file_is_copied_once_however_often_salvage_fails(path: Path, fault: str) -> None:
    many(path)
    path.write_bytes(damaged := _without(path.read_bytes(), 12))
    disk = Disk()
    setattr(disk, fault, True)
    for at in range(3):
        with pytest.raises(StoreError):
            salvage(path, at, DAMAGED, disk.connect)
    assert path.read_bytes() == damaged
    assert not list(path.parent.glob("*.damaged-*"))
    setattr(disk, fault, False)
    aside = salvage(path, 7, DAMAGED, disk.connect).set_aside
    assert list(path.parent.glob("*.damaged-*")) == [aside]
    assert aside.read_bytes() == damaged


def test_what_is_lost_with_a_damaged_record_is_told_beside_the_damage(path: Path) -> None:
    database = Database(path)
    rows = [("device", "000000000019", "{}"), ("log_event", "000000000019/0", "{}")]
    database.write(Batch(put=rows))
    database.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE records SET sum = sum + 1 WHERE kind = 'device'")
    before = path.read_bytes()
    settings = Settings.load({})
    opened = open_store(path, lambda: Server(settings).new_fleet(settings), 7)
    told = opened.damage
    opened.database.close()
    assert told is not None
    assert "the record device 000000000019 is not as it was written" in told
    assert "it is kept as store.damaged-7.sqlite" in told
    assert "the record log_event 000000000019/0: " in told
    assert path.with_name("store.damaged-7.sqlite").read_bytes() == before


def test_nobody_opens_a_damaged_file_while_it_is_replaced(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the other was told is kept would be gone with the file that is replaced under it."""
    many(path)
    path.write_bytes(_without(path.read_bytes(), 12))
    replace, targets = os.replace, []

    def replaced(*args: Any) -> None:
        with pytest.raises(StoreLocked):
            Database(path)
        replace(*args)
        targets.append(args[1])

    monkeypatch.setattr(os, "replace", replaced)
    settings = Settings.load({})
    opened = open_store(path, lambda: Server(settings).new_fleet(settings), 7)
    assert path in targets
    with pytest.raises(StoreLocked):
        Database(path)
    opened.database.close()
    Database(path).close()


class Killed(BaseException):
    """The process is gone: nothing of it does anything any more."""


class Files:
    """What the system does with files, up to the call at which the process is killed."""

    CALLS = ("open", "replace", "unlink", "chmod")

    def __init__(self, monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
        self.left = calls
        for name in self.CALLS:
            monkeypatch.setattr(os, name, self._counted(getattr(os, name)))

    @property
    def killed(self) -> bool:
        return self.left < 0

    def _counted(self, call: Any) -> Any:
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                raise Killed
            return call(*args, **kwargs)

        return counted


@pytest.mark.parametrize("place", ["file", "log"])
def test_a_kill_in_salvage_loses_nothing_and_the_damage_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Whatever the system was asked for when it came: all records but one, and a note of that."""
    database = Database(path)
    for number, kept in enumerate(("file", "log")):
        rows = [("access", f"{number}{each:039}", '{"granted":false}') for each in range(50)]
        database.write(Batch(put=rows))
        if kept == place:
            database._connection.execute(
                "UPDATE records SET sum = sum + 1 WHERE key = ?", (rows[31][1],)
            )
        if kept == "file":
            database.compact()
    copies = {name: path.with_name(path.name + name).read_bytes() for name in ("", "-wal")}
    database.close()
    assert len(copies["-wal"]) > 0
    settings = Settings.load({})
    for calls in itertools.count():
        shutil.rmtree(path.parent)
        path.parent.mkdir()
        for name, content in copies.items():
            path.with_name(path.name + name).write_bytes(content)
        with monkeypatch.context() as patched:
            files = Files(patched, calls)
            with suppress(Killed):
                open_store(path, lambda: Server(settings).new_fleet(settings), 7).database.close()
        opened = open_store(path, lambda: Server(settings).new_fleet(settings), 8)
        opened.database.close()
        assert len(opened.fleet.withdrawn) == 99, calls
        assert opened.damage is not None, calls
        assert "is not as it was written; it is kept as store.damaged-" in opened.damage
        if not files.killed:
            break
    assert calls > 10


def test_what_is_only_in_the_log_is_salvaged_too(path: Path) -> None:
    rows = many(path)
    database = Database(path)
    database.write(Batch(put=[("device", "late", "{}")]))
    copies = {name: path.with_name(path.name + name).read_bytes() for name in ("", "-wal")}
    database.close()
    for name, content in copies.items():
        path.with_name(path.name + name).write_bytes(content)
    assert salvage(path, 0, DAMAGED).records == len(rows) + 1


def _without(raw: bytes, number: int) -> bytes:
    page = _page(number)
    return raw[: page.start] + b"\xa5" * 4096 + raw[page.stop :]


def _read(path: Path) -> list[tuple[str, str, str]]:
    database = Database(path)
    try:
        return database.read()
    finally:
        database.close()
