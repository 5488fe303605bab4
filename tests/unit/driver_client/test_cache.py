"""What is served from the cache, and for how long."""

from __future__ import annotations

import gevent
import pytest

from ieee2030_5_driver import agent_client
from tests.unit.driver_client.conftest import DEVICES, MAX_AGE, ONE, TIMEOUT, House


def test_values_never_received_are_none_and_zero_is_a_value(house: House) -> None:
    assert house.read() == {"W": None, "SoC": None, "Set": None}
    house.agent.receive(ONE, "W", 0)
    house.agent.receive(ONE, "SoC", False)
    assert house.read_later() == {"W": 0, "SoC": False, "Set": None}


def test_devices_polled_at_the_same_time_share_the_calls(house: House) -> None:
    house.claim(*DEVICES)
    readers = [gevent.spawn(house.read, sfdi) for sfdi in DEVICES]
    gevent.joinall(readers, raise_error=True)
    assert house.agent.calls["config_points"] == len(DEVICES)
    assert house.agent.most_busy <= agent_client.CONCURRENT_REGISTRIES
    house.agent.calls.clear()
    house.clock.now += MAX_AGE + 0.01
    readers = [gevent.spawn(house.read, sfdi) for sfdi in DEVICES]
    gevent.joinall(readers, raise_error=True)
    assert house.agent.calls == {"get_changes": 1}


@pytest.mark.parametrize(
    ("age", "calls"), [(0.0, {}), (MAX_AGE - 0.01, {}), (MAX_AGE, {"get_changes": 1})]
)
def test_values_are_cached_until_they_expire(
    house: House, age: float, calls: dict[str, int]
) -> None:
    house.read()
    house.agent.calls.clear()
    house.clock.now += age
    house.read()
    assert house.agent.calls == calls


def test_no_cache_asks_each_time(house: House) -> None:
    house.read()
    house.agent.calls.clear()
    for _ in range(3):
        house.client.read(ONE, 0.0, TIMEOUT)
        house.clock.now += 0.001
    assert house.agent.calls == {"get_changes": 3}


def test_only_changes_are_transferred(house: House) -> None:
    house.claim(*DEVICES)
    for sfdi in DEVICES:
        house.read(sfdi)
    house.read_later()
    house.agent.transferred = 0
    house.agent.receive(DEVICES[7], "W", 5)
    house.read_later()
    assert house.agent.transferred == 1
    assert house.read(DEVICES[7])["W"] == 5


def test_a_device_added_later_gets_all_its_points(house: House) -> None:
    house.read()
    house.claim(DEVICES[1])
    assert house.read(DEVICES[1]) == {"W": None, "SoC": None, "Set": None}


def test_another_registry_voids_the_old_values(house: House) -> None:
    house.read()
    house.agent.receive(ONE, "W", 5)
    house.claim(ONE, rows=[{"Volttron Point Name": "W", "Field": "other"}])
    house.agent.values[ONE]["W"] = 7  # what the other field holds, without any change of it
    assert house.read() == {"W": 7}
    assert house.agent.calls["config_points"] == 2


def test_the_same_registry_is_not_sent_again(house: House) -> None:
    house.read()
    house.claim(ONE)
    house.read_later()
    assert house.agent.calls["config_points"] == 1
