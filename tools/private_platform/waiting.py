"""Waiting for a condition, without blocking the greenlets of this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import gevent

from .problems import PlatformProblem

Found = TypeVar("Found")

PAUSE_S = 0.05


def until(condition: Callable[[], Found | None], what: str, timeout: float = 10.0) -> Found:
    """The first truthy answer of ``condition``; a PlatformProblem names ``what`` never came."""
    deadline = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise PlatformProblem(f"waited {timeout:g} s in vain for {what}")
        gevent.sleep(PAUSE_S)
