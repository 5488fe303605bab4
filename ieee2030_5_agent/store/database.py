"""The store's file: SQLite with a write-ahead log, written by one process, one batch at a time.

A batch is on the disk when ``write`` returns (``synchronous = FULL``), or not in the file at all.
A file beside it is locked as long as the database is open, so that two agents never share one.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from .belonging import make_folder, owned
from .errors import DamagedStore, NewerStore, StoreError, StoreLocked, UnsettledStore
from .files import LOCK, made_private, put_in_place, refuse_other_names, refuse_without_head
from .journal import Batch
from .kinds import place_of
from .schema import STEPS, Step, checksum, has_layout, migrate, version_of

# Kind, key, document as JSON.
Record = tuple[str, str, str]
Connect = Callable[[Path], sqlite3.Connection]

# To what size the log is cut when it starts again from its beginning; SQLite does so at 4 MB where
# nobody reads for long. Not to nothing: a sync is faster when the log need not grow.
LOG_KEPT = 2**24

# Larger than any batch that is usual.
PROBE = "-" * 2**16

# What SQLite says of a commit that is not whole in the log.
_NOT_WHOLE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE}
# What SQLite says when the file itself is wrong, and not what happens to it.
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# What Python says of text in the file that is none.
_NO_TEXT = "Could not decode to UTF-8"
_RECORDS = "SELECT kind, key, document, sum FROM records"
_PUT = """INSERT INTO records VALUES (?, ?, ?, ?)
    ON CONFLICT (kind, key) DO UPDATE SET document = excluded.document, sum = excluded.sum"""


def connect(path: Path) -> sqlite3.Connection:
    """A connection that any thread may use, one after the other."""
    return sqlite3.connect(path, timeout=1.0, isolation_level=None, check_same_thread=False)


class Database:
    """An open file. All methods raise StoreError; DamagedStore where the file itself is wrong."""

    def __init__(
        self,
        path: Path,
        connect: Connect = connect,
        steps: Sequence[Step] = STEPS,
        lock: int | None = None,
    ) -> None:
        """Opens or creates the file. Raises StoreLocked, NewerStore, DamagedStore, StoreError.

        ``lock``: that of ``locked``, when the caller holds it.
        """
        # Two names of one file are one store: the lock lies beside the file itself.
        self.path = path = path.resolve()
        self._steps = steps
        # Whether a commit failed that is perhaps whole in the log.
        self._unsettled = False
        # When the file itself was written last; None: the log may be one that is still to begin.
        self._moved: int | None = None
        with ExitStack() as opening:
            with told(path):
                # What it holds is who may speak and what they are told to do.
                make_folder(path.parent)
                # A duplicate is the same lock: it is free when all of them are closed.
                self._lock: int | None = _locked(path) if lock is None else os.dup(lock)
                opening.callback(self._unlock)
                put_in_place(path)
                refuse_without_head(path)
                refuse_other_names(path)
                made_private(path)
                self._opened = path.lstat()
                self._connection = connect(path)
                opening.callback(self.close)
                self._prepare()
            opening.pop_all()

    def _prepare(self) -> None:
        connection = self._connection
        path = self.path
        # These ask for nothing that a file could not have: one that refuses is damaged.
        with told(path, _DAMAGE | {sqlite3.SQLITE_ERROR}):
            version = version_of(connection)
            if version > len(self._steps):
                raise NewerStore(
                    f"{path} is of version {version}, this program knows versions up to"
                    f" {len(self._steps)}: install a newer one, or move the file away"
                )
            if not has_layout(connection, self._steps[:version]):
                raise DamagedStore(f"{path}: its tables are not those of version {version}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA journal_size_limit = {LOG_KEPT}")
        self._check()
        if version < len(self._steps):
            with _transaction(connection):
                migrate(connection, self._steps)

    def _check(self) -> None:
        """Raises DamagedStore when pages are, of which reading all records notices nothing: with a
        damaged index nothing is found that is to be removed."""
        (found,) = self._connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise DamagedStore(f"{self.path}: {found.splitlines()[-1]}")

    def close(self) -> None:
        """Closes the file and lets others have it; may be called twice."""
        # Without room for it the log stays, which is no harm: the next one to open reads it.
        with suppress(sqlite3.Error):
            self._connection.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # --- records -------------------------------------------------------------------------------

    def write(self, batch: Batch) -> None:
        """Writes a batch as a whole or not at all; on the disk when it returns.

        Raises UnsettledStore when it is not known whether it is in the file, see ``settle``.
        """
        with self._change() as connection:
            for kind, prefix in batch.cleared:
                # All keys that begin with the prefix and "/"; "0" is the character after it.
                connection.execute(
                    "DELETE FROM records WHERE kind = ? AND (key = ? OR key >= ? AND key < ?)",
                    (kind, prefix, f"{prefix}/", f"{prefix}0"),
                )
            connection.executemany("DELETE FROM records WHERE kind = ? AND key = ?", batch.removed)
            connection.executemany(_PUT, (_row(*each) for each in batch.put))

    def read(self) -> list[Record]:
        """All records: kind, key, document. Raises DamagedStore when one is not as written."""
        with told(self.path):
            rows = self._connection.execute(_RECORDS)
            return [checked(self.path, row) for row in rows]

    def by_kind(self) -> Iterator[Record]:
        """All records as ``read`` tells them, one at a time, the kinds in their order."""
        with told(self.path):
            execute = self._connection.execute
            kinds = [kind for (kind,) in execute("SELECT DISTINCT kind FROM records")]
            for kind in sorted(kinds, key=place_of):
                for row in execute(f"{_RECORDS} WHERE kind = ?", (kind,)):
                    yield checked(self.path, row)

    def probe(self) -> None:
        """Writes something that does not matter, to see whether there is room for more."""
        self.note("probe", PROBE)
        self.note("probe", None)

    # --- notes ---------------------------------------------------------------------------------

    def note(self, name: str, value: object) -> None:
        """Keeps a note about the file, JSON; None removes it.

        Raises UnsettledStore when it is not known whether it does, see ``settle``.
        """
        with self._change() as connection:
            if value is None:
                connection.execute("DELETE FROM notes WHERE name = ?", (name,))
            else:
                _put_note(connection, name, value)

    def noted(self, name: str) -> Any:
        """A note, None where there is none."""
        with told(self.path):
            found = self._connection.execute("SELECT value FROM notes WHERE name = ?", (name,))
            row = found.fetchone()
            return None if row is None else json.loads(row[0])

    # --- what was refused is nowhere -----------------------------------------------------------

    def settle(self) -> None:
        """Makes sure that what ``write`` and ``note`` could not keep is not in the file.

        A commit that could not be synced is whole in the log, where the next to open would find
        it: something else takes its place there. Raises StoreError as long as that cannot be.
        """
        if self._unsettled:
            try:
                self._write_over()
            except StoreError as failure:
                # Then that was written, and only it could not be synced either.
                if _code(failure) != sqlite3.SQLITE_IOERR_FSYNC:
                    raise
            self._unsettled = False

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """A transaction: on the disk when the block is left, or refused and nowhere."""
        self.settle()
        self._begin_log()
        try:
            with told(self.path), _transaction(self._connection) as connection:
                yield connection
                self._unsettled = True  # until it is known what became of its commit
            self._unsettled = False
        except StoreError as failure:
            if _code(failure) in _NOT_WHOLE:
                self._unsettled = False
            try:
                self.settle()
            except StoreError:
                raise UnsettledStore(str(failure)) from failure
            raise

    def _begin_log(self) -> None:
        """Nothing that may be refused is the first in a log, which SQLite begins anew when all of
        it is in the file itself. It syncs the head of a log before it writes more: on a disk that
        cannot sync, nothing else would take the place of what is first."""
        while (moved := self._written_at()) != self._moved:
            self._write_over()
            self._moved = moved

    def _write_over(self) -> None:
        with told(self.path), _transaction(self._connection) as connection:
            _put_note(connection, "probe", "")

    def _written_at(self) -> int:
        """When SQLite last moved something from the log to the file itself, in nanoseconds.

        Raises StoreError when that is not in its place any more: the next start would not find
        what is written to it, nor its log if a link leads to it.
        """
        with told(self.path):
            found = self.path.lstat()
        if not os.path.samestat(found, self._opened):
            raise StoreError(
                f"{self.path}: there is another file in its place: start the agent again to go on"
                " with that, or put the former one back"
            )
        return found.st_mtime_ns

    # --- care ----------------------------------------------------------------------------------

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Records and their characters, by kind."""
        return sizes(self._connection)

    def compact(self) -> None:
        """Gives back the room of what was removed; takes as much of it while it runs."""
        with told(self.path):
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def sizes(connection: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    """Records and their characters, by kind, of a file that is open for reading."""
    rows = connection.execute(
        "SELECT kind, count(*), sum(length(document)) FROM records GROUP BY kind ORDER BY kind"
    )
    return {kind: (count, size) for kind, count, size in rows}


def _row(kind: str, key: str, document: str) -> tuple[str, str, str, int]:
    return kind, key, document, checksum(kind, key, document)


def _put_note(connection: sqlite3.Connection, name: str, value: object) -> None:
    connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, json.dumps(value)))


def _code(failure: StoreError) -> int | None:
    """The extended result code of SQLite that a StoreError tells of."""
    code: int | None = getattr(failure.__cause__, "sqlite_errorcode", None)
    return code


def is_whole(row: Sequence[Any]) -> bool:
    """Whether a row of the table is as it was written."""
    return all(isinstance(part, str) for part in row[:3]) and checksum(*row[:3]) == row[3]


def checked(path: Path, row: Sequence[Any]) -> Record:
    """The record of a row. Raises DamagedStore when it is not as it was written."""
    if not is_whole(row):
        raise DamagedStore(f"{path}: the record {row[0]} {row[1]} is not as it was written")
    return row[0], row[1], row[2]


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Keeps all others from the file, also while it is closed in between. Yields the lock.

    Raises StoreLocked, StoreError.
    """
    path = path.resolve()
    with told(path):
        make_folder(path.parent)
        lock = _locked(path)
    try:
        yield lock
    finally:
        os.close(lock)


def _locked(path: Path) -> int:
    """A descriptor of the file that is locked; the system gives it free when the process ends."""
    lock = owned(path.with_name(path.name + LOCK))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        os.close(lock)
        if isinstance(problem, BlockingIOError):
            raise StoreLocked(f"{path} is in use by another agent") from None
        raise
    return lock


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # SQLite may have rolled back by itself, as it does when there is no room.
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


@contextmanager
def told(path: Path, damage: Collection[int] = _DAMAGE) -> Iterator[None]:
    """Turns what SQLite and the system raise into a StoreError, which an operator can use.

    ``damage``: the result codes of SQLite that say that the file itself is wrong.
    """
    try:
        yield
    except StoreError:
        raise
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        damaged = str(error).startswith(_NO_TEXT) if code is None else code & 0xFF in damage
        raise (DamagedStore if damaged else StoreError)(f"{path}: {error}") from error
    except UnicodeDecodeError as error:
        # What SQLite says of it quotes from the file what is no text.
        raise DamagedStore(f"{path}: {error}") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error
