"""The outbox: for each subscription whether it has something to be told, and what became of it.

Nothing is kept to be sent: what a subscriber is told is what it would read at that moment, so a
subscriber that is slow misses states in between, but never gets an older one after a newer one.
At most one notification of a subscription is on its way. Time is an argument of everything.
"""

from __future__ import annotations

import heapq
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, cast

from ..model.changes import Changed
from ..model.subscriptions import Ended, Subscription, Subscriptions
from ..rest.targets import parse_target
from .affected import ALL, EVERY, Key
from .back_off import pause
from .lanes import Lane, Lanes, Limits

_log = logging.getLogger(__name__)

# Changes that come together are told together: an order of several steps is one change.
TOGETHER_S = 0.1
# So many subscriptions are queued between two turns: a change of thousands holds nobody else up.
QUEUED_AT_ONCE = 100
# So many notifications in a row that a subscriber refuses (3xx, 4xx): it does not want any.
MOST_REFUSALS = 3
# How often it is tried to tell a subscriber that its subscription is over.
MOST_FAREWELLS = 5


@dataclass(frozen=True, slots=True)
class Turn:
    """A subscription whose turn it is, as it is then.

    ``told``: a digest of what the subscriber knows, None where that is not known. ``believed``: a
    change was of this very resource, so that it counts also where the digest does not reach.
    ``farewell``: the status to end with.
    """

    subscription: Subscription
    lane: Lane
    told: bytes | None
    believed: bool
    farewell: Ended | None


@dataclass(slots=True, eq=False)
class _Entry:
    """One subscription and its state. ``again``: it changed while its turn lasts."""

    subscription: Subscription
    lane: Lane
    told: bytes | None = None
    believed: bool = False
    farewell: Ended | None = None
    queued: bool = False
    turn: Turn | None = None
    again: bool = False
    failures: int = 0
    failing_since: float = 0.0
    retry_at: float | None = None
    refusals: int = 0
    sent: int = 0
    last_sent: float | None = None
    problem: str | None = None


class Outbox:
    """Listens to changes, gives out whom to notify, takes back how that went."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        affected: Callable[[Changed], Iterable[Key]],
        digest: Callable[[Subscription], bytes | None],
        forget: Callable[[Key], None],
        clock: Callable[[], float],
        timer: Callable[[], float],
        limits: Limits | None = None,
    ) -> None:
        """``digest``: of what a subscriber would read now. ``forget``: hears first that it may be
        another. ``timer``: what pauses are measured by, which nobody sets back."""
        self.give_up_s: float = 24 * 3600
        self.wake: Callable[[], None] = lambda: None
        self._subscriptions = subscriptions
        self._affected = affected
        self._digest = digest
        self._forget_content = forget
        self._clock = clock
        self._timer = timer
        self._entries: dict[int, _Entry] = {}
        self._lanes = Lanes(limits or Limits())
        self._retries: list[tuple[float, int]] = []
        self._touched: dict[Key, None] = {}
        self._touched_at: float | None = None
        # Subscriptions that are still to be queued, and whether they are believed.
        self._concerned: dict[int, bool] = {}
        # Subscriptions that had ended, their subscribers not told, when the store was read.
        self._owed: frozenset[int] = frozenset()
        self._counts: Counter[str] = Counter()

    def follow(
        self, subscriptions: Subscriptions, affected: Callable[[Changed], Iterable[Key]]
    ) -> None:
        """Goes on with the subscriptions of another fleet, as the store has them."""
        self._subscriptions, self._affected = subscriptions, affected
        self._owed = frozenset(subscriptions.ending)
        self._forget_content(ALL)
        for number, entry in list(self._entries.items()):
            known = subscriptions.by_number(number)
            if known is not None:
                entry.farewell = None
                self._take_over(entry, known)
            elif number not in subscriptions.ending:
                self._forget(entry)

    # --- what happens --------------------------------------------------------------------------

    def tell(self, change: Changed) -> None:
        """A listener of the fleet. Costs what the change touches, not what is subscribed."""
        if not self._entries and not self._anybody(ALL):
            self._forget_content(ALL)
            return
        if change.what == "subscription":
            self._on_subscription(change)
            return
        if change.what == "subscription_removal":
            self._on_removal(change)
            return
        for key in self._affected(change):
            self._forget_content(key)
            if key not in self._touched and self._anybody(key):
                self._touched[key] = None
                if self._touched_at is None:
                    self._touched_at = self._timer()
                    self.wake()

    def _anybody(self, key: Key) -> bool:
        name, group = key
        if key == ALL:
            return bool(self._subscriptions.listed or self._subscriptions.ending)
        if group == EVERY:
            return self._subscriptions.anything_about(name)
        return bool(self._subscriptions.about(name, group))

    def _on_subscription(self, change: Changed) -> None:
        subscription = self._subscriptions.by_number(_number(change))
        if subscription is None:
            return
        if change.detail["change"] == "created":
            # What it reads now is known to the client, or will be read by it at once.
            self._entry(subscription).told = self._digest(subscription)
            return
        entry = self._entry(subscription)
        other = entry.subscription.path != subscription.path
        self._take_over(entry, subscription)
        if other:
            entry.told = self._digest(subscription)
        # A client that renews is there again.
        entry.failures, entry.refusals = 0, 0
        if entry.retry_at is not None:
            entry.retry_at = None
            self._queue(entry)

    def _on_removal(self, change: Changed) -> None:
        number = _number(change)
        ended = self._subscriptions.ending.get(number)
        if ended is not None:
            self._end_with(ended)
        elif number in self._entries:
            self._forget(self._entries[number])

    def _end_with(self, ended: Subscription) -> None:
        """Has the subscriber told that it is over, also by a process that did not see it end."""
        entry = self._entry(ended)
        if entry.farewell is not None:
            return
        self._unqueue(entry)
        entry.again, entry.retry_at = False, None
        self._counts["ended"] += 1
        entry.farewell, entry.failures = ended.ended, 0
        self._mark(entry, believed=False)

    # --- whom to notify ------------------------------------------------------------------------

    def next_in(self) -> float | None:
        """In how many seconds ``take`` may have somebody, as far as time decides: None: never."""
        times = [] if self._touched_at is None else [self._touched_at + TOGETHER_S]
        if self._retries:
            times.append(self._retries[0][0])
        return min(times) - self._timer() if times else None

    def take(self) -> Turn | None:
        """The next turn; it lasts until one of ``unchanged``, ``delivered``, ... is called."""
        now = self._timer()
        if self._touched_at is not None and self._touched_at + TOGETHER_S <= now:
            self._expand()
        while self._retries and self._retries[0][0] <= now:
            self._retry(*heapq.heappop(self._retries))
        self._queue_some()
        while (number := self._lanes.take()) is None:
            if not self._concerned:
                return None
            self._queue_some()
        entry = self._entries[number]
        entry.turn = Turn(
            entry.subscription, entry.lane, entry.told, entry.believed, entry.farewell
        )
        entry.queued = entry.again = entry.believed = False
        return entry.turn

    def _expand(self) -> None:
        """From the resources that were touched to the subscriptions that follow them."""
        touched, self._touched, self._touched_at = self._touched, {}, None
        concerned = self._concerned
        if ALL in touched:
            for subscription in self._subscriptions.listed:
                concerned.setdefault(subscription.number, False)
            # Once it is configured where notifications may go.
            for number in self._owed:
                concerned.setdefault(number, False)
        about = self._subscriptions
        for name, group in touched:
            every = group == EVERY
            believed = group is not None and not every
            for number in about.about_all(name) if every else about.about(name, group):
                concerned[number] = believed or concerned.get(number, False)

    def _queue_some(self) -> None:
        """Queues some of those that a change concerns, as far as they are still there."""
        for number in list(islice(self._concerned, QUEUED_AT_ONCE)):
            believed = self._concerned.pop(number)
            followed = self._subscriptions.by_number(number)
            if followed is not None:
                self._mark(self._entry(followed), believed)
            elif number in self._owed and number in self._subscriptions.ending:
                self._end_with(self._subscriptions.ending[number])

    def _retry(self, at: float, number: int) -> None:
        entry = self._entries.get(number)
        if entry is not None and entry.retry_at == at:
            entry.retry_at = None
            self._queue(entry)

    def _entry(self, subscription: Subscription) -> _Entry:
        """The state of a subscription; of one that was restored it is not known what was told."""
        entry = self._entries.get(subscription.number)
        if entry is None:
            entry = _Entry(subscription, _lane(subscription))
            self._entries[subscription.number] = entry
            self._lanes.join(entry.lane.endpoint)
        return entry

    def _take_over(self, entry: _Entry, subscription: Subscription) -> None:
        """The subscription as it is now, which may go elsewhere."""
        self._unqueue(entry)
        former, entry.subscription, entry.lane = entry.lane, subscription, _lane(subscription)
        self._lanes.join(entry.lane.endpoint)
        self._lanes.leave(former.endpoint)

    def _mark(self, entry: _Entry, believed: bool) -> None:
        entry.believed = entry.believed or believed
        if entry.turn is not None:
            entry.again = True
        elif not entry.queued and entry.retry_at is None:
            self._queue(entry)

    def _queue(self, entry: _Entry) -> None:
        if entry.turn is not None:
            entry.again = True
            return
        entry.queued = True
        self._lanes.put(entry.subscription.number, entry.lane)
        self.wake()

    def _unqueue(self, entry: _Entry) -> None:
        if entry.queued:
            entry.queued = False
            self._lanes.drop(entry.subscription.number, entry.lane)

    # --- how it went ---------------------------------------------------------------------------

    def unchanged(self, turn: Turn, told: bytes | None) -> None:
        """There was nothing to tell. ``told``: what it knows, None when that is not known."""
        entry = self._end_turn(turn)
        if entry is not None:
            if entry.failures:
                # What could not be told is over, and with it the run of failures.
                entry.failures, entry.problem = 0, None
            self._knows(entry, turn, told)
            self._go_on(entry)

    def delivered(self, turn: Turn, told: bytes | None) -> None:
        """The subscriber took it."""
        self._counts["sent"] += 1
        entry = self._end_turn(turn, answered=True)
        if entry is not None:
            entry.sent += 1
            entry.last_sent = self._clock()
            entry.failures = entry.refusals = 0
            entry.problem = None
            self._knows(entry, turn, told)
            self._go_on(entry)

    def refused(
        self, turn: Turn, told: bytes | None, problem: str, answered: bool | None = True
    ) -> None:
        """The subscriber does not want it: it is not told again, and soon nothing at all.

        ``answered``: None where it may not even be asked.
        """
        self._counts["refused"] += 1
        entry = self._end_turn(turn, answered)
        if entry is None:
            return
        entry.failures = 0
        entry.refusals += 1
        entry.problem = problem
        self._knows(entry, turn, told)
        self._go_on(entry)
        if entry.refusals >= MOST_REFUSALS:
            self._end(entry, f"the last {entry.refusals} notifications were refused: {problem}")

    def failed(self, turn: Turn, problem: str) -> None:
        """It did not get there: what is true then is sent later."""
        self._counts["failed"] += 1
        entry = self._end_turn(turn, answered=False)
        if entry is None:
            return
        now = self._timer()
        if entry.failures == 0:
            entry.failing_since = now
        entry.failures += 1
        entry.problem = problem
        entry.believed = entry.believed or turn.believed
        # It may have arrived all the same, with its answer lost: then even what was told before
        # is news.
        self._knows(entry, turn, None)
        failing_for = now - entry.failing_since
        if turn.farewell is not None and entry.failures >= MOST_FAREWELLS:
            self._told_end(entry)
            return
        entry.retry_at = now + pause(entry.failures, failing_for)
        heapq.heappush(self._retries, (entry.retry_at, entry.subscription.number))
        if failing_for >= self.give_up_s:
            self._end(entry, f"nothing got there for {failing_for:.0f} s: {problem}")

    def over(self, turn: Turn, status: Ended) -> None:
        """The resource can be followed no more."""
        entry = self._end_turn(turn)
        if entry is not None:
            if entry.again:
                self._queue(entry)
            self._remove(entry, status)

    def current(self, turn: Turn) -> bool:
        """Whether a turn still is what is to be told: not of what was deleted or changed since."""
        entry = self._entries.get(turn.subscription.number)
        if entry is None or entry.turn is not turn or entry.farewell is not turn.farewell:
            return False
        return replace(entry.subscription, renewed=turn.subscription.renewed) == turn.subscription

    def put_back(self, turn: Turn) -> None:
        """Nothing was sent, for the turn was current no more: what is true now is next."""
        entry = self._end_turn(turn)
        if entry is not None:
            entry.believed = entry.believed or turn.believed
            self._queue(entry)

    def _end_turn(self, turn: Turn, answered: bool | None = None) -> _Entry | None:
        """The entry whose turn it was; None when its subscription is gone."""
        self._lanes.done(turn.lane, answered)
        self.wake()
        entry = self._entries.get(turn.subscription.number)
        if entry is not None:
            entry.turn = None
        return entry

    def _knows(self, entry: _Entry, turn: Turn, told: bytes | None) -> None:
        if entry.subscription.path == turn.subscription.path:
            entry.told = told

    def _go_on(self, entry: _Entry) -> None:
        """What came meanwhile is next; who was told the end is forgotten."""
        if entry.again:
            self._queue(entry)
        elif entry.farewell is not None:
            self._told_end(entry)

    def _end(self, entry: _Entry, why: str) -> None:
        _log.info("Subscription %s ends: %s", entry.subscription.number, why)
        self._remove(entry, Ended.CANCELLED)

    def _remove(self, entry: _Entry, status: Ended) -> None:
        if entry.farewell is None:
            self._subscriptions.remove(entry.subscription, status)

    def _told_end(self, entry: _Entry) -> None:
        self._subscriptions.told_end(entry.subscription.number)
        self._forget(entry)

    def _forget(self, entry: _Entry) -> None:
        self._unqueue(entry)
        self._lanes.leave(entry.lane.endpoint)
        del self._entries[entry.subscription.number]

    # --- questions of the operator -------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """Counters since start: JSON types."""
        return {
            "subscriptions": len(self._subscriptions.listed),
            "waiting": len(self._lanes),
            "in_flight": self._lanes.busy,
            "failing": sum(1 for entry in self._entries.values() if entry.failures),
            **{name: self._counts[name] for name in ("sent", "refused", "failed", "ended")},
        }

    def state(self, number: int) -> dict[str, Any]:
        """How the notifications of a subscription fare: JSON types."""
        entry = self._entries.get(number)
        if entry is None:
            return {"sent": 0, "last_sent": None, "failures": 0, "retry_at": None, "problem": None}
        retry_in = None if entry.retry_at is None else entry.retry_at - self._timer()
        return {
            "sent": entry.sent,
            "last_sent": entry.last_sent,
            "failures": entry.failures,
            "retry_at": None if retry_in is None else self._clock() + retry_in,
            "problem": entry.problem,
        }


def _number(change: Changed) -> int:
    return cast(int, change.detail["number"])


def _lane(subscription: Subscription) -> Lane:
    return Lane(subscription.sfdi, parse_target(subscription.notification_uri).endpoint)
