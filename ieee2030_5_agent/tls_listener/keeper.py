"""Keeps the listener as the configuration wants it: off, on, or on with other files and limits.

What cannot be done now is reported and tried again: a port that is still in use becomes free, a
key that a tool is about to replace becomes readable. A renewed certificate is noticed by its file.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from gevent.event import Event

from ..refusals import Refusals
from ..settings import Listener
from ..tls_files import BadFiles
from .connection import Handle
from .listener import CannotListen, TLSListener

_log = logging.getLogger(__name__)

CHECK_S = 5.0  # how often the files of a running listener are looked at
RETRY_S = 2.0  # how soon a failed start is tried again

_Stamp = tuple[int, int, int] | None


class ListenerKeeper:
    """One listener or none, kept by a greenlet that runs ``keep``."""

    def __init__(
        self, handle: Handle, refusals: Refusals, report: Callable[[str | None], None]
    ) -> None:
        """``report`` hears each problem, None when it is solved."""
        self._handle = handle
        self._refusals = refusals
        self._report = report
        self._wanted: Listener | None = None
        self._max_body = 0
        self._running: TLSListener | None = None
        self._address: tuple[str, int] | None = None
        self._in_force: object = None
        self._wake = Event()

    @property
    def connections(self) -> int:
        """How many there are."""
        return 0 if self._running is None else len(self._running.census)

    def want(self, settings: Listener | None, max_body: int) -> None:
        """What is wanted from now on; None: no listener. ``max_body``: octets of a request."""
        self._wanted, self._max_body = settings, max_body
        self._wake.set()

    def keep(self) -> None:
        """Checks and repairs for ever."""
        while True:
            fine = self.check()
            self._wake.wait(timeout=CHECK_S if fine else RETRY_S)
            self._wake.clear()

    def check(self) -> bool:
        """Does what there is to do; True when all is as it is wanted."""
        try:
            self._adjust()
        except (BadFiles, CannotListen) as problem:
            self._report(str(problem))
            return False
        self._report(None)
        return True

    def stop(self) -> None:
        """Closes the listener for good; what is being answered is answered first."""
        self._wanted = None
        self._close()

    def _close(self) -> None:
        if self._running is not None:
            running, self._running = self._running, None
            running.stop()
            _log.info("listener closed")

    def _adjust(self) -> None:
        wanted, max_body = self._wanted, self._max_body
        if wanted is None:
            self._close()
            return
        # Looked at before they are read: a change in between is then seen at the next check.
        state = (wanted, max_body, _stamps(wanted))
        if self._running is not None and self._address != wanted.address:
            self._close()
        if self._running is None:
            running = TLSListener(self._handle, wanted, max_body, self._refusals)
            running.start()
            self._running, self._address = running, wanted.address
            _log.info("listening on %s port %d with TLS", wanted.address[0], running.port)
        elif state != self._in_force:
            self._running.change(wanted, max_body)
            _log.info("listener: new files or limits in force")
        self._in_force = state


def _stamps(settings: Listener) -> tuple[_Stamp, ...]:
    """What tells one content of the files from the next."""
    return tuple(_stamp(path) for path in (settings.certificate, settings.key, settings.ca))


def _stamp(path: str) -> _Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return None  # who reads it says so
    return found.st_mtime_ns, found.st_ino, found.st_size
