"""The server's clock in tests: it stands until a test moves it."""

from __future__ import annotations

from dataclasses import dataclass

START = 1_780_000_000


@dataclass
class Clock:
    """Seconds since 1970 (UTC), set by the test."""

    now: float = START

    def __call__(self) -> float:
        return self.now
