"""A resource that replaces another: the points are those of the latest one, whatever was before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ieee2030_5_agent.model.end_device import EndDevice
from ieee2030_5_agent.model.points import PointMap
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.clock import Clock
from tests.strategies import resources
from tools.bench import site

CLASSES = [
    "DERAvailability",
    "DERCapability",
    "DERSettings",
    "DERStatus",
    "DeviceInformation",
    "DeviceStatus",
    "PowerStatus",
]
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
                device.resources, device.mirrors, device.registration.direction_frame
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


@pytest.mark.parametrize(
    ("changed", "worked_out"),
    [
        ({"alarmStatus"}, ["timed"]),
        ({"genConnectStatus"}, ["connected", "timed"]),
        ({"genConnectStatus", "storConnectStatus"}, ["connected", "timed"]),
        ({"readingTime"}, ["age", "timed"]),
    ],
)
def test_a_formula_is_worked_out_when_a_field_of_it_or_the_time_has_changed(
    changed: set[str], worked_out: list[str]
) -> None:
    formulas = {
        "connected": "=bitor(DERStatus.genConnectStatus.value,DERStatus.storConnectStatus.value)",
        "age": "=DERStatus.readingTime-946684800",
        "timed": "=Time.currentTime-DERStatus.readingTime",
    }
    point_map = PointMap.from_rows(
        {"Volttron Point Name": name, "Resource": "", "Field": formula}
        for name, formula in formulas.items()
    )
    assert sorted(p.name for p in point_map.readers("DERStatus", 1, changed)) == worked_out


def test_what_the_time_does_not_change_was_not_received_again() -> None:
    clock = Clock()
    server, device = filled(clock)
    control = {"device": device.sfdi, "modes": {"opModMaxLimW": 50}, "duration": 600}
    dict(Operations(server).all())["create_control"](**control)
    values, times = server.fleet.get_points(device.sfdi), dict(device.point_times)
    cursor = server.fleet.cursor
    clock.now += 30
    server.fleet.get_points(device.sfdi)
    changed = server.fleet.get_changes(cursor)["points"][device.sfdi]
    assert changed
    assert device.points.keys() == times.keys()
    for name in device.points:
        assert (device.points[name] != values[name]) is (name in changed)
        assert device.point_times[name] == (clock.now if name in changed else times[name])


MEASUREMENTS = st.builds(
    models.MirrorMeterReading,
    mRID=st.sampled_from([b"\x01", b"\x02", b"\x03"]),
    description=st.sampled_from([None, "PhaseCurrentAvg", "PhasePowerAvg", "of the client"]),
    ReadingType=st.builds(
        models.ReadingType,
        uom=st.sampled_from([5, 29, 38, 61]),
        flowDirection=st.sampled_from([None, 1, 19]),
        phase=st.sampled_from([None, 0, 128]),
        accumulationBehaviour=st.just(12),
        kind=st.just(37),
    ),
    Reading=st.builds(models.Reading, value=st.integers(-5, 5)),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.booleans(), st.lists(MEASUREMENTS, max_size=3, unique_by=lambda m: m.mRID)),
        max_size=6,
    )
)
def test_points_do_not_depend_on_the_order_in_which_readings_came(posts: list[Any]) -> None:
    server = Server(Settings.load({"devices": [DEVICE.entry]}), Clock())
    device = server.fleet.device(DEVICE.sfdi)
    mirrors = []
    for mrid, flags in ((b"\xf1", b"\x49"), (b"\xf2", b"\x09")):
        usage_point = models.MirrorUsagePoint(
            mRID=mrid,
            deviceLFDI=bytes.fromhex(DEVICE.lfdi),
            roleFlags=flags,
            serviceCategoryKind=0,
            status=1,
        )
        mirrors.append(server.fleet.mirroring.put(device, usage_point, strict=False)[0])
    for second, readings in posts:
        server.fleet.mirroring.post(mirrors[second], readings, strict=False)
        whole = device.point_map.evaluate_all(
            device.resources, device.mirrors, device.registration.direction_frame
        )
        assert device.points == {n: value for n, value in whole.items() if value is not None}
        assert device.point_times.keys() == device.points.keys()
