"""Messages on the bus: topics, JSON only, never blocking, surviving a failing bus."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from volttron.client.vip.agent.errors import Unreachable

from ieee2030_5_agent.bus import Bus
from ieee2030_5_agent.model.changes import Changed
from ieee2030_5_agent.model.door import Door

SFDI = "000000000019"
HEADERS = {"TimeStamp": "1970-01-01T00:00:01.500000+00:00"}


class PubSub:
    """VOLTTRON's pubsub: remembers, or fails."""

    def __init__(self) -> None:
        self.published: list[tuple[str, Any, Any]] = []
        self.failure: BaseException | None = None
        # How often it waits for an answer that does not come before it sends anything.
        self.silent = 0

    def publish(self, peer: str, topic: str, headers: Any, message: Any) -> PubSub:
        assert peer == "pubsub"
        if self.silent:
            self.silent -= 1
            gevent.sleep(3600)
        self.published.append((topic, headers, message))
        return self

    def get(self, timeout: float) -> None:
        assert timeout > 0
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def pubsub() -> PubSub:
    return PubSub()


@pytest.fixture
def bus(pubsub: PubSub) -> Bus:
    return Bus(lambda: pubsub)


def told(**points: Any) -> Changed:
    return Changed("control", SFDI, 1.5, points)


def body(**points: Any) -> dict[str, Any]:
    return {"sFDI": SFDI, "points": points}


def drain(bus: Bus) -> None:
    keeper = gevent.spawn(bus.keep)
    gevent.idle()
    keeper.kill()


@pytest.mark.parametrize(
    ("what", "topic"),
    [
        ("registration", "registration"),
        ("removal", "registration"),
        ("control", "control"),
        ("response", "response"),
        ("log_event", "log_event"),
        ("resource", None),
        ("points", None),
        ("mirror", None),
    ],
)
def test_topics(bus: Bus, pubsub: PubSub, what: str, topic: str | None) -> None:
    bus.tell(Changed(what, "000000000019", 1.5, {"b": 0}, {"number": 3}))
    drain(bus)
    body = {"sFDI": "000000000019", "number": 3, "points": {"b": 0}}
    expected = [] if topic is None else [(f"ieee2030_5/000000000019/{topic}", HEADERS, body)]
    assert pubsub.published == expected


def test_a_change_of_no_device_has_no_topic(bus: Bus, pubsub: PubSub) -> None:
    bus.tell(Changed("control", None, 1.5))
    drain(bus)
    assert pubsub.published == []


def test_a_message_is_what_it_was_when_it_was_told(bus: Bus, pubsub: PubSub) -> None:
    door = Door(lambda: 1.5, lambda: bytes(16))
    door.listen(bus.tell)
    device: Any = SimpleNamespace(sfdi=SFDI)
    points: dict[str, Any] = {"b": 1}
    door.emit("control", device, {}, points)
    points["b"] = 2
    drain(bus)
    assert pubsub.published == [(f"ieee2030_5/{SFDI}/control", HEADERS, body(b=1))]


def test_keeps_the_order(bus: Bus, pubsub: PubSub) -> None:
    for number in range(5):
        bus.tell(told(b=number))
    drain(bus)
    assert [message["points"]["b"] for _, _, message in pubsub.published] == list(range(5))


def test_what_is_no_json_never_reaches_the_bus(
    bus: Bus, pubsub: PubSub, caplog: pytest.LogCaptureFixture
) -> None:
    for value in (object(), float("nan"), b"ok"):
        bus.tell(told(b=value))
    drain(bus)
    assert pubsub.published == [(f"ieee2030_5/{SFDI}/control", HEADERS, body(b="6F6B"))]
    assert f"ieee2030_5/{SFDI}/control.points.b is object" in caplog.text
    assert f"ieee2030_5/{SFDI}/control.points.b is nan" in caplog.text


@pytest.mark.parametrize(
    "failure",
    [gevent.Timeout(10), Unreachable(113, "gone", "", "pubsub")],
    ids=lambda failure: type(failure).__name__,
)
def test_a_failing_bus_costs_one_message(
    bus: Bus, pubsub: PubSub, failure: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    pubsub.failure = failure
    bus.publish("t", {}, 1)
    pubsub.failure = None
    bus.publish("t", {}, 2)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert len(pubsub.published) == 2


def test_what_is_not_sent_for_want_of_an_answer_waits(
    bus: Bus, pubsub: PubSub, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """VOLTTRON asks who is there, the platform dies, and VOLTTRON waits for ever."""
    monkeypatch.setattr("ieee2030_5_agent.bus.SEND_TIMEOUT_S", 0.01)
    pubsub.silent = 3
    for number in range(2):
        bus.tell(told(b=number))
    keeper = gevent.spawn(bus.keep)
    with gevent.Timeout(10):
        while len(pubsub.published) < 2:
            gevent.sleep(0.01)
    keeper.kill()
    assert [message["points"]["b"] for _, _, message in pubsub.published] == [0, 1]
    assert len(caplog.records) == 1


def test_a_full_queue_drops_the_oldest(pubsub: PubSub, caplog: pytest.LogCaptureFixture) -> None:
    bus = Bus(lambda: pubsub, limit=2)
    for number in range(5):
        bus.tell(told(b=number))
    drain(bus)
    assert [message["points"]["b"] for _, _, message in pubsub.published] == [3, 4]
    assert bus.dropped == 3
    assert len(caplog.records) == 1
