"""When the process of the agent is told to end, it does so between two steps of its loop."""

from __future__ import annotations

import signal

import gevent
from gevent.event import Event


def end_when_told() -> None:
    """SIGINT (`vctl stop`) or SIGTERM raises KeyboardInterrupt in the greenlet that calls this.

    Python would raise it in whichever greenlet runs just then, in the middle of a change. Only the
    first counts: a platform that is ended at a terminal sends SIGINT after the terminal has, and
    the end itself must not be interrupted.
    """
    caller, told = gevent.getcurrent(), Event()

    def end() -> None:
        if not told.is_set():
            told.set()
            gevent.kill(caller, KeyboardInterrupt)

    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, end)
