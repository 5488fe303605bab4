"""What makes a kind of records, and what restoring them passes along."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ...model.controls import Control
from ...model.fleet import Fleet
from ...model.meter_readings import ReadingSet
from ..documents import Document

# What tells a record from others of its kind; read from the file it is all text.
Key = tuple[str | int, ...]
TextKey = tuple[str, ...]


def by_number(key: TextKey, _: str) -> Any:
    """The usual order: numbers by their value, in text of any length."""
    return [(len(part), part) for part in key]


@dataclass(slots=True)
class Restoring:
    """A fleet that is being read from the store, and what later kinds ask of earlier ones."""

    fleet: Fleet
    controls: dict[str, Control] = field(default_factory=dict)
    point_times: dict[str, dict[str, float]] = field(default_factory=dict)
    reading_sets: dict[tuple[int, int], list[ReadingSet]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of records.

    ``document``: what is to be stored of the record, None when there is none such (any more).
    ``restore``: gives the fleet what was stored. ``keys``: of all records that there are.
    ``parts``: kinds whose keys begin with the key of this one, which go when it goes.
    ``order``: in which records of the kind are restored, by key and document as JSON: most need not
    read the document for it. ``below``: the keys of those whose key
    begins with this one; only where so many come and go that their names alone take room.
    """

    name: str
    document: Callable[[Fleet, Key], Document | None]
    restore: Callable[[Restoring, TextKey, Document], None]
    keys: Callable[[Fleet], Iterable[Key]]
    parts: tuple[str, ...] = ()
    order: Callable[[TextKey, str], Any] = by_number
    below: Callable[[Fleet, Key], Iterable[Key]] | None = None
