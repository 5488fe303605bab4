"""The outbox by a clock that stands until it is moved: order, coalescing, back-off, the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pytest

from ieee2030_5_agent.model.changes import Changed
from ieee2030_5_agent.model.door import Door
from ieee2030_5_agent.model.registry import Registry
from ieee2030_5_agent.model.subscriptions import Ended, Subscription, Subscriptions
from ieee2030_5_agent.notifying.affected import ALL, EVERY, Key
from ieee2030_5_agent.notifying.lanes import Limits
from ieee2030_5_agent.notifying.outbox import (
    MOST_FAREWELLS,
    MOST_REFUSALS,
    QUEUED_AT_ONCE,
    TOGETHER_S,
    Outbox,
    Turn,
)
from tests.clock import START, Clock

HOUR = 3600
DAY = 24 * HOUR


class Device:
    """As much of an EndDevice as a subscription needs."""

    sfdi = "097935300833"


@dataclass
class Office:
    """An outbox whose changes and digests are those that the test says."""

    clock: Clock = field(default_factory=Clock)
    keys: list[Key] = field(default_factory=list)
    now_read: dict[str, bytes] = field(default_factory=dict)
    door: Door = field(init=False)
    subscriptions: Subscriptions = field(init=False)
    outbox: Outbox = field(init=False)
    limits: Limits | None = None

    def __post_init__(self) -> None:
        self.door = Door(self.clock, lambda: b"")
        self.subscriptions = Subscriptions(self.door, Registry())
        self.outbox = Outbox(
            self.subscriptions,
            lambda change: self.keys,
            lambda subscription: self.now_read.get(subscription.path, b"old"),
            lambda key: None,
            self.clock,
            lambda: self.clock() - START,
            self.limits,
        )
        self.door.listen(self.outbox.tell)

    def subscribe(self, path: str = "/a", uri: str = "http://h:1/", owner: str = "1") -> int:
        resource, _, number = path.strip("/").partition("/")
        wanted = Subscription(
            sfdi=owner,
            edev=0,
            anonymous=True,
            resource=resource,
            params={"n": int(number)} if number else {},
            path=path,
            subscribed_resource=path,
            notification_uri=uri,
            level="+S1",
            limit=1,
        )
        device: Any = Device()
        return self.subscriptions.put(device, wanted)[0].number

    def change(self, *keys: Key) -> None:
        self.keys = list(keys)
        self.door.emit("test", None, {})

    def turns(self) -> list[Turn]:
        """Whose turn it is now, all of them."""
        return list(self._turns())

    def _turns(self) -> Iterator[Turn]:
        while (turn := self.outbox.take()) is not None:
            yield turn

    def turn(self) -> Turn:
        (turn,) = self.turns()
        return turn

    def wait(self, seconds: float = TOGETHER_S + 0.001) -> None:
        self.clock.now += seconds
        self.door.advance(self.clock.now)


A: Key = ("a", None)


@pytest.fixture
def office() -> Office:
    return Office()


def crowded() -> tuple[Office, list[int]]:
    """Many subscriptions, all of which could be served at once; their numbers."""
    office = Office(limits=Limits(total=1000, owner=1000))
    return office, [office.subscribe(uri=f"http://h:{port}/") for port in range(1, 251)]


def test_a_change_of_many_queues_some_between_two_turns() -> None:
    office, numbers = crowded()
    office.change(A)
    office.change(("a", EVERY))
    office.wait()
    first = office.outbox.take()
    assert first is not None
    assert office.outbox.status()["waiting"] == QUEUED_AT_ONCE - 1
    turns = [first, *office.turns()]
    assert sorted(turn.subscription.number for turn in turns) == numbers


def test_who_is_gone_before_the_queue_is_not_told() -> None:
    office, numbers = crowded()
    office.change(A)
    office.wait()
    first = office.outbox.take()
    last = office.subscriptions.by_number(numbers[-1])
    assert first is not None
    assert last is not None
    office.subscriptions.remove(last)
    assert len(office.turns()) == len(numbers) - 2


def test_changes_within_a_moment_are_one_turn(office: Office) -> None:
    number = office.subscribe()
    office.change(A)
    assert office.turns() == []
    assert office.outbox.next_in() == pytest.approx(TOGETHER_S)
    office.change(A)
    office.wait()
    turn = office.turn()
    assert (turn.subscription.number, turn.told, turn.farewell) == (number, b"old", None)


@pytest.mark.parametrize(
    ("keys", "paths", "believed"),
    [
        ([("a", None)], ["/a"], False),
        ([("b", 1)], ["/b/1"], True),
        ([("b", EVERY)], ["/b/1", "/b/2"], False),
        ([("b", EVERY), ("b", 2)], ["/b/1", "/b/2"], None),
        ([ALL], ["/a", "/b/1", "/b/2"], False),
        ([("c", EVERY), ("c", 1), ("c", None)], [], None),
    ],
    ids=["no group", "one group", "every group", "both", "all", "nobody"],
)
def test_who_follows_what_was_touched_has_a_turn(
    office: Office, keys: list[Key], paths: list[str], believed: bool | None
) -> None:
    for path in ("/a", "/b/1", "/b/2"):
        office.subscribe(path)
    office.change(*keys)
    office.wait()
    turns = office.turns()
    assert sorted(turn.subscription.path for turn in turns) == paths
    if believed is not None:
        assert {turn.believed for turn in turns} == {believed}


def test_what_nobody_follows_costs_nothing(office: Office) -> None:
    office.subscribe("/b/1")
    office.change(A, ("b", 2), ("c", EVERY))
    assert office.outbox.next_in() is None


def test_one_turn_at_a_time_and_what_comes_meanwhile_is_next(office: Office) -> None:
    office.subscribe()
    office.change(A)
    office.wait()
    first = office.turn()
    for _ in range(3):
        office.change(A)
        office.wait()
        assert office.turns() == []
    office.outbox.delivered(first, b"new")
    second = office.turn()
    assert second.told == b"new"
    office.outbox.unchanged(second, b"new")
    assert office.turns() == []


def test_a_change_of_this_very_resource_is_remembered_until_it_was_told(office: Office) -> None:
    office.subscribe("/b/1")
    office.change(("b", 1))
    office.wait()
    turn = office.turn()
    assert turn.believed
    office.outbox.failed(turn, "down")
    office.wait(60)
    turn = office.turn()
    assert turn.believed
    office.change(("b", 1))  # one more while it is on its way
    office.wait()
    office.outbox.delivered(turn, b"new")
    turn = office.turn()
    assert turn.believed
    office.outbox.delivered(turn, b"newer")
    office.change(("b", EVERY))
    office.wait()
    assert not office.turn().believed


def test_who_cannot_be_reached_is_tried_more_and_more_seldom(office: Office) -> None:
    office.subscribe()
    office.change(A)
    office.wait()
    tries = [0.0]
    began = office.clock.now
    while tries[-1] < 2 * HOUR:
        office.outbox.failed(office.turn(), "down")
        office.change(A)  # changes do not bring the next try forward
        office.wait()
        assert office.turns() == []
        office.clock.now += (office.outbox.next_in() or 0) + 1e-6
        tries.append(office.clock.now - began)
    assert tries[:6] == pytest.approx([0, 5, 15, 35, 75, 135], abs=0.01)
    young = [b - a for a, b in pairwise(tries) if a < 30 * 60]
    assert max(young) <= 60.01  # at least once a minute
    assert tries[-1] - tries[-2] == pytest.approx(300)


def test_after_an_outage_the_state_of_then_is_told_once(office: Office) -> None:
    office.subscribe()
    office.change(A)
    office.wait()
    office.outbox.failed(office.turn(), "503")
    for _ in range(5):
        office.wait(60)
        office.change(A)
        office.wait()
        for turn in office.turns():
            office.outbox.failed(turn, "503")
    office.wait(60)
    office.outbox.delivered(office.turn(), b"newest")
    office.wait(HOUR)
    assert office.turns() == []
    assert office.outbox.status()["failing"] == 0


def test_a_client_that_renews_is_tried_at_once(office: Office) -> None:
    office.subscribe()
    office.change(A)
    office.wait()
    office.outbox.failed(office.turn(), "down")
    assert office.turns() == []
    office.subscribe()
    assert office.turn().subscription.path == "/a"


def test_after_a_failure_it_is_not_known_what_was_told(office: Office) -> None:
    office.subscribe()
    office.change(A)
    office.wait()
    turn = office.turn()
    assert turn.told == b"old"
    office.outbox.failed(turn, "the answer was lost")
    office.wait(5)
    assert office.turn().told is None


def test_who_is_gone_for_a_day_is_dropped_and_told_so_in_vain_a_few_times(office: Office) -> None:
    number = office.subscribe()
    office.change(A)
    office.wait()
    office.outbox.failed(office.turn(), "down")
    while office.subscriptions.by_number(number) is not None:
        office.wait(300)
        for turn in office.turns():
            assert turn.farewell is None
            office.outbox.failed(turn, "down")
    assert office.clock.now - START == pytest.approx(DAY, abs=700)
    for _ in range(MOST_FAREWELLS):
        turn = office.turn()
        assert turn.farewell is Ended.CANCELLED
        office.outbox.failed(turn, "down")
        office.wait(300)
    assert office.turns() == []
    assert office.outbox.status()["failing"] == 0
    assert office.subscriptions.ending == {}


def test_nothing_more_to_tell_ends_a_run_of_failures(office: Office) -> None:
    number = office.subscribe()
    office.change(A)
    office.wait()
    office.outbox.failed(office.turn(), "down")
    office.wait(5)
    office.outbox.unchanged(office.turn(), None)
    state = office.outbox.state(number)
    assert (state["failures"], state["problem"]) == (0, None)
    office.wait(25 * HOUR)
    office.change(A)
    office.wait()
    office.outbox.failed(office.turn(), "down")
    assert office.subscriptions.by_number(number) is not None


def test_who_refuses_is_not_told_the_same_again_and_soon_dropped(office: Office) -> None:
    number = office.subscribe()
    for count in range(MOST_REFUSALS):
        office.change(A)
        office.wait()
        office.outbox.refused(office.turn(), b"%d" % count, "404")
        office.wait(HOUR)
    assert office.subscriptions.by_number(number) is None
    turn = office.turn()
    assert turn.farewell is Ended.CANCELLED
    office.outbox.refused(turn, None, "404")
    assert office.turns() == []


def test_one_that_is_taken_forgives_refusals(office: Office) -> None:
    number = office.subscribe()
    for count in range(MOST_REFUSALS * 2):
        office.change(A)
        office.wait()
        turn = office.turn()
        if count % 2:
            office.outbox.delivered(turn, b"%d" % count)
        else:
            office.outbox.refused(turn, b"%d" % count, "400")
    assert office.subscriptions.by_number(number) is not None


def test_the_end_is_told_after_what_is_on_its_way(office: Office) -> None:
    number = office.subscribe()
    office.change(A)
    office.wait()
    turn = office.turn()
    subscription = office.subscriptions.by_number(number)
    assert subscription is not None
    office.subscriptions.remove(subscription, Ended.DELETED)
    assert office.turns() == []
    office.outbox.failed(turn, "down")
    office.wait(60)
    assert office.turn().farewell is Ended.DELETED


def test_the_end_is_not_told_to_who_wanted_it(office: Office) -> None:
    number = office.subscribe()
    office.change(A)
    office.wait()
    turn = office.turn()
    office.change(A)
    subscription = office.subscriptions.by_number(number)
    assert subscription is not None
    office.subscriptions.remove(subscription)
    office.outbox.delivered(turn, b"new")
    office.wait(HOUR)
    assert office.turns() == []
    assert office.outbox.status()["in_flight"] == 0


def test_a_resource_that_is_gone_ends_the_subscription(office: Office) -> None:
    office.subscribe()
    office.change(A)
    office.wait()
    office.outbox.over(office.turn(), Ended.DELETED)
    turn = office.turn()
    assert turn.farewell is Ended.DELETED
    office.outbox.delivered(turn, None)
    assert (office.turns(), list(office.subscriptions.listed)) == ([], [])


def test_what_is_subscribed_to_instead_is_told_of_from_then_on(office: Office) -> None:
    number = office.subscribe()
    office.change(A)
    office.wait()
    turn = office.turn()
    subscription = office.subscriptions.by_number(number)
    assert subscription is not None
    office.now_read["/b/1"] = b"other"
    wanted = Subscription(
        **{
            name: getattr(subscription, name)
            for name in Subscription.__slots__  # type: ignore[attr-defined]  # of slots=True
        }
        | {"path": "/b/1", "resource": "b", "params": {"n": 1}}
    )
    device: Any = Device()
    office.subscriptions.change(device, subscription, wanted)
    office.outbox.delivered(turn, b"new")  # what was on its way was of the former
    office.change(("b", 1))
    office.wait()
    turn = office.turn()
    assert (turn.subscription.path, turn.told) == ("/b/1", b"other")


def test_the_operator_is_told_how_it_goes(office: Office) -> None:
    good, bad = office.subscribe("/a", "http://good/"), office.subscribe("/a", "http://bad/")
    office.change(A)
    office.wait()
    for turn in office.turns():
        if turn.subscription.number == good:
            office.outbox.delivered(turn, b"new")
        else:
            office.outbox.failed(turn, "down")
    assert office.outbox.status() == {
        "subscriptions": 2,
        "waiting": 0,
        "in_flight": 0,
        "failing": 1,
        "sent": 1,
        "refused": 0,
        "failed": 1,
        "ended": 0,
    }
    assert office.outbox.state(good)["sent"] == 1
    state = office.outbox.state(bad)
    assert (state["failures"], state["problem"]) == (1, "down")
    assert state["retry_at"] == pytest.approx(office.clock.now + 5)
    assert office.outbox.state(99)["sent"] == 0


def test_other_changes_of_subscriptions_are_no_news(office: Office) -> None:
    """A Changed of a subscription that is gone again by the time it is heard of."""
    office.outbox.tell(Changed("subscription", None, 0.0, {}, {"number": 9, "change": "created"}))
    office.outbox.tell(
        Changed("subscription_removal", None, 0.0, {}, {"number": 9, "status": None})
    )
    assert office.turns() == []


# --- expiry --------------------------------------------------------------------------------------


def test_each_subscription_ends_when_it_was_not_renewed_in_time(office: Office) -> None:
    first, second, third = (office.subscribe(path) for path in ("/a", "/b/1", "/b/2"))
    office.wait(40 * HOUR)
    office.subscribe("/a")  # the first is renewed
    office.wait(8 * HOUR - 1)
    assert len(office.subscriptions.listed) == 3
    office.wait(1)
    assert [one.number for one in office.subscriptions.listed] == [first]
    office.subscriptions.configure(1000, 24 * HOUR)
    office.wait(16 * HOUR - 1)
    assert [one.number for one in office.subscriptions.listed] == [first]
    office.wait(1)
    assert list(office.subscriptions.listed) == []
    again = office.subscribe("/a")
    office.wait(24 * HOUR)
    assert (second, third, again) == (1, 2, 3)
    assert list(office.subscriptions.listed) == []


def test_a_clock_that_is_set_forward_ends_nothing_that_is_young(office: Office) -> None:
    ran = [0.0]
    office.subscriptions.timer = lambda: ran[0]
    office.subscribe("/a")
    office.wait(90 * DAY)
    assert len(office.subscriptions.listed) == 1
    for seconds, left in ((48 * HOUR - 1, 1), (1, 0)):
        ran[0] += seconds
        office.wait(seconds)
        assert len(office.subscriptions.listed) == left


def test_renewals_and_who_comes_and_goes_leave_one_entry_in_the_agenda(office: Office) -> None:
    for count in range(100):
        office.subscribe("/a")
        gone = office.subscriptions.by_number(office.subscribe("/b/1", f"http://h:1/{count}"))
        assert gone is not None
        office.subscriptions.remove(gone)
        office.wait(1)
    assert len(office.door._agenda) == 1


def test_a_subscription_that_goes_elsewhere_leaves_its_endpoint(office: Office) -> None:
    number = office.subscribe()
    subscription = office.subscriptions.by_number(number)
    assert subscription is not None
    office.change(A)
    office.wait()
    office.outbox.failed(office.turn(), "down")
    device: Any = Device()
    moved = replace(subscription, notification_uri="http://other:1/")
    office.subscriptions.change(device, subscription, moved)
    assert office.turn().lane.endpoint.host == "other"
    for path in ("/b/1", "/b/2"):  # whose endpoint is no suspect any more
        office.subscribe(path)
    office.change(("b", 1), ("b", 2))
    office.wait()
    assert len(office.turns()) == 2
