"""Written points: limited by what the device reported, and in force as long as their control is."""

from __future__ import annotations

import pytest

from ieee2030_5_agent.model.errors import BadValue
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, Site

POWER = {
    "Volttron Point Name": "power",
    "Point Name": "b124_WChaMax",
    "Units": "W",
    "Writable": "TRUE",
    "Resource": "DERControl",
    "Field": "DERControlBase.opModTargetW",
}


@pytest.fixture
def with_power(site: Site) -> Site:
    site.server.fleet.config_points(BATTERY, [POWER])
    site.put("/dcap/edev/0/der/1/derg", documents.DER_SETTINGS)
    return site


def test_more_than_the_device_reported_is_refused_and_changes_nothing(with_power: Site) -> None:
    fleet = with_power.server.fleet
    assert fleet.set_point(BATTERY, "power", 10_000) == 10_000
    with pytest.raises(BadValue, match="device 097935300833: opModTargetW 10001 is beyond"):
        fleet.set_point(BATTERY, "power", 10_001)
    assert fleet.get_point(BATTERY, "power") == 10_000


@pytest.mark.parametrize("read", ["get_point", "get_points", "get_changes"])
def test_a_reading_is_true_to_the_second(with_power: Site, read: str) -> None:
    fleet = with_power.server.fleet
    fleet.set_point(BATTERY, "power", 10_000)
    cursor = fleet.get_changes(None)["cursor"]
    with_power.clock.now += 86400
    found = {
        "get_point": lambda: fleet.get_point(BATTERY, "power"),
        "get_points": lambda: fleet.get_points(BATTERY)["power"],
        "get_changes": lambda: fleet.get_changes(cursor)["points"][BATTERY]["power"],
    }
    assert found[read]() is None
