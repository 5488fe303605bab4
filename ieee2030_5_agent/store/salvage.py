"""A damaged file is set aside, under a name that says so, and what can be read of it goes on."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import chain, count
from pathlib import Path
from typing import Any, NamedTuple

from .belonging import owned
from .database import Connect, Database, Record, connect, is_whole, told
from .files import LOCK, LOG, SALVAGED, SHARED, has_content, put_in_place
from .journal import Batch
from .schema import first_page, has_layout, is_usual

# The note that a damaged file was met, until somebody acknowledges it.
DAMAGE = "damage"

# Of a file that is damaged again and again, at each start or every few seconds.
COPIES_KEPT = 5

# At the end of the name of a copy until it is whole.
UNFINISHED = ".part"

# The second comes of an error that quotes what is no text.
_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)

# A leaf has a few rows, so that each damaged one costs some dozens of reads.
MOST_READS = 200_000

_UPWARDS = """SELECT rowid, kind, key, document, sum FROM records
    WHERE rowid BETWEEN ? AND ? ORDER BY rowid ASC"""
_DOWNWARDS = """SELECT rowid, kind, key, document, sum FROM records
    WHERE rowid BETWEEN ? AND ? ORDER BY rowid DESC"""
_INDEX = "SELECT rowid FROM records INDEXED BY sqlite_autoindex_records_1 ORDER BY kind"
# Either may be damaged anywhere; the index is read from both of its ends.
_NUMBERS = (
    "SELECT rowid FROM records ORDER BY rowid DESC LIMIT 1",
    "SELECT rowid FROM records ORDER BY rowid ASC",
    f"{_INDEX} ASC, key ASC",
    f"{_INDEX} DESC, key DESC",
)


class Salvaged(NamedTuple):
    """Where the damaged file is now, and how many records were read from it."""

    set_aside: Path
    records: int


def salvage(path: Path, at: float, damage: str, connect: Connect = connect) -> Salvaged:
    """Puts a new file with what can be read in the place of a damaged one. Raises StoreError.

    ``at``: the time, for the name of the damaged file. ``damage``: what is wrong with it; the new
    file has a note of that. It may be interrupted at any moment: until the new file is complete the
    damaged one is in place with its log, and from then on whoever opens it gets the new one.
    """
    # What takes the place of a damaged file must not take that of a link to it.
    path = path.resolve()
    with set_aside(path, at) as aside:
        with told(path):
            # SQLite would drop the log of an empty one, which tells the next start of the damage.
            rows = _readable(path) if has_content(path) else []
        said = f"{damage}; it is kept as {aside.name}, {len(rows)} records of it are in use"
        _replace(path, rows, said, connect)
    return Salvaged(aside, len(rows))


def set_aside_for(path: Path, at: float, rows: list[Record]) -> Path:
    """Puts a new file with these rows in the place of a damaged one, as ``salvage`` does.

    Where the damaged file is now. Raises StoreError.
    """
    path = path.resolve()
    with set_aside(path, at) as aside:
        _replace(path, rows, None, connect)
    return aside


def _replace(path: Path, rows: list[Record], damage: str | None, connect: Connect) -> None:
    """Puts a new file with these rows in the place of a damaged one; ``damage``: its note."""
    new = path.with_name(f"{path.name}.new")
    with told(path):
        _remove(new)
    try:
        database = Database(new, connect)
        try:
            database.write(Batch(put=rows))
            database.note(DAMAGE, damage)
            # All of it is in the file itself then: its log does not go with it.
            database.compact()
        finally:
            database.close()
        with told(path):
            os.replace(new, path.with_name(path.name + SALVAGED))
    finally:
        with told(path):
            _remove(new)
    with told(path):
        put_in_place(path)


@contextmanager
def set_aside(path: Path, at: float) -> Iterator[Path]:
    """Copies a file, with its log, under a name that says what it is and that no other copy has.

    The copy stays when the block ends well. One that fails is tried again, with a copy of its own:
    they would fill the disk. So would those of a file that is damaged again and again, or of one
    that is killed each time: the oldest beyond COPIES_KEPT are removed. Raises StoreError.
    """
    aside = _free_name(path, at)
    try:
        with told(path):
            _remove_unfinished(path)
            _copy_whole(path, aside)
            _remove_oldest(path, aside)
        yield aside
    except BaseException:
        with told(path):
            _remove_unfinished(path)
            for name in ("", LOG):
                aside.with_name(aside.name + name).unlink(missing_ok=True)
        raise


def _copy_whole(path: Path, aside: Path) -> None:
    """Copies a file with its log, which have their names when both are whole: the log first, so
    that a copy without it is not taken for one."""
    part = aside.with_name(aside.name + UNFINISHED)
    _copy(path, part)
    for name in (LOG, ""):
        with suppress(FileNotFoundError):
            os.replace(part.with_name(part.name + name), aside.with_name(aside.name + name))


def _remove_unfinished(path: Path) -> None:
    """Removes copies that a kill cut short."""
    for copy in _copies(path, UNFINISHED):
        _remove(copy)
        _remove(copy.with_name(copy.name + UNFINISHED))


def _remove_oldest(path: Path, newest: Path) -> None:
    """Removes the oldest copies of a file; never the one just made, whatever the clock says."""
    made = _copies(path)
    del made[newest]
    for copy in sorted(made, key=made.__getitem__, reverse=True)[COPIES_KEPT - 1 :]:
        _remove(copy)


def _copies(path: Path, end: str = "") -> dict[Path, int]:
    """The copies of a file that have this at the end of their names, and when they were made."""
    stem, suffix = re.escape(path.stem), re.escape(path.suffix)
    name = re.compile(rf"({stem}\.damaged-\d+(?:-\d+)?{suffix}){re.escape(end)}(?:{LOG})?")
    made: dict[Path, int] = {}
    for file in path.parent.iterdir():
        if found := name.fullmatch(file.name):
            copy = path.with_name(found[1])
            made[copy] = max(made.get(copy, 0), file.stat().st_mtime_ns)
    return made


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
    """The records that are as they were written, from before, between and after damaged pages.

    What lies between two places that cannot be read is halved, and each half read from both ends,
    the largest first; a part of the file that is wholly unreadable ends with MOST_READS.
    """
    found: dict[tuple[str, str], str] = {}
    _read(path, found)
    if not _is_usual(path):
        with _with_first_page(path) as copy:
            _read(copy, found)
    return [(*name, document) for name, document in found.items()]


def _read(path: Path, found: dict[tuple[str, str], str]) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = lambda raw: raw.decode(errors="replace")
        ranges = deque([(1, _last(connection))])
        for _ in range(MOST_READS):
            if not ranges:
                break
            first, last = ranges.popleft()
            rest = _rest(connection, first, last, found)
            if rest is not None and first < last:
                low, high = rest
                middle = (low + high) // 2
                halves = (low, middle), (middle + 1, high)
                ranges.extend(half for half in halves if half[0] <= half[1])


@contextmanager
def _with_first_page(path: Path) -> Iterator[Path]:
    """A copy with the first page of a new file: no other can be found when that is damaged."""
    copy = path.with_name(f"{path.name}.copy")
    _remove(copy)
    try:
        _copy(path, copy)
        with copy.open("r+b") as file:
            file.write(first_page())
        yield copy
    finally:
        _remove(copy)


def _is_usual(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as connection:
            return has_layout(connection) and is_usual(connection)
    except _UNREADABLE:
        return False


def _copy(path: Path, copy: Path) -> None:
    """Copies a file with its log, for the owner of the folder only."""
    for name in ("", LOG):
        source = path.with_name(path.name + name)
        if source.exists():
            target = copy.with_name(copy.name + name)
            os.close(owned(target))
            shutil.copyfile(source, target)


def _rest(
    connection: sqlite3.Connection, first: int, last: int, found: dict[tuple[str, str], str]
) -> tuple[int, int] | None:
    """Reads a range of rows from both ends; what of it is still unread, None when nothing is."""
    try:
        for row in connection.execute(_UPWARDS, (first, last)):
            first = row[0] + 1
            _take(row[1:], found)
    except _UNREADABLE:
        with suppress(*_UNREADABLE):
            for row in connection.execute(_DOWNWARDS, (first, last)):
                last = row[0] - 1
                _take(row[1:], found)
        return first, last
    return None


def _take(row: Sequence[Any], found: dict[tuple[str, str], str]) -> None:
    if is_whole(row):
        found[row[0], row[1]] = row[2]


def _last(connection: sqlite3.Connection) -> int:
    """The highest number of a row that the table or its index tells."""
    last = 0
    for query in _NUMBERS:
        with suppress(*_UNREADABLE):
            for (number,) in connection.execute(query):
                last = max(last, number)
    return last


def _remove(path: Path) -> None:
    for name in ("", LOG, SHARED, LOCK):
        path.with_name(path.name + name).unlink(missing_ok=True)
