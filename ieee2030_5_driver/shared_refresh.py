"""One refresh at a time: those who ask meanwhile wait for the same answer.

It runs in a greenlet of its own, so that whoever asked first may go without harm to the others.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import gevent

from .rpc import AgentError, AgentUnavailable, no_answer

_log = logging.getLogger(__name__)


class _Flight(gevent.Greenlet):
    """A refresh that is under way; its result is the reason of a failure, or None."""

    def __init__(self, run: Callable[[], str | None], began: float) -> None:
        super().__init__(run)
        self.began = began


class SharedRefresh:
    """Runs ``refresh``, which raises AgentError, for all who ask for it."""

    def __init__(
        self, refresh: Callable[[], None], identity: str, clock: Callable[[], float]
    ) -> None:
        self._refresh = refresh
        self._identity = identity
        self._clock = clock
        self._flight: _Flight | None = None
        self._progress_at = float("-inf")
        # Time-outs within which the agent did not answer the last time.
        self._too_short: set[float] = set()

    def ask(self, max_age: float, timeout: float, asked_at: float) -> None:
        """Returns when a refresh is through that began less than ``max_age`` seconds ago, or later.

        Raises AgentUnavailable when it fails, or when it is not through ``timeout`` seconds after
        ``asked_at`` (of ``time.monotonic``), or after the last progress.
        """
        flight = self._flight
        if flight is not None and self._clock() - flight.began >= max_age:
            self._wait(flight, timeout, asked_at)  # what it brings is older than that
            flight = self._flight  # somebody else who waited may have begun the next one
        if flight is None:
            flight = self._flight = _Flight(self._run, self._clock())
            flight.start()
        self._wait(flight, timeout, asked_at)
        if timeout in self._too_short:
            self._too_short.remove(timeout)
            _log.info("agent %r answers within %g s again", self._identity, timeout)

    def note_progress(self) -> None:
        """One of many calls was answered: those who wait may wait longer."""
        self._progress_at = time.monotonic()

    def _run(self) -> str | None:
        try:
            self._refresh()
        except AgentError as error:
            return str(error)
        finally:
            self._flight = None
        return None

    def _wait(self, flight: _Flight, timeout: float, asked_at: float) -> None:
        while not flight.ready():
            remaining = max(asked_at, self._progress_at) + timeout - time.monotonic()
            if remaining <= 0:
                raise self._too_late(timeout)
            flight.join(remaining)
        failure = flight.get()
        if failure:
            raise AgentUnavailable(failure)

    def _too_late(self, timeout: float) -> AgentUnavailable:
        if timeout not in self._too_short:
            self._too_short.add(timeout)
            _log.warning(
                "agent %r has not answered for %g s: devices with that rpc_timeout_s are not"
                " published",
                self._identity,
                timeout,
            )
        return no_answer(self._identity, timeout)
