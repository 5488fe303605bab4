"""The one thread that waits for the disk, so that the gevent loop does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gevent.threadpool import ThreadPool


class Disk:
    """What it is given is done one after the other, also when who gave it is gone."""

    def __init__(self) -> None:
        self._pool = ThreadPool(1)

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Calls a function in the thread, while other greenlets go on."""
        done, failure = self._pool.apply(_caught, (function, *args))
        if failure is not None:
            raise failure
        return done

    def seconds(self, function: Callable[..., object], *args: Any) -> float:
        """How long a call took, without its wait for the thread and for other greenlets."""
        taken: float = self.call(_timed, function, *args)
        return taken


def _timed(function: Callable[..., object], *args: Any) -> float:
    began = time.monotonic()
    function(*args)
    return time.monotonic() - began


def _caught(function: Callable[..., Any], *args: Any) -> tuple[Any, None] | tuple[None, Exception]:
    """The result or what was raised: gevent's pool would also print it."""
    try:
        return function(*args), None
    except Exception as failure:  # noqa: BLE001 - it is raised again where it is waited for
        return None, failure
