"""Holding answers back until they are true for good: the store behind the server.

One greenlet, ``keep``, writes what the journal notes, a batch at a time in a thread of gevent's
pool. Requests that arrive while a batch is on its way share the next one, with one sync of the
disk; reading waits for nothing.

When a batch cannot be written, all who wait for it are refused, and the fleet is read again from
the file, as after a restart: so memory never keeps what was refused. Until something can be written
again, what would have to be kept is refused before it changes anything; what devices repeat all the
time is taken, and waits in memory.
"""

from __future__ import annotations

import functools
import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import gevent
from gevent.event import AsyncResult, Event
from gevent.threadpool import ThreadPool

from .model.errors import StoreUnavailable
from .rest.call import CHANGING_METHODS
from .rest.messages import Request, Response
from .server import Server
from .settings import Settings, Store
from .store.database import Database
from .store.errors import DamagedStore, StoreError
from .store.journal import Batch, Journal
from .store.opening import DAMAGE, Opened, fill, open_store, overlay

_log = logging.getLogger(__name__)

# What nobody waits for is on disk at the latest after this and the time of a commit.
WRITE_BEHIND_S = 0.5
# So many of them go with one batch: making their documents must not hold up everybody.
MOST_LATEST = 250
# Between attempts to open a file, or to write to it again.
RETRY_S = 5.0
# How long an RPC call waits for the store to be opened.
OPENING_S = 10.0

# An installed agent may write below its own folder, which is where it starts.
DEFAULT_FILE = Path("data", "ieee2030_5.sqlite")

OPENING, MEMORY, GOOD, READING, CLOSED = "opening", "memory", "good", "reading", "closed"


class Report(Protocol):
    """Takes what is wrong at present, None for nothing."""

    def __call__(self, problem: str | None) -> None: ...


class Durability:
    """Between the adapters and the server: ``handle`` for requests, ``operation`` for RPC."""

    def __init__(
        self,
        server: Server,
        report: Report,
        configure: Callable[[Settings], None],
        opened: Callable[[Path], Database] = Database,
    ) -> None:
        """``report``: to whom problems are told. ``configure``: puts the configuration in force on
        the fleet that the store brought; raises ValueError when that cannot be."""
        self.state = OPENING
        self._server = server
        self._report = report
        self._configure = configure
        self._opened = opened
        self._settings: Settings | None = None
        self._path: Path | None = None
        self._database: Database | None = None
        self._journal: Journal | None = None
        self._failure: str | None = None
        self._damage: str | None = None
        # The state that begins once the configuration is in force on the fleet; None: no fleet yet.
        self._adopted: str | None = None
        # Whether the agent ends: then nothing is tried twice.
        self._ending = False
        self._chosen, self._ready = Event(), Event()
        self._wake, self._urgent = Event(), Event()
        # One thread: what it was given is done one after the other, also when who gave it is gone.
        self._disk = ThreadPool(1)
        # Results are the reason why a batch was not written, None when it was.
        self._coming: AsyncResult[str | None] = AsyncResult()
        self._flying: AsyncResult[str | None] | None = None
        self._commits, self._last_s, self._worst_s = 0, 0.0, 0.0

    # --- opening -------------------------------------------------------------------------------

    def choose(self, settings: Settings | None, path: Path | None) -> None:
        """Says which file is opened, None for memory alone, and what is configured then.

        ``settings`` None: there is no configuration that can be used. Then a file stays closed:
        it holds devices, and who may see them is not known. Only the first path counts.
        """
        if settings is None and path is not None:
            self._failure = self._failure or "there is no configuration yet"
            return
        self._settings = settings
        if self._chosen.is_set():
            if path != self._path:
                _log.warning("store: another file is opened at the next start of the agent")
            if self._adopted is not None and not self.is_open:
                self._begin(self._adopted)
            return
        self._path = path
        self._chosen.set()
        if path is None:
            _log.warning("store: in memory only, everything is forgotten when the agent ends")
            self._begin(MEMORY)

    @property
    def is_open(self) -> bool:
        return bool(self._ready.is_set())

    def keep(self) -> None:
        """Opens the store, then writes for ever."""
        self._chosen.wait()
        while self._path is not None and self._adopted is None and not self._ending:
            self._open()
        self._ready.wait()
        while self._journal is not None and not self._ending:
            self._wake.wait()
            self._wake.clear()
            if not self._journal.urgent:
                self._urgent.wait(timeout=WRITE_BEHIND_S)
            self._urgent.clear()
            while self._journal.backlog and not self._ending:
                self._commit()
        Event().wait()

    def close(self) -> None:
        """Writes what is left, if it can be written, and closes the file."""
        self._ending = True
        self._server.fleet.close("the agent is being stopped")
        if self._database is None or self._journal is None:
            return
        if self.state == CLOSED:
            self.state = GOOD  # perhaps there is room again
        while self.state == GOOD and self._journal.backlog:
            self._commit()
        self.state = CLOSED
        self._on_disk(self._database.close)

    def _open(self) -> None:
        """One attempt to open the file."""
        if self._path is None:
            return
        began = time.monotonic()
        try:
            opened = self._open_file(self._path, self._settings or self._server.settings)
        except StoreError as failure:
            self._fail(str(failure))
            gevent.sleep(RETRY_S)
            return
        self._database, self._damage = opened.database, opened.damage
        self._journal = Journal(opened.fleet, self._note)
        self._server.adopt(opened.fleet)
        _log.info("store: %s opened in %.2f s", self._path, time.monotonic() - began)
        self._begin(GOOD)

    def _open_file(self, path: Path, settings: Settings) -> Opened:
        new_fleet = functools.partial(self._server.new_fleet, settings)
        opened: Opened = self._on_disk(open_store, path, new_fleet, time.time(), self._opened)
        return opened

    def _begin(self, state: str) -> None:
        """Answers from now on, if the configuration can be put in force on what there is.

        If not, nobody is answered until there is one that can: without it, it is not known who
        may see and do what.
        """
        self._adopted = state
        refused = None if self._settings is None else self._refused(self._settings)
        if refused is not None:
            self._fail(f"the configuration cannot be put in force: {refused}")
            return
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

    # --- requests and calls --------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Server.handle, held back until what it changed is on disk."""
        changing = request.method in CHANGING_METHODS
        if not self._ready.is_set() or (changing and self.state == READING):
            return self._server.unavailable(request, self._failure or "the store is being opened")
        # What time brings is not this request's doing.
        self._server.fleet.advance(self._server.clock())
        before = self._noted
        response = self._server.handle(request)
        if not changing or response.status >= 400:
            return response
        if self._noted == before and not self._server.keeps(request):
            return response  # what devices repeat is written behind, whatever becomes of the rest
        refused = self._confirmed()
        return response if refused is None else self._server.unavailable(request, refused, response)

    def operation(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """An RPC method, held back as requests are; what is named ``get_`` changes nothing."""
        reading = method.__name__.startswith("get_")

        @functools.wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            if not self._ready.wait(timeout=OPENING_S):
                raise StoreUnavailable(self._failure or "the store is being opened")
            if reading:
                return method(*args, **kwargs)
            self._server.fleet.check_open()
            result = method(*args, **kwargs)
            refused = self._confirmed()
            if refused is not None:
                raise StoreUnavailable(refused)
            return result

        return call

    @property
    def _noted(self) -> int:
        return 0 if self._journal is None else self._journal.position

    def _confirmed(self) -> str | None:
        """Waits until all that was changed so far is on disk; the reason when it cannot be.

        Also what others changed: an answer may rest on it.
        """
        if self._journal is None or self.state != GOOD:
            return None
        if self._journal.urgent:
            refused: str | None = self._coming.get()
            return refused
        return None if self._flying is None else self._flying.get()

    def acknowledge_store(self) -> None:
        """Somebody knows of the damaged file: the agent is healthy again.

        Raises StoreUnavailable.
        """
        if self._database is None or self._damage is None:
            return
        try:
            self._on_disk(self._database.note, DAMAGE, None)
        except StoreError as failure:
            raise StoreUnavailable(str(failure)) from failure
        self._damage = None
        self._tell()

    def status(self) -> dict[str, Any]:
        """For get_status; times in seconds."""
        return {
            "state": self.state,
            "path": None if self._path is None else str(self._path),
            "problem": self._failure,
            "damage": self._damage,
            "commits": self._commits,
            "last_commit_s": round(self._last_s, 6),
            "worst_commit_s": round(self._worst_s, 6),
            "backlog": 0 if self._journal is None else self._journal.backlog,
        }

    # --- writing -------------------------------------------------------------------------------

    def _note(self) -> None:
        self._wake.set()
        if self._journal is not None and self._journal.urgent:
            self._urgent.set()

    def _commit(self) -> None:
        """Writes one batch; who waits for it is told, whatever becomes of it."""
        if self._journal is None or self._database is None:
            return
        urgent, batch = self._journal.urgent, Batch()
        flying, self._coming = self._coming, AsyncResult()
        self._flying = flying
        try:
            batch = self._journal.take(MOST_LATEST)
            self._last_s = self._on_disk(_timed, self._database.write, batch)
        except StoreError as failure:
            self._recover(failure, batch, urgent, flying)
        except Exception as fault:  # noqa: BLE001 - whoever waits is told, whatever fails
            _log.exception("store: a batch could not be made")
            self._recover(StoreError(f"internal error: {fault}"), batch, True, flying)
        else:
            self._commits += 1
            self._worst_s = max(self._worst_s, self._last_s)
            flying.set(None)
        finally:
            self._flying = None

    def _recover(
        self,
        failure: StoreError,
        batch: Batch,
        urgent: bool,
        flying: AsyncResult[str | None],
    ) -> None:
        """A batch could not be written: goes back to what the file holds, and waits until
        something can be written again."""
        if self._journal is None or self._database is None:
            return
        self._close(failure)
        waiting, self._coming = self._coming, AsyncResult()
        urgent = urgent or self._journal.urgent
        if urgent:
            self.state = READING
        self._journal.put_back(batch.latest)
        for result in (flying, waiting):
            result.set(str(failure))
        if self._ending:
            _log.error("store: %d records are lost: %s", self._journal.backlog, failure)
            self.state = CLOSED
            return
        reopen = isinstance(failure, DamagedStore)
        again = urgent or reopen
        while not self._ending:
            try:
                if again:
                    self.state = READING
                    self._read_again(reopen)
                    again = reopen = False
                self.state = CLOSED
                self._on_disk(self._database.probe)
                self._server.fleet.close(None)
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
            gevent.sleep(RETRY_S)

    def _read_again(self, reopen: bool) -> None:
        """Puts what the file holds in the place of the fleet in memory. Raises StoreError.

        ``reopen``: the file is damaged, and what can be read of it is in its place then.
        """
        journal, database = self._journal, self._database
        if journal is None or database is None or self._path is None:
            return
        behind = journal.take_latest()
        try:
            if reopen:
                self._on_disk(database.close)
                opened = self._open_file(self._path, self._server.settings)
                self._database, self._damage = opened.database, opened.damage
                fleet = opened.fleet
            else:
                fleet = self._server.new_fleet(self._server.settings)
                self._on_disk(_refill, database, fleet, time.time(), behind)
        except StoreError:
            journal.put_back(behind.latest)
            raise
        self._journal = Journal(fleet, self._note)
        self._journal.put_back(behind.latest)
        self._server.adopt(fleet)
        refused = self._refused(self._server.settings)
        if refused is not None:
            raise StoreError(f"the configuration cannot be put in force: {refused}")

    def _on_disk(self, function: Callable[..., Any], *args: Any) -> Any:
        """Calls what waits for the disk in a thread, one after the other; other greenlets go on."""
        done, failure = self._disk.apply(_caught, (function, *args))
        if failure is not None:
            raise failure
        return done

    # --- telling -------------------------------------------------------------------------------

    def _close(self, failure: StoreError) -> None:
        self._server.fleet.close(str(failure))
        self._fail(str(failure))

    def _fail(self, failure: str | None) -> None:
        self._failure = failure
        self._tell()

    def _tell(self) -> None:
        problems = [text for text in (self._failure, self._damage) if text is not None]
        self._report("; ".join(problems) or None)


def _timed(function: Callable[..., object], *args: Any) -> float:
    """Seconds that a call took in its thread, without the wait for the others of the agent."""
    began = time.monotonic()
    function(*args)
    return time.monotonic() - began


def _refill(database: Database, fleet: Any, at: float, behind: Batch) -> None:
    fill(database, fleet, at, overlay(database.read(), behind))


def _caught(function: Callable[..., Any], *args: Any) -> tuple[Any, None] | tuple[None, Exception]:
    """The result or what was raised: gevent's pool would also print it."""
    try:
        return function(*args), None
    except Exception as failure:  # noqa: BLE001 - it is raised again where it is waited for
        return None, failure


def store_file(settings: Store, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The file that the configuration names, or in the data folder of an installed agent.

    None: nothing is kept. An agent that is run by hand has no data folder.
    """
    if settings.memory:
        return None
    if settings.path is not None:
        return Path(settings.path).absolute()
    return DEFAULT_FILE.absolute() if environ.get("AGENT_UUID") else None
