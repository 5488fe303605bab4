"""What a running platform driver goes through: its configuration, a lost agent, mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from volttron.utils.jsonrpc import RemoteError

from tests.platform.under_test import AGENT, DRIVER, Device, PlatformUnderTest
from tools.private_platform.peer import Recording

INTERVAL_S = 2
ROUNDS = 3
EARLIEST, LATEST = 0.5 * INTERVAL_S, 1.75 * INTERVAL_S
SERIAL = {"Volttron Point Name": "b1_SN", "Resource": "EndDevice", "Field": "sFDI"}
RATING = {
    "Volttron Point Name": "b120_WRtg",
    "Resource": "DERCapability",
    "Field": "rtgMaxW",
    "Units": "W",
    "Type": "float",
}


def config(device: Device, registry: object, **more: object) -> dict[str, Any]:
    return {
        "remote_config": {"driver_type": "ieee2030_5", "sfdi": device.sfdi},
        "registry_config": registry,
        "interval": INTERVAL_S,
        **more,
    }


def multi(device: Device) -> str:
    return f"devices/change/d{device.sfdi}/multi"


def add(platform: PlatformUnderTest, device: Device) -> None:
    platform.add_to_driver(device, f"change/d{device.sfdi}", interval=INTERVAL_S, registry=[SERIAL])


@pytest.fixture
def two(platform: PlatformUnderTest) -> Iterator[list[Device]]:
    """Two devices that are polled."""
    devices = [platform.add_device(), platform.add_device()]
    for device in devices:
        add(platform, device)
    yield devices
    for device in devices:
        platform.remove_from_driver(f"change/d{device.sfdi}")


def once_per_interval(platform: PlatformUnderTest, bus: Recording, *devices: Device) -> None:
    """From now on each device is published every interval, and never twice within one."""
    start = {device: len(bus.of(multi(device))) for device in devices}
    platform.until(
        lambda: all(len(bus.of(multi(each))) > start[each] + ROUNDS for each in devices),
        f"{ROUNDS} publishes of each of {len(devices)} devices",
        timeout=INTERVAL_S * (ROUNDS + 6),
    )
    for device in devices:
        times = [message.at for message in bus.of(multi(device))][start[device] :]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert all(EARLIEST < gap < LATEST for gap in gaps), gaps


def test_an_update_of_the_drivers_own_configuration(
    platform: PlatformUnderTest, two: list[Device]
) -> None:
    with platform.bus("devices/change/") as bus:
        try:
            platform.store(DRIVER, "config", {"remote_heartbeat_interval": 50})
            once_per_interval(platform, bus, *two)
        finally:
            platform.delete(DRIVER, "config")  # an update as well: the defaults are in force
        once_per_interval(platform, bus, *two)


def test_a_device_deleted_and_added_again(platform: PlatformUnderTest, two: list[Device]) -> None:
    gone, other = two
    with platform.bus("devices/change/") as bus:
        platform.remove_from_driver(f"change/d{gone.sfdi}")
        platform.store(DRIVER, f"devices/change/d{gone.sfdi}", config(gone, [RATING]))
        bus.wait(lambda message: message.topic == multi(gone) and "b120_WRtg" in message.body[0])
        once_per_interval(platform, bus, gone, other)
        last = bus.of(multi(gone))[-1]
    assert last.body == [
        {"b120_WRtg": None},
        {"b120_WRtg": {"units": "W", "type": "float", "tz": "UTC", "sunspec": "b120_WRtg"}},
    ]


def test_another_registry_and_another_group(platform: PlatformUnderTest, two: list[Device]) -> None:
    changed, other = two
    topic = f"devices/change/d{changed.sfdi}"
    with platform.bus("devices/change/") as bus:
        for registry, group in (([SERIAL, RATING], "default"), ([RATING], "north")):
            platform.store(DRIVER, topic, config(changed, registry, group=group))
            names = {row["Volttron Point Name"] for row in registry}
            bus.wait(
                lambda message, names=names: (
                    message.topic == multi(changed)
                    and set(message.body[0]) == set(message.body[1]) == names
                )
            )
            once_per_interval(platform, bus, changed, other)


def test_while_the_agent_is_away_nothing_is_published(
    platform: PlatformUnderTest, two: list[Device]
) -> None:
    device = two[0]
    path = f"change/d{device.sfdi}"
    with platform.bus("devices/change/") as bus:
        bus.wait(lambda message: message.topic == multi(device))
        platform.stop(AGENT)

        def refused() -> str | None:
            try:
                platform.driver("get_point", path, "b1_SN")
            except RemoteError as error:
                return str(error)
            return None

        reason = platform.until(refused, "an error of the driver")
        assert "agent 'ieee2030_5' does not answer" in reason
        assert "is it installed and running?" in reason
        _, errors = platform.driver("get_multiple_points", path, ["b1_SN"])
        assert list(errors) == [f"devices/{path}/b1_SN"]
        silent_since = len(bus.of(multi(device)))
        platform.start(AGENT)
        bus.wait(lambda message: message.topic == multi(device), after=len(bus))
        # Not one poll of the time without agent was made up for.
        assert len(bus.of(multi(device))) <= silent_since + 2
        assert bus.of(multi(device))[-1].body[0] == {"b1_SN": device.sfdi}
        once_per_interval(platform, bus, device)


def test_a_device_configured_twice(platform: PlatformUnderTest, two: list[Device]) -> None:
    device = two[0]
    platform.store(DRIVER, "devices/change/twice", config(device, [SERIAL, RATING]))
    with platform.bus("devices/change/") as bus:
        with pytest.raises(RemoteError) as refused:
            platform.driver("get_point", "change/twice", "b1_SN")
        assert (
            f"device {device.sfdi} of agent 'ieee2030_5' is already configured as"
            f" devices/change/d{device.sfdi}"
        ) in str(refused.value)
        once_per_interval(platform, bus, device)
        assert not bus.of("devices/change/twice/multi")
    assert bus.of(multi(device))[-1].body[0] == {"b1_SN": device.sfdi}
    platform.remove_from_driver("change/twice")


@pytest.mark.parametrize(
    ("remote", "registry", "reason"),
    [
        ({"sfdi": "097935300834"}, [SERIAL], "the last (check) digit is wrong"),
        ({"sfdi": None}, [SERIAL], "sfdi: missing"),
        ({"rpc_timeout_s": -1}, [SERIAL], "rpc_timeout_s: -1 is no number of seconds"),
        ({}, [SERIAL, SERIAL], "'b1_SN': is the point of line 2 already"),
        ({}, [SERIAL, {**RATING, "null": ["2"]}], "has more cells than there are titles"),
        ({}, [SERIAL, {**RATING, "Resource": "Nonsense"}], "Nonsense"),
        ({}, [SERIAL, {**RATING, "Field": "nonsense"}], "nonsense"),
        ({}, [SERIAL, {**RATING, "Type": "nonsense"}], "nonsense"),
    ],
    ids=["check digit", "no SFDI", "time-out", "twice", "shifted", "resource", "field", "type"],
)
def test_a_mistake_is_told_and_can_be_corrected(
    platform: PlatformUnderTest, remote: dict[str, Any], registry: object, reason: str
) -> None:
    device = platform.add_device()
    path = f"change/d{device.sfdi}"
    good = config(device, [SERIAL])
    bad = config(device, registry)
    bad["remote_config"] |= remote
    platform.store(DRIVER, f"devices/{path}", bad)

    def refusal() -> str:
        with pytest.raises(RemoteError) as error:
            platform.driver("get_point", path, "b1_SN")
        return str(error.value)

    assert reason in refusal()
    platform.store(DRIVER, f"devices/{path}", good)
    assert platform.driver("get_point", path, "b1_SN") == device.sfdi
    platform.remove_from_driver(path)
