"""Exactly one poll per device and interval, in platform.driver's own code, on a clock of ours."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from gevent.event import Event
from hypothesis import given, settings
from hypothesis import strategies as st
from platform_driver.config import GroupConfig
from platform_driver.poll_scheduler import PollScheduler, StaticCyclicPollScheduler

from ieee2030_5_driver import poll_scheduler
from ieee2030_5_driver.poll_scheduler import IntervalPollScheduler
from tests.driver_fakes import FakePlatform, Result, fake_platform

SFDIS = [
    f"{number}{-sum(map(int, str(number))) % 10}".zfill(12) for number in range(10_000, 10_030)
]
REGISTRIES = [
    [{"Volttron Point Name": name} for name in names] for names in ("AB", "BC", "DE", "A")
]


def device(
    number: int, interval: int = 5, registry: int = 0, group: str | None = None
) -> dict[str, Any]:
    return {
        "driver_config": {"sfdi": SFDIS[number]},
        "driver_type": "ieee2030_5",
        "registry_config": REGISTRIES[registry],
        "interval": interval,
        "group": group,
    }


def other_device(interval: int = 5) -> dict[str, Any]:
    rows = [{"Volttron Point Name": "X"}]
    return {"driver_type": "other", "registry_config": rows, "interval": interval}


@pytest.fixture
def platform() -> Iterator[FakePlatform]:
    with fake_platform() as platform:
        yield platform


def counts(platform: FakePlatform, seconds: float) -> dict[str, int]:
    """How often each device is published during the next seconds."""
    platform.polls.clear()
    platform.run(seconds)
    return {name: len(times) for name, times in platform.polls.items()}


class StockInterface(poll_scheduler.StaticCyclicPollScheduler):  # type: ignore[misc]
    """A scheduler that an operator chose on purpose."""


def test_the_stock_scheduler_still_needs_replacing(
    platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When this fails, platform.driver was repaired: our scheduler may be dropped."""
    monkeypatch.setattr(poll_scheduler, "take_charge", lambda *_: None)
    platform.start()
    for number in range(5):
        platform.store(f"d{number}", device(number))
        platform.run(1)
    assert counts(platform, 50) != {f"d{number}": 10 for number in range(5)}


def test_devices_of_the_start(platform: FakePlatform) -> None:
    platform.start(**{f"d{number}": device(number) for number in range(20)})
    assert counts(platform, 50) == {f"d{number}": 10 for number in range(20)}
    assert type(platform.driver.poll_schedulers["default"]) is IntervalPollScheduler


def test_devices_added_one_by_one_are_not_starved_either(platform: FakePlatform) -> None:
    platform.start()
    for number in range(20):
        platform.store(f"d{number}", device(number))
        platform.run(1)
    platform.run(5)
    for number in range(20):
        first, *rest = platform.polls[f"d{number}"]
        added = 1_800_000_000 + number
        assert added < first <= added + 5
        gaps = [later - earlier for earlier, later in zip([first, *rest], rest, strict=False)]
        assert gaps == pytest.approx([5] * len(rest))
    assert counts(platform, 50) == {f"d{number}": 10 for number in range(20)}


def test_the_first_device_of_ours_on_a_running_driver(platform: FakePlatform) -> None:
    """The devices of other drivers, polled by a stock scheduler, go on as they were."""
    platform.start(**{f"other{number}": other_device() for number in range(4)})
    platform.run(12)
    assert type(platform.driver.poll_schedulers["default"]) is StaticCyclicPollScheduler
    platform.polls.clear()
    platform.store("ours", device(0))
    platform.run(50)
    assert {name: len(times) for name, times in platform.polls.items()} == {
        **{f"other{number}": 10 for number in range(4)},
        "ours": 10,
    }


@pytest.mark.parametrize("ours_first", [True, False])
def test_an_update_of_the_drivers_configuration(platform: FakePlatform, ours_first: bool) -> None:
    platform.start(d0=device(0), d1=device(1, interval=2))
    platform.store("d2", device(2))
    platform.run(7.5)
    platform.polls.clear()
    for _ in range(3):
        platform.configure_driver(ours_first, remote_heartbeat_interval=30)
        platform.run(2.5)
        platform.configure_driver(ours_first)
        platform.run(7.5)
    assert {name: len(times) for name, times in platform.polls.items()} == {
        "d0": 6,
        "d1": 15,
        "d2": 6,
    }


def test_a_changed_rhythm_of_the_group(platform: FakePlatform) -> None:
    platform.start(d0=device(0), d1=device(1))
    platform.run(10)
    platform.configure_driver(driver_scrape_interval=1.0, group_offset_interval=2.0)
    assert counts(platform, 50) == {"d0": 10, "d1": 10}
    scheduler = platform.driver.poll_schedulers["default"]
    assert sorted(scheduler.timetable.offset(entry) for entry in scheduler.timetable.entries) == [
        2.0,
        3.0,
    ]


def test_an_operators_choice_is_kept(
    platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poll_scheduler, "Chosen", StockInterface, raising=False)
    chosen = {
        "poll_scheduler_module": poll_scheduler.__name__,
        "poll_scheduler_class_name": "Chosen",
    }
    platform.driver.config.groups["default"] = GroupConfig(**chosen)
    platform.start(d0=device(0))
    platform.configure_driver(groups={"default": chosen})
    assert type(platform.driver.poll_schedulers["default"]) is StockInterface
    assert platform.driver.config.groups["default"].poll_scheduler_class_name == "Chosen"


def test_ours_gives_way_to_a_class_that_is_configured_later(platform: FakePlatform) -> None:
    platform.start(d0=device(0))
    platform.run(10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(poll_scheduler, "Chosen", StockInterface, raising=False)
        platform.configure_driver(
            poll_scheduler_module=poll_scheduler.__name__, poll_scheduler_class_name="Chosen"
        )
    assert counts(platform, 50) == {"d0": 10}


def test_groups(platform: FakePlatform) -> None:
    platform.start(d0=device(0))
    platform.store("d1", device(1, group="north"))
    platform.store("d2", device(2, group="north"))
    assert counts(platform, 50) == {"d0": 10, "d1": 10, "d2": 10}
    platform.store("d0", device(0, group="south"))
    platform.run(5)
    assert counts(platform, 50) == {"d0": 10, "d1": 10, "d2": 10}
    assert {type(each) for each in platform.driver.poll_schedulers.values()} == {
        IntervalPollScheduler
    }


def test_groups_of_other_drivers_are_left_alone(platform: FakePlatform) -> None:
    platform.start(x={**other_device(), "group": "theirs"}, d0=device(0))
    assert type(platform.driver.poll_schedulers["theirs"]) is StaticCyclicPollScheduler
    assert counts(platform, 50) == {"x": 10, "d0": 10}


def test_one_device_with_points_of_different_intervals(platform: FakePlatform) -> None:
    rows = [{"Volttron Point Name": "A"}, {"Volttron Point Name": "B", "interval": "10"}]
    platform.start(d0={**device(0), "registry_config": rows})
    messages = []
    for _ in range(4):
        platform.polls.clear()
        platform.run(5)
        assert len(platform.polls["d0"]) == 1  # both together when both are due
        messages.append(sorted(platform.messages["d0"][0]))
    assert messages in ([["A"], ["A", "B"]] * 2, [["A", "B"], ["A"]] * 2)
    more = [*rows, {"Volttron Point Name": "C", "interval": "10"}, {"Volttron Point Name": "D"}]
    platform.store("d0", {**device(0), "registry_config": more})
    platform.run(10)
    platform.store("d0", {**device(0), "registry_config": rows})
    assert counts(platform, 20) == {"d0": 4}
    platform.store("d0", {**device(0), "registry_config": rows[1:]})
    platform.run(10)
    assert counts(platform, 20) == {"d0": 2}
    assert [set(part) for part in platform.messages["d0"]] == [{"B"}, {"B"}]


def test_stopped_and_started_points(platform: FakePlatform) -> None:
    platform.start(d0=device(0), d1=device(1))
    platform.run(10)
    platform.driver.stop("devices/d0")
    assert counts(platform, 20) == {"d1": 4}
    platform.driver.start("devices/d0")
    assert counts(platform, 20) == {"d0": 4, "d1": 4}


def test_removing_all_points_of_a_device_in_one_of_several_groups(platform: FakePlatform) -> None:
    platform.start(
        x={**other_device(), "group": "theirs"}, d0=device(0), d1=device(1, group="north")
    )
    platform.store("d0", device(0, registry=2))
    assert counts(platform, 20) == {"x": 4, "d0": 4, "d1": 4}
    assert set(platform.messages["d0"][0]) == {"D", "E"}


def test_a_deleted_device_leaves_nothing_behind(platform: FakePlatform) -> None:
    platform.start(d0=device(0), d1=device(1))
    platform.run(5)
    platform.delete("d0")
    platform.run(5)
    remotes = [remote for sets in PollScheduler.poll_sets.values() for remote in sets]
    assert [remote.unique_id for remote in remotes] == [("devices/d1",)]
    scheduler = platform.driver.poll_schedulers["default"]
    assert [entry.remote.unique_id for entry in scheduler.timetable.entries] == [("devices/d1",)]


def test_polls_that_take_longer_than_the_interval_do_not_pile_up(
    platform: FakePlatform, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    platform.start(d0=device(0), d1=device(1))
    platform.run(5)
    caplog.set_level(logging.INFO, poll_scheduler.__name__)
    caplog.clear()
    started: list[gevent.Greenlet] = []
    bus_is_free = Event()

    def spawn(function: Any, *arguments: Any) -> None:
        started.append(gevent.spawn(function, *arguments))

    def publish(*_: object, **__: object) -> Result:
        bus_is_free.wait()
        return Result(lambda: None)

    def pass_intervals(count: int) -> None:
        scheduler = platform.driver.poll_schedulers["default"]
        for _ in range(count):
            platform.clock.now += 5
            scheduler.poll_due(platform.clock.now)
            gevent.sleep(0.001)

    monkeypatch.setattr(platform.core, "spawn", spawn)
    monkeypatch.setattr(platform.vip.pubsub, "publish", publish)
    pass_intervals(10)
    assert [greenlet.ready() for greenlet in started] == [False, False]
    for _ in range(2):  # the poll that ends now was not in time, the next one is
        bus_is_free.set()
        gevent.joinall(started)
        pass_intervals(1)
    assert len(started) == 6
    assert caplog.messages == [
        "group default: 2 devices: polls are left out, they outlast the interval: devices/d0, ...",
        "group default: all devices are polled in time again",
    ]


@pytest.mark.parametrize("interval", [0, -5, 31622401])
@pytest.mark.parametrize("other", [device(1), other_device()], ids=["ours", "another driver's"])
def test_a_bad_interval_concerns_its_device_alone(
    platform: FakePlatform,
    interval: int,
    other: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    platform.start(d0=device(0), bad={**other, "interval": interval})
    assert counts(platform, 20) == {"d0": 4}
    platform.store("d2", device(2))
    platform.configure_driver()
    assert counts(platform, 20) == {"d0": 4, "d2": 4}
    (line,) = [record.getMessage() for record in caplog.records if "interval" in record.message]
    number = len(other["registry_config"])
    assert line == (
        f"devices/bad is not polled: {number} of its points: interval: {interval} is not between"
        " 0.01 and 31622400 seconds"
    )
    platform.store("bad", other)
    assert counts(platform, 20) == {"d0": 4, "d2": 4, "bad": 4}
    platform.store("bad", {**other, "interval": interval})
    assert counts(platform, 20) == {"d0": 4, "d2": 4}
    assert len([text for text in caplog.messages if "interval" in text]) == 2


def test_a_poll_that_fails_does_not_end_the_others(platform: FakePlatform) -> None:
    platform.start(d0=device(0), d1=device(1))
    platform.agent.bad_points = {"A"}
    platform.store("d1", device(1, registry=1))
    assert counts(platform, 50) == {"d1": 10}


def test_the_schedule_that_platform_driver_reports(platform: FakePlatform) -> None:
    platform.start(d0=device(0, registry=3), d1=device(1, interval=2, registry=3))
    assert platform.driver.get_poll_schedule() == {
        "default": {
            "5": {"0.0": {"('devices/d0',)": ["A"]}},
            "2": {"0.02": {"('devices/d1',)": ["A"]}},
        }
    }
    full = platform.driver.get_poll_schedule(full_topics=True)["default"]
    assert full["2"]["0.02"]["('devices/d1',)"] == ["devices/d1/A"]


def test_all_publishes_start_when_every_device_was_polled(platform: FakePlatform) -> None:
    platform.start(d0=device(0), d1=device(1, interval=60))
    scheduler = platform.driver.poll_schedulers["default"]
    assert scheduler.start_all_datetime.timestamp() == pytest.approx(1_800_000_060.02)


# -- any sequence of changes --

DEVICES = st.sampled_from(["d0", "d1", "d2", "d3"])
OPERATIONS = st.one_of(
    st.tuples(st.just("store"), DEVICES, st.sampled_from([1, 2, 5]), st.integers(0, 3)),
    st.tuples(st.just("delete"), DEVICES),
    st.tuples(st.just("registry"), DEVICES, st.integers(0, 3)),
    st.tuples(st.just("driver"), st.booleans()),
    st.tuples(st.just("restart_agent")),
)


class Expectation:
    """As long as a device keeps its interval, its polls are exactly an interval apart."""

    def __init__(self, interval: int, registry: int, now: float) -> None:
        self.interval, self.registry, self.last, self.polled = interval, registry, now, False

    def check(self, times: list[float], now: float) -> None:
        for at in times:
            if self.polled:
                assert at - self.last == pytest.approx(self.interval, abs=1e-5)
            else:
                assert 0 < at - self.last <= self.interval + 1e-5
            self.last, self.polled = at, True
        assert now - self.last <= self.interval + 1e-5


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(OPERATIONS, st.floats(0, 7)), max_size=25))
def test_once_per_interval_whatever_happens(
    steps: list[tuple[tuple[Any, ...], float]],
) -> None:
    expected: dict[str, Expectation] = {}
    with fake_platform() as platform:
        platform.start()
        for (operation, *arguments), pause in [*steps, (("driver", True), 12.0)]:
            if operation == "store":
                name, interval, registry = arguments
                platform.store(name, device(int(name[1]), interval, registry))
                known = expected.get(name)
                if known is None or known.interval != interval:
                    expected[name] = Expectation(interval, registry, platform.clock.now)
                else:
                    known.registry = registry
            elif operation == "delete" and arguments[0] in expected:
                platform.delete(arguments[0])
                del expected[arguments[0]]
            elif operation == "registry" and arguments[0] in expected:
                known = expected[arguments[0]]
                known.registry = arguments[1]
                number = int(arguments[0][1])
                platform.store(arguments[0], device(number, known.interval, known.registry))
            elif operation == "driver":
                platform.configure_driver(arguments[0])
            elif operation == "restart_agent":
                platform.agent.__init__(platform.agent.epoch + "+")  # type: ignore[misc]
            platform.polls.clear()
            platform.messages.clear()
            platform.run(pause)
            assert set(platform.polls) <= set(expected)
            for name, known in expected.items():
                known.check(platform.polls[name], platform.clock.now)
                if name in platform.messages:
                    names = {row["Volttron Point Name"] for row in REGISTRIES[known.registry]}
                    values, meta = platform.messages[name]
                    assert set(values) == set(meta) == names


def test_a_broken_poll_set_is_logged_and_the_rest_goes_on(
    platform: FakePlatform, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    platform.start(d0=device(0))
    scheduler = platform.driver.poll_schedulers["default"]
    rounds = iter([RuntimeError("broken"), None])

    def poll_due(_: float) -> None:
        error = next(rounds, None)
        if error:
            raise error
        del platform.driver.poll_schedulers["default"]  # ends the loop

    monkeypatch.setattr(scheduler, "poll_due", poll_due)
    monkeypatch.setattr(poll_scheduler, "LONGEST_SLEEP_S", 0.0)
    with caplog.at_level(logging.ERROR):
        scheduler._run()
    assert caplog.messages[-1:] == ["group default: polls were left out"]
