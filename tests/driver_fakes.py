"""Stand-ins for what surrounds the driver: the agent, the clock and the platform.

``FakeAgent`` keeps the RPC contract in memory. ``FakePlatform`` is platform.driver's own code
(equipment tree, configuration callbacks, poll sets) on a clock that the test moves; only message
bus, configuration store and timers are replaced.
"""

from __future__ import annotations

import heapq
import importlib
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from itertools import count
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import gevent
import platform_driver.poll_scheduler
import pytest
import volttron.client.logs
from platform_driver.config import PlatformDriverConfig
from platform_driver.equipment import EquipmentTree
from platform_driver.poll_scheduler import PollScheduler
from volttron.client.known_identities import CONFIGURATION_STORE
from volttron.client.vip.agent.core import ScheduledEvent
from volttron.driver.base import driver_locks
from volttron.driver.base.config import RemoteConfig
from volttron.driver.base.interfaces import BaseInterface, BaseRegister
from volttron.utils.jsonrpc import RemoteError

from ieee2030_5_driver import ieee2030_5, poll_scheduler

IDENTITY = "ieee2030_5"


def _platform_driver() -> type[Any]:
    """platform.driver's class, without what importing it does to the process.

    Its module imports VOLTTRON's command line, which patches all of Python for gevent, and sets
    up logging.
    """
    command_line = ModuleType("volttron.client.commands.install_parser")
    command_line.install_lib_vctl = None  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, command_line.__name__, command_line)
        patch.setattr(volttron.client.logs, "setup_logging", lambda: None)
        module = importlib.import_module("platform_driver.agent")
    driver: type[Any] = module.PlatformDriverAgent
    return driver


PlatformDriverAgent = _platform_driver()


class Clock:
    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class FakeAgent:
    """The agent's RPC methods, over a dictionary of values."""

    def __init__(self, epoch: str = "first") -> None:
        self.epoch = epoch
        self.count = 0
        self.known: set[str] | None = None
        self.bad_points: set[str] = set()
        self.hidden_points: set[str] = set()
        self.maps: dict[str, list[str]] = {}
        self.registries: dict[str, str] = {}
        self.values: dict[str, dict[str, Any]] = {}
        self.changes: list[tuple[int, str, set[str]]] = []
        self.removed: dict[str, int] = {}
        self.calls: Counter[str] = Counter()
        self.waits: list[float] = []
        self.transferred = 0
        self.busy = 0
        self.most_busy = 0
        # Called in the middle of get_changes, before and after the answer is made.
        self.before: Callable[[], None] = lambda: None
        self.on_the_way: Callable[[], None] = lambda: None

    def __call__(self, method: str, *arguments: Any) -> Any:
        self.calls[method] += 1
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        gevent.sleep(0)  # as a real call does, this lets others run
        try:
            return deepcopy(getattr(self, method)(*arguments))
        finally:
            self.busy -= 1

    def config_points(self, sfdi: str, rows: list[dict[str, Any]]) -> str:
        if self.known is not None and sfdi not in self.known:
            raise ValueError(f"device {sfdi} is not registered")
        names = [row["Volttron Point Name"] for row in rows]
        bad = sorted(self.bad_points.intersection(names))
        if bad:
            raise ValueError(f"device {sfdi}: bad rows: {', '.join(bad)}")
        old = self.values.get(sfdi, {})
        self.maps[sfdi] = names
        self.values[sfdi] = {
            name: old.get(name) for name in names if name not in self.hidden_points
        }
        self.removed.pop(sfdi, None)
        self.registries[sfdi] = repr(rows)
        self._changed(sfdi, *names)
        return self.registries[sfdi]

    def get_changes(self, cursor: str | None, sfdis: list[str] | None = None) -> dict[str, Any]:
        self.before()
        epoch, _, seen = (cursor or "").rpartition(":")
        points: dict[str, Any] = {}
        if epoch != self.epoch:
            points = {each: dict(self.values[each]) for each in self.values}
        else:
            for count, sfdi, names in self.changes:
                if count > int(seen) and sfdi in self.values:
                    now = self.values[sfdi]
                    points.setdefault(sfdi, {}).update({n: now[n] for n in names if n in now})
            points |= {each: None for each, at in self.removed.items() if at > int(seen)}
        points = {each: points[each] for each in points if sfdis is None or each in sfdis}
        self.transferred += sum(len(each or ()) for each in points.values())
        whole = [
            each for each, told in points.items() if told and set(told) == set(self.values[each])
        ]
        answer = {
            "cursor": f"{self.epoch}:{self.count}",
            "points": points,
            "whole": whole,
            "registries": {each: self.registries[each] for each in whole},
        }
        self.on_the_way()
        return answer

    def get_cursor(self, cursor: str | None = None, wait_s: float = 0) -> str:
        self.waits.append(wait_s)
        return f"{self.epoch}:{self.count}"

    def set_point(self, sfdi: str, name: str, value: Any) -> Any:
        self.receive(sfdi, name, value)
        return value

    def revert_point(self, sfdi: str, name: str) -> None:
        self.receive(sfdi, name, None)

    def receive(self, sfdi: str, name: str, value: Any) -> None:
        """A value arrives from the device."""
        if name not in self.values.get(sfdi, {}):
            raise ValueError(f"device {sfdi} has no point {name}")
        self.values[sfdi][name] = value
        self._changed(sfdi, name)

    def remove(self, sfdi: str) -> None:
        """The device is removed from the agent's configuration."""
        del self.values[sfdi], self.maps[sfdi]
        self.count += 1
        self.removed[sfdi] = self.count

    def _changed(self, sfdi: str, *names: str) -> None:
        self.count += 1
        self.changes.append((self.count, sfdi, set(names)))


class Result:
    """What an RPC call returns: ``get`` waits for the answer."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call

    def get(self, timeout: float | None = None) -> Any:
        try:
            return self._call()
        except ValueError as error:
            raise RemoteError(
                str(error), exc_type="builtins.ValueError", exc_args=[str(error)]
            ) from None


class FakeVip:
    """The subsystems of platform.driver; ``agent`` is who answers, None for nobody."""

    def __init__(self, agent: FakeAgent | None = None) -> None:
        self.agent = agent
        self.store: dict[str, Any] = {}
        self.published: list[tuple[str, Any]] = []
        self.subscriptions: list[Callable[..., None]] = []
        self.rpc = SimpleNamespace(call=self._call)
        self.pubsub = SimpleNamespace(
            publish=self._publish,
            list=lambda *_: Result(list),
            subscribe=lambda *_: None,
        )
        self.config = SimpleNamespace(
            subscribe=self._subscribe,
            list=lambda: [*self.store],
            get=self._config,
        )

    def peerlist(self) -> Result:
        return Result(lambda: [IDENTITY] if self.agent else [])

    def _call(self, peer: str, method: str, *arguments: Any) -> Result:
        if peer == CONFIGURATION_STORE:
            return Result(lambda: "{}")
        return Result(lambda: self._answer(method, arguments))

    def _answer(self, method: str, arguments: tuple[Any, ...]) -> Any:
        if self.agent is None:
            raise gevent.Timeout
        return self.agent(method, *arguments)

    def _publish(self, _: str, topic: str, headers: Any, message: Any) -> Result:
        self.published.append((topic, message))
        return Result(lambda: None)

    def _subscribe(self, callback: Callable[..., None], actions: list[str], pattern: str) -> None:
        assert (actions, pattern) == (["UPDATE"], "config")
        self.subscriptions.append(callback)

    def _config(self, name: str) -> Any:
        if name not in self.store:
            raise KeyError(name)
        return deepcopy(self.store[name])


class FakeCore:
    """Timers and greenlets of platform.driver, on the test's clock."""

    identity = "platform.driver"

    def __init__(self) -> None:
        self.runners: list[Any] = []
        self.pushers: list[Any] = []
        self.spawned: list[Callable[[], None]] = []
        self.timers: list[tuple[float, int, ScheduledEvent]] = []
        self._ties = count()

    def spawn(self, function: Any, *arguments: Any) -> None:
        if function.__name__ == "_run":
            self.runners.append(function.__self__)
        elif function.__name__ == "keep_on":
            self.pushers.append(function.__self__)
        else:
            self.spawned.append(lambda: function(*arguments))

    def schedule(self, at: datetime, function: Any, *arguments: Any) -> ScheduledEvent:
        event = ScheduledEvent(function, arguments)
        heapq.heappush(self.timers, (at.timestamp(), next(self._ties), event))
        return event

    def settle(self) -> None:
        """Runs what was spawned, as happens when the present greenlet waits."""
        while self.spawned:
            self.spawned.pop(0)()


class OtherInterface(BaseInterface):
    """The driver of some other protocol, on the same platform.driver."""

    def create_register(self, register_definition: Any) -> Any:
        name = register_definition.volttron_point_name
        return BaseRegister("byte", True, name, "")

    def get_point(self, topic: str, **kwargs: Any) -> Any:
        return 1

    def set_point(self, topic: str, value: Any, **kwargs: Any) -> Any:
        return value

    def revert_all(self, **kwargs: Any) -> None: ...

    def revert_point(self, topic: str, **kwargs: Any) -> None: ...

    def get_multiple_points(self, topics: Any, **kwargs: Any) -> Any:
        return dict.fromkeys(topics, 1), {}


class FakePlatform:
    """platform.driver without a platform; made by ``fake_platform``."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.agent = FakeAgent()
        self.vip = FakeVip(self.agent)
        self.core = FakeCore()
        self.polls: dict[str, list[float]] = defaultdict(list)
        self.messages: dict[str, Any] = {}
        self.driver = self._driver()

    def _driver(self) -> Any:
        driver = PlatformDriverAgent.__new__(PlatformDriverAgent)
        driver.vip, driver.core = self.vip, self.core
        driver.config = PlatformDriverConfig()
        driver.equipment_tree = EquipmentTree(driver)
        driver.interface_classes = {}
        driver.poll_schedulers = {}
        driver.publishers = {}
        driver.scalability_test = None
        driver.override_manager = MagicMock()
        driver.reservation_manager = MagicMock()
        driver.heartbeat_greenlet = MagicMock()
        return driver

    # -- the configuration store --

    def start(self, **devices: dict[str, Any]) -> None:
        """platform.driver starts with these devices in the store."""
        self.vip.store.update({f"devices/{name}": config for name, config in devices.items()})
        self.configure_driver()
        for name in devices:
            self.driver._configure_new_equipment(f"devices/{name}", "NEW", None)

    def configure_driver(self, ours_first: bool = False, **config: Any) -> None:
        """platform.driver's own configuration is updated; its callbacks have no fixed order."""
        callbacks = [self.driver.configure_main, *self.vip.subscriptions]
        for callback in reversed(callbacks) if ours_first else callbacks:
            callback("config", "UPDATE", deepcopy(config))
        self.core.settle()

    def store(self, name: str, config: dict[str, Any]) -> None:
        """A device configuration is stored: a new one or an update."""
        topic = f"devices/{name}"
        update = topic in self.vip.store
        self.vip.store[topic] = config
        callback = self.driver._update_equipment if update else self.driver._configure_new_equipment
        callback(topic, "UPDATE" if update else "NEW", deepcopy(config))
        self.core.settle()

    def delete(self, name: str) -> None:
        del self.vip.store[f"devices/{name}"]
        self.driver._remove_equipment(f"devices/{name}", "DELETE", None)
        self.core.settle()

    # -- time --

    def run(self, seconds: float) -> None:
        """Lets time pass; every poll and publish happens when it is due."""
        end = self.clock.now + seconds
        while (due := self._next_due()) is not None and due <= end:
            self.clock.now = max(due, self.clock.now)
            self._step()
        self.clock.now = end
        self._step()

    def _next_due(self) -> float | None:
        times = [self.core.timers[0][0]] if self.core.timers else []
        times += [
            due
            for runner in self.core.runners
            if runner.in_charge and (due := runner.timetable.next_due()) is not None
        ]
        return min(times, default=None)

    def _step(self) -> None:
        while self.core.timers and self.core.timers[0][0] <= self.clock.now:
            heapq.heappop(self.core.timers)[2]()
        self.core.runners = [runner for runner in self.core.runners if runner.in_charge]
        for runner in self.core.runners:
            runner.poll_due(self.clock.now)
        self.core.settle()
        for topic, message in self.vip.published:
            name = topic.removeprefix("devices/").removesuffix("/multi")
            self.polls[name].append(self.clock.now)
            self.messages[name] = message
        self.vip.published.clear()

    # -- what a client of platform.driver sees --

    def interface(self, name: str) -> Any:
        return self.driver.equipment_tree.get_remote(f"devices/{name}").interface

    def get_point(self, name: str, point: str) -> Any:
        return self.driver.get_point(name, point)


@contextmanager
def fake_platform(driver_class: type[Any] = ieee2030_5.Interface) -> Iterator[FakePlatform]:
    """A platform.driver that finds our Interface (and another protocol's) and our clock."""
    clock = Clock()
    ours, other = ModuleType("ours"), ModuleType("other")
    ours.Interface, other.Interface = driver_class, OtherInterface  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        for name, module in (("ieee2030_5", ours), ("other", other)):
            patch.setitem(sys.modules, f"volttron.driver.interfaces.{name}.{name}", module)
        patch.setattr(poll_scheduler, "time", SimpleNamespace(time=clock))
        patch.setattr(
            platform_driver.poll_scheduler,
            "get_aware_utc_now",
            lambda: datetime.fromtimestamp(clock.now, UTC),
        )
        patch.setattr(
            PollScheduler, "poll_sets", defaultdict(PollScheduler.poll_sets.default_factory)
        )
        patch.setattr(driver_locks, "_publish_lock", driver_locks.DummySemaphore())
        patch.setattr(ieee2030_5, "AgentClient", _client_on(clock))
        patch.setattr(driver_class, "default_config", None)
        patch.setattr(OtherInterface, "default_config", {})
        yield FakePlatform(clock)


def _client_on(clock: Clock) -> Callable[..., Any]:
    client = ieee2030_5.AgentClient
    return lambda rpc: client(rpc, clock)


def remote_config(**config: Any) -> RemoteConfig:
    return RemoteConfig(driver_type="ieee2030_5", **config)
