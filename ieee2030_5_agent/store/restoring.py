"""A fleet as it was: from the rows of the store, kind by kind."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ..model.changes import Record
from ..model.fleet import Fleet
from .documents import Document
from .kinds import KINDS, Kind, Restoring, TextKey, raise_counters

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
    """Fills an empty fleet with rows (kind, key, document as JSON), in any order.

    Returns those that cannot be used; all others are in the fleet then. ``made``: is told which
    records had to be made because others rest on them, and are still to be written.
    """
    with _no_collection():
        return _restore(fleet, rows, made)


def _restore(
    fleet: Fleet,
    rows: Iterable[tuple[str, str, str]],
    made: Callable[[list[Record]], object],
) -> list[Unusable]:
    unusable: list[Unusable] = []
    by_kind: dict[str, list[tuple[TextKey, Document]]] = {name: [] for name in KINDS}
    for kind, key, text in rows:
        try:
            by_kind[kind].append((tuple(key.split("/")) if key else (), json.loads(text)))
        except _UNUSABLE as error:
            unusable.append(Unusable(kind, key, _said(error)))
    restoring = Restoring(fleet)
    for name, found in by_kind.items():
        for text_key, document in _in_order(KINDS[name], found):
            try:
                KINDS[name].restore(restoring, text_key, document)
            except _UNUSABLE as error:
                unusable.append(Unusable(name, "/".join(text_key), _said(error)))
    raise_counters(fleet)
    made(fleet.replace_lost_programs())
    fleet.resume(restoring.point_times)
    return unusable


@contextmanager
def _no_collection() -> Iterator[None]:
    """Nearly everything that is made stays: to look for garbage again and again takes half of the
    time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _in_order(kind: Kind, found: list[tuple[TextKey, Document]]) -> list[tuple[TextKey, Document]]:
    """As they come where one of them is too damaged to be put in order."""
    try:
        return sorted(found, key=lambda item: kind.order(*item))
    except _UNUSABLE:
        return found


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
