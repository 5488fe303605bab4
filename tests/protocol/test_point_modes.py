"""create_control with points: every writable point that a DERControl can carry."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ieee2030_5_agent.model.errors import BadValue
from ieee2030_5_agent.model.writing import Role
from ieee2030_5_agent.operations import Operations
from tests.writing_site import WritingSite, at
from tests.writing_vectors import ROWS, VECTORS, is_of_2023

CARRIED = [
    name
    for name, vectors in VECTORS.items()
    if ROWS[name].row.resource == "DERControl"
    and ROWS[name].writing.role in (Role.VALUE, Role.CHOICE)
    and vectors[0]["sends"].startswith("DERControl.")
]


_LIMIT = "sep_DERControl_DERControlBase_opModMaxLimPctVar"
# The other points of the same mode, by the beginning of a point's name.
OTHERS: dict[str, dict[str, Any]] = {
    "b704_PFWInj_": {"b704_PFWInj_PF": 0.9, "b704_PFWInj_Ext": 0},
    "b704_PFWAbs_": {"b704_PFWAbs_PF": 0.9, "b704_PFWAbs_Ext": 0},
    "b704_VarSetPct": {"b704_VarSetMod": 1},
    "b123_VArPct_Mod": {"b704_VarSetPct": 20},
    "b711_Ctl_": {
        "b711_Ctl_DbOf": 0.036,
        "b711_Ctl_DbUf": 0.036,
        "b711_Ctl_KOf": 0.05,
        "b711_Ctl_KUf": 0.05,
        "b711_Ctl_RspTms": 5,
    },
    f"{_LIMIT}Absorb": {f"{_LIMIT}Absorb_value": 20, f"{_LIMIT}Absorb_refType": 1},
    f"{_LIMIT}Inject": {f"{_LIMIT}Inject_value": 20, f"{_LIMIT}Inject_refType": 1},
    "sep_DERControl_DERControlBase_rampTms": {"b123_WMaxLimPct": 50},
}
# What is chosen has to be there.
CHOICES: dict[tuple[str, Any], dict[str, Any]] = {
    ("b704_WSetMod", 0): {"b704_WSetPct": 20},
    ("b704_WSetMod", 1): {"b704_WSet": -5000},
    ("b704_VarSetMod", 4): {"b704_VarSet": 1200},
    **{("b704_VarSetMod", kind): {"b704_VarSetPct": 20} for kind in (0, 1, 2)},
}


@pytest.fixture(scope="module")
def site() -> WritingSite:
    return WritingSite()


def create(site: WritingSite, sfdi: str, modes: dict[str, Any]) -> dict[str, Any]:
    """The DERControl that the device reads."""
    operations = Operations(site.server)
    (created,) = operations.create_control(device=sfdi, duration=600, modes=modes)
    (control,) = [c for c in operations.get_controls(sfdi=sfdi) if c["mRID"] == created["mRID"]]
    return control


@pytest.mark.parametrize("name", CARRIED)
def test_point(site: WritingSite, name: str) -> None:
    for vector in VECTORS[name]:
        device = site.device(2023 if is_of_2023(name) else 2018)
        value = json.loads(vector["value"])
        modes = others(name, value) | {name: value}
        if vector["sends"] == "refused":
            with pytest.raises(BadValue, match=f"modes.{name}: device"):
                create(site, device.device.sfdi, modes)
            assert device.active() == []
            continue
        control = {"DERControl": create(site, device.device.sfdi, modes)}
        for what in vector["sends"].split(" "):
            path, _, text = what.partition("=")
            if path.startswith("DERControl."):
                assert str(at(control, path)).lower() == text, (what, control)


def others(name: str, value: Any) -> dict[str, Any]:
    """What else has to be said for a mode that is whole."""
    chosen = CHOICES.get((name, value))
    if chosen is not None:
        return chosen
    prefix = next((each for each in OTHERS if name.startswith(each)), "")
    return OTHERS.get(prefix, {})


REFUSED = {
    "a part twice": (
        {"b123_VArMaxPct": 10, "b123_VArWMaxPct": 10},
        "modes.b123_VArWMaxPct: sets opModFixedVar, which is set already",
    ),
    "a point and its field": (
        {"b123_WMaxLimPct": 50, "opModMaxLimW": 5000},
        "modes.opModMaxLimW: sets opModMaxLimW, which is set already",
    ),
    "half a mode": ({"b704_PFWInj_PF": 0.9}, "modes: opModFixedPFInjectW.excitation is missing"),
    "a choice of nothing": (
        {"b704_WSetMod": 1, "b704_WSetPct": 10},
        "modes: opModTargetW is missing",
    ),
    "a duration": ({"b123_Conn_RvrtTms": 900, "b123_Conn": 1}, "give duration instead"),
    "a random start": ({"b123_Conn_WinTms": 9, "b123_Conn": 1}, "give randomize_start instead"),
    "a point of a curve": ({"b705_Crv_Pt1_V": 92}, "commands nothing by itself; for a curve use"),
    "an adoption": ({"b705_AdptCrvReq": 1}, "commands nothing by itself"),
    "a switch without a value": ({"b123_WMaxLim_Ena": 1}, "at least one mode is expected"),
    "a switch that is off": ({"b123_WMaxLim_Ena": 0}, "commands nothing by itself"),
    "a curve that is not adopted": ({"b705_Ena": 1}, "at least one mode is expected"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(site: WritingSite, case: str) -> None:
    modes, says = REFUSED[case]
    device = site.device()
    with pytest.raises(BadValue) as caught:
        create(site, device.device.sfdi, modes)
    assert says in str(caught.value)
    assert device.active() == []


def test_a_ramp_time_goes_with_a_mode(site: WritingSite) -> None:
    modes = {"b123_WMaxLimPct": 60, "b123_WMaxLimPct_RmpTms": 10}
    base = create(site, site.device().device.sfdi, modes)["DERControlBase"]
    assert base == {"opModMaxLimW": 6000, "rampTms": 1000}


def test_a_switch_stands_for_what_is_staged(site: WritingSite) -> None:
    device = site.device()
    device.set("b123_VArMaxPct", -30)
    base = create(site, device.device.sfdi, {"b123_VArPct_Ena": 1})["DERControlBase"]
    assert base == {"opModFixedVar": {"refType": 2, "value": -3000}}


def test_a_switch_stands_for_the_adopted_curve_of_the_device(site: WritingSite) -> None:
    device = site.device()
    device.set("b705_Crv_Pt", [[92, 44], [98, 0]])
    device.set("b705_Crv_DeptRef", 1)
    device.set("b705_AdptCrvReq", 1)
    base = create(site, device.device.sfdi, {"b705_Ena": 1})["DERControlBase"]
    assert len(device.get(base["opModVoltVar"]["href"]).CurveData) == 2
