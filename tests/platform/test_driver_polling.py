"""Devices added, changed and removed while the platform driver runs: once per interval each."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest

from tests.platform.under_test import DRIVER, PlatformUnderTest
from tools.private_platform.peer import Recording

INTERVAL_S = 2
ROUNDS = 4
# A publish may be late by what a busy machine makes it; a second one in the interval is a fault.
EARLIEST, LATEST = 0.5 * INTERVAL_S, 1.75 * INTERVAL_S
ONE_POINT = [{"Volttron Point Name": "b1_SN", "Resource": "EndDevice", "Field": "sFDI"}]


def gaps(bus: Recording, topic: str) -> list[float]:
    """The times between the publishes of a device."""
    times = [message.at for message in bus.of(f"devices/{topic}/multi")]
    return [later - earlier for earlier, later in pairwise(times)]


def watch(platform: PlatformUnderTest, topics: Iterable[str], prefix: str) -> Recording:
    """The bus from the moment that each device was published, for some rounds."""
    wanted = [f"devices/{topic}/multi" for topic in topics]
    with platform.bus(f"devices/{prefix}") as bus:
        platform.until(
            lambda: all(len(bus.of(topic)) > ROUNDS for topic in wanted),
            f"{ROUNDS} publishes of each of {len(wanted)} devices",
            timeout=INTERVAL_S * (ROUNDS + 6),
        )
    return bus


@pytest.fixture(scope="module")
def twenty(platform: PlatformUnderTest) -> dict[str, str]:
    """Twenty devices, added one by one to the running driver: topic and SFDI."""
    topics = {}
    for _ in range(20):
        device = platform.add_device()
        topic = f"poll/d{device.sfdi}"
        platform.add_to_driver(device, topic, interval=INTERVAL_S, registry=ONE_POINT)
        topics[topic] = device.sfdi
    return topics


def test_twenty_devices_added_one_by_one(
    platform: PlatformUnderTest, twenty: dict[str, str]
) -> None:
    bus = watch(platform, twenty, "poll/")
    for topic, sfdi in twenty.items():
        assert all(EARLIEST < gap < LATEST for gap in gaps(bus, topic)), gaps(bus, topic)
        assert bus.of(f"devices/{topic}/multi")[-1].body[0] == {"b1_SN": sfdi}


def test_a_changed_interval_is_the_only_one_in_force(
    platform: PlatformUnderTest, twenty: dict[str, str]
) -> None:
    topic, sfdi = next(iter(twenty.items()))
    config = {
        "remote_config": {"driver_type": "ieee2030_5", "sfdi": sfdi},
        "registry_config": ONE_POINT,
        "interval": 1,
    }
    platform.store(DRIVER, f"devices/{topic}", config)
    with platform.bus("devices/poll/") as bus:
        platform.until(
            lambda: len(gaps(bus, topic)) > 8 and max(gaps(bus, topic)[-6:]) < 1.75,
            "a publish every second",
            timeout=30,
        )
    assert all(gap > 0.5 for gap in gaps(bus, topic)[-6:]), gaps(bus, topic)
    others = [other for other in twenty if other != topic]
    for other in others:
        assert all(EARLIEST < gap < LATEST for gap in gaps(bus, other)), gaps(bus, other)


def test_a_removed_device_is_silent_and_the_others_go_on(
    platform: PlatformUnderTest, twenty: dict[str, str]
) -> None:
    *left, gone = twenty
    platform.remove_from_driver(gone)
    bus = watch(platform, left[1:], "poll/")
    assert len(bus.of(f"devices/{gone}/multi")) <= 1  # one may have been on its way
    for topic in left[1:]:
        assert all(EARLIEST < gap < LATEST for gap in gaps(bus, topic)), gaps(bus, topic)
