"""Timing several things side by side, so that what else the machine does hits all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import monotonic, thread_time

import psutil

# A round of one contestant: long for the clock, short for what disturbs a shared machine.
ROUND_S = 0.002
ROUNDS = 201


def side_by_side(
    contestants: Mapping[str, Callable[[], object]],
    rounds: int = ROUNDS,
    round_s: float = ROUND_S,
    clock: Callable[[], float] = thread_time,
) -> dict[str, float]:
    """Seconds of the processor per call of each: the median of rounds that take turns, A, B, A, B.

    Time in which the machine did something else does not count. Garbage is collected as ever: it
    is part of what a call costs.
    """
    counts = {name: _calls_in(round_s, call, clock) for name, call in contestants.items()}
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, call in contestants.items():
            count = counts[name]
            started = clock()
            for _ in range(count):
                call()
            taken[name].append((clock() - started) / count)
    return {name: median(times) for name, times in taken.items()}


class Usage:
    """The processor time of a process from now on."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._since = monotonic()
        self._before = self._total()

    @property
    def used(self) -> float:
        """Seconds of the processor."""
        return self._total() - self._before

    def percent(self) -> float:
        """Percent of one core."""
        return 100 * self.used / (monotonic() - self._since)

    def _total(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the values do not exceed (nearest rank).

    Raises ValueError for no values.
    """
    if not values:
        raise ValueError("no values")
    rank = -(-len(values) * percent // 100)  # rounded up
    return sorted(values)[max(int(rank), 1) - 1]


def _calls_in(seconds: float, call: Callable[[], object], clock: Callable[[], float]) -> int:
    """How many calls fit. The first one does not count: it makes what is made only once."""
    call()
    count = 1
    while True:
        started = clock()
        for _ in range(count):
            call()
        took = clock() - started
        if took >= seconds / 4:
            return max(1, round(count * seconds / took))
        count *= 2
