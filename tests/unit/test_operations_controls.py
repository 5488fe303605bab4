"""Controls as an operator orders them: JSON in, JSON out, refusals that name the argument."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.model.changes import Changed
from ieee2030_5_agent.model.controls import COMPLETED_VISIBLE_S
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.clock import START, Clock

BATTERY, INVERTER, AGGREGATOR = "097935300833", "111576577659", "167261211391"
MRID = "A0000000000000000000000000000001"
PROGRAM = "C0000000000000000000000000000001"
LIMIT = {"opModMaxLimW": 5000}
CURVE = {
    "curveType": 11,
    "CurveData": [{"xvalue": 95, "yvalue": 30}, {"xvalue": 105, "yvalue": -30}],
    "xMultiplier": 0,
    "yMultiplier": 0,
    "yRefType": 3,
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Server:
    settings = {
        "devices": [
            {"sfdi": BATTERY, "groups": ["north", "all"]},
            {"sfdi": INVERTER, "groups": ["all"]},
        ],
        "aggregators": [{"sfdi": AGGREGATOR, "groups": ["crowd"]}],
        "programs": [{"mRID": PROGRAM, "primacy": 5, "description": "feeder", "all": True}],
    }
    server = Server(Settings.load(settings), clock)
    for sfdi, watts in ((BATTERY, 5000), (INVERTER, 10_000)):
        rate = models.ActivePower(multiplier=0, value=watts)
        reported = models.DERSettings(
            setMaxW=rate, setMaxChargeRateW=rate, setMaxDischargeRateW=rate
        )
        server.fleet.put_resource(server.fleet.device(sfdi), ("DERSettings", 1), reported)
    return server


@pytest.fixture
def operations(server: Server) -> Operations:
    return Operations(server)


@pytest.fixture
def create(operations: Operations) -> Callable[..., list[dict[str, Any]]]:
    """create_control with what a test does not care about."""

    def call(**changes: Any) -> list[dict[str, Any]]:
        order: dict[str, Any] = {"device": BATTERY, "duration": 600, "modes": LIMIT, **changes}
        created = operations.create_control(**order)
        assert json.loads(json.dumps(created)) == created
        return created

    return call


def only(operations: Operations, **filters: Any) -> dict[str, Any]:
    (control,) = operations.get_controls(**filters)
    assert json.loads(json.dumps(control)) == control
    return control


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


# --- refusals ------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a text that no document can carry": (
        {"description": "\x00"},
        "description: '\\x00' holds a character that XML cannot carry",
    ),
    "half of a character": ({"description": "\ud800"}, "that XML cannot carry"),
    "beyond all time": ({"start": 10**400}, "start is 1"),
    "no target": ({"device": None}, "one of program, group, device, devices is expected"),
    "two targets": ({"group": "north"}, "given is group and device"),
    "unknown program": ({"device": None, "program": "A1"}, "program: there is no program"),
    "no mRID of a program": ({"device": None, "program": "x"}, "program: mRID 'x' is not hex"),
    "unknown group": (
        {"device": None, "group": "nort"},
        "group: no device is in 'nort' (did you mean north?)",
    ),
    "a group of aggregators": ({"device": None, "group": "crowd"}, "group: no device is in"),
    "unknown device": ({"device": "19"}, "device: no device with SFDI 000000000019"),
    "no SFDI": ({"device": "18"}, "device: SFDI 000000000018 has the check digit"),
    "an aggregator": ({"device": AGGREGATOR}, "is an aggregator, which follows no control"),
    "unknown device of several": (
        {"device": None, "devices": [BATTERY, "19"]},
        "devices[1]: no device with SFDI 000000000019",
    ),
    "no devices": ({"device": None, "devices": []}, "devices is [], a list of SFDIs"),
    "device twice": ({"device": None, "devices": [BATTERY] * 2}, "devices[1]: 097935300833"),
    "no duration": ({"duration": None}, "duration: is missing"),
    "nothing long": ({"duration": 0}, "duration is 0, a whole number from 1"),
    "negative": ({"duration": -1}, "duration is -1"),
    "half a second": ({"duration": 1.5}, "duration is 1.5"),
    "too long": ({"duration": 2**32}, "duration is 4294967296"),
    "true": ({"duration": True}, "duration is True"),
    "over": ({"start": START - 600}, "start: a control of 600 s"),
    "before time": ({"start": -1}, "start is -1"),
    "never": ({"start": float("nan")}, "start is nan"),
    "words": ({"start": "noon"}, "start is 'noon', no time such as 2026-06-01T12:00:00Z"),
    "no zone": ({"start": "2026-06-01T12:00:00"}, "without a zone: add Z (UTC) or +hh:mm"),
    "a list": ({"start": [1]}, "start is [1]"),
    "no modes": ({"modes": None}, "modes: is missing"),
    "empty modes": ({"modes": {}}, "modes: at least one mode is expected"),
    "only a ramp": ({"modes": {"rampTms": 5}}, "modes: at least one mode is expected"),
    "modes by the way": ({"modes": ["opModMaxLimW"]}, "modes is ['opModMaxLimW'], an object"),
    "unknown mode": ({"modes": {"opModMaxLim": 1}}, "(did you mean opModMaxLimW?)"),
    "unknown point": ({"modes": {"b124_WChaMix": 1}}, "(did you mean b124_WChaMax?)"),
    "a point to read": ({"modes": {"b802_SoC": 1}}, "modes.b802_SoC: is neither"),
    "twice": (
        {"modes": {"b124_WChaMax": 1, "opModFixedW": 1}},
        "modes.opModFixedW: sets opModFixedW, which is set already",
    ),
    "no value": ({"modes": {"opModMaxLimW": None}}, "modes.opModMaxLimW is None"),
    "more than all": (
        {"modes": {"opModMaxLimW": 10_001}},
        "modes.opModMaxLimW: 10001 is outside 0..10000",
    ),
    "less than nothing": ({"modes": {"opModMaxLimW": -1}}, "modes.opModMaxLimW"),
    "more than it can": ({"modes": {"b124_WChaMax": 5001}}, "modes.b124_WChaMax: device 0979"),
    "watts beyond": (
        {"modes": {"opModTargetW": {"multiplier": 1, "value": 501}}},
        "modes: device 097935300833: opModTargetW 5010 is beyond",
    ),
    "text": ({"modes": {"opModMaxLimW": "5000"}}, "modes.opModMaxLimW: a whole number"),
    "a number too few": (
        {"modes": {"opModTargetW": {"value": 1}}},
        "modes.opModTargetW.multiplier: is missing",
    ),
    "percent of no such thing": (
        {"modes": {"opModFixedVar": {"refType": 50, "value": 1000}}},
        "modes.opModFixedVar.refType: refType is 50, not one of 1, 2, 3, 8",
    ),
    "percent inside": (
        {"modes": {"opModFixedVar": {"refType": 1, "value": 10_001}}},
        "modes.opModFixedVar.value: 10001 is outside -10000..10000",
    ),
    "a power factor of 2": (
        {
            "modes": {
                "opModFixedPFInjectW": {"displacement": 2, "excitation": True, "multiplier": 0}
            }
        },
        "modes.opModFixedPFInjectW: a power factor of 2 is out of range",
    ),
    "unknown curve": ({"modes": {"opModVoltVar": "C9"}}, "modes.opModVoltVar: C9 is no curve"),
    "no mRID of a curve": ({"modes": {"opModVoltVar": "zz"}}, "modes.opModVoltVar: mRID 'zz'"),
    "an hour late": ({"randomize_start": 3601}, "randomize_start is 3601"),
    "an hour early": ({"randomize_duration": -3601}, "randomize_duration is -3601"),
    "nothing left": ({"randomize_duration": -600}, "randomize_duration is -600, which may leave"),
    "responses": ({"response_required": "08"}, 'response_required is \'08\', "00" to "07"'),
    "category": ({"device_category": "x"}, "device_category is 'x'"),
    "long words": ({"description": "x" * 33}, "description: "),
    "no words": ({"description": 5}, "description is 5, text is expected"),
    "no mRID": ({"mRID": "x"}, "mRID 'x' is not hex"),
    "zero": ({"mRID": "0"}, "zero"),
    "mRID of a program": ({"mRID": PROGRAM}, f"mRID: {PROGRAM} was used before"),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(
    create: Any, operations: Operations, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        create(**changes)
    assert message in str(refused.value)
    assert operations.get_controls() == []


CURVES_REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": ({"curve": 1}, "curve: DERCurve has no curve (did you mean curveType?)"),
    "no type": ({"curveType": None}, "curve.curveType: is missing"),
    "no points": ({"CurveData": []}, "curve.CurveData: is missing"),
    "half a point": ({"CurveData": [{"xvalue": 1}]}, "curve.CurveData[0].yvalue: is missing"),
    "eleven points": ({"CurveData": CURVE["CurveData"] * 6}, "curve.CurveData: has 12 members"),
    "voltage below zero": (
        {"CurveData": [*CURVE["CurveData"], {"xvalue": -1, "yvalue": 0}]},
        "curve.CurveData[2].xvalue: -1 is out of range, 0 to 327.67 (xvalue of a curve for"
        " opModVoltVar)",
    ),
    "more than all vars": (
        {"yMultiplier": 1},
        "curve.CurveData[0].yvalue: 300 is out of range, -100 to 100",
    ),
    "a frequency in hundredths without a multiplier": (
        {"curveType": 2, "CurveData": [{"xvalue": 1, "yvalue": 6200}]},
        "curve.CurveData[0].yvalue: 6200 is out of range, 0 to 655.35",
    ),
    "another curve": ({"mRID": "C1", "yRefType": 2}, f"curve.mRID: {'C1'.zfill(32)} is another"),
}


@pytest.mark.parametrize(("changes", "message"), CURVES_REFUSED.values(), ids=CURVES_REFUSED.keys())
def test_refuses_a_curve(operations: Operations, changes: dict[str, Any], message: str) -> None:
    operations.create_curve(PROGRAM, {**CURVE, "mRID": "C1"})
    with pytest.raises(ValueError, match=r".") as refused:
        operations.create_curve(PROGRAM, {**CURVE, **changes})
    assert message in str(refused.value)


def test_a_curve_of_another_mode_or_program_is_refused(create: Any, operations: Operations) -> None:
    curve = operations.create_curve(PROGRAM, CURVE)["mRID"]
    with pytest.raises(ValueError, match="the curve is for opModVoltVar"):
        create(device=None, program=PROGRAM, modes={"opModVoltWatt": curve})
    with pytest.raises(ValueError, match="is no curve of the control's program"):
        create(modes={"opModVoltVar": curve})
    with pytest.raises(ValueError, match="program: there is no program"):
        operations.create_curve("A1", CURVE)


# --- cancelling and listing ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "randomize", "words"),
    [
        ({}, None, "cancelled"),
        ({}, False, "cancelled"),
        ({"randomize_start": 60}, None, "cancelled with randomization"),
        ({"randomize_duration": 60}, True, "cancelled with randomization"),
        ({"randomize_start": 60}, False, "cancelled"),
    ],
    ids=str,
)
def test_a_cancelled_control_is_shown_as_such(
    create: Any, operations: Operations, order: dict[str, Any], randomize: Any, words: str
) -> None:
    create(mRID=MRID, **order)
    assert operations.cancel_control(MRID.lower(), randomize)["status"] == words
    assert operations.cancel_control(MRID, randomize)["status"] == words
    assert only(operations, status=words)["mRID"] == MRID
    assert operations.get_controls(status=["active", "scheduled"]) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("A1",), "no DERControl"),
        (("x",), "mRID 'x' is not hex"),
        ((MRID, "yes"), "randomize is 'yes', true or false is expected"),
        ((MRID, True), "randomize is true, but"),
    ],
    ids=str,
)
def test_refuses_to_cancel(
    create: Any, operations: Operations, arguments: Any, message: str
) -> None:
    create(mRID=MRID)
    with pytest.raises(ValueError, match=r".") as refused:
        operations.cancel_control(*arguments)
    assert message in str(refused.value)
    assert only(operations)["status"] == "active"


def test_controls_are_found_by_device_program_status_and_time(
    create: Any, operations: Operations
) -> None:
    now = create(start=START)[0]["mRID"]
    later = create(start=START + 3600, randomize_start=-60)[0]["mRID"]
    for_all = create(device=None, program=PROGRAM, start=START + 1800)[0]["mRID"]

    def found(**filters: Any) -> list[str]:
        return [control["mRID"] for control in operations.get_controls(**filters)]

    assert found() == [now, for_all, later]
    assert found(sfdi=BATTERY) == [now, for_all, later]
    assert found(sfdi=INVERTER) == [for_all]
    assert found(program=PROGRAM) == [for_all]
    assert found(status="scheduled") == [for_all, later]
    assert found(start=START + 600) == [for_all, later]
    assert found(end=START + 1800) == [now]
    assert found(start=START + 2400, end=START + 3540) == []
    assert found(start=START + 2400, end=START + 3541) == [later]
    assert found(end="2026-05-28T20:27:20Z") == [now]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"sfdi": "19"}, "sfdi: no device with SFDI 000000000019"),
        ({"program": "A1"}, "program: there is no program"),
        ({"status": "actve"}, "(did you mean active?)"),
        ({"status": 1}, "status is 1, a word"),
        ({"start": "now"}, "start is 'now'"),
        ({"end": True}, "end is True"),
    ],
    ids=str,
)
def test_refuses_a_filter(operations: Operations, filters: Any, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        operations.get_controls(**filters)
    assert message in str(refused.value)


# --- what the bus is told ------------------------------------------------------------------------


def test_each_change_of_status_is_told_for_each_device(
    create: Any, operations: Operations, server: Server, clock: Clock
) -> None:
    told: list[Changed] = []
    server.fleet.listen(told.append)
    create(device=None, program=PROGRAM, start=START + 60)
    clock.now += 60
    server.fleet.advance(clock.now)
    clock.now += 600
    server.fleet.advance(clock.now)
    story = [(c.sfdi, c.detail["status"]) for c in told if c.what == "control"]
    assert sorted(story, key=lambda pair: str(pair[0])) == [
        (sfdi, status)
        for sfdi in (BATTERY, INVERTER)
        for status in ("scheduled", "active", "completed")
    ]


def test_of_one_moment_the_end_is_told_before_the_beginning(
    create: Any, server: Server, clock: Clock
) -> None:
    first, second = (create(start=START + at, duration=60)[0]["mRID"] for at in (60, 120))
    told: list[Changed] = []
    server.fleet.listen(told.append)
    clock.now += 120
    server.fleet.advance(clock.now)
    assert [(c.detail["mRID"], c.detail["status"]) for c in told if c.what == "control"] == [
        (first, "active"),
        (first, "completed"),
        (second, "active"),
    ]


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


def test_cancelled_again_by_other_words_is_still_cancelled(
    create: Any, operations: Operations
) -> None:
    (made,) = create(randomize_start=60)
    assert operations.cancel_control(made["mRID"], randomize=False)["status"] == "cancelled"
    assert operations.cancel_control(made["mRID"])["status"] == "cancelled"


def test_one_of_a_list_of_devices_keeps_its_mrid_when_the_list_shrinks(
    create: Any, operations: Operations
) -> None:
    both = create(device=None, devices=[BATTERY, INVERTER], mRID="AC")
    assert create(device=None, devices=[BATTERY], mRID="AC")[0]["mRID"] == both[0]["mRID"]
