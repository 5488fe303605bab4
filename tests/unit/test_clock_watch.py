"""A clock that is set is told from one that runs."""

from __future__ import annotations

import pytest

from ieee2030_5_agent.clock_watch import TOLERANCE_S, ClockWatch


@pytest.mark.parametrize(
    ("set_by", "told"),
    [
        (3600.0, 3600.0),
        (-3600.0, -3600.0),
        (TOLERANCE_S + 1, TOLERANCE_S + 1),
        (TOLERANCE_S - 1, 0.0),
        (0.0, 0.0),
    ],
)
def test_a_step_is_told_once(set_by: float, told: float) -> None:
    now = {"clock": 1e9, "timer": 5.0}
    watch = ClockWatch(lambda: now["clock"], lambda: now["timer"])
    for passed in (0.0, 5.0, 60.0):
        now["clock"] += passed
        now["timer"] += passed
        assert watch.step() == 0.0
    now["clock"] += set_by
    assert watch.step() == told
    assert watch.step() == 0.0
