"""A fleet as it was: from the rows of the store, kind by kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from ..model.changes import Record
from ..model.filling import without_collection
from ..model.fleet import Fleet
from .kinds import KINDS, Restoring, TextKey, raise_counters

# What a document that is damaged, or lacks another that is, can raise on its way back.
_UNUSABLE = (
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


class Unusable(NamedTuple):
    """A record that cannot be brought back."""

    kind: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.reason}"


def restore(
    fleet: Fleet,
    rows: Iterable[tuple[str, str, str]],
    made: Callable[[list[Record]], object] = lambda records: None,
) -> list[Unusable]:
    """Fills an empty fleet with rows (kind, key, document as JSON), the kinds in their order.

    No more is held at once than the rows of one kind: what a process has once taken it seldom
    gives back. Returns those that cannot be used; all others are in the fleet then. ``made``: is
    told which records had to be made because others rest on them, and are still to be written.
    """
    with without_collection():
        return _restore(fleet, rows, made)


def _restore(
    fleet: Fleet,
    rows: Iterable[tuple[str, str, str]],
    made: Callable[[list[Record]], object],
) -> list[Unusable]:
    unusable: list[Unusable] = []
    restoring = Restoring(fleet)
    for kind, found in groupby(rows, itemgetter(0)):
        for key, text in _in_order(kind, found):
            try:
                KINDS[kind].restore(restoring, _text_key(key), json.loads(text))
            except _UNUSABLE as error:
                unusable.append(Unusable(kind, key, _said(error)))
    raise_counters(fleet)
    made(fleet.replace_lost_programs())
    fleet.resume(restoring.point_times)
    return unusable


def _in_order(kind: str, rows: Iterable[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Keys and documents; as they come where one of them is too damaged to be put in order."""
    found = [(key, text) for _, key, text in rows]
    with suppress(*_UNUSABLE):
        found.sort(key=lambda item: KINDS[kind].order(_text_key(item[0]), item[1]))
    return found


def _text_key(key: str) -> TextKey:
    return tuple(key.split("/")) if key else ()


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
