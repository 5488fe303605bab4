"""Ours and its reference under the same load, in short turns, and the figures of that.

On a machine that does other things too, two rates that were taken a second apart differ by a
third. Two turns of a fifth of a second, one right after the other, mostly see the same machine, and
of the ratios of many such pairs the middle one is not moved by those that did not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from .figures import Figure
from .load import Load, Order, Result
from .timing import percentile

TURNS = 12
TURN_S = 0.15
# What a delayed acknowledgement takes.
STALL_S = 0.040


@dataclass(frozen=True, slots=True)
class Turns:
    """The results of both, turn by turn."""

    ours: Sequence[Result]
    reference: Sequence[Result]

    def rate(self, name: str, unit: str, goal: str) -> Figure:
        """Operations a second, and the median of the ratios of neighbouring turns."""
        rates = [
            (ours.rate, reference.rate)
            for ours, reference in zip(self.ours, self.reference, strict=True)
        ]
        return Figure(
            name,
            median(ours for ours, _ in rates),
            median(reference for _, reference in rates),
            unit,
            goal,
            of_turns=median(ours / reference for ours, reference in rates),
        )

    def latency(self, name: str, percent: float) -> Figure:
        """How long, in milliseconds, so many percent of all operations took at most."""
        ours, reference = (
            percentile(_latencies(results), percent) for results in (self.ours, self.reference)
        )
        return Figure(name, ours * 1e3, reference * 1e3, "ms")

    def stalled(self, name: str) -> Figure:
        """In how many turns an operation took 40 ms longer than the middle one of the reference,
        which waits for the operations of as many connections. The goal: in no more than of the
        reference, which the machine disturbs as well. Turns are counted because one disturbance
        delays the operations of all connections at once, but a server that stalls does so again."""
        limit = percentile(_latencies(self.reference), 50) + STALL_S
        ours, reference = (
            sum(max(result.latencies) >= limit for result in results)
            for results in (self.ours, self.reference)
        )
        return Figure(name, ours, reference, "turns", f"ours <= {reference}")

    def cost(self, name: str, seconds: Sequence[float]) -> Figure:
        """What an operation costs, in microseconds, when all of them took so many seconds."""
        ours, reference = (
            spent / sum(len(result.latencies) for result in results)
            for spent, results in zip(seconds, (self.ours, self.reference), strict=True)
        )
        return Figure(name, ours * 1e6, reference * 1e6, "us")


def take_turns(load: Load, ours: Order, reference: Order, turns: int = TURNS) -> Turns:
    """Loads both in turns."""
    return Turns(*load.take_turns([ours, reference], turns))


def _latencies(results: Sequence[Result]) -> list[float]:
    return [seconds for result in results for seconds in result.latencies]
