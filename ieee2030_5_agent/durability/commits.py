"""Batches on their way to the file, and who waits for them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from gevent.event import AsyncResult

from ..fairness import let_others_go_on
from ..store.database import Database
from ..store.errors import StoreError
from ..store.journal import Batch, Journal
from ..store.outgoing import Outgoing
from .disk import Disk

_log = logging.getLogger(__name__)

# So many records that nobody waits for go with one batch (one device's go together, however many),
# and so many documents are made before others have their turn: neither may hold up everybody.
MOST_LATEST = PIECE = 250


# What get_status tells of a store that is not open.
NONE = {"commits": 0, "last_commit_s": 0.0, "worst_commit_s": 0.0, "backlog": 0, "not_storable": 0}


@dataclass(frozen=True, slots=True)
class Failed:
    """A batch that could not be written. ``urgent``: somebody waited for it."""

    failure: StoreError
    urgent: bool
    batch: Batch


class Commits:
    """Writes what a journal notes to a database, one batch at a time."""

    def __init__(
        self, journal: Journal, database: Database, outgoing: Outgoing, disk: Disk
    ) -> None:
        """``outgoing``: the changes that others are told of when they are on disk."""
        self.journal = journal
        self.database = database
        self._outgoing = outgoing
        self._disk = disk
        # Results are the reason why a batch was not written, None when it was.
        self._coming: AsyncResult[str | None] = AsyncResult()
        self._flying: AsyncResult[str | None] | None = None
        self._count, self._last_s, self._worst_s = 0, 0.0, 0.0

    def wait(self) -> str | None:
        """Waits until all that was changed so far is on disk; the reason when it cannot be.

        Also what others changed: an answer may rest on it.
        """
        if self.journal.urgent:
            refused: str | None = self._coming.get()
            return refused
        return None if self._flying is None else self._flying.get()

    def write(self) -> Failed | None:
        """Writes one batch, and tells who waits for it. When that fails, ``refuse`` is due."""
        batch, urgent = Batch(), True
        try:
            for _ in self.journal.prepare(PIECE, MOST_LATEST):
                let_others_go_on()
            urgent = self.journal.urgent
            # From here to the call of the disk nobody else has a turn: who waits, and who is to be
            # told, are those of this batch.
            flying, self._coming = self._coming, AsyncResult()
            self._flying = flying
            told = self._outgoing.newest
            batch = self.journal.take(MOST_LATEST)
            self._last_s = self._disk.seconds(self.database.write, batch)
        except StoreError as failure:
            return Failed(failure, urgent, batch)
        except Exception as fault:  # noqa: BLE001 - whoever waits is told, whatever fails
            _log.exception("store: a batch could not be made")
            return Failed(StoreError(f"internal error: {fault}"), True, batch)
        self._count += 1
        self._worst_s = max(self._worst_s, self._last_s)
        self._flying = None
        self.journal.written()
        flying.set(None)
        self._outgoing.release(told)
        self.tell()
        return None

    def tell(self) -> None:
        """Lets others hear what rests on nothing that is still to be written."""
        if not self.journal.urgent and self._flying is None:
            self._outgoing.release(self._outgoing.newest)

    def refuse(self, reason: str, forgotten: bool) -> None:
        """Tells all who wait that nothing of it is kept. ``forgotten``: what was changed will be as
        it was before, and nobody else ever hears of it."""
        waiting = (self._flying, self._coming)
        self._flying, self._coming = None, AsyncResult()
        if forgotten:
            self._outgoing.drop()
        self._outgoing.release(self._outgoing.newest)
        for result in waiting:
            if result is not None:
                result.set(reason)

    def status(self) -> dict[str, Any]:
        """For get_status; times in seconds."""
        return {
            "commits": self._count,
            "last_commit_s": round(self._last_s, 6),
            "worst_commit_s": round(self._worst_s, 6),
            "backlog": self.journal.backlog,
            "not_storable": self.journal.not_storable,
        }
