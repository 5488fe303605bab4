"""What cannot be ordered: each refusal names the argument, and nothing is done."""

from __future__ import annotations

from typing import Any

import pytest

from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.settings import Program
from tests.clock import START
from tests.unit.operations_controls.conftest import AGGREGATOR, BATTERY, CURVE, PROGRAM

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


def test_a_program_is_not_given_the_mrid_of_a_control(create: Any, operations: Operations) -> None:
    create(mRID="C7")
    with pytest.raises(ValueError, match="C7 is that of an event"):
        operations.create_program(mRID="C7", primacy=5)
    server = operations._server
    programs = (*server.settings.programs, Program.read({"mRID": "C7", "primacy": 5}))
    before = operations.get_programs()
    with pytest.raises(ValueError, match="C7 is that of an event"):
        server.configure(server.settings.model_copy(update={"programs": programs}))
    assert operations.get_programs() == before


def test_a_curve_of_another_mode_or_program_is_refused(create: Any, operations: Operations) -> None:
    curve = operations.create_curve(PROGRAM, CURVE)["mRID"]
    with pytest.raises(ValueError, match="the curve is for opModVoltVar"):
        create(device=None, program=PROGRAM, modes={"opModVoltWatt": curve})
    with pytest.raises(ValueError, match="is no curve of the control's program"):
        create(modes={"opModVoltVar": curve})
    href = operations.create_curve(PROGRAM, {**CURVE, "mRID": "C9"})["href"]
    link = {"opModVoltVar": {"href": href}}
    with pytest.raises(ValueError, match="is no curve of the control's program"):
        create(modes=link)
    create(device=None, program=PROGRAM, modes=link)
    with pytest.raises(ValueError, match="program: there is no program"):
        operations.create_curve("A1", CURVE)
