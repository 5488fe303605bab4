"""Figures: a measured value of ours beside a reference, and whether the goal for it is met."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from operator import ge, le
from typing import Any

_COMPARISONS = {"<=": le, ">=": ge}
_GOAL = re.compile(r"(ours|ratio) (<=|>=) ([0-9.]+)")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the benchmark.

    ``reference`` is what was measured beside it, None where there is nothing to compare with.
    ``goal`` speaks of ``ours`` or of the ``ratio`` (ours divided by reference), ``ratio <= 4``;
    None for a figure that is only reported. ``of_turns``: the ratio where it was taken turn by
    turn, which is not that of the two values shown.
    """

    name: str
    ours: float
    reference: float | None
    unit: str
    goal: str | None = None
    of_turns: float | None = None

    def __post_init__(self) -> None:
        if self.goal is None:
            return
        stated = _GOAL.fullmatch(self.goal)
        if stated is None:
            raise ValueError(f"{self.name}: {self.goal!r} is no goal")
        if stated[1] == "ratio" and self.reference is None:
            raise ValueError(f"{self.name}: a goal for the ratio needs a reference")

    @property
    def ratio(self) -> float | None:
        """Ours divided by the reference; None without one, or where it is nothing."""
        if self.of_turns is not None:
            return self.of_turns
        return self.ours / self.reference if self.reference else None

    @property
    def goal_met(self) -> bool | None:
        """None where there is no goal. A ratio to nothing is not met."""
        stated = _GOAL.fullmatch(self.goal) if self.goal else None
        if stated is None:
            return None
        value = self.ours if stated[1] == "ours" else self.ratio
        return value is not None and bool(_COMPARISONS[stated[2]](value, float(stated[3])))

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "ours": self.ours,
            "reference": self.reference,
            "ratio": self.ratio,
            "unit": self.unit,
            "goal": self.goal,
            "goal_met": self.goal_met,
        }

    def as_line(self, width: int) -> str:
        """``name  ours  reference  ratio  unit``, and behind it the goal and whether it is met."""
        columns = [f"{self.name:<{width}}"]
        columns += [f"{_shown(value):>10}" for value in (self.ours, self.reference, self.ratio)]
        columns.append(f"{self.unit:<12}")
        if self.goal is not None:
            columns.append(f"{'' if self.goal_met else 'NOT MET: '}{self.goal}")
        return "  ".join(columns).rstrip()


def as_json(figures: Iterable[Figure]) -> str:
    """The list that ``BENCH_JSON`` names a file for."""
    return json.dumps([figure.as_json() for figure in figures], indent=2) + "\n"


def _shown(value: float | None) -> str:
    """Three digits that count; a dash for what there is not."""
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
