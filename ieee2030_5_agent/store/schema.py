"""The layout of the store's file, and the way from each version to the next.

``PRAGMA user_version`` tells the version of a file; a new file has 0. A change of the layout, or of
what documents hold, is one more step at the end; none is ever changed or taken out.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

Step = Callable[[sqlite3.Connection], object]

_FIRST = (
    # A record: kind, key (parts divided by /), document as JSON, CRC-32 of the three.
    """CREATE TABLE records (
        kind TEXT NOT NULL, key TEXT NOT NULL, document TEXT NOT NULL, sum INTEGER NOT NULL,
        PRIMARY KEY (kind, key)
    )""",
    # About the file itself: JSON by name.
    "CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
)


def _create(connection: sqlite3.Connection) -> None:
    for statement in _FIRST:
        connection.execute(statement)


STEPS: Sequence[Step] = (_create,)


def checksum(kind: str, key: str, document: str) -> int:
    """The sum of a record, by which damage to it is seen; a step that changes it sums up anew."""
    return zlib.crc32("\0".join((kind, key, document)).encode())


def version_of(connection: sqlite3.Connection) -> int:
    """The version of an open file."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def migrate(connection: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Brings a file to the newest version, in the transaction that the caller holds."""
    for number, step in enumerate(steps[version_of(connection) :], version_of(connection) + 1):
        step(connection)
        # A pragma takes no parameters.
        connection.execute(f"PRAGMA user_version = {number:d}")


def has_layout(connection: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> bool:
    """Whether an open file has all that the steps make; a file of no step has nothing at all."""
    with _made(steps) as like:
        found, expected = _layout(connection), _layout(like)
    return expected <= found if steps else not found


def is_usual(connection: sqlite3.Connection) -> bool:
    """Whether an open file has its tables where ``first_page`` says."""
    with _made(STEPS) as like:
        return _roots(like) <= _roots(connection)


def first_page() -> bytes:
    """The head and the tables of a file of the newest version, which are the same in all of them;
    it may be put over that of one with any number of pages and with a log."""
    with _made(STEPS) as new:
        size: int = new.execute("PRAGMA page_size").fetchone()[0]
        page = bytearray(new.serialize()[:size])
    page[18:20] = b"\2\2"  # with a write-ahead log
    page[28:32] = bytes(4)  # as many pages as the file has
    return bytes(page)


def _layout(connection: sqlite3.Connection) -> set[tuple[str, str, str | None]]:
    return set(connection.execute("SELECT type, name, sql FROM sqlite_schema"))


def _roots(connection: sqlite3.Connection) -> set[tuple[str, int]]:
    return set(connection.execute("SELECT name, rootpage FROM sqlite_schema"))


@contextmanager
def _made(steps: Sequence[Step]) -> Iterator[sqlite3.Connection]:
    """A file in memory with nothing but what the steps make."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, steps)
        yield connection
