"""The journal: which records changed since they were last written. A listener of the fleet.

Only names are noted while a device waits for its answer; the documents are made when a batch is
written, so that what changes ten times in between is written once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

from ..model.changes import Changed, Record
from ..model.fleet import Fleet
from .documents import Document
from .kinds import KINDS, Key

# (kind, key as text).
Row = tuple[str, str]


@dataclass(slots=True)
class Batch:
    """What is written in one transaction: first the parts of what is gone go, then all else."""

    cleared: list[Row] = field(default_factory=list)
    removed: list[Row] = field(default_factory=list)
    put: list[tuple[str, str, str]] = field(default_factory=list)
    # The names of what is in it only because it is due, not because somebody waits for it.
    latest: tuple[Record, ...] = ()


class Journal:
    """Notes changes, and makes batches of them."""

    def __init__(self, fleet: Fleet, noted: Callable[[], object] = lambda: None) -> None:
        """Follows a fleet from now on; calls ``noted`` after each change."""
        self._fleet = fleet
        self._noted = noted
        self._records: dict[Record, None] = {}
        self._latest: dict[Record, None] = {}
        self._gone: dict[Record, None] = {}
        # How often something was noted that somebody waits for.
        self.position = 0
        fleet.listen(self._note, keeps=True)

    @property
    def urgent(self) -> bool:
        """Whether there is anything that must be on disk before somebody is told."""
        return bool(self._records or self._gone)

    @property
    def backlog(self) -> int:
        """How many records are still to be written."""
        return len(self._records) + len(self._latest) + len(self._gone)

    def take(self, most_latest: int) -> Batch:
        """All that is urgent, and some of the rest, as documents of this moment."""
        latest = tuple(islice(self._latest, most_latest))
        for record in latest:
            del self._latest[record]
        batch = Batch(latest=latest)
        for record in self._gone:
            batch.cleared += ((part, _text(record[1:])) for part in KINDS[str(record[0])].parts)
        for record in {**self._gone, **self._records, **dict.fromkeys(latest)}:
            _add(self._fleet, record, batch)
        self._records.clear()
        self._gone.clear()
        return batch

    def take_latest(self) -> Batch:
        """Only what nobody waits for, as documents of this moment."""
        batch = Batch(latest=tuple(self._latest))
        self._latest.clear()
        for record in batch.latest:
            _add(self._fleet, record, batch)
        return batch

    def put_back(self, records: Iterable[Record]) -> None:
        """Records that nobody waits for, of a batch that could not be written."""
        self._latest = {**dict.fromkeys(records), **self._latest}

    def note_all(self) -> None:
        """Everything that there is, as if it had just changed."""
        for kind in KINDS.values():
            self._records.update(dict.fromkeys((kind.name, *key) for key in kind.keys(self._fleet)))

    def _note(self, change: Changed) -> None:
        self.position += bool(change.records or change.gone)
        if change.records:
            self._records.update(dict.fromkeys(change.records))
        if change.gone:
            self._gone.update(dict.fromkeys(change.gone))
        if change.latest:
            self._latest.update(dict.fromkeys(change.latest))
        if change.sfdi is not None:
            # Whatever changed about a device may have changed its points.
            self._latest["times", change.sfdi] = None
        self._noted()


def batch_of(fleet: Fleet, records: Iterable[Record]) -> Batch:
    """These records as documents of this moment."""
    batch = Batch()
    for record in records:
        _add(fleet, record, batch)
    return batch


def _add(fleet: Fleet, record: Record, batch: Batch) -> None:
    kind, key = str(record[0]), record[1:]
    document = KINDS[kind].document(fleet, key)
    if document is None:
        batch.removed.append((kind, _text(key)))
    else:
        batch.put.append((kind, _text(key), _json(document)))


def everything(fleet: Fleet) -> dict[Row, str]:
    """All that is to be stored of a fleet, by kind and key."""
    found: dict[Row, str] = {}
    for kind in KINDS.values():
        for key in kind.keys(fleet):
            document = kind.document(fleet, key)
            if document is not None:
                found[kind.name, _text(key)] = _json(document)
    return found


def _text(key: Key) -> str:
    return "/".join(map(str, key))


def _json(document: Document) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
