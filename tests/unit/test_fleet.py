"""The fleet: one door for change, one signal for each change."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from secrets import token_bytes

import pytest

from ieee2030_5_agent.model.changes import Changed
from ieee2030_5_agent.model.end_device import Registration
from ieee2030_5_agent.model.errors import DuplicateDevice, UnknownDevice, UnknownPoint
from ieee2030_5_agent.model.fleet import Fleet
from ieee2030_5_agent.model.points import PointMap, PointMapError
from ieee2030_5_agent.sep import models

ROWS = [
    {
        "Volttron Point Name": "soc",
        "Resource": "DERStatus",
        "Field": "stateOfChargeStatus",
    },
    {
        "Volttron Point Name": "state",
        "Resource": "DERStatus",
        "Field": "inverterStatus",
    },
    {"Volttron Point Name": "sn", "Resource": "EndDevice", "Field": "sFDI"},
]
A, B = "000000000019", "000000000109"


@pytest.fixture
def changes() -> list[Changed]:
    return []


@pytest.fixture
def fleet(changes: list[Changed]) -> Iterator[Fleet]:
    now = iter(range(1000, 2000))
    fleet = Fleet(lambda: next(now), PointMap.from_rows(ROWS), partial(token_bytes, 16), "run1")
    fleet.listen(changes.append)
    return fleet


def status(soc: int | None) -> models.DERStatus:
    charge = None if soc is None else models.StateOfChargeStatusType(dateTime=1, value=soc)
    return models.DERStatus(readingTime=1, stateOfChargeStatus=charge)


def test_points_are_none_until_received_and_zero_is_a_value(fleet: Fleet) -> None:
    device = fleet.register(Registration(A), "config")
    assert fleet.get_points(A) == {"soc": None, "state": None, "sn": A}
    fleet.put_resource(device, ("DERStatus", 1), status(0))
    assert fleet.get_point(A, "soc") == 0
    assert fleet.get_point(A, "soc") is not None
    fleet.put_resource(device, ("DERStatus", 1), status(None))
    assert fleet.get_point(A, "soc") is None


def test_each_change_is_told_once_with_the_points_that_changed(
    fleet: Fleet, changes: list[Changed]
) -> None:
    device = fleet.register(Registration(A), "config")
    fleet.put_resource(device, ("DERStatus", 1), status(100))
    fleet.put_resource(device, ("DERStatus", 1), status(100))
    fleet.put_resource(device, ("DERStatus", 1), status(200))
    assert [(change.what, change.points) for change in changes[1:]] == [
        ("resource", {"soc": 1.0}),
        ("resource", {}),
        ("resource", {"soc": 2.0}),
    ]
    assert all(change.sfdi == A for change in changes)


def test_a_point_knows_when_it_was_received(fleet: Fleet) -> None:
    device = fleet.register(Registration(A), "config")
    fleet.put_resource(device, ("DERStatus", 1), status(100))
    first = device.point_times["soc"]
    fleet.put_resource(device, ("DERStatus", 1), status(100))
    assert device.point_times["soc"] > first
    assert "state" not in device.point_times


def test_a_point_that_is_added_has_the_time_at_which_its_resource_was_received(
    fleet: Fleet,
) -> None:
    """As the points tell that were there."""
    device = fleet.register(Registration(A), "config")
    settings_row = {"Resource": "DERSettings", "Field": "updatedTime"}
    formula = {"Resource": "", "Field": "=DERStatus.readingTime+DERSettings.updatedTime"}
    fleet.config_points(A, [*ROWS, settings_row | {"Volttron Point Name": "set"}])
    fleet.put_resource(device, ("DERStatus", 1), status(100))
    fleet.put_resource(device, ("DERSettings", 1), models.DERSettings(updatedTime=7))
    before = dict(device.point_times)
    assert before["soc"] < before["set"]
    rows = [
        ROWS[0] | {"Volttron Point Name": "charge"},
        settings_row | {"Volttron Point Name": "set again"},
        formula | {"Volttron Point Name": "both"},
    ]
    fleet.config_points(A, rows)
    assert device.point_times == {
        "charge": before["soc"],
        "set again": before["set"],
        "both": before["set"],
    }


def test_delta_reads(fleet: Fleet) -> None:
    device = fleet.register(Registration(A), "config")
    fleet.register(Registration(B), "config")
    everything = fleet.get_changes(None)
    assert set(everything["points"]) == {A, B}
    fleet.put_resource(device, ("DERStatus", 1), status(100))
    changed = fleet.get_changes(everything["cursor"])
    assert (changed["points"], changed["whole"]) == ({A: {"soc": 1.0}}, [])
    fleet.remove(A)
    assert fleet.get_changes(changed["cursor"])["points"] == {A: None}
    assert set(fleet.get_changes(None)["points"]) == {B}


def test_changes_name_the_registry_whose_points_they_are(fleet: Fleet) -> None:
    fleet.register(Registration(A), "config")
    fleet.register(Registration(B), "config")
    ours = fleet.config_points(A, ROWS[:1])
    cursor = fleet.get_changes(None)["cursor"]
    assert fleet.get_changes(None)["registries"] == {A: ours, B: None}
    assert fleet.get_changes(cursor)["registries"] == {}
    same_name = [ROWS[0] | {"Field": ROWS[1]["Field"]}]
    theirs = fleet.config_points(A, same_name)
    assert theirs != ours
    assert fleet.get_changes(cursor)["registries"] == {A: theirs}
    assert fleet.config_points(A, ROWS[:1]) == ours
    fleet.remove(A)
    assert fleet.get_changes(cursor)["registries"] == {}


def test_a_registry_of_its_own(fleet: Fleet) -> None:
    fleet.register(Registration(A), "config")
    fleet.register(Registration(B), "config")
    fleet.config_points(A, [ROWS[0] | {"Volttron Point Name": "charge"}])
    assert fleet.get_points(A) == {"charge": None}
    fleet.set_default_points(PointMap.from_rows(ROWS[2:]))
    assert (fleet.get_points(A), fleet.get_points(B)) == ({"charge": None}, {"sn": B})


def test_a_device_that_comes_back_finds_its_registry_again(fleet: Fleet) -> None:
    fleet.register(Registration(A), "config")
    fleet.config_points(A, ROWS[:1])
    fleet.remove(A)
    fleet.register(Registration(A), "config")
    assert fleet.get_points(A) == {"soc": None}


def test_a_bad_registry_leaves_the_one_before(fleet: Fleet, changes: list[Changed]) -> None:
    fleet.register(Registration(A), "config")
    told = len(changes)
    with pytest.raises(PointMapError, match="Nonsense"):
        fleet.config_points(A, [{"Volttron Point Name": "x", "Resource": "Nonsense", "Field": "y"}])
    assert set(fleet.get_points(A)) == {"soc", "state", "sn"}
    assert len(changes) == told


@pytest.mark.parametrize(
    "second", [Registration(A), Registration(B, lfdi="AA")], ids=["SFDI", "LFDI"]
)
def test_an_identity_is_registered_once(fleet: Fleet, second: Registration) -> None:
    fleet.register(Registration(A, lfdi="AA"), "config")
    with pytest.raises(DuplicateDevice, match="registered already"):
        fleet.register(second, "config")
    assert len(fleet.registry.listed) == 1


def test_unknown_names_are_named(fleet: Fleet) -> None:
    with pytest.raises(UnknownDevice, match=A):
        fleet.get_points(A)
    fleet.register(Registration(A), "config")
    with pytest.raises(UnknownPoint, match=f"{A}.*'nothing'"):
        fleet.get_point(A, "nothing")
