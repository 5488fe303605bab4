"""Opening the store: the file, and the fleet that is made of it. Takes long where the fleet is
large, and touches nothing that others see, so it may run in a thread of its own."""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..model.changes import Record as Name
from ..model.fleet import Fleet
from .database import Database, Record, locked
from .errors import DamagedStore, StoreError
from .journal import Batch, Row, batch_of
from .kinds import KINDS, place_of
from .restoring import Unusable, restore
from .salvage import DAMAGE, salvage, set_aside

_log = logging.getLogger(__name__)

# A Database by its path, with the lock of it.
Open = Callable[..., Database]
NewFleet = Callable[[], Fleet]


@dataclass(frozen=True, slots=True)
class Opened:
    """An open file and the fleet that it holds."""

    database: Database
    fleet: Fleet
    # What is noted of damage and not acknowledged.
    damage: Any


def open_store(
    path: Path,
    new_fleet: NewFleet,
    at: float,
    opened: Open = Database,
    behind: Batch | None = None,
) -> Opened:
    """Opens the file, or what can be read of a damaged one, and fills a new fleet with it.

    ``at``: the time, for the name of a damaged file. ``behind``: what was not written yet; it is
    in the fleet then, and not in the file. Raises StoreError; the file is closed then.
    """
    # Nobody else may open the file between the damage and the new file in its place.
    with locked(path) as lock:
        opened = partial(opened, lock=lock)
        try:
            return _opened(path, new_fleet, at, opened, behind)
        except DamagedStore as damage:
            salvage(path, at, str(damage))
            return _opened(path, new_fleet, at, opened, behind)


def _opened(
    path: Path, new_fleet: NewFleet, at: float, opened: Open, behind: Batch | None
) -> Opened:
    fleet, database = new_fleet(), opened(path)
    try:
        rows = overlay(database.read(), behind) if behind else database.by_kind()
        fill(database, fleet, at, rows)
        return Opened(database, fleet, database.noted(DAMAGE))
    except BaseException:
        database.close()
        raise


def fill(database: Database, fleet: Fleet, at: float, rows: Iterable[Record]) -> None:
    """Fills an empty fleet with rows, the kinds in their order; those that cannot be used are set
    aside.

    Raises StoreError.
    """
    changed: list[Name] = []
    fsas: set[str] = set()
    try:
        unusable = restore(fleet, _noting("fsa", fsas, rows), changed.extend)
        changed += fleet.drop_unused()
        changed += _made_again(fleet, fsas, unusable)
    except StoreError:
        raise
    except Exception as fault:
        _log.exception("store: %s cannot be brought back", database.path)
        raise StoreError(
            f"{database.path} cannot be brought back: {type(fault).__name__}: {fault}"
        ) from fault
    if unusable:
        _drop(database, unusable, at)
    if changed:
        database.write(batch_of(fleet, changed))


def _drop(database: Database, unusable: list[Unusable], at: float) -> None:
    """Removes what cannot be used, and keeps a copy of the file as it was: one, however many
    attempts the removal takes. Raises StoreError."""
    with set_aside(database.path, at) as aside:
        # What was met before and nobody has acknowledged stays to be read.
        messages = (database.noted(DAMAGE), _said(unusable, aside))
        database.note(DAMAGE, "; ".join(filter(None, messages)))
        database.write(Batch(removed=[(each.kind, each.key) for each in unusable]))


def _noting(noted: str, keys: set[str], rows: Iterable[Record]) -> Iterator[Record]:
    """The rows as they come; the keys of one kind are kept."""
    for kind, key, text in rows:
        if kind == noted:
            keys.add(key)
        yield kind, key, text


def _made_again(fleet: Fleet, fsas: set[str], unusable: list[Unusable]) -> list[Name]:
    """The FunctionSetAssignments that the file did not have; ``fsas``: what it had, or damaged."""
    had = fsas - {each.key for each in unusable if each.kind == "fsa"}
    return [("fsa", name) for name in fleet.programs.fsas.by_name if name not in had]


def overlay(rows: Iterable[Record], batch: Batch) -> list[Record]:
    """Rows of the file with what was not written yet, the kinds in their order.

    Without what belongs to a device or mirror that the file does not have: its making was refused.
    """
    found = {(kind, key): document for kind, key, document in rows}
    if batch.cleared:
        cleared = set(batch.cleared)
        found = {row: text for row, text in found.items() if not _is_below(row, cleared)}
    for row in batch.removed:
        found.pop(row, None)
    for kind, key, document in sorted(batch.put, key=_place):
        if _has_owner(kind, key, found):
            known = found.get((kind, key)) if (kind, key) in batch.partial else None
            found[kind, key] = document if known is None else _beside(known, document)
    return sorted(((*row, document) for row, document in found.items()), key=_place)


def _beside(known: str, newer: str) -> str:
    """Times of receipt: the newer ones, and of all other points the known ones."""
    received = (*json.loads(known)["received"], *json.loads(newer)["received"])
    return json.dumps({"received": received})


def _place(row: Record) -> int:
    return place_of(row[0])


def _has_owner(kind: str, key: str, found: Mapping[tuple[str, str], str]) -> bool:
    """Whether what a record is a part of is there; true for what is no part."""
    owners = [owner.name for owner in KINDS.values() if kind in owner.parts]
    return not owners or any(pair in found for pair in itertools.product(owners, _whole(key)))


def _is_below(row: Row, wholes: Container[Row]) -> bool:
    return any((row[0], prefix) in wholes for prefix in _whole(row[1]))


def _whole(key: str) -> Iterator[str]:
    """A key and all that it begins with."""
    return itertools.accumulate(key.split("/"), "{}/{}".format)


def _said(unusable: list[Unusable], aside: Path) -> str:
    more = f" and {len(unusable) - 1} more" if len(unusable) > 1 else ""
    return f"the record {unusable[0]}{more} cannot be used; the file is kept as {aside.name}"
