"""The layout of the store's file, and the way from each version to the next.

``PRAGMA user_version`` tells the version of a file; a new file has 0. A change of the layout, or of
what documents hold, is one more step at the end; none is ever changed or taken out.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Sequence

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
