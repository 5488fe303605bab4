"""A damaged file is set aside, under a name that says so, and what can be read of it goes on."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

from .database import LOG, SHARED, Connect, Database, connect, has_content, is_whole, told
from .journal import Batch


class Salvaged(NamedTuple):
    """Where the damaged file is now, and how many records were read from it."""

    set_aside: Path
    records: int


def salvage(path: Path, at: float, connect: Connect = connect) -> Salvaged:
    """Puts a new file with what can be read in the place of a damaged one. Raises StoreError.

    ``at``: the time, for the name of the damaged file. At every moment of it either the damaged
    file or the complete new one is in place, so it may be interrupted.
    """
    # What takes the place of a damaged file must not take that of a link to it.
    path = path.resolve()
    with told(path):
        aside = set_aside(path, at)
        # SQLite would drop the log of an empty one, which tells the next start of the damage.
        rows = _readable(path) if has_content(path) else []
        new = path.with_name(f"{path.name}.new")
        _remove(new)
    database = Database(new, connect)
    try:
        database.write(Batch(put=rows))
    finally:
        database.close()
    with told(path):
        for name in (LOG, SHARED):
            path.with_name(path.name + name).unlink(missing_ok=True)
        os.replace(new, path)
        _remove(new)
    return Salvaged(aside, len(rows))


def set_aside(path: Path, at: float) -> Path:
    """Copies a file, with its log, under a name that says what it is and that no other copy has.

    Raises OSError.
    """
    aside = _free_name(path, at)
    for name in ("", LOG):
        source = path.with_name(path.name + name)
        if source.exists():
            copy = aside.with_name(aside.name + name)
            copy.touch(mode=0o600)
            shutil.copyfile(source, copy)
    return aside


def _free_name(path: Path, at: float) -> Path:
    """More than one copy may be made in one second."""
    names = chain([""], (f"-{number}" for number in count(2)))
    asides = (path.with_name(f"{path.stem}.damaged-{int(at)}{n}{path.suffix}") for n in names)
    return next(
        aside
        for aside in asides
        if not any(aside.with_name(aside.name + name).exists() for name in ("", LOG))
    )


def _readable(path: Path) -> list[tuple[str, str, str]]:
    """The records that are as they were written, from both ends up to where it is damaged."""
    found: dict[tuple[str, str], str] = {}
    for direction in ("ASC", "DESC"):
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
            connection.text_factory = lambda raw: raw.decode(errors="replace")
            for row in connection.execute(
                f"SELECT kind, key, document, sum FROM records ORDER BY rowid {direction}"  # noqa: S608 - one of two words
            ):
                if is_whole(row):
                    found[row[0], row[1]] = row[2]
    return [(*name, document) for name, document in found.items()]


def _remove(path: Path) -> None:
    for name in ("", LOG, SHARED, ".lock"):
        path.with_name(path.name + name).unlink(missing_ok=True)
