"""Noticing that somebody has set the machine's clock, by a timer that nobody sets."""

from __future__ import annotations

import time
from collections.abc import Callable

# Less is how clocks are kept right, and what lies between two looks at them.
TOLERANCE_S = 2.0


class ClockWatch:
    """Compares the time of day with a timer that counts seconds since some beginning."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._timer = timer
        self._ahead = clock() - timer()

    def step(self) -> float:
        """By how many seconds the clock was set since the last look; 0 when it was not."""
        ahead = self._clock() - self._timer()
        step, self._ahead = ahead - self._ahead, ahead
        return step if abs(step) > TOLERANCE_S else 0.0
