"""Changed points are published at once where a device's configuration asks for it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from volttron.driver.base.interfaces import DriverInterfaceError

from ieee2030_5_driver import agent_client, ieee2030_5, pushing
from tests.driver_fakes import FakePlatform, fake_platform

SFDI, OTHER_SFDI = "097935300833", "111576577659"
INTERVAL = 60
REGISTRY = [
    {"Volttron Point Name": "W", "Units": "W", "Writable": "FALSE"},
    {"Volttron Point Name": "Set", "Units": "W", "Type": "float", "Writable": "TRUE"},
]


def device(sfdi: str = SFDI, **more: Any) -> dict[str, Any]:
    return {
        "remote_config": {"sfdi": sfdi, "driver_type": "ieee2030_5", **more},
        "registry_config": REGISTRY,
        "interval": INTERVAL,
    }


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePlatform]:
    """One device whose changes are pushed, another whose are not; both were polled."""
    monkeypatch.setattr(pushing, "RETRY_S", 0)
    with fake_platform() as platform:
        platform.start(one=device(push_changes=True), other=device(OTHER_SFDI))
        platform.run(2 * INTERVAL)
        turn(platform)
        yield platform


def turn(platform: FakePlatform) -> dict[str, list[Any]]:
    """What the pusher publishes when the agent has news for it: messages by topic."""
    platform.vip.published.clear()
    (pusher,) = platform.core.pushers
    pusher.turn()
    published: dict[str, list[Any]] = {}
    for topic, message in platform.vip.published:
        published.setdefault(topic, []).append(message[0])
    platform.vip.published.clear()
    return published


def test_what_has_changed_is_published_without_a_poll(platform: FakePlatform) -> None:
    platform.agent.receive(SFDI, "W", 5)
    assert turn(platform) == {"devices/one/multi": [{"W": 5}]}


def test_what_has_not_changed_is_not_published(platform: FakePlatform) -> None:
    assert turn(platform) == {}
    platform.agent.receive(SFDI, "W", 5)
    turn(platform)
    platform.agent.receive(SFDI, "W", 5)
    assert turn(platform) == {}


def test_false_is_another_value_than_zero(platform: FakePlatform) -> None:
    platform.agent.receive(SFDI, "W", 0)
    turn(platform)
    platform.agent.receive(SFDI, "W", False)
    assert turn(platform) == {"devices/one/multi": [{"W": False}]}


def test_a_device_that_does_not_want_it_is_left_to_its_polls(platform: FakePlatform) -> None:
    platform.agent.receive(OTHER_SFDI, "W", 5)
    assert turn(platform) == {}
    platform.run(INTERVAL)
    assert platform.messages["other"][0]["W"] == 5


def test_changes_that_a_poll_brought_first_are_published_too(platform: FakePlatform) -> None:
    platform.agent.receive(SFDI, "W", 5)
    platform.clock.now += 2  # what the cache holds is too old
    assert platform.get_point("other", "W") is None
    assert turn(platform) == {"devices/one/multi": [{"W": 5}]}


def test_a_written_value_is_published(platform: FakePlatform) -> None:
    platform.interface("one").set_point("devices/one/Set", 7.0)
    assert turn(platform) == {"devices/one/multi": [{"Set": 7.0}]}


def test_a_revert_and_what_changes_with_it_are_published(platform: FakePlatform) -> None:
    interface = platform.interface("one")
    interface.set_point("devices/one/Set", 7.0)
    turn(platform)
    interface.revert_point("devices/one/Set")
    platform.agent.receive(SFDI, "W", 99)
    assert turn(platform) == {"devices/one/multi": [{"Set": None, "W": 99}]}
    assert turn(platform) == {}


def test_the_poll_interval_stays_what_it_is(platform: FakePlatform) -> None:
    before = len(platform.polls["one"])
    for value in range(5):
        platform.agent.receive(SFDI, "W", value)
        turn(platform)
    platform.run(3 * INTERVAL)
    assert len(platform.polls["one"]) == before + 3


def test_the_metadata_follows_the_value(platform: FakePlatform) -> None:
    platform.agent.receive(SFDI, "W", "high")
    (pusher,) = platform.core.pushers
    platform.vip.published.clear()
    pusher.turn()
    assert platform.vip.published[0][1][1]["W"]["type"] == "string"


def test_an_update_that_no_longer_wants_it_ends_it(platform: FakePlatform) -> None:
    platform.store("one", device(push_changes=False))
    platform.run(INTERVAL)
    platform.agent.receive(SFDI, "W", 5)
    assert turn(platform) == {}


def test_an_update_that_wants_it_begins_it(platform: FakePlatform) -> None:
    platform.store("other", device(OTHER_SFDI, push_changes=True))
    platform.run(INTERVAL)
    platform.agent.receive(OTHER_SFDI, "W", 5)
    assert turn(platform) == {"devices/other/multi": [{"W": 5}]}


@pytest.mark.parametrize("push", [False, True])
def test_a_topic_that_is_configured_again_has_its_device_at_once(
    platform: FakePlatform, push: bool
) -> None:
    platform.store("one", device(push_changes=push))
    remote = platform.interface("one")  # as platform.driver may keep it of a deleted device
    platform.delete("one")
    platform.store("one", device(push_changes=push))
    platform.store("two", device())
    platform.run(3 * INTERVAL)
    assert platform.interface("one") is remote
    assert remote._complaint is None
    assert "already configured as devices/one" in str(platform.interface("two")._complaint)


def test_a_device_that_moves_away_ends_nothing_of_the_new_owner(platform: FakePlatform) -> None:
    platform.delete("one")
    platform.store("two", device(push_changes=True))
    platform.run(INTERVAL)
    turn(platform)
    platform.store("one", device("000000000019"))
    platform.agent.receive(SFDI, "W", 5)
    assert turn(platform) == {"devices/two/multi": [{"W": 5}]}


def test_points_without_a_value_are_left_out_where_the_polls_leave_them_out(
    platform: FakePlatform,
) -> None:
    platform.store("one", device(push_changes=True, publish_null=False))
    platform.agent.receive(SFDI, "W", 5)
    platform.run(INTERVAL)
    turn(platform)
    platform.agent.receive(SFDI, "W", None)
    assert turn(platform) == {}


def test_it_ends_when_no_device_is_left_that_wants_it(platform: FakePlatform) -> None:
    platform.delete("one")
    platform.agent.receive(SFDI, "W", 5)
    (pusher,) = platform.core.pushers
    pusher.keep_on()  # returns
    assert platform.vip.published == []


def test_a_change_costs_only_the_device_that_it_is_of(
    platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        name = f"more{number}"
        platform.store(name, device(f"{number}0000000000{-number % 10}", push_changes=True))
    platform.run(INTERVAL)
    turn(platform)
    asked: set[str] = set()
    alive = ieee2030_5.Interface.alive.fget
    assert alive

    def note_and_tell(interface: ieee2030_5.Interface) -> bool:
        asked.add(interface.topic)
        return bool(alive(interface))

    monkeypatch.setattr(ieee2030_5.Interface, "alive", property(note_and_tell))
    platform.agent.receive(SFDI, "W", 5)
    assert turn(platform) == {"devices/one/multi": [{"W": 5}]}
    # Another one may be asked for the longest time-out.
    assert len(asked | {"devices/one"}) <= 2


def test_the_agent_is_asked_once_for_a_change_and_then_waited_for(platform: FakePlatform) -> None:
    platform.agent.calls.clear()
    platform.agent.waits.clear()
    platform.agent.receive(SFDI, "W", 5)
    turn(platform)
    assert platform.agent.calls == {"get_changes": 1, "get_cursor": 1}
    assert platform.agent.waits == [pushing.WAIT_S]


def test_an_agent_that_restarts_is_followed(platform: FakePlatform) -> None:
    """Before the next poll of any device."""
    agent = type(platform.agent)("second")
    platform.agent = platform.vip.agent = agent
    turn(platform)
    agent.receive(SFDI, "W", 5)
    assert turn(platform) == {"devices/one/multi": [{"W": 5}]}
    assert list(agent.maps) == [SFDI]


def with_another_point(**more: Any) -> dict[str, Any]:
    return {
        **device(**more),
        "registry_config": [*REGISTRY, {"Volttron Point Name": "New", "Units": "W"}],
    }


def test_an_updated_registry_does_not_wait_for_a_poll(platform: FakePlatform) -> None:
    platform.store("one", with_another_point(push_changes=True))
    turn(platform)
    platform.agent.receive(SFDI, "W", 5)
    platform.agent.receive(SFDI, "New", 6)
    assert turn(platform) == {"devices/one/multi": [{"W": 5, "New": 6}]}


def test_an_updated_registry_of_a_device_that_no_longer_wants_it_waits(
    platform: FakePlatform,
) -> None:
    platform.store("other", device(OTHER_SFDI, push_changes=True))
    platform.store("one", with_another_point(push_changes=False))
    turn(platform)
    assert platform.agent.maps[SFDI] == ["W", "Set"]


def test_a_registry_that_got_no_answer_is_sent_again(platform: FakePlatform) -> None:
    take = platform.agent.config_points

    def hang(*_: object) -> str:
        platform.agent.config_points = take  # type: ignore[method-assign]
        raise gevent.Timeout

    platform.agent.config_points = hang  # type: ignore[method-assign]
    platform.store("one", with_another_point(push_changes=True))
    turn(platform)
    platform.clock.now += agent_client.FAILURE_MEMORY_S
    turn(platform)
    platform.agent.receive(SFDI, "New", 6)
    assert turn(platform) == {"devices/one/multi": [{"New": 6}]}


def test_a_refused_registry_is_left_to_the_polls(platform: FakePlatform) -> None:
    platform.agent.bad_points = {"New"}
    platform.agent.calls.clear()
    platform.store("one", with_another_point(push_changes=True))
    for _ in range(3):
        turn(platform)
        with pytest.raises(DriverInterfaceError, match="bad rows: New"):
            platform.get_point("one", "W")
    assert platform.agent.calls["config_points"] == 1
    platform.agent.bad_points = set()
    platform.run(INTERVAL)
    platform.agent.receive(SFDI, "New", 6)
    assert turn(platform) == {"devices/one/multi": [{"New": 6}]}


def test_an_agent_that_ends_during_the_wait_is_asked_again_soon(
    platform: FakePlatform, caplog: pytest.LogCaptureFixture
) -> None:
    def get_cursor(*_: object) -> None:
        raise gevent.Timeout

    platform.agent.get_cursor = get_cursor  # type: ignore[method-assign,assignment]
    turn(platform)
    platform.agent.receive(SFDI, "W", 5)
    assert turn(platform) == {"devices/one/multi": [{"W": 5}]}
    assert not [r for r in caplog.records if r.name == "ieee2030_5_driver.pushing"]
    assert pushing.WAIT_S + agent_client.ANSWER_S < 10


def test_an_agent_that_is_away_is_told_once(
    platform: FakePlatform, caplog: pytest.LogCaptureFixture
) -> None:
    platform.vip.agent = None
    with caplog.at_level(logging.WARNING, "ieee2030_5_driver.pushing"):
        assert turn(platform) == {}
        assert turn(platform) == {}
    assert len([r for r in caplog.records if r.name == "ieee2030_5_driver.pushing"]) == 1
    platform.vip.agent = platform.agent
    platform.clock.now += 10
    platform.agent.receive(SFDI, "W", 5)
    assert turn(platform) == {"devices/one/multi": [{"W": 5}]}


def test_one_device_that_cannot_be_published_does_not_stop_the_others(
    platform: FakePlatform, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    platform.store("other", device(OTHER_SFDI, push_changes=True))
    platform.run(INTERVAL)
    broken = platform.interface("one")

    def fail(values: object) -> None:
        raise RuntimeError("no bus")

    monkeypatch.setattr(broken, "publish_changes", fail)
    platform.agent.receive(SFDI, "W", 5)
    platform.agent.receive(OTHER_SFDI, "W", 6)
    assert turn(platform) == {"devices/other/multi": [{"W": 6}]}
    assert "its changes are left to the next poll" in caplog.text
