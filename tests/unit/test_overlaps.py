"""Which controls overlap, as plain comparison has it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ieee2030_5_agent.model.controls import Control, Status
from ieee2030_5_agent.model.overlaps import Overlaps
from ieee2030_5_agent.sep import models

PERIODS = st.lists(
    st.tuples(st.integers(0, 300), st.sampled_from([1, 2, 3, 7, 60, 63, 64, 200])),
    min_size=1,
    max_size=20,
)


def control(number: int, start: int, duration: int) -> Control:
    return Control(
        number=number,
        mrid=b"\1",
        description="",
        creation_time=0,
        start=start,
        duration=duration,
        base=models.DERControlBase(),
        status=Status.SCHEDULED,
        status_time=0,
    )


@given(periods=PERIODS, gone=st.sets(st.integers(0, 19)))
def test_look_up_agrees_with_a_loop(periods: list[tuple[int, int]], gone: set[int]) -> None:
    index = Overlaps()
    controls = [control(number, *period) for number, period in enumerate(periods)]
    for one in reversed(controls):
        index.add(one)
    for one in controls:
        if one.number in gone:
            index.remove(one)
    for one in controls:
        seconds = set(range(one.start, one.end))
        expected = [
            other
            for other in controls
            if other is not one
            and other.number not in gone
            and seconds & set(range(other.start, other.end))
        ]
        assert index.with_period_of(one) == expected
