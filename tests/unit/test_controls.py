"""The steps of a control's life."""

from __future__ import annotations

import pytest

from ieee2030_5_agent.model.controls import LIVE, STEPS, Control, Status
from ieee2030_5_agent.sep import models

NAMES = {"activate", "complete", "cancel", "cancel randomized", "supersede"}


def control(status: Status, randomize_start: int = 0, randomize_duration: int = 0) -> Control:
    return Control(
        number=1,
        mrid=b"\1",
        description="",
        creation_time=100,
        start=100,
        duration=60,
        base=models.DERControlBase(),
        status=status,
        status_time=100,
        randomize_start=randomize_start,
        randomize_duration=randomize_duration,
    )


def test_every_status_has_its_row() -> None:
    assert set(STEPS) == set(Status)


@pytest.mark.parametrize("status", Status, ids=lambda status: status.name)
@pytest.mark.parametrize("step", sorted(NAMES))
def test_a_step_that_the_table_does_not_have_changes_nothing(status: Status, step: str) -> None:
    subject = control(status)
    if step in STEPS[status]:
        subject.step(step, 130)
        assert (subject.status, subject.status_time, subject.version) == (
            STEPS[status][step],
            130,
            1,
        )
    else:
        with pytest.raises(ValueError, match=step):
            subject.step(step, 130)
        assert (subject.status, subject.status_time, subject.version) == (
            status,
            100,
            0,
        )


def test_what_has_ended_has_no_step_left() -> None:
    assert {status for status, steps in STEPS.items() if steps} == LIVE
    assert {name for steps in STEPS.values() for name in steps} == NAMES


@pytest.mark.parametrize(
    ("status", "start", "duration", "due"),
    [
        (Status.SCHEDULED, 0, 0, 100),
        (Status.SCHEDULED, 30, 0, 100),
        (Status.SCHEDULED, -30, 0, 70),
        (Status.ACTIVE, 0, 0, 160),
        (Status.ACTIVE, 30, 20, 210),
        (Status.ACTIVE, -30, -20, 160),
        (Status.CANCELLED, 30, 20, 160),
        (Status.CANCELLED_WITH_RANDOMIZATION, 30, 20, 210),
        (Status.SUPERSEDED, 30, 20, 210),
    ],
)
def test_when_time_next_brings_something(
    status: Status, start: int, duration: int, due: int
) -> None:
    assert control(status, start, duration).due() == due


@pytest.mark.parametrize(
    ("status", "due"),
    [(Status.CANCELLED, 215), (Status.CANCELLED_WITH_RANDOMIZATION, 215), (Status.SUPERSEDED, 160)],
)
def test_what_was_cancelled_late_is_still_seen_for_a_minute(status: Status, due: int) -> None:
    late = control(status)
    late.status_time = 155
    assert late.due() == due
