"""The whole store as lines of JSON, to look at, to keep elsewhere, and to bring back.

The first line says what it is; each further one is a record: ``{"kind", "key", "document"}``. The
last one says how many there are, so that what was cut off is not taken for the whole.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import Any, NamedTuple

from .database import Database, Record, checked, locked, sizes, told
from .errors import DamagedStore, NewerStore, StoreError
from .journal import Batch, Row
from .kinds import KINDS
from .salvage import set_aside_for
from .schema import STEPS, version_of

FORMAT = "ieee2030_5 store"


class ArchiveError(ValueError):
    """Lines that are no archive; the text names the line."""


def export(path: Path) -> Iterator[str]:
    """The lines of a file, each with its end, also of one that an agent is writing.

    All are read before the first is told: the agent's log grows for as long as the file is being
    read, and who reads the lines may be slow. They wait in a file of the temporary folder that has
    no name. Raises StoreError.
    """
    folder = Path(gettempdir())
    with told(folder), TemporaryFile("w+", encoding="utf-8", dir=folder) as waiting:
        waiting.writelines(f"{line}\n" for line in _lines(path))
        waiting.seek(0)
        yield from waiting


def _lines(path: Path) -> Iterator[str]:
    with told(path), closing(_reading(path)) as connection:
        yield _line({"format": FORMAT, "version": _known_version(path, connection)})
        count = 0
        for row in connection.execute(
            "SELECT kind, key, document, sum FROM records ORDER BY rowid"
        ):
            kind, key, document = checked(path, row)
            try:
                yield _line({"kind": kind, "key": key, "document": _json(document)})
            except ValueError as error:
                raise StoreError(f"{path}: the record {kind} {key}: {error}") from error
            count += 1
        yield _line({"records": count})


def sizes_of(path: Path) -> dict[str, tuple[int, int]]:
    """Records and their characters by kind, also of a file in use. Raises StoreError."""
    with told(path), closing(_reading(path)) as connection:
        _known_version(path, connection)
        return sizes(connection)


class BroughtBack(NamedTuple):
    """How many records there are now, and where the damaged file is that was there before."""

    records: int
    set_aside: Path | None


def bring_back(path: Path, lines: Iterable[str], at: float, replace: bool) -> BroughtBack:
    """Writes an archive into a file that holds nothing, all or nothing.

    ``replace``: instead of what the file holds; a damaged one is set aside. ``at``: the time, for
    the name of that. Raises ArchiveError, StoreError.
    """
    records = _records(lines)
    # Nobody else may open the file between the damage and the new file in its place.
    with locked(path) as lock:
        try:
            _write(path, records, replace, lock)
        except DamagedStore:
            if not replace:
                raise
            return BroughtBack(len(records), set_aside_for(path, at, records))
    return BroughtBack(len(records), None)


def _write(path: Path, records: list[Record], replace: bool, lock: int) -> None:
    database = Database(path, lock=lock)
    try:
        held = [(kind, key) for kind, key, _ in database.read()]
        if held and not replace:
            raise StoreError(f"{path} holds {len(held)} records, nothing was changed")
        database.write(Batch(removed=held, put=records))
    finally:
        database.close()


def _records(lines: Iterable[str]) -> list[Record]:
    """All records of an archive. Raises ArchiveError."""
    numbered = ((number, _object(number, line)) for number, line in enumerate(lines, 1))
    _, head = next(numbered, (1, {}))
    if head.get("format") != FORMAT:
        raise ArchiveError(f'line 1: {{"format": "{FORMAT}", ...}} is expected')
    if head.get("version") != len(STEPS):
        raise ArchiveError(f"line 1: version {head.get('version')}, {len(STEPS)} is expected")
    records: dict[Row, Record] = {}
    for number, found in numbered:
        if set(found) == {"records"}:
            _check_end(number, found["records"], len(records), next(numbered, None))
            return list(records.values())
        record = _record(number, found)
        if record[:2] in records:
            raise ArchiveError(f"line {number}: there is a {record[0]} {record[1]} already")
        records[record[:2]] = record
    raise ArchiveError(f"cut off after {len(records)} records: the last line is missing")


def _check_end(number: int, said: object, count: int, more: object) -> None:
    if said != count:
        raise ArchiveError(f"line {number}: {said!r} records are said to be here, and {count} are")
    if more is not None:
        raise ArchiveError(f"line {number}: there is more after the last line")


def _record(number: int, found: dict[str, Any]) -> Record:
    kind, key, document = (found.get(name) for name in ("kind", "key", "document"))
    if not (isinstance(key, str) and isinstance(document, dict)):
        raise ArchiveError(f"line {number}: kind, key and document are expected")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ArchiveError(f"line {number}: {kind!r} is none of {', '.join(KINDS)}")
    try:
        text = _line(document)
        f"{key}{text}".encode()
    except UnicodeEncodeError as error:
        raise ArchiveError(f"line {number}: this is no text: {error.reason}") from error
    except ValueError as error:
        raise ArchiveError(f"line {number}: {error}") from error
    return kind, key, text


def _object(number: int, line: str) -> dict[str, Any]:
    try:
        found = _json(line)
    except ValueError as error:
        raise ArchiveError(f"line {number}: {error}") from error
    if not isinstance(found, dict):
        raise ArchiveError(f"line {number}: an object is expected")
    return found


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _known_version(path: Path, connection: sqlite3.Connection) -> int:
    """The version of the file. Raises NewerStore, and StoreError for no store."""
    version = version_of(connection)
    if version > len(STEPS):
        raise NewerStore(f"{path} is of version {version}, this program is older")
    if version < 1:
        raise StoreError(f"{path} is no store")
    return version


def _line(value: object) -> str:
    """Raises ValueError for a number that JSON cannot say, and for what is nested too deeply."""
    with _shallow():
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _json(text: str) -> Any:
    """What a text says, which is JSON and not the NaN and Infinity that Python adds to it.

    Raises ValueError, also for what is nested too deeply.
    """
    with _shallow():
        return json.loads(text, parse_constant=_refused)


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


@contextmanager
def _shallow() -> Iterator[None]:
    """Raises ValueError for what is nested more deeply than Python can follow."""
    try:
        yield
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
