"""The life of the store's file: opened, written to for ever, read again after a failure, closed."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import gevent
from gevent.event import Event
from gevent.lock import BoundedSemaphore

from ..fairness import let_others_go_on
from ..model.errors import StoreUnavailable
from ..server import Server
from ..settings import Settings
from ..store.database import Database
from ..store.errors import DamagedStore, StoreError, UnsettledStore
from ..store.journal import Batch, Journal
from ..store.opening import Opened, fill, open_store, overlay
from ..store.salvage import DAMAGE
from .commits import NONE, PIECE, Commits, Failed
from .disk import Disk

_log = logging.getLogger(__name__)

# What nobody waits for is on disk at the latest after this and the time of a commit.
WRITE_BEHIND_S = 0.5
# Between attempts to open a file, or to write to it again.
RETRY_S = 5.0

OPENING, MEMORY, GOOD, READING, CLOSED = "opening", "memory", "good", "reading", "closed"


class Report(Protocol):
    """Takes what is wrong at present, None for nothing."""

    def __call__(self, problem: str | None) -> None: ...


class Keeper:
    """Keeps what a server's fleet is, in a greenlet that runs ``keep``."""

    def __init__(
        self,
        server: Server,
        report: Report,
        configure: Callable[[Settings], None],
        opened: Callable[..., Database] = Database,
    ) -> None:
        """``report``: to whom problems are told. ``configure``: puts the configuration in force on
        the fleet that the store brought; raises ValueError when that cannot be."""
        self.state = OPENING
        self._server = server
        self._report = report
        self._configure = configure
        self._opened = opened
        # What the store is opened with.
        self._settings = server.settings
        self._path: Path | None = None
        # None: there is no open file.
        self._commits: Commits | None = None
        self._failure: str | None = None
        self._damage: str | None = None
        # What to know when the configuration names another file than the one that was chosen.
        self._elsewhere: str | None = None
        # The state that begins once the configuration is in force on the fleet; None: no fleet yet.
        self._adopted: str | None = None
        # Whether the agent ends: then nothing is tried twice.
        self._ending = False
        self._chosen, self._ready = Event(), Event()
        self._wake, self._urgent = Event(), Event()
        self._writing = BoundedSemaphore()
        self._telling: Any = None
        self._disk = Disk()

    # --- asked while requests are answered -----------------------------------------------------

    @property
    def is_open(self) -> bool:
        return bool(self._ready.is_set())

    def wait_open(self, seconds: float) -> bool:
        """Waits until it is open; whether it is."""
        return bool(self._ready.wait(timeout=seconds))

    @property
    def problem(self) -> str:
        """Why nothing is answered."""
        return self._failure or "the store is being opened"

    @property
    def position(self) -> int:
        """Another one after each change that somebody waits for."""
        return 0 if self._commits is None else self._commits.journal.position

    def settled(self) -> str | None:
        """Waits until all that was changed so far is on disk; the reason when it cannot be."""
        if self._commits is None or self.state != GOOD:
            return None
        return self._commits.wait()

    def acknowledge_store(self) -> None:
        """Somebody knows of the damaged file: the agent is healthy again.

        Raises StoreUnavailable.
        """
        if self._commits is None or self._damage is None:
            return
        try:
            self._disk.call(self._commits.database.note, DAMAGE, None)
        except StoreError as failure:
            certain = self._settle(self._commits, failure)
            raise StoreUnavailable(
                f"{failure}{'' if certain else '; perhaps it is kept'}"
            ) from None
        self._damage = None
        self._tell()

    def status(self) -> dict[str, Any]:
        """For get_status; times in seconds."""
        return {
            "state": self.state,
            "path": None if self._path is None else str(self._path),
            "problem": self._failure,
            "damage": self._damage,
            **(NONE if self._commits is None else self._commits.status()),
        }

    # --- opening -------------------------------------------------------------------------------

    def no_configuration(self) -> None:
        """There is none that can be used. Until the first one nothing is opened: neither where the
        store is nor who may see what it holds is known."""
        if not self._chosen.is_set():
            self._fail("there is no configuration yet")

    def choose(self, settings: Settings, path: Path | None) -> None:
        """Says which file is opened, None for memory alone, and what is configured then.

        Only the first path counts.
        """
        self._settings = settings
        if self._chosen.is_set():
            self._elsewhere = (
                f"{path or MEMORY} is configured, until the next start it is {self._path or MEMORY}"
                if path != self._path
                else None
            )
            self._tell()
            if self._adopted is not None and not self.is_open:
                self._begin(self._adopted)
            return
        self._path = path
        self._chosen.set()
        if path is None:
            _log.warning("store: in memory only, everything is forgotten when the agent ends")
            self._begin(MEMORY)

    def _open(self, path: Path) -> None:
        """One attempt to open the file."""
        began = time.monotonic()
        try:
            opened = self._open_file(path, self._settings)
        except StoreError as failure:
            self._fail(str(failure))
            gevent.sleep(RETRY_S)
            return
        outgoing, self._damage = self._server.outgoing, opened.damage
        journal = Journal(opened.fleet, self._note)
        self._commits = Commits(journal, opened.database, outgoing, self._disk)
        outgoing.held = self._tell_soon
        self._server.adopt(opened.fleet)
        _log.info("store: %s opened in %.2f s", path, time.monotonic() - began)
        self._begin(GOOD)

    def _open_file(self, path: Path, settings: Settings, behind: Batch | None = None) -> Opened:
        new_fleet = functools.partial(self._server.new_fleet, settings)
        opened: Opened = self._disk.call(
            open_store, path, new_fleet, time.time(), self._opened, behind
        )
        return opened

    def _begin(self, state: str) -> None:
        """Answers from now on, if the configuration can be put in force on what there is.

        If not, nobody is answered until there is one that can: without it, it is not known who
        may see and do what.
        """
        self._adopted = state
        refused = self._refused(self._settings)
        if refused is not None:
            self._fail(f"the configuration cannot be put in force: {refused}")
            return
        # Of what was configured others may hear at once: it is kept where it was configured.
        self._server.outgoing.holds = state == GOOD
        self.state = state
        self._fail(None)
        self._ready.set()

    def _refused(self, settings: Settings) -> str | None:
        """Puts a configuration in force; the reason when it cannot be."""
        try:
            self._configure(settings)
        except ValueError as refusal:
            return str(refusal)
        return None if self._server.settings == settings else "it was refused"

    # --- writing -------------------------------------------------------------------------------

    def keep(self) -> None:
        """Opens the store, then writes for ever."""
        self._chosen.wait()
        while self._path is not None and self._adopted is None and not self._ending:
            self._open(self._path)
        self._ready.wait()
        while self._commits is not None and not self._ending:
            self._wake.wait()
            self._wake.clear()
            if not self._commits.journal.urgent:
                self._urgent.wait(timeout=WRITE_BEHIND_S)
            self._urgent.clear()
            while self._commits.journal.backlog and not self._ending:
                self._write(self._commits)
        Event().wait()

    def close(self) -> None:
        """Writes what is left, if it can be written, and closes the file."""
        self._ending = True
        self._server.fleet.close("the agent is being stopped")
        if self._commits is None:
            return
        if self.state == CLOSED:
            self.state = GOOD  # perhaps there is room again
        with self._writing:
            pass  # the batch that is under way
        while self.state == GOOD and self._commits.journal.backlog:
            self._write(self._commits)
        self.state = CLOSED
        self._disk.call(self._commits.database.close)

    def _note(self) -> None:
        self._wake.set()
        if self._commits is not None and self._commits.journal.urgent:
            self._urgent.set()

    def _tell_soon(self) -> None:
        """When what goes on now is over: only then it is certain what a change rests on."""
        if self._commits is not None and not self._telling:
            self._telling = gevent.spawn(self._commits.tell)

    def _write(self, commits: Commits) -> None:
        """One batch at a time: the end of the agent waits for the one that is under way."""
        with self._writing:
            if self.state != GOOD or not commits.journal.backlog:
                return
            failed = commits.write()
        if failed is not None:
            self._recover(commits, failed)

    # --- after a failure -----------------------------------------------------------------------

    def _recover(self, commits: Commits, failed: Failed) -> None:
        """A batch could not be written: goes back to what the file holds, and waits until
        something can be written again."""
        urgent = failed.urgent or commits.journal.urgent
        # First of all: whoever waits to write has to know that this is not the time.
        self.state = READING if urgent else CLOSED
        self._close(failed.failure)
        commits.journal.put_back(failed.batch)
        reopen = isinstance(failed.failure, DamagedStore)
        certain = not urgent or self._settle(commits, failed.failure)
        if certain:
            commits.refuse(str(failed.failure), forgotten=urgent or reopen)
        if self._ending:
            _log.error("store: %d records are lost: %s", commits.journal.backlog, failed.failure)
            self.state = CLOSED
            return
        again = urgent or reopen
        while not self._ending:
            try:
                if again:
                    self.state = READING
                    self._read_again(commits, reopen)
                    again = reopen = False
                self.state = CLOSED
                self._disk.call(commits.database.probe)
                if self._ending:
                    return
                self._server.fleet.close(None)
                self._server.outgoing.holds = True
                self.state = GOOD
                self._fail(None)
                return
            except DamagedStore as damage:
                # Also what is found only now: the file is opened anew, as at a start.
                again = reopen = True
                self._close(damage)
            except StoreError as failing:
                self._close(failing)
            except Exception as fault:  # noqa: BLE001 - told, and tried again
                _log.exception("store: what it holds could not be read again")
                self._close(StoreError(f"internal error: {fault}"))
            for _ in commits.journal.tidy():
                let_others_go_on()
            gevent.sleep(RETRY_S)

    def _settle(self, commits: Commits, failure: StoreError) -> bool:
        """Waits until what failed is certainly not in the file: until then nobody is told so.
        Whether it is certain; if not, the agent ends, and whoever waits gets no answer."""
        certain = not isinstance(failure, UnsettledStore)
        while not certain and not self._ending:
            gevent.sleep(RETRY_S)
            with suppress(StoreError):
                self._disk.call(commits.database.settle)
                certain = True
        return certain

    def _read_again(self, commits: Commits, reopen: bool) -> None:
        """Puts what the file holds in the place of the fleet in memory. Raises StoreError.

        ``reopen``: the file is damaged, and what can be read of it is in its place then.
        """
        settings = self._server.settings
        for _ in commits.journal.prepare(PIECE):
            let_others_go_on()
        behind = commits.journal.take_latest()
        try:
            if reopen and self._path is not None:
                self._disk.call(commits.database.close)
                opened = self._open_file(self._path, settings, behind)
                commits.database, self._damage = opened.database, opened.damage
                fleet = opened.fleet
            else:
                fleet = self._server.new_fleet(settings)
                self._disk.call(_refill, commits.database, fleet, time.time(), behind)
        except BaseException:
            commits.journal.put_back(behind)
            raise
        commits.journal = Journal(fleet, self._note)
        commits.journal.put_back(behind)
        self._server.adopt(fleet)
        # Not what was configured when the reading began: another one may have come meanwhile.
        refused = self._refused(self._server.settings)
        if refused is not None:
            raise StoreError(f"the configuration cannot be put in force: {refused}")

    # --- telling -------------------------------------------------------------------------------

    def _close(self, failure: StoreError) -> None:
        """Nothing is taken that would have to be kept. What time brings is still told at once: it
        comes again when the fleet is read again."""
        self._server.fleet.close(str(failure))
        self._server.outgoing.holds = False
        self._fail(str(failure))

    def _fail(self, failure: str | None) -> None:
        self._failure = failure
        self._tell()

    def _tell(self) -> None:
        problems = (self._failure, self._damage, self._elsewhere)
        self._report("; ".join(text for text in problems if text is not None) or None)


def _refill(database: Database, fleet: Any, at: float, behind: Batch) -> None:
    fill(database, fleet, at, overlay(database.read(), behind))
