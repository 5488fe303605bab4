"""Who is served next, and at which pause who cannot be reached is tried again."""

from __future__ import annotations

from typing import Any

import pytest

from ieee2030_5_agent.notifying.back_off import pause
from ieee2030_5_agent.notifying.lanes import Lane, Lanes, Limits
from ieee2030_5_agent.rest.targets import Endpoint


@pytest.mark.parametrize(
    ("failures", "failing_for", "seconds"),
    [(1, 0, 5), (2, 5, 10), (4, 35, 40), (5, 75, 60), (900, 1799, 60), (31, 1800, 300)],
)
def test_pauses(failures: int, failing_for: float, seconds: float) -> None:
    assert pause(failures, failing_for) == seconds


def lane(owner: str = "o", host: str = "h") -> Lane:
    return Lane(owner, Endpoint("http", host, 1))


def taken(lanes: Lanes) -> list[int]:
    return list(iter(lanes.take, None))


def test_lanes_are_served_in_turn() -> None:
    lanes = Lanes(Limits())
    for number, (owner, host) in enumerate([("a", "x"), ("a", "x"), ("b", "x"), ("c", "y")]):
        lanes.put(number, lane(owner, host))
    assert taken(lanes) == [0, 3, 2, 1]


@pytest.mark.parametrize(
    ("limits", "lane_of", "most"),
    [
        (Limits(total=3), lambda n: lane(f"o{n}", f"h{n}"), 3),
        (Limits(endpoint=3), lambda n: lane(f"o{n}", "h"), 3),
        (Limits(owner=3), lambda n: lane("o", f"h{n}"), 3),
    ],
    ids=["in all", "of an endpoint", "of an owner"],
)
def test_limits_hold_and_who_waits_is_next(limits: Limits, lane_of: Any, most: int) -> None:
    lanes = Lanes(limits)
    for number in range(9):
        lanes.put(number, lane_of(number))
    busy = taken(lanes)
    assert len(busy) == most == lanes.busy
    served = list(busy)
    while busy:
        lanes.done(lane_of(busy.pop(0)), answered=True)
        more = taken(lanes)
        busy += more
        served += more
        assert len(busy) <= most
    assert sorted(served) == list(range(9))
    assert (lanes.busy, len(lanes)) == (0, 0)


def test_endpoints_that_fail_leave_half_of_all_to_the_others() -> None:
    lanes = Lanes(Limits(total=4, endpoint=4))
    for number in range(8):
        lanes.join(lane(f"o{number}", f"bad{number}").endpoint)
        lanes.put(number, lane(f"o{number}", f"bad{number}"))
    while (busy := taken(lanes)) != []:
        for number in busy:
            lanes.done(lane(f"o{number}", f"bad{number}"), answered=False)
    for number in range(8):
        lanes.put(number, lane(f"o{number}", f"bad{number}"))
    assert len(taken(lanes)) == 2
    lanes.put(9, lane("good", "good"))
    assert taken(lanes) == [9]


def test_an_owner_that_hangs_at_an_endpoint_does_not_keep_others_from_it() -> None:
    lanes = Lanes(Limits())
    lanes.join(lane().endpoint)
    lanes.put(0, lane("evil"))
    assert taken(lanes) == [0]
    lanes.done(lane("evil"), answered=False)
    for number, owner in enumerate(["evil", "evil", "good", "good"]):
        lanes.put(number, lane(owner))
    assert sorted(taken(lanes)) == [0, 2]
    lanes.done(lane("good"), answered=True)  # it answers: no longer a suspect
    assert sorted(taken(lanes)) == [1, 3]


def test_what_waits_no_more_is_taken_out() -> None:
    lanes = Lanes(Limits())
    lanes.put(1, lane())
    lanes.drop(1, lane())
    lanes.drop(2, lane("other"))
    assert (len(lanes), lanes.take()) == (0, None)


def suspect(lanes: Lanes) -> bool:
    """Whether the endpoint is one: then an owner has one at a time there. Ends all turns."""
    for number in (100, 101):
        lanes.put(number, lane())
    most = len(taken(lanes))
    for _ in range(most):
        lanes.done(lane(), answered=None)
    if most == 1:
        assert taken(lanes) == [101]
        lanes.done(lane(), answered=None)
    return most == 1


@pytest.mark.parametrize(
    ("answered", "still"), [(True, False), (None, True), (False, True)], ids=str
)
def test_only_an_answer_clears_an_endpoint_that_failed(answered: bool | None, still: bool) -> None:
    lanes = Lanes(Limits())
    lanes.join(lane().endpoint)
    for outcome in (False, answered):
        lanes.put(1, lane())
        assert taken(lanes) == [1]
        lanes.done(lane(), outcome)
    assert suspect(lanes) is still


def test_an_endpoint_is_forgotten_with_its_last_subscription() -> None:
    lanes = Lanes(Limits())
    for _ in range(2):
        lanes.join(lane().endpoint)
    lanes.put(1, lane())
    assert taken(lanes) == [1]
    lanes.done(lane(), answered=False)
    lanes.leave(lane().endpoint)
    assert suspect(lanes)
    lanes.leave(lane().endpoint)
    lanes.join(lane().endpoint)
    assert not suspect(lanes)


def test_an_endpoint_whose_last_subscription_went_while_it_was_served_is_forgotten() -> None:
    lanes = Lanes(Limits())
    lanes.join(lane().endpoint)
    lanes.put(1, lane())
    assert taken(lanes) == [1]
    lanes.leave(lane().endpoint)
    lanes.done(lane(), answered=False)
    lanes.join(lane().endpoint)
    assert not suspect(lanes)
