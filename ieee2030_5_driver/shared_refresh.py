"""One refresh at a time: those who ask meanwhile wait for the same answer.

It runs in a greenlet of its own, so that whoever asked first may go without harm to the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import gevent

from .rpc import AgentError, AgentRpc, AgentUnavailable

_log = logging.getLogger(__name__)


class _Flight(gevent.Greenlet):
    """A refresh that is under way; its result is the reason of a failure, or None."""

    def __init__(self, run: Callable[[], str | None], began: float) -> None:
        super().__init__(run)
        self.began = began
        # Whether somebody could not wait for its end.
        self.late = False


class SharedRefresh:
    """Runs ``refresh``, which raises AgentError, for all who ask for it."""

    def __init__(
        self, refresh: Callable[[], None], rpc: AgentRpc, clock: Callable[[], float]
    ) -> None:
        self._refresh = refresh
        self._rpc = rpc
        self._clock = clock
        self._flight: _Flight | None = None
        self._late = False

    def ask(self, max_age: float, patience: float | None) -> None:
        """Returns when a refresh is through that began less than ``max_age`` seconds ago, or later.

        Raises AgentUnavailable when it fails, or when the agent has answered nothing for
        ``patience`` seconds (None: as long as the refresh takes).
        """
        flight = self._flight
        if flight is not None and self._clock() - flight.began >= max_age:
            self._wait(flight, patience)  # what it brings is older than that
            flight = self._flight  # somebody else who waited may have begun the next one
        if flight is None:
            flight = self._flight = _Flight(self._run, self._clock())
            flight.start()
        self._wait(flight, patience)

    def _run(self) -> str | None:
        flight = self._flight
        try:
            self._refresh()
        except AgentError as error:
            return str(error)
        finally:
            self._flight = None
        if self._late and flight and not flight.late:
            self._late = False
            _log.info("agent %r answers in time again", self._rpc.identity)
        return None

    def _wait(self, flight: _Flight, patience: float | None) -> None:
        answers = None
        while not flight.ready():
            if answers == self._rpc.answers:
                raise self._too_late(flight, patience)
            answers = self._rpc.answers
            flight.join(patience)
        failure = flight.get()
        if failure:
            raise AgentUnavailable(failure)

    def _too_late(self, flight: _Flight, patience: float | None) -> AgentUnavailable:
        flight.late = True
        reason = f"agent {self._rpc.identity!r} has not answered for {patience:g} s"
        if not self._late:
            self._late = True
            _log.warning("%s: devices with that rpc_timeout_s are not published", reason)
        return AgentUnavailable(reason)
