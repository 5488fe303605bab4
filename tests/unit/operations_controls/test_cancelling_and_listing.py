"""Controls that are cancelled, and which of them are found."""

from __future__ import annotations

from typing import Any

import pytest

from ieee2030_5_agent.operations import Operations
from tests.clock import START
from tests.unit.operations_controls.conftest import BATTERY, INVERTER, MRID, PROGRAM, only


@pytest.mark.parametrize(
    ("order", "randomize", "words"),
    [
        ({}, None, "cancelled"),
        ({}, False, "cancelled"),
        ({"randomize_start": 60}, None, "cancelled with randomization"),
        ({"randomize_duration": 60}, True, "cancelled with randomization"),
        ({"randomize_start": 60}, False, "cancelled"),
    ],
    ids=str,
)
def test_a_cancelled_control_is_shown_as_such(
    create: Any, operations: Operations, order: dict[str, Any], randomize: Any, words: str
) -> None:
    create(mRID=MRID, **order)
    assert operations.cancel_control(MRID.lower(), randomize)["status"] == words
    assert operations.cancel_control(MRID, randomize)["status"] == words
    assert only(operations, status=words)["mRID"] == MRID
    assert operations.get_controls(status=["active", "scheduled"]) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("A1",), "no DERControl"),
        (("x",), "mRID 'x' is not hex"),
        ((MRID, "yes"), "randomize is 'yes', true or false is expected"),
        ((MRID, True), "randomize is true, but"),
    ],
    ids=str,
)
def test_refuses_to_cancel(
    create: Any, operations: Operations, arguments: Any, message: str
) -> None:
    create(mRID=MRID)
    with pytest.raises(ValueError, match=r".") as refused:
        operations.cancel_control(*arguments)
    assert message in str(refused.value)
    assert only(operations)["status"] == "active"


def test_controls_are_found_by_device_program_status_and_time(
    create: Any, operations: Operations
) -> None:
    now = create(start=START)[0]["mRID"]
    later = create(start=START + 3600, randomize_start=-60)[0]["mRID"]
    for_all = create(device=None, program=PROGRAM, start=START + 1800)[0]["mRID"]

    def found(**filters: Any) -> list[str]:
        return [control["mRID"] for control in operations.get_controls(**filters)]

    assert found() == [now, for_all, later]
    assert found(sfdi=BATTERY) == [now, for_all, later]
    assert found(sfdi=INVERTER) == [for_all]
    assert found(program=PROGRAM) == [for_all]
    assert found(status="scheduled") == [for_all, later]
    assert found(start=START + 600) == [for_all, later]
    assert found(end=START + 1800) == [now]
    assert found(start=START + 2400, end=START + 3540) == []
    assert found(start=START + 2400, end=START + 3541) == [later]
    assert found(end="2026-05-28T20:27:20Z") == [now]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"sfdi": "19"}, "sfdi: no device with SFDI 000000000019"),
        ({"program": "A1"}, "program: there is no program"),
        ({"status": "actve"}, "(did you mean active?)"),
        ({"status": 1}, "status is 1, a word"),
        ({"start": "now"}, "start is 'now'"),
        ({"end": True}, "end is True"),
    ],
    ids=str,
)
def test_refuses_a_filter(operations: Operations, filters: Any, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        operations.get_controls(**filters)
    assert message in str(refused.value)


def test_cancelled_again_by_other_words_is_still_cancelled(
    create: Any, operations: Operations
) -> None:
    (made,) = create(randomize_start=60)
    assert operations.cancel_control(made["mRID"], randomize=False)["status"] == "cancelled"
    assert operations.cancel_control(made["mRID"])["status"] == "cancelled"
