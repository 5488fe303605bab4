"""Polls every device exactly once per interval, whatever happens to the configuration.

platform.driver's own StaticCyclicPollScheduler starts all polls of a group again, without ending
those that run, each time a device is added or its interval changes: the first of five devices
added to a running driver is polled fifteen times per interval. It also goes on polling with the
interval that a device had before, forgets to poll a device that was deleted and added again, and
doubles everything when the driver's own configuration is updated.

``take_charge`` puts the class of this module in place of the stock one, in the groups that have
an IEEE 2030.5 device. A group for which the operator configured another class keeps it.
"""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any
from weakref import WeakKeyDictionary

from gevent.event import Event
from platform_driver.config import GroupConfig
from platform_driver.poll_scheduler import (
    PollScheduler,
    PollSet,
    StaticCyclicPollScheduler,
)

from .timetable import Entry, Timetable

_log = logging.getLogger(__name__)

STOCK = StaticCyclicPollScheduler
# The longest sleep between two looks at the clock: it may have been set.
LONGEST_SLEEP_S = 5.0
# Devices that are polled too slowly are not due at the same moment: they are gathered so long.
GATHER_S = 10.0

# The groups of each platform.driver that have devices of ours. The timetable belongs to the group,
# not to the scheduler: when platform.driver makes new schedulers, each due time is still given
# out once only.
_timetables: WeakKeyDictionary[Any, dict[str, Timetable[Any]]] = WeakKeyDictionary()
# By group, why points of a remote are not polled: logged when it changes.
_complaints: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()


class IntervalPollScheduler(StaticCyclicPollScheduler):
    """Polls what ``PollScheduler.poll_sets`` holds for its group, each set in its own rhythm.

    Unlike the stock class it plans nothing ahead: at each due time it looks up what is to be
    polled then. Remotes keep the group's ``minimum_polling_interval`` between them.
    """

    def __init__(
        self, data_model: Any, group: str, group_config: GroupConfig, **kwargs: object
    ) -> None:
        super().__init__(data_model, group, group_config, **kwargs)
        rhythm = (group_config.minimum_polling_interval, group_config.start_offset_seconds)
        timetables = _timetables.setdefault(data_model.agent, {})
        if group not in timetables or timetables[group].rhythm != rhythm:
            timetables[group] = Timetable(*rhythm)
        self.timetable = timetables[group]
        self._changed = Event()
        self._runner: Any = None
        # Entries whose poll is under way, and whether they were due again meanwhile.
        self._running: dict[Entry[Any], bool] = {}
        self._slow: set[Entry[Any]] = set()
        # How many devices the log was told of, and when it may be told of more.
        self._told_slow = 0
        self._tell_more_at = float("-inf")

    # -- what platform.driver calls --

    def _prepare_to_schedule(self) -> None:
        """Puts new poll sets into the timetable; those that are gone leave it when they are due.

        platform.driver calls this (by schedule()) at any time and any number of times.
        """
        _sort_out_strays(self.data_model)
        now = time.time()
        # In this order, so that slots follow the configuration.
        for remote, by_interval in PollScheduler.poll_sets.get(self.group, {}).items():
            problems = []
            for interval, poll_set in by_interval.items():
                try:
                    self.timetable.add(Entry(remote, interval), now)
                except ValueError as error:  # platform.driver takes any interval
                    problems.append(f"{len(poll_set.points)} of its points: {error}")
            self._complain(remote, "; ".join(problems))

    def _schedule_polling(self) -> None:
        last = self.timetable.last_due()
        if last is not None:
            # From when on platform.driver publishes "all" topics: every point has a value then.
            self.start_all_datetime = datetime.fromtimestamp(last, UTC)
        self._changed.set()
        if self._runner is None:
            _log.info("group %s: each device is polled once per interval", self.group)
            self._runner = self.data_model.agent.core.spawn(self._run)

    def _complain(self, remote: Any, complaint: str) -> None:
        complaints = _complaints.setdefault(remote, {})
        if complaint and complaint != complaints.get(self.group):
            _log.warning("%s is not polled: %s", remote.unique_id[0], complaint)
        complaints[self.group] = complaint

    @classmethod
    def remove_from_schedule(cls, point: Any, data_model: Any) -> bool:
        """Removes a point from wherever it is polled.

        The stock method looks under the interval that the device has now, and fails when the
        last point is removed once for each of several groups. A set without points is dropped
        when it is due.
        """
        remote = data_model.get_remote(point.identifier)
        removed = False
        for _, _, poll_set in _sets_of(remote):
            if point.identifier in poll_set.points:
                poll_set.remove(point)
                removed = True
        return removed

    def get_schedule(self, full_topics: bool = False) -> dict[str, Any]:
        """``{interval: {offset within it: {remote: [points]}}}``, in seconds."""
        schedule: dict[str, Any] = {}
        for entry in self.timetable.entries:
            poll_set = self._poll_set(entry)
            points = list(poll_set.points.keys()) if poll_set else []
            offsets = schedule.setdefault(str(entry.interval), {})
            remotes = offsets.setdefault(str(self.timetable.offset(entry)), {})
            remotes[str(entry.remote.unique_id)] = [
                point if full_topics else point.rsplit("/", 1)[-1] for point in points
            ]
        return schedule

    # -- polling --

    def _run(self) -> None:
        while self.in_charge:
            try:
                self.poll_due(time.time())
            except Exception:  # noqa: BLE001 the outermost edge of a greenlet
                # A set that cannot be polled must not end the polling of all others.
                _log.exception("group %s: polls were left out", self.group)
            due = self.timetable.next_due()
            pause = LONGEST_SLEEP_S if due is None else due - time.time()
            self._changed.wait(min(max(pause, 0.0), LONGEST_SLEEP_S))
            self._changed.clear()

    @property
    def in_charge(self) -> bool:
        """False once platform.driver has made another scheduler for the group."""
        return self.data_model.agent.poll_schedulers.get(self.group) is self

    def poll_due(self, now: float) -> None:
        """Starts the polls that are due; each is due once per interval.

        One whose last poll still runs is left out: polls would pile up on a slow bus or agent.
        """
        due: dict[Any, dict[Entry[Any], Any]] = {}
        for entry in self.timetable.take_due(now):
            poll_set = self._poll_set(entry)
            if poll_set is not None and _has_points(poll_set):
                if not self._still_runs(entry):
                    due.setdefault(entry.remote, {})[entry] = poll_set
            else:
                # Deleted or stopped. When it comes back it will be scheduled again.
                self.timetable.discard(entry)
                self._slow.discard(entry)
                _drop_set(self.group, entry.remote, entry.interval)
        for remote, poll_sets in due.items():
            # Points of one remote that are due together are read together.
            self._running.update(dict.fromkeys(poll_sets, False))
            self.data_model.agent.core.spawn(self._poll, remote, poll_sets)
        self._tell_slow(now)

    def _poll(self, remote: Any, poll_sets: dict[Entry[Any], Any]) -> None:
        try:
            ready_to_poll = getattr(remote.interface, "ready_to_poll", None)
            if ready_to_poll is None or ready_to_poll():
                remote.poll_data(reduce(or_, poll_sets.values()))
        finally:
            for entry in poll_sets:
                due_meanwhile = self._running.pop(entry)
                if not due_meanwhile:
                    self._slow.discard(entry)

    def _still_runs(self, entry: Entry[Any]) -> bool:
        if entry not in self._running:
            return False
        self._running[entry] = True
        self._slow.add(entry)
        return True

    def _tell_slow(self, now: float) -> None:
        """One line for all devices: when the agent is slow, all of them are."""
        slow = {entry.remote.unique_id[0] for entry in self._slow}
        if self._told_slow and not slow:
            self._told_slow = 0
            _log.info("group %s: all devices are polled in time again", self.group)
        elif len(slow) > self._told_slow and now >= self._tell_more_at:
            self._told_slow, self._tell_more_at = len(slow), now + GATHER_S
            _log.warning(
                "group %s: %d devices: polls are left out, they outlast the interval: %s%s",
                self.group,
                len(slow),
                min(slow),
                ", ..." if len(slow) > 1 else "",
            )

    def _poll_set(self, entry: Entry[Any]) -> Any:
        sets = PollScheduler.poll_sets.get(self.group, {})
        return sets.get(entry.remote, {}).get(entry.interval)


def take_charge(agent: Any, groups: Iterable[str]) -> None:
    """Makes sure that these groups are polled by IntervalPollScheduler.

    Before the driver has set up a group it suffices to configure the class; a stock scheduler
    that runs already is replaced, and goes on in the rhythm that it has.
    """
    if agent not in _timetables:
        agent.vip.config.subscribe(_on_driver_config(agent), actions=["UPDATE"], pattern="config")
    timetables = _timetables.setdefault(agent, {})
    for group in timetables.keys() | set(groups):
        # A group that is not configured gets the defaults, as the driver itself would do.
        config = agent.config.groups.setdefault(group, GroupConfig())
        chosen = (config.poll_scheduler_module, config.poll_scheduler_class_name)
        if chosen == (STOCK.__module__, STOCK.__name__):
            config.poll_scheduler_module = __name__
            config.poll_scheduler_class_name = IntervalPollScheduler.__name__
        current = agent.poll_schedulers.get(group)
        if type(current) is STOCK:
            _retire_stock(current)
            scheduler = IntervalPollScheduler(agent.equipment_tree, group, config)
            agent.poll_schedulers[group] = scheduler
            scheduler.schedule()


def forget(remote: Any) -> None:
    """Removes all poll sets of a remote that is about to be configured anew."""
    for group, interval, _ in list(_sets_of(remote)):
        _drop_set(group, remote, interval)


def _on_driver_config(agent: Any) -> Callable[..., None]:
    """An update of the driver's own configuration brings the stock class back."""
    reference = weakref.ref(agent)  # its own subscription must not keep it alive

    def updated(*_: object) -> None:
        # Called before or after the driver's own handler, in no fixed order. A greenlet runs
        # when that handler first waits (the new configuration is in place then, the schedulers
        # are not yet made of it) or when it is through.
        driver = reference()
        if driver is not None:
            driver.core.spawn(take_charge, driver, ())

    return updated


def _sets_of(remote: Any) -> list[tuple[str, float, Any]]:
    """All poll sets of a remote, in whatever group and interval."""
    return [
        (group, interval, poll_set)
        for group, remotes in PollScheduler.poll_sets.items()
        for interval, poll_set in remotes.get(remote, {}).items()
    ]


def _drop_set(group: str, remote: Any, interval: float) -> None:
    """Poll sets keep their remote alive, so an empty one must not stay."""
    remotes = PollScheduler.poll_sets.get(group, {})
    remotes.get(remote, {}).pop(interval, None)
    if remote in remotes and not remotes[remote]:
        del remotes[remote]


def _has_points(poll_set: Any) -> bool:
    tree = poll_set.data_model
    return any(tree.get_node(topic) is point for topic, point in list(poll_set.points.items()))


def _sort_out_strays(tree: Any) -> None:
    """Removes points from sets where they do not belong any more.

    platform.driver adds the points of a changed device under its new group and interval and
    leaves them under the old ones as well. So only a remote with several sets can have strays.
    """
    remotes = {remote for sets in PollScheduler.poll_sets.values() for remote in sets}
    for remote in remotes:
        sets = _sets_of(remote)
        if len(sets) < 2:
            continue
        for group, interval, poll_set in sets:
            fresh = PollSet(tree, remote)
            for topic, point in list(poll_set.points.items()):
                if (
                    tree.get_node(topic) is point
                    and tree.get_group(topic) == group
                    and tree.get_polling_interval(topic) == interval
                ):
                    fresh.add(point)
            if fresh:
                PollScheduler.poll_sets[group][remote][interval] = fresh
            else:
                _drop_set(group, remote, interval)


def _retire_stock(stock: Any) -> None:
    """Ends the polls of a stock scheduler, also those of which it lost the handle.

    Those go on by themselves as long as their set has points. So they are left with an empty
    one, and the points continue in a copy.
    """
    for event in stock.pollers.values():
        event.cancel()
    for remote, by_interval in list(PollScheduler.poll_sets.get(stock.group, {}).items()):
        for interval, poll_set in list(by_interval.items()):
            by_interval[interval] = fresh = PollSet(poll_set.data_model, remote)
            for topic, point in list(poll_set.points.items()):
                if poll_set.data_model.get_node(topic) is point:
                    fresh.add(point)
    for plan in stock.slot_plans:
        for slots in plan.values():
            for poll_sets in slots.values():
                for poll_set in poll_sets:
                    poll_set.points.clear()
