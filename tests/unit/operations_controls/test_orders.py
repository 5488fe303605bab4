"""Controls as an operator orders them: JSON in, JSON out."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ieee2030_5_agent.model.controls import COMPLETED_VISIBLE_S
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.clock import START, Clock
from tests.unit.operations_controls.conftest import (
    BATTERY,
    CURVE,
    INVERTER,
    LIMIT,
    MRID,
    PROGRAM,
    only,
)

# --- where it goes -------------------------------------------------------------------------------


def test_a_control_of_a_device_stands_in_its_own_program(
    create: Any, operations: Operations, server: Server
) -> None:
    (created,) = create(
        start=START + 60,
        description="peak",
        randomize_start=-30,
        randomize_duration=120,
        response_required="01",
        device_category="0200",
        mRID=MRID,
    )
    own = server.fleet.set_points.own_program(server.fleet.device(BATTERY))
    assert created == {
        "mRID": MRID,
        "href": f"/dcap/derp/{own.number}/derc/1",
        "program": own.mrid.hex().upper(),
        "sfdi": BATTERY,
        "status": "scheduled",
    }
    control = only(operations)
    assert {key: control[key] for key in control if key not in ("EventStatus", "version")} == {
        "href": created["href"],
        "replyTo": f"/dcap/rsps/{own.number}/rsp",
        "responseRequired": "01",
        "mRID": MRID,
        "description": "peak",
        "creationTime": START,
        "interval": {"duration": 600, "start": START + 60},
        "randomizeStart": -30,
        "randomizeDuration": 120,
        "DERControlBase": LIMIT,
        "deviceCategory": "0200",
        "status": "scheduled",
        "program": created["program"],
        "devices": [BATTERY],
        "groups": [],
        "all": False,
    }


def test_devices_get_one_control_each_with_watts_as_percent_of_their_own(
    create: Any, operations: Operations
) -> None:
    created = create(device=None, devices=[BATTERY, int(INVERTER)], modes={"b124_WChaMax": 2500})
    assert [one["sfdi"] for one in created] == [BATTERY, INVERTER]
    percent = {
        control["devices"][0]: control["DERControlBase"] for control in operations.get_controls()
    }
    assert percent == {BATTERY: {"opModFixedW": -5000}, INVERTER: {"opModFixedW": -2500}}


def test_a_group_gets_a_program_of_its_own_once(create: Any, operations: Operations) -> None:
    first, second = (create(device=None, group="north", start=START + at)[0] for at in (0, 900))
    assert first["program"] == second["program"]
    program = next(p for p in operations.get_programs() if p["mRID"] == first["program"])
    assert {key: program[key] for key in ("groups", "devices", "all", "primacy", "controls")} == {
        "groups": ["north"],
        "devices": [],
        "all": False,
        "primacy": 2,
        "controls": 2,
    }
    assert len(operations.get_controls(sfdi=BATTERY)) == 2
    assert operations.get_controls(sfdi=INVERTER) == []


def test_the_primacy_of_a_group_s_program_is_configured(create: Any, server: Server) -> None:
    raw = {"devices": [{"sfdi": BATTERY, "groups": ["north"]}], "group_primacy": 70}
    server.configure(Settings.load(raw))
    (created,) = create(device=None, group="north")
    assert server.fleet.programs.by_mrid(bytes.fromhex(created["program"])).primacy == 70


def test_a_program_s_control_is_for_all_that_follow_it(create: Any, operations: Operations) -> None:
    (created,) = create(device=None, program=PROGRAM.lower())
    assert (created["program"], created["sfdi"]) == (PROGRAM, None)
    for sfdi in (BATTERY, INVERTER):
        assert only(operations, sfdi=sfdi, program=PROGRAM)["mRID"] == created["mRID"]


def test_a_point_for_a_program_must_mean_the_same_for_all(create: Any) -> None:
    assert create(device=None, group="north", modes={"b124_WChaMax": 2500})
    with pytest.raises(ValueError, match="not the same opModFixedW for all devices"):
        create(device=None, group="all", modes={"b124_WChaMax": 2500})


# --- when ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "seconds"),
    [
        (None, 0),
        (START + 60, 60),
        (START + 60.9, 60),
        (START - 599, -599),
        ("2026-05-28T20:27:20Z", 40),
        ("2026-05-28T22:27:20.5+02:00", 40),
    ],
    ids=str,
)
def test_when_it_starts(create: Any, operations: Operations, start: Any, seconds: int) -> None:
    create(start=start)
    assert only(operations)["interval"]["start"] == START + seconds


# --- again ---------------------------------------------------------------------------------------


def test_the_same_order_with_the_same_mrid_is_done_once(
    create: Any, operations: Operations, clock: Clock
) -> None:
    first = create(mRID=MRID)
    clock.now += 60
    assert create(mRID=MRID.lower()) == first
    assert len(operations.get_controls()) == 1
    with pytest.raises(ValueError, match=f"mRID: {MRID} is a control with another duration"):
        create(mRID=MRID, duration=601)
    with pytest.raises(ValueError, match="of another program"):
        create(mRID=MRID, device=INVERTER)


def test_devices_have_mrids_that_follow_from_the_one_given(create: Any) -> None:
    first = create(device=None, devices=[BATTERY, INVERTER], mRID=MRID)
    assert len({one["mRID"] for one in first}) == 2
    assert create(device=None, devices=[INVERTER, BATTERY], mRID=MRID) == first[::-1]


def test_an_mrid_is_never_used_again(create: Any, clock: Clock) -> None:
    create(mRID=MRID)
    clock.now += 600 + COMPLETED_VISIBLE_S
    with pytest.raises(ValueError, match=f"mRID: {MRID} was used before"):
        create(mRID=MRID)


def test_one_of_a_list_of_devices_keeps_its_mrid_when_the_list_shrinks(
    create: Any, operations: Operations
) -> None:
    both = create(device=None, devices=[BATTERY, INVERTER], mRID="AC")
    assert create(device=None, devices=[BATTERY], mRID="AC")[0]["mRID"] == both[0]["mRID"]


# --- schedules -----------------------------------------------------------------------------------


def test_a_day_of_five_minute_set_points_runs(operations: Operations, clock: Clock) -> None:
    day = [
        {"start": START + 300 * n, "duration": 300, "modes": {"b124_WChaMax": 10 * n}}
        for n in range(288)
    ]
    created = operations.create_controls(day, device=BATTERY)
    assert len({one["mRID"] for one in created}) == len(operations.get_controls()) == 288
    fleet = operations._fleet
    for n in (0, 1, 100, 287):
        clock.now = START + 300 * n + 7
        fleet.advance(clock.now)
        assert fleet.get_point(BATTERY, "b124_WChaMax") == 10 * n
        active = only(operations, status="active")
        assert active["mRID"] == created[n]["mRID"]
    clock.now = START + 86400
    assert operations.get_controls() == []
    assert only(operations, status="completed")["mRID"] == created[-1]["mRID"]
    clock.now += COMPLETED_VISIBLE_S
    assert operations.get_controls(status="completed") == []


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"duration": -5}, "controls[2]: duration is -5"),
        ({"mRID": MRID}, f"controls[2]: mRID: {MRID} is used twice"),
        ({"color": 1}, "controls[2]: color: unknown argument"),
        ({"modes": {"opModMaxLimX": 5}}, "controls[2]: modes.opModMaxLimX: is neither"),
        (7, "controls[2]: an object with keys is expected"),
    ],
    ids=str,
)
def test_a_schedule_is_created_as_a_whole_or_not_at_all(
    operations: Operations, entry: Any, message: str
) -> None:
    common = {"group": "north", "duration": 300, "modes": LIMIT}
    entries = [{"start": START, "mRID": MRID}, {"start": START + 300}, entry]
    programs = operations.get_programs()
    with pytest.raises(ValueError, match=r".") as refused:
        operations.create_controls(entries, **common)
    assert message in str(refused.value)
    assert operations.get_controls() == []
    assert operations.get_programs() == programs
    assert len(operations.create_controls(entries[:2], **common)) == 2


def test_a_schedule_is_created_as_a_whole_however_long_it_takes() -> None:
    ticks = itertools.count(START * 100)
    server = Server(Settings.load({"devices": [{"sfdi": BATTERY}]}), lambda: next(ticks) / 100)
    operations = Operations(server)
    now = int(server.clock())
    entries = [
        {"start": now + 60 * n, "duration": 60, "modes": {"opModFixedW": n}} for n in range(200)
    ]
    entries.append({"start": now - 55, "duration": 58, "modes": {"opModConnect": True}})
    assert len(operations.create_controls(entries, device=BATTERY)) == 201


# --- modes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modes", "base"),
    [
        ({"opModConnect": False}, {"opModConnect": False}),
        ({"opModFixedFlow": -2500}, {"opModFixedW": -2500}),
        (
            {"opModTargetW": {"multiplier": 2, "value": 15}, "rampTms": 0},
            {"opModTargetW": {"multiplier": 2, "value": 15}, "rampTms": 0},
        ),
        (
            {"opModFixedVar": {"refType": 1, "value": -3000}},
            {"opModFixedVar": {"refType": 1, "value": -3000}},
        ),
        (
            {"opModExpLimW": {"multiplier": 0, "value": 1500}, "b124_WChaMax": -500},
            {"opModExpLimW": {"multiplier": 0, "value": 1500}, "opModFixedW": 1000},
        ),
    ],
    ids=lambda value: ",".join(value),
)
def test_modes(create: Any, operations: Operations, modes: Any, base: Any) -> None:
    create(modes=modes)
    assert only(operations)["DERControlBase"] == base


def test_a_control_links_a_curve_by_its_mrid(create: Any, operations: Operations) -> None:
    curve = operations.create_curve(PROGRAM, CURVE)
    again = operations.create_curve(PROGRAM, {**CURVE, "mRID": curve["mRID"]})
    assert again == curve
    create(device=None, program=PROGRAM, modes={"opModVoltVar": curve["mRID"].lower()})
    assert only(operations)["DERControlBase"] == {"opModVoltVar": {"href": curve["href"]}}
    other = operations.create_curve(PROGRAM, {**CURVE, "curveType": 12, "mRID": "C1"})
    assert other["mRID"] == "C1".zfill(32)
    assert other["href"] != curve["href"]


def test_a_default_may_name_points_and_curves(operations: Operations) -> None:
    mrid = operations.create_program(primacy=9, groups=["north"])["mRID"]
    curve = operations.create_curve(mrid, CURVE)
    default = {
        "DERControlBase": {"b124_WChaMax": 1000, "opModVoltVar": curve["mRID"]},
        "setGradW": 100,
    }
    set_ = operations.set_default_control(mrid, default)
    assert set_["DERControlBase"] == {
        "opModFixedW": -2000,
        "opModVoltVar": {"href": curve["href"]},
    }
    assert set_["setGradW"] == 100
    assert operations.set_default_control(mrid, {"DERControlBase": {}})["DERControlBase"] == {}
    assert operations.set_default_control(mrid, None)["DERControlBase"] == {}
