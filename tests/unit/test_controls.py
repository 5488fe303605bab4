"""The steps of a control's life."""

from __future__ import annotations

import pytest

from ieee2030_5_agent.model.controls import STEPS, Control, Status
from ieee2030_5_agent.sep import models

NAMES = {"activate", "cancel", "supersede"}


def control(status: Status) -> Control:
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


@pytest.mark.parametrize(
    ("status", "due"),
    [(Status.SCHEDULED, 100), (Status.ACTIVE, 160), (Status.CANCELLED, 160)],
)
def test_when_time_next_brings_something(status: Status, due: int) -> None:
    assert control(status).due() == due
