"""Written points as controls: how they combine, and what a control point reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.model.controls import Control
from ieee2030_5_agent.model.dispatch import Dispatch
from ieee2030_5_agent.model.drafts import Draft
from ieee2030_5_agent.model.end_device import EndDevice, Registration
from ieee2030_5_agent.model.errors import BadValue
from ieee2030_5_agent.model.programs import Assignment, Program
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.sep.editions import Edition
from tests.protocol.conftest import BATTERY, START, Site

NEWCOMER = "000000000019"
FIELDS = ("opModFixedW", "opModMaxLimW", "rampTms")
ROWS = [
    {
        "Volttron Point Name": name,
        "Resource": "DERControl",
        "Field": f"DERControlBase.{name}",
        "Units": "",
        "Writable": "TRUE",
    }
    for name in FIELDS
]


@pytest.fixture
def desk(make_site: Callable[..., Site]) -> Site:
    """A battery with three writable points, and a program of a higher priority for it."""
    site = make_site(programs=[{"mRID": "0A", "primacy": 0, "devices": [BATTERY]}])
    site.server.fleet.config_points(BATTERY, ROWS)
    return site


def write(site: Site, name: str, value: Any) -> None:
    site.server.fleet.set_point(BATTERY, name, value)


def revert(site: Site, name: str) -> None:
    site.server.fleet.revert_point(BATTERY, name)


def points(site: Site) -> dict[str, Any]:
    return {
        name: value
        for name, value in site.server.fleet.get_points(BATTERY).items()
        if value is not None
    }


def battery(site: Site) -> EndDevice:
    return site.server.fleet.device(BATTERY)


def dispatch(site: Site) -> Dispatch:
    return site.server.fleet.dispatch


def own(site: Site) -> Program:
    return site.server.fleet.set_points.own_program(battery(site))


def statuses(site: Site) -> list[int]:
    """Of the device's own controls, the first that was created first."""
    controls = sorted(own(site).controls.values(), key=lambda control: control.number)
    return [int(control.status) for control in controls]


def higher(site: Site, duration: int = 60, **values: Any) -> Control:
    """A control of the program that goes before set points."""
    program = site.server.fleet.programs.by_mrid(b"\x0a")
    base = models.DERControlBase(**values)
    return dispatch(site).create(
        program, Draft(base=base, start=int(site.clock.now), duration=duration)
    )


def test_several_points_are_one_control(desk: Site) -> None:
    write(desk, "opModFixedW", 20.0)
    write(desk, "opModMaxLimW", 50.0)
    write(desk, "rampTms", 3.0)
    (control,) = own(desk).active
    base = models.DERControlBase(opModFixedW=2000, opModMaxLimW=5000, rampTms=300)
    assert control.base == base
    assert statuses(desk) == [4, 4, 1]
    assert points(desk) == {"opModFixedW": 20.0, "opModMaxLimW": 50.0, "rampTms": 3.0}


def test_setting_a_point_again_replaces_its_value_only(desk: Site) -> None:
    write(desk, "opModFixedW", 20.0)
    write(desk, "opModMaxLimW", 50.0)
    write(desk, "opModFixedW", 30.0)
    assert points(desk) == {"opModFixedW": 30.0, "opModMaxLimW": 50.0}


def test_revert_of_one_of_several_leaves_the_others(desk: Site) -> None:
    write(desk, "opModFixedW", 20.0)
    write(desk, "opModMaxLimW", 50.0)
    revert(desk, "opModFixedW")
    assert statuses(desk) == [4, 2, 1]
    assert points(desk) == {"opModMaxLimW": 50.0}
    revert(desk, "opModMaxLimW")
    assert statuses(desk) == [4, 2, 2]
    assert points(desk) == {}


def test_a_ramp_time_goes_with_the_last_mode(desk: Site) -> None:
    write(desk, "opModFixedW", 20.0)
    write(desk, "rampTms", 3.0)
    revert(desk, "opModFixedW")
    assert statuses(desk) == [4, 2]
    assert points(desk) == {}


def test_a_ramp_time_alone_is_no_command(desk: Site) -> None:
    with pytest.raises(BadValue, match=f"device {BATTERY}: base has no mode"):
        write(desk, "rampTms", 3.0)
    assert statuses(desk) == []


def test_an_operator_may_cancel_what_set_point_made(desk: Site) -> None:
    write(desk, "opModFixedW", 20.0)
    dispatch(desk).cancel(own(desk).active[0].mrid)
    assert points(desk) == {}
    revert(desk, "opModFixedW")
    write(desk, "opModMaxLimW", 50.0)
    assert points(desk) == {"opModMaxLimW": 50.0}
    assert statuses(desk) == [2, 1]


def test_a_point_reads_what_is_in_force_whoever_commanded_it(desk: Site) -> None:
    write(desk, "opModMaxLimW", 50.0)
    higher(desk, opModFixedW=700)
    assert points(desk) == {"opModFixedW": 7.0, "opModMaxLimW": 50.0}
    desk.clock.now += 60
    desk.server.fleet.advance(desk.clock.now)
    assert points(desk) == {"opModMaxLimW": 50.0}


def test_a_set_point_that_was_displaced_does_not_come_back_in_2018(desk: Site) -> None:
    write(desk, "opModFixedW", 20.0)
    write(desk, "opModMaxLimW", 50.0)
    higher(desk, opModFixedW=700)
    desk.clock.now += 60
    desk.server.fleet.advance(desk.clock.now)
    assert points(desk) == {"opModMaxLimW": 50.0}
    write(desk, "opModMaxLimW", 60.0)
    assert points(desk) == {"opModMaxLimW": 60.0}
    assert own(desk).active[0].modes == {"opModMaxLimW"}


def test_a_point_that_was_displaced_can_be_reverted(desk: Site) -> None:
    write(desk, "opModFixedW", 20.0)
    higher(desk, opModFixedW=700)
    revert(desk, "opModFixedW")
    assert statuses(desk) == [2]
    assert points(desk) == {"opModFixedW": 7.0}


def test_a_set_point_that_was_displaced_resumes_in_2023(desk: Site) -> None:
    desk.server.fleet.heard(battery(desk), Edition.E2023)
    write(desk, "opModFixedW", 20.0)
    higher(desk, opModFixedW=700)
    assert points(desk) == {"opModFixedW": 7.0}
    desk.clock.now += 60
    desk.server.fleet.advance(desk.clock.now)
    assert points(desk) == {"opModFixedW": 20.0}


def test_what_resumes_is_known_when_the_device_says_its_edition(desk: Site) -> None:
    write(desk, "opModFixedW", 20.0)
    dispatch(desk).cancel(higher(desk, opModFixedW=700).mrid)
    assert points(desk) == {}
    desk.server.fleet.heard(battery(desk), Edition.E2023)
    assert points(desk) == {"opModFixedW": 20.0}
    desk.server.fleet.heard(battery(desk), Edition.E2018)
    assert points(desk) == {}


def test_defaults_are_no_commands(desk: Site) -> None:
    default = models.DefaultDERControl(DERControlBase=models.DERControlBase(opModMaxLimW=9000))
    desk.server.fleet.contents.set_default(own(desk), default)
    in_force = dispatch(desk).in_force(battery(desk))
    assert in_force["opModMaxLimW"].value == 9000
    assert in_force["opModMaxLimW"].control is None
    assert points(desk) == {}


def test_a_change_of_assignment_changes_what_is_in_force(desk: Site) -> None:
    fleet = desk.server.fleet
    control = higher(desk, opModFixedW=700)
    program, _ = dispatch(desk).find(control.mrid)
    fleet.programming.change(program, "", 0, Assignment(groups=frozenset({"feeder"})))
    assert points(desk) == {}
    registration = battery(desk).registration
    fleet.update(Registration(BATTERY, registration.lfdi, groups=frozenset({"feeder"})))
    assert points(desk) == {"opModFixedW": 7.0}
    fleet.programming.remove(program)
    assert points(desk) == {}


def test_a_change_of_primacy_changes_what_is_in_force(desk: Site) -> None:
    desk.server.fleet.heard(battery(desk), Edition.E2023)
    write(desk, "opModFixedW", 20.0)
    control = higher(desk, opModFixedW=700)
    program, _ = dispatch(desk).find(control.mrid)
    desk.server.fleet.programming.change(program, "", 9, program.assignment)
    assert points(desk) == {"opModFixedW": 20.0}


def test_a_new_device_is_told_what_is_in_force(desk: Site) -> None:
    fleet = desk.server.fleet
    program = fleet.programming.create("", 3, Assignment(everyone=True), "rpc")
    base = models.DERControlBase(opModMaxLimW=4000)
    dispatch(desk).create(program, Draft(base=base, start=START, duration=60))
    device = fleet.register(Registration(NEWCOMER), "rpc")
    assert dispatch(desk).in_force(device)["opModMaxLimW"].value == 4000
    fleet.config_points(NEWCOMER, ROWS)
    assert fleet.get_point(NEWCOMER, "opModMaxLimW") == 40.0


def test_a_program_that_goes_cancels_its_controls(desk: Site) -> None:
    told: list[Any] = []
    control = higher(desk, opModFixedW=700)
    desk.server.fleet.listen(lambda change: told.append((change.what, change.detail)))
    program, _ = dispatch(desk).find(control.mrid)
    desk.server.fleet.programming.remove(program)
    (listed, _), (what, detail), (then, _) = told
    assert listed == "schedule"
    assert (what, detail["mRID"], detail["status"]) == (
        "control",
        control.mrid.hex().upper(),
        "cancelled",
    )
    assert then == "program"
    desk.clock.now += 3600
    desk.server.fleet.advance(desk.clock.now)
    assert len(told) == 3


def test_a_device_that_goes_takes_its_set_points_along(desk: Site) -> None:
    write(desk, "opModFixedW", 20.0)
    mrid = own(desk).active[0].mrid
    desk.server.fleet.remove(BATTERY)
    assert not desk.server.fleet.response_sets.knows(mrid)
    desk.clock.now += 86400
    desk.server.fleet.advance(desk.clock.now)


def test_what_listeners_are_told_of_a_control(desk: Site) -> None:
    told: list[Any] = []
    desk.server.fleet.listen(told.append)
    write(desk, "opModFixedW", 20.0)
    listed, change = told
    assert (listed.what, listed.sfdi, listed.detail) == (
        "schedule",
        None,
        {"program": own(desk).number},
    )
    assert (change.what, change.sfdi) == ("control", BATTERY)
    assert change.points == {"opModFixedW": 20.0}
    assert change.detail == {
        "program": own(desk).mrid.hex().upper(),
        "mRID": own(desk).active[0].mrid.hex().upper(),
        "currentStatus": 1,
        "status": "active",
        "dateTime": START,
        "potentiallySuperseded": False,
        "version": 0,
        "creationTime": START,
        "start": START,
        "duration": 86400,
    }


def test_what_ends_and_what_begins_in_the_same_second_is_one_change(desk: Site) -> None:
    first = higher(desk, opModFixedW=700)
    program, _ = dispatch(desk).find(first.mrid)
    base = models.DERControlBase(opModFixedW=800)
    second = dispatch(desk).create(program, Draft(base=base, start=START + 60, duration=60))
    told: list[Any] = []
    desk.server.fleet.listen(told.append)
    desk.clock.now += 60
    desk.server.fleet.advance(desk.clock.now)
    listed, *told = told
    assert listed.what == "schedule"
    story = {change.detail["mRID"]: change.detail["status"] for change in told}
    assert story == {
        first.mrid.hex().upper(): "completed",
        second.mrid.hex().upper(): "active",
    }
    assert [dict(change.points) for change in told] == [{}, {"opModFixedW": 8.0}]
