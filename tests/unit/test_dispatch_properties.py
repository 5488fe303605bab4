"""Any schedules, cancellations, pauses and clock steps, against the brute-force model."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ieee2030_5_agent.model.programs import Assignment
from ieee2030_5_agent.model.telling import AT_ONCE
from tests.dispatch_site import MODES, Pair, everybody, sfdi

CREATE = st.tuples(
    st.just("create"),
    st.integers(0, 4),
    st.integers(-40, 90),
    st.sampled_from([1, 20, 20, 50, 50, 120]),
    st.sets(st.sampled_from(MODES), min_size=1, max_size=3),
    st.sampled_from([0, 0, -30, 30]),
    st.sampled_from([0, 0, -15, 25]),
    st.sampled_from([None, None, 1, 3]),
)
CANCEL = st.tuples(st.just("cancel"), st.integers(0, 30), st.booleans())
WAIT = st.tuples(st.just("wait"), st.integers(0, 60))
# A pause: nobody looks at the clock until something else is done. A step back is the same.
PAUSE = st.tuples(st.just("pause"), st.integers(1, 200))
BACK = st.tuples(st.just("pause"), st.integers(-150, -1))
ACTS = st.lists(
    st.one_of(CREATE, CREATE, CREATE, CANCEL, WAIT, WAIT, PAUSE, BACK), min_size=8, max_size=30
)


def neighbourhood(at_once: int = AT_ONCE) -> Pair:
    pair = Pair(at_once)
    pair.add_device(category=1)
    pair.add_device(frozenset({"feeder"}), resumes=True)
    pair.add_device(frozenset({"feeder"}), category=2)
    pair.add_program(0, Assignment(devices=frozenset({sfdi(0), sfdi(1)})), {MODES[0]: 5})
    pair.add_program(1, everybody(), {MODES[0]: 6, MODES[1]: 7})
    pair.add_program(1, Assignment(groups=frozenset({"feeder"})))
    pair.add_program(2, everybody())
    pair.add_program(3, everybody(), {MODES[1]: 8, MODES[2]: 9})
    return pair


def act(pair: Pair, what: str, *how: Any) -> None:
    if what == "create":
        program, start, duration, modes, random_start, random_duration, category = how
        if start + duration <= 0 or -random_duration >= duration:
            return
        values = {mode: 100 * len(pair.controls) + number for number, mode in enumerate(modes)}
        begin = int(pair.now) + start
        pair.create(program, begin, duration, values, random_start, random_duration, category)
    elif what == "cancel":
        number, at_once = how
        if pair.controls:
            pair.cancel(number % len(pair.controls), at_once)
    else:
        pair.now += how[0]


@settings(max_examples=150, deadline=None)
@given(acts=ACTS)
def test_whatever_happens_the_program_and_the_model_agree(acts: list[Any]) -> None:
    pair = neighbourhood()
    latest = pair.now
    for what, *how in acts:
        act(pair, what, *how)
        latest = max(latest, pair.now)
        if what == "pause":
            continue
        pair.pass_time()
        pair.check_in_force()
        pair.check_points()
        pair.check_lists()
        for control, _ in pair.controls:
            assert control.status_time <= latest
    pair.now = latest + 1000
    pair.pass_time()
    pair.check_lists()
    assert not any(program.controls for program, _ in pair.programs)


@settings(max_examples=50, deadline=None)
@given(acts=ACTS)
def test_the_story_on_the_bus_is_the_life_of_each_control(acts: list[Any]) -> None:
    """Each follower is told each status once, and none after an end."""
    pair = neighbourhood()
    for what, *how in acts:
        act(pair, what, *how)
    pair.now += 1000
    pair.pass_time()
    told: dict[tuple[str | None, Any], list[Any]] = {}
    for change in pair.changes:
        if change.what == "control":
            key = (change.sfdi, change.detail["mRID"])
            told.setdefault(key, []).append(change.detail["currentStatus"])
    for story in told.values():
        assert story in (
            *([0, 1, end] for end in (2, 3, 4, 5)),
            *([begin, end] for begin in (0, 1) for end in (2, 3, 4, 5) if (begin, end) != (0, 5)),
        )
    for control, twin in pair.controls:
        followers = [
            plain
            for _, plain in pair.devices
            if twin.program in plain.programs and pair.model.addresses(twin, plain)
        ]
        stories = [key for key in told if key[1] == control.mrid.hex().upper()]
        assert len(stories) == len(followers)


def story(pair: Pair, number: int) -> list[tuple[str, Any, Any]]:
    """All that was told of a device, but for when."""
    return [
        (change.what, change.detail, change.points)
        for change in pair.changes
        if change.sfdi == sfdi(number)
    ]


@settings(max_examples=150, deadline=None)
@given(acts=ACTS, asked=st.lists(st.integers(0, 2), max_size=30))
def test_who_is_told_later_is_told_the_same(acts: list[Any], asked: list[int]) -> None:
    """Of one fleet each device is told at once, of the other when it is asked for, or at last."""
    prompt, late = neighbourhood(), neighbourhood(at_once=1)
    for place, (what, *how) in enumerate(acts):
        for pair in (prompt, late):
            act(pair, what, *how)
            if what != "pause":
                pair.pass_time()
        for number in asked[place : place + 1]:
            assert late.fleet.get_points(sfdi(number)) == prompt.fleet.get_points(sfdi(number))
    for pair in (prompt, late):
        pair.fleet.dispatch.catch_up()
    for number in range(3):
        assert story(late, number) == story(prompt, number)
    assert late.fleet.get_changes(None)["points"] == prompt.fleet.get_changes(None)["points"]
