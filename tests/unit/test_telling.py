"""A control of many followers: each is told some time, and who is asked for is told at once."""

from __future__ import annotations

from collections import Counter

import pytest

from ieee2030_5_agent.model.telling import AT_ONCE
from tests.dispatch_site import MODES, Pair, everybody, sfdi

FOLLOWERS = 3 * AT_ONCE + 1
LAST = sfdi(FOLLOWERS - 1)
MODE = MODES[0]


@pytest.fixture
def pair() -> Pair:
    pair = Pair()
    for _ in range(FOLLOWERS):
        pair.add_device()
    pair.add_program(0, everybody())
    return pair


def command(pair: Pair, start: int = 0, duration: int = 600) -> None:
    pair.create(0, int(pair.now) + start, duration, {MODE: 5000})


def told(pair: Pair) -> Counter[str | None]:
    """How often each device was told of a control."""
    return Counter(change.sfdi for change in pair.changes if change.what == "control")


def test_the_first_are_told_at_once_and_the_others_some_at_a_time(pair: Pair) -> None:
    command(pair)
    telling = pair.fleet.dispatch.telling
    assert len(told(pair)) == AT_ONCE
    more = [telling.tell_some() for _ in range(3)]
    assert more == [True, True, False]
    assert told(pair) == Counter(dict.fromkeys(map(sfdi, range(FOLLOWERS)), 1))
    assert not telling.tell_some()


def test_what_the_program_lists_is_told_once_before_any_device(pair: Pair) -> None:
    """A subscriber of a list longer than a page would hear of it again with each piece."""
    pair.changes.clear()
    command(pair)
    pair.fleet.dispatch.telling.finish_all()
    assert [change.what for change in pair.changes] == ["schedule", *["control"] * FOLLOWERS]


def test_few_are_told_at_once_whoever_else_still_waits(pair: Pair) -> None:
    command(pair)
    device, _ = pair.devices[-1]
    own = pair.fleet.programs.by_number(device.program)
    assert own is not None
    pair.programs.append((own, pair.programs[0][1]))
    pair.create(1, int(pair.now), 600, {MODES[1]: 1})
    assert told(pair)[LAST] == 2
    assert len(told(pair)) == AT_ONCE + 1


def test_the_list_of_controls_has_it_before_anybody_is_told(pair: Pair) -> None:
    seen: list[int] = []
    program, _ = pair.programs[0]
    pair.fleet.listen(lambda change: seen.append(len(program.active)))
    command(pair)
    assert set(seen) == {1}


def statuses(pair: Pair, number: int) -> list[object]:
    """What a device was told of its control, in order."""
    return [
        change.detail["currentStatus"]
        for change in pair.changes
        if change.what == "control" and change.sfdi == sfdi(number)
    ]


@pytest.mark.parametrize("by", ["get_point", "get_points", "in_force"])
def test_who_is_asked_for_is_told_first(pair: Pair, by: str) -> None:
    command(pair)
    assert told(pair)[LAST] == 0
    device, _ = pair.devices[-1]
    value = {
        "get_point": lambda: pair.fleet.get_point(LAST, MODE),
        "get_points": lambda: pair.fleet.get_points(LAST)[MODE],
        "in_force": lambda: pair.fleet.dispatch.in_force(device)[MODE].value,
    }[by]()
    assert value is not None
    assert told(pair)[LAST] == 1
    assert len(told(pair)) == AT_ONCE + 1


def test_what_changed_comes_with_a_cursor_as_it_is_told(pair: Pair) -> None:
    cursor = pair.fleet.get_changes(None)["cursor"]
    command(pair)
    read: list[str] = []
    while True:
        answer = pair.fleet.get_changes(cursor)
        cursor = answer["cursor"]
        read += answer["points"]
        if not pair.fleet.dispatch.telling.tell_some() and cursor == pair.fleet.cursor:
            break
    assert sorted(read) == sorted(map(sfdi, range(FOLLOWERS)))


def test_what_comes_later_waits_until_the_story_before_was_told(pair: Pair) -> None:
    command(pair, duration=100)
    pair.now += 100
    pair.fleet.advance(pair.now)
    assert statuses(pair, 0) == [1, 5]
    assert statuses(pair, FOLLOWERS - 1) == [1]
    pair.fleet.dispatch.catch_up()
    assert statuses(pair, FOLLOWERS - 1) == [1, 5]


def test_a_device_is_told_before_it_is_gone_and_not_after(pair: Pair) -> None:
    command(pair)
    pair.fleet.remove(LAST)
    pair.fleet.dispatch.catch_up()
    of_last = [change.what for change in pair.changes if change.sfdi == LAST]
    assert of_last == ["registration", "control", "removal"]
    assert len(told(pair)) == FOLLOWERS
