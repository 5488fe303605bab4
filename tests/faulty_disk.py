"""A disk that fails when a test says so. What fails is SQLite's own: it says that there is no room
for another page, or that the sync of a commit failed, and rolls back."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOMY = 2**30


@dataclass
class Disk:
    """``full``: no page more than there are. ``failing``: no commit reaches the disk."""

    full: bool = False
    failing: bool = False
    commits: int = 0
    connections: list[Connection] = field(default_factory=list)

    def connect(self, path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, factory=Connection
        )
        connection.disk = self
        return connection


class Connection(sqlite3.Connection):
    """A connection to a file on such a disk."""

    disk: Disk

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        if sql == "BEGIN IMMEDIATE":
            pages = super().execute("PRAGMA page_count").fetchone()[0]
            super().execute(f"PRAGMA max_page_count = {pages if self.disk.full else ROOMY}")
        if sql == "COMMIT":
            if self.disk.failing:
                super().execute("ROLLBACK")
                failure = sqlite3.OperationalError("disk I/O error")
                failure.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
                raise failure
            self.disk.commits += 1
        return super().execute(sql, *args)
