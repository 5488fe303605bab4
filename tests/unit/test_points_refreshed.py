"""A resource that replaces another: the points are those of the latest one, whatever was before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from ieee2030_5_agent.model.end_device import EndDevice
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.clock import Clock
from tests.strategies import resources
from tools.bench import site

CLASSES = ["DERStatus", "DERSettings", "DERCapability", "DERAvailability", "PowerStatus"]
DEVICE = site.device(0)


def filled(clock: Clock) -> tuple[Server, EndDevice]:
    """A device with the full registry and its conditions, signs, shares and formulas."""
    server = Server(Settings.load({"devices": [DEVICE.entry]}), clock)
    site.fill(server, DEVICE)
    return server, server.fleet.device(DEVICE.sfdi)


@pytest.mark.parametrize("class_name", CLASSES)
def test_points_do_not_depend_on_what_was_received_before(class_name: str) -> None:
    server, device = filled(Clock())

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(resources(class_name), resources(class_name))
    def check(former: Any, latest: Any) -> None:
        for model in (former, latest):
            server.fleet.put_resource(device, (class_name, 1), model)
            whole = device.point_map.evaluate_all(
                device.resources, device.readings, device.registration.direction_frame
            )
            assert device.points == {n: value for n, value in whole.items() if value is not None}
            assert device.point_times.keys() == device.points.keys()

    check()


@pytest.mark.parametrize("class_name", CLASSES)
def test_the_same_again_is_received_again(class_name: str) -> None:
    clock = Clock()
    server, device = filled(clock)
    model = device.resources[class_name, 1]
    before = dict(device.point_times)
    cursor = server.fleet.cursor
    clock.now += 60
    server.fleet.put_resource(device, (class_name, 1), model)
    read = [point.name for point in device.point_map.dependents(class_name)]
    assert read
    for name in device.points:
        assert device.point_times[name] == (clock.now if name in read else before[name])
    assert server.fleet.get_changes(cursor)["points"] == {}
