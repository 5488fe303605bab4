"""The journal: which records changed since they were last written. A listener of the fleet.

Only names are noted while a device waits for its answer; the documents are made when a batch is
written, so that what changes ten times in between is written once.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from ..model.changes import Changed, Record
from ..model.fleet import Fleet
from .behind import Behind
from .documents import Document
from .kinds import KINDS, Key
from .unsettled import Unsettled

_log = logging.getLogger(__name__)

# As many parts as a whole may be thought to have, where there are only so many documents to make.
PARTS = 50

# (kind, key as text).
Row = tuple[str, str]


@dataclass(slots=True)
class Batch:
    """What is written in one transaction: first the parts of what is gone go, then all else."""

    cleared: list[Row] = field(default_factory=list)
    removed: list[Row] = field(default_factory=list)
    put: list[tuple[str, str, str]] = field(default_factory=list)
    # The names of what is in it only because it is due, not because somebody waits for it.
    latest: Behind = field(default_factory=Behind)
    # Of which records all those below are written again, as their own names were forgotten.
    anew: tuple[Record, ...] = ()
    # What may be refused with it.
    unsettled: Unsettled = field(default_factory=Unsettled)
    # Of which rows only a part is in it; the rest is as in the file.
    partial: list[Row] = field(default_factory=list)

    def add(self, record: Record, document: str | None) -> None:
        row = str(record[0]), _text(record[1:])
        if document is None:
            self.removed.append(row)
        else:
            self.put.append((*row, document))


class Journal:
    """Notes changes, and makes batches of them."""

    def __init__(self, fleet: Fleet, noted: Callable[[], object] = lambda: None) -> None:
        """Follows a fleet from now on; calls ``noted`` after each change."""
        self._fleet = fleet
        self._noted = noted
        self._records: dict[Record, None] = {}
        self._latest = Behind()
        self._gone: dict[Record, None] = {}
        self._anew: dict[Record, None] = {}
        # Documents that were made before their batch, of what has not changed since.
        self._made: dict[Record, str | None] = {}
        # Of what is still to be written, and of what is on its way to the disk.
        self._unsettled, self._flying = Unsettled(), Unsettled()
        self._last = float("-inf")
        # How often something was noted that somebody waits for.
        self.position = 0
        # Records that nobody waited for and that were left out, as no document could be made.
        self.not_storable = 0
        fleet.listen(self._note, keeps=True, before=self._secure)

    @property
    def urgent(self) -> bool:
        """Whether there is anything that must be on disk before somebody is told."""
        return bool(self._records or self._gone)

    @property
    def backlog(self) -> int:
        """How many records are still to be written."""
        return len(self._records) + len(self._latest) + len(self._gone) + len(self._anew)

    # --- making batches ------------------------------------------------------------------------

    def prepare(self, piece: int, most_latest: int | None = None) -> Iterator[None]:
        """Makes documents before their batch is taken, and yields after every ``piece`` of them:
        others may have a turn then, and what changes meanwhile is made once more.

        Of what ``take`` takes; None: of what ``take_latest`` does. Less than one piece is left to
        the batch.
        """
        while len(left := self._unmade(most_latest)) > piece:
            for place, (record, make) in enumerate(left.items(), 1):
                make(record)
                if place % piece == 0:
                    yield

    def take(self, most_latest: int) -> Batch:
        """All that is urgent, and some of the rest, as documents of this moment.

        Raises whatever a document of what is urgent raises; then nothing is taken.
        """
        batch, urgent = Batch(), self._waited_for
        for record in urgent:
            if record not in self._made:
                self._make(record)
        for record in self._gone:
            batch.cleared += ((part, _text(record[1:])) for part in KINDS[str(record[0])].parts)
        for record in urgent:
            batch.add(record, self._made.pop(record))
        self._records.clear()
        self._gone.clear()
        batch.unsettled = self._flying = self._unsettled
        self._unsettled = Unsettled()
        self._take_latest(batch, most_latest, urgent)
        return batch

    def take_latest(self) -> Batch:
        """Only what nobody waits for, as documents of this moment.

        For a fleet that is read again: what went only because its whole went is not in it, as that
        may have been refused.
        """
        batch = Batch()
        self._take_latest(batch, self.backlog * PARTS, ())
        names = (*batch.latest, *batch.anew)
        lone = {(str(name[0]), _text(name[1:])) for name in names if not self._has_whole(name)}
        batch.removed = [row for row in batch.removed if row not in lone]
        batch.cleared = [row for row in batch.cleared if row not in lone]
        self._as_before(batch)
        return batch

    def written(self) -> None:
        """The batch that was taken is on the disk."""
        self._flying = Unsettled()

    def put_back(self, batch: Batch) -> None:
        """What nobody waits for, of a batch that could not be written."""
        unsettled = batch.unsettled
        names = {(str(name[0]), _text(name[1:])): name for name in batch.latest}
        for kind, key, document in batch.put:
            name = names.get((kind, key))
            if name is not None and not unsettled.touches(name):
                self._unsettled.before.setdefault(name, document)
        unsettled.add(self._unsettled)
        self._unsettled, self._flying = unsettled, Unsettled()
        self._latest = batch.latest | self._latest
        self._anew = {**dict.fromkeys(batch.anew), **self._anew}

    def tidy(self) -> Iterator[None]:
        """Forgets the names of parts that are not there any more: while nothing can be written,
        they would become more and more. Instead all parts of their whole are written again, once.

        Yields after each whole, so that others may have a turn.
        """
        noted: dict[Record, list[Record]] = {}
        for record in self._latest:
            if KINDS[str(record[0])].below is not None:
                noted.setdefault(record[:-1], []).append(record)
        for whole, records in noted.items():
            there = set(self._below(whole))
            for record in records:
                if record not in there and self._latest.discard(record):
                    self._anew[whole] = None
            yield

    def _take_latest(self, batch: Batch, most: int, taken: Collection[Record]) -> None:
        """``taken``: what is in the batch already."""
        names = self._latest.due(most, taken)
        batch.anew = tuple(islice(self._anew, max(0, most - len(names)) // PARTS))
        for whole in batch.anew:
            del self._anew[whole]
            batch.cleared.append((str(whole[0]), _text(whole[1:])))
        parts = (part for whole in batch.anew for part in self._below(whole))
        for record in dict.fromkeys((*names, *parts)):
            if record not in self._made and record not in taken:
                self._make_latest(record)
            if record in self._made:
                batch.add(record, self._made.pop(record))
        batch.latest = self._latest.take(names)

    def _as_before(self, batch: Batch) -> None:
        """Of what changes that are refused have touched, what was acknowledged before them."""
        unsettled = self._unsettled
        for record in filter(unsettled.touches, batch.latest):
            row = str(record[0]), _text(record[1:])
            batch.removed = [each for each in batch.removed if each != row]
            made = next((put[2] for put in batch.put if put[:2] == row), None)
            batch.put = [put for put in batch.put if put[:2] != row]
            document = unsettled.before.get(record)
            if record[0] == "times":
                document = self._acknowledged_times(str(record[1]), document, made)
                batch.partial.append(row)
            if document is not None:
                batch.put.append((*row, document))

    def _acknowledged_times(self, sfdi: str, before: str | None, made: str | None) -> str:
        """Times of what was acknowledged and is still to be written."""
        sure = {
            name: at
            for at, names in _received(made)
            if not self._unsettled.came_then(sfdi, at)
            for name in names
        }
        times = {name: at for at, names in _received(before) for name in names} | sure
        return _json({"received": [[at, [name]] for name, at in times.items()]})

    @property
    def _waited_for(self) -> dict[Record, None]:
        return {**self._gone, **self._records}

    def _unmade(self, most_latest: int | None) -> dict[Record, Callable[[Record], None]]:
        """What ``prepare`` is asked for, and what makes each."""
        if most_latest is None:
            makes = dict.fromkeys(self._latest, self._make_latest)
        else:
            urgent = self._waited_for
            # Others are made with the batch: a document of before its end would pass for one of
            # before the change that may be refused.
            due = filter(self._is_sure, self._latest.due(most_latest, urgent))
            makes = dict.fromkeys(due, self._make_latest) | dict.fromkeys(urgent, self._make)
        return {record: make for record, make in makes.items() if record not in self._made}

    def _is_sure(self, record: Record) -> bool:
        """Whether nothing that may still be refused has touched it."""
        return not (self._unsettled.touches(record) or self._flying.touches(record))

    def _make(self, record: Record) -> None:
        """Its document as JSON; None when there is none such (any more)."""
        document = KINDS[str(record[0])].document(self._fleet, record[1:])
        self._made[record] = None if document is None else _json(document)

    def _make_latest(self, record: Record) -> None:
        """One that has no document is left out: what others wait for does not wait for it."""
        try:
            self._make(record)
        except Exception:  # noqa: BLE001 - a fault of ours, whatever it is; told, and counted
            _log.exception("store: %s cannot be made a document", "/".join(map(str, record)))
            self._latest.discard(record)
            self.not_storable += 1

    def _has_whole(self, record: Record) -> bool:
        """Whether the device or mirror is there that a record is a part of."""
        wholes = [kind for kind in KINDS.values() if record[0] in kind.parts]
        return not wholes or any(kind.document(self._fleet, record[1:]) for kind in wholes)

    def _below(self, whole: Record) -> Iterator[Record]:
        """All parts of a whole that there are."""
        below = KINDS[str(whole[0])].below
        for key in () if below is None else below(self._fleet, whole[1:]):
            yield (whole[0], *key)

    # --- noting --------------------------------------------------------------------------------

    def _secure(self) -> None:
        """Before a change that may be refused: makes the documents of what was acknowledged."""
        for record in [each for each in self._latest if each not in self._made]:
            if self._is_sure(record):
                self._make_latest(record)

    def _note_unsettled(self, change: Changed) -> None:
        unsettled = self._unsettled
        unsettled.records.update(change.records)
        unsettled.gone.update(change.gone)
        if change.sfdi is not None:
            unsettled.spans.setdefault(change.sfdi, []).append((self._last, change.at))
        touched = [("times", str(change.sfdi)), *change.records]
        if change.gone:
            touched += filter(unsettled.touches, self._made)
        for record in touched:
            if record in self._latest and record in self._made:
                unsettled.before.setdefault(record, self._made[record])
            # It is another one now, or gone with its whole.
            self._made.pop(record, None)

    def _note(self, change: Changed) -> None:
        if change.records or change.gone:
            self.position += 1
            self._note_unsettled(change)
        elif self._unsettled.records and not change.latest:
            self._note_unsettled(change)  # it follows from one that may be refused
        self._last = change.at
        self._records.update(dict.fromkeys(change.records))
        self._gone.update(dict.fromkeys(change.gone))
        self._latest.add(change.latest, change.sfdi)
        # What rests on something that may be refused waits for it.
        resting = [
            record
            for record in change.latest
            if record in self._unsettled.records or record in self._flying.records
        ]
        if resting and not change.records:
            self.position += 1
            self._records.update(dict.fromkeys(resting))
            self._unsettled.records.update(resting)
        if change.sfdi is not None:
            # Whatever changed about a device may have changed its points.
            times: Record = ("times", change.sfdi)
            self._latest.add((times,), change.sfdi)
            self._made.pop(times, None)
            if change.records or change.gone:
                # In the same batch, so that no new value has an old time after a restart. What is
                # written behind of this device goes with it, so that no old value has a new one.
                self._records[times] = None
        if self._made:
            for record in (*change.records, *change.gone, *change.latest):
                self._made.pop(record, None)
        self._noted()


def batch_of(fleet: Fleet, records: Iterable[Record]) -> Batch:
    """These records as documents of this moment."""
    batch = Batch()
    for record in records:
        document = KINDS[str(record[0])].document(fleet, record[1:])
        batch.add(record, None if document is None else _json(document))
    return batch


def everything(fleet: Fleet) -> dict[Row, str]:
    """All that is to be stored of a fleet, by kind and key."""
    found: dict[Row, str] = {}
    for kind in KINDS.values():
        for key in kind.keys(fleet):
            document = kind.document(fleet, key)
            if document is not None:
                found[kind.name, _text(key)] = _json(document)
    return found


def _received(text: str | None) -> list[tuple[float, list[str]]]:
    """What a document of times says; None: nothing."""
    return [] if text is None else json.loads(text)["received"]


def _text(key: Key) -> str:
    return "/".join(map(str, key))


def _json(document: Document) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
