"""Who has answered an event, and who should have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.model.controls import COMPLETED_VISIBLE_S
from ieee2030_5_agent.model.response_set import Code
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.clock import START, Clock

# The EndDevices: both follow the program, only the first is of category 0200.
BATTERY, INVERTER = "111576577659", "097935300833"
LFDIS = {
    BATTERY: "2990c58a59935a7d5838c952b1a453c967341a07",
    INVERTER: "247bd68e3378fe57ba604e3c8bdf9e3f78a3d743",
}
MRID = "A0000000000000000000000000000001"
PROGRAM = "C0000000000000000000000000000001"
POLL = 100
LATE = START + 2 * POLL


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Server:
    settings = {
        "devices": [
            {"lfdi": LFDIS[BATTERY], "load_shed_device_category": "0200"},
            {"lfdi": LFDIS[INVERTER], "load_shed_device_category": "0100"},
        ],
        "programs": [{"mRID": PROGRAM, "primacy": 5, "all": True}],
        "poll_rates": {"DERProgramList": POLL},
    }
    return Server(Settings.load(settings), clock)


@pytest.fixture
def operations(server: Server) -> Operations:
    return Operations(server)


@pytest.fixture
def control(operations: Operations) -> Callable[..., None]:
    """A control of 600 s that begins 300 s from now."""

    def create(**changes: Any) -> None:
        order: dict[str, Any] = {
            "program": PROGRAM,
            "start": START + 300,
            "duration": 600,
            "modes": {"opModMaxLimW": 5000},
            "mRID": MRID,
            **changes,
        }
        operations.create_control(**order)

    return create


@pytest.fixture
def answer(server: Server) -> Callable[..., None]:
    """The battery answers, as over HTTP."""

    def respond(*codes: int, sfdi: str = BATTERY) -> None:
        subject = server.fleet.response_sets.subject(bytes.fromhex(MRID))
        device = server.fleet.device(sfdi)
        for code in codes:
            response = models.DERControlResponse(
                endDeviceLFDI=bytes.fromhex(LFDIS[sfdi]), status=code, subject=subject.mrid
            )
            server.fleet.answering.respond(subject, device, response, 2018)

    return respond


def missing(operations: Operations, sfdi: str = BATTERY) -> dict[str, int]:
    answers = operations.get_responses(MRID)
    assert json.loads(json.dumps(answers)) == answers
    found: dict[str, int] = answers.get(sfdi, {"missing": {}})["missing"]
    return found


def test_what_a_device_owes_at_each_moment_of_a_control(
    control: Any, operations: Operations, clock: Clock
) -> None:
    control()
    received, started, completed = LATE, START + 300, START + 900
    for now, owed in [
        (START, {}),
        (LATE, {}),
        (LATE + 1, {"received": received}),
        (START + 301, {"received": received, "started": started}),
        (START + 901, {"received": received, "started": started, "completed": completed}),
        (START + 80_000, {"received": received, "started": started, "completed": completed}),
    ]:
        clock.now = now
        assert missing(operations) == missing(operations, INVERTER) == owed
    clock.now = START + 900 + COMPLETED_VISIBLE_S + 86400
    with pytest.raises(ValueError, match=MRID):
        operations.get_responses(MRID)


def test_what_was_answered_is_told_with_its_time(
    control: Any, answer: Any, operations: Operations, clock: Clock
) -> None:
    control()
    assert operations.get_responses(MRID) == {}
    clock.now = START + 5.5
    answer(1)
    assert operations.get_responses(MRID.lower()) == {
        BATTERY: {
            "responses": [
                {
                    "createdDateTime": START + 5,
                    "endDeviceLFDI": LFDIS[BATTERY].upper(),
                    "status": 1,
                    "subject": MRID,
                    "statusName": "received",
                    "received": START + 5.5,
                }
            ],
            "missing": {},
        }
    }


@pytest.mark.parametrize(
    ("given", "owed"),
    [
        ((), {"received", "started", "completed"}),
        ((1,), {"started", "completed"}),
        ((1, 2), {"completed"}),
        ((1, 2, 3), set()),
        ((2, 3), {"received"}),
        ((1, 4), set()),
        ((1, 2, 8), set()),
        ((1, 10), set()),
        ((1, 14), set()),
        ((254,), set()),
        ((252,), set()),
        ((1, 2, 5), {"completed"}),
    ],
    ids=str,
)
def test_what_is_owed_after_the_end(
    control: Any,
    answer: Any,
    operations: Operations,
    clock: Clock,
    given: tuple[int, ...],
    owed: set[str],
) -> None:
    control()
    answer(*given)
    clock.now = START + 901
    assert set(missing(operations)) == owed


@pytest.mark.parametrize(
    ("required", "owed"),
    [
        ("00", set()),
        ("01", {"received"}),
        ("02", {"started", "completed"}),
        ("04", set()),
        ("07", {"received", "started", "completed"}),
    ],
)
def test_only_what_was_asked_for_is_owed(
    control: Any, operations: Operations, clock: Clock, required: str, owed: set[str]
) -> None:
    control(response_required=required)
    clock.now = START + 901
    assert set(missing(operations)) == owed


def test_a_control_that_begins_at_once_is_given_time_to_be_found(
    control: Any, operations: Operations, clock: Clock
) -> None:
    control(start=START, duration=60)
    clock.now = LATE
    assert missing(operations) == {}
    clock.now += 1
    assert missing(operations) == {"received": LATE, "started": LATE, "completed": LATE}


def test_randomisation_is_waited_for(control: Any, operations: Operations, clock: Clock) -> None:
    control(randomize_start=60, randomize_duration=-30)
    clock.now = START + 361
    assert missing(operations) == {"received": LATE, "started": START + 360}
    clock.now = START + 961
    assert missing(operations)["completed"] == START + 960


@pytest.mark.parametrize(
    ("at", "given", "owed"),
    [
        (50, (), {}),
        (50, (1,), {"cancelled": 250}),
        (50, (1, 6), {}),
        (250, (), {"received": 200, "cancelled": 450}),
        (250, (6,), {"received": 200}),
        (350, (1, 2), {"cancelled": 550}),
        (350, (1,), {"started": 300, "cancelled": 550}),
        (350, (1, 3), {"started": 300}),
    ],
    ids=str,
)
def test_what_is_owed_after_a_cancellation(
    control: Any,
    answer: Any,
    operations: Operations,
    clock: Clock,
    at: int,
    given: tuple[int, ...],
    owed: dict[str, int],
) -> None:
    control()
    answer(*given)
    clock.now = START + at
    operations.cancel_control(MRID)
    clock.now = START + 1000
    assert missing(operations) == {word: START + due for word, due in owed.items()}


def test_a_superseded_control_is_answered_as_such(
    control: Any, answer: Any, operations: Operations, clock: Clock
) -> None:
    control(start=START)
    answer(1, 2)
    clock.now = START + 250
    control(start=START + 250, mRID=None)
    clock.now = START + 451
    assert missing(operations) == {"superseded": START + 450}
    answer(7)
    assert missing(operations) == {}


def test_only_devices_that_are_meant_owe_anything(
    control: Any, answer: Any, operations: Operations, clock: Clock
) -> None:
    control(device_category="0200")
    answer(1, sfdi=INVERTER)
    clock.now = START + 901
    answers = operations.get_responses(MRID)
    assert set(answers) == {BATTERY, INVERTER}
    assert answers[INVERTER]["missing"] == {}
    assert answers[BATTERY]["missing"]


def test_who_came_after_the_end_owes_nothing(
    control: Any, operations: Operations, clock: Clock
) -> None:
    control()
    clock.now = START + 4000
    operations.register_device(sfdi="19")
    assert set(operations.get_responses(MRID)) == {BATTERY, INVERTER}


def test_nobody_owes_anything_once_the_program_is_gone(
    control: Any, answer: Any, operations: Operations, server: Server, clock: Clock
) -> None:
    control()
    answer(1)
    operations._fleet.programming.remove(operations._program(PROGRAM))
    clock.now = START + 901
    assert operations.get_responses(MRID)[BATTERY]["missing"] == {}


def test_the_answers_of_the_standard_have_words() -> None:
    assert Code(8).words == "partially completed opted out"
