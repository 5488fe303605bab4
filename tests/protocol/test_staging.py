"""Staging: what waits for a switch, what is sent at once, what a device may and may not see."""

from __future__ import annotations

from typing import Any

import pytest

from ieee2030_5_agent.model.errors import BadValue, BaseUnknown, NotWritable, UnknownPoint
from ieee2030_5_agent.model.programs import Assignment
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.sep.editions import Edition
from tests.vectors import rules
from tests.writing_site import WritingSite, WrittenDevice, at

GIVEN_BY_SERVER = {"href", "subscribable", "mRID", "version", "updatedTime"}


@pytest.fixture
def site() -> WritingSite:
    return WritingSite()


@pytest.mark.parametrize("story", rules("points/writing/stories.toml", "story"))
def test_story(site: WritingSite, story: dict[str, Any]) -> None:
    device = site.device(story.get("year", 2018), reported=story.get("reported", True))
    for number, step in enumerate(story["steps"]):
        act(device, step)
        check(device, step, number)


def act(device: WrittenDevice, step: dict[str, Any]) -> None:
    for name, value in step.get("set", {}).items():
        if "refused" not in step:
            device.set(name, value)
            continue
        staged = dict(device.device.staged)
        with pytest.raises((BadValue, BaseUnknown)) as caught:
            device.set(name, value)
        assert step["refused"] in str(caught.value)
        assert str(caught.value).startswith(f"device {device.device.sfdi}: ")
        assert device.device.staged == staged
    if "revert" in step:
        device.revert(step["revert"])
    if "wait" in step:
        device.site.clock.now += step["wait"]
        device.site.fleet.advance(device.site.clock.now)


def check(device: WrittenDevice, step: dict[str, Any], number: int) -> None:
    where = f"step {number}: {step}"
    if "active" in step:
        assert [bases(device, each) for each in device.active()] == step["active"], where
    for path, value in step.get("event", {}).items():
        assert at(device.active()[0], path) == value, where
    if "default" in step:
        default = {k: v for k, v in device.default().items() if k not in GIVEN_BY_SERVER}
        base = bases(device, default)
        del default["DERControlBase"]
        assert default | ({"DERControlBase": base} if base else {}) == step["default"], where
    if "curves" in step:
        assert len(device.curves()) == step["curves"], where
    for name, value in step.get("reads", {}).items():
        assert device.point(name) == (None if value == "none" else value), f"{name}, {where}"


def bases(device: WrittenDevice, document: dict[str, Any]) -> dict[str, Any]:
    """A DERControlBase; instead of a link to a curve the number of its points."""
    return {
        name: len(device.get(value["href"]).CurveData)
        if isinstance(value, dict) and "href" in value
        else value
        for name, value in document["DERControlBase"].items()
    }


def switched_on(device: WrittenDevice, points: list[list[int]]) -> None:
    device.set("b705_Crv_Pt", points)
    device.set("b705_Crv_DeptRef", 1)
    device.set("b705_AdptCrvReq", 1)
    device.set("b705_Ena", 1)


def test_each_adoption_is_a_new_curve_and_old_ones_do_not_pile_up(site: WritingSite) -> None:
    device = site.device()
    seen = set()
    for step in range(40):
        site.clock.now += 2000  # so that controls that ended are listed no longer
        switched_on(device, [[90 + step, 44], [200, 0]])
        (control,) = device.active()
        curve = device.get(control["DERControlBase"]["opModVoltVar"]["href"])
        assert curve.CurveData[0].xvalue == 90 + step
        seen.add(curve.mRID)
    assert len(seen) == 40
    assert len(device.curves()) <= 25


def test_the_same_curve_is_not_made_anew(site: WritingSite) -> None:
    device = site.device()
    switched_on(device, [[92, 44], [98, 0]])
    (before,) = device.curves()
    switched_on(device, [[92, 44], [98, 0]])
    assert device.curves() == [before]


def test_a_curve_that_a_control_still_links_stays(site: WritingSite) -> None:
    device = site.device()
    switched_on(device, [[92, 44], [98, 0]])
    (control,) = device.active()
    link = control["DERControlBase"]["opModVoltVar"]["href"]
    device.set("b705_Crv_Pt", [[93, 44], [98, 0]])
    device.set("b705_AdptCrvReq", 1)
    assert device.get(link).CurveData[0].xvalue == 92


def test_what_is_set_for_one_device_is_not_seen_by_another(site: WritingSite) -> None:
    device, other = site.device(), site.device()
    switched_on(device, [[92, 44], [98, 0]])
    device.set("b121_WGra", 0.5)
    assert other.active() == []
    assert other.curves() == []
    assert "setGradW" not in other.default()
    assert other.point("b705_Ena") == 0


@pytest.mark.parametrize(
    ("name", "error"), [("b802_SoC", NotWritable), ("b123_None", UnknownPoint)]
)
def test_what_cannot_be_written(site: WritingSite, name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        site.device().set(name, 1)


def test_only_what_is_written_is_checked(site: WritingSite) -> None:
    """A device that speaks an older edition suddenly, or lowers its rating, can be commanded."""
    device = site.device(2023)
    device.set("sep_DERControl_DERControlBase_opModDeltaW", 5)
    device.set("sep_DERControl_DERControlBase_opModTargetVar", 900)
    site.fleet.heard(device.device, Edition.E2018)
    lowered = models.DERSettings(setMaxVar=models.ReactivePower(multiplier=0, value=100))
    site.fleet.put_resource(device.device, ("DERSettings", 1), lowered)
    assert device.set("b802_SetOp", 2) == 2
    with pytest.raises(BadValue, match="opModDeltaW is of IEEE 2030"):
        device.set("sep_DERControl_DERControlBase_opModDeltaW", 6)
    with pytest.raises(BadValue, match="opModTargetVar 900 is beyond"):
        device.set("sep_DERControl_DERControlBase_opModTargetVar", 900)
    device.revert("sep_DERControl_DERControlBase_opModDeltaW")
    (control,) = device.active()
    assert control["DERControlBase"].keys() == {"opModConnect", "opModTargetVar"}


def test_what_is_staged_and_not_chosen_does_not_block_the_group(site: WritingSite) -> None:
    device = site.device()
    device.set("b704_WSetPct", -50)
    device.set("b704_WSetEna", 1)
    lowered = {
        name: models.ActivePower(multiplier=0, value=watts)
        for name, watts in {"setMaxW": 10000, "setMaxChargeRateW": 2000}.items()
    }
    site.fleet.put_resource(device.device, ("DERSettings", 1), models.DERSettings(**lowered))
    device.set("b704_WSet", -1500)
    (control,) = device.active()
    assert control["DERControlBase"] == {"opModTargetW": {"multiplier": 0, "value": -1500}}
    device.set("b704_WSetMod", 1)
    device.set("b704_WSetEna", 1)
    with pytest.raises(BadValue, match="b704_WSetPct: -50 % is out of range, -20 to 100 %"):
        device.set("b704_WSetMod", 0)


def test_a_staged_value_is_told_to_those_who_read_changes(site: WritingSite) -> None:
    device = site.device()
    sfdi = device.device.sfdi
    cursor = site.fleet.get_changes(None)["cursor"]
    assert device.set("b123_WMaxLimPct", 60) == 60
    assert site.fleet.get_changes(cursor)["points"] == {sfdi: {"b123_WMaxLimPct": None}}


def test_the_default_of_a_program_for_all_is_read_until_the_device_has_its_own(
    site: WritingSite,
) -> None:
    device = site.device()
    shared = site.server.fleet.programming.create("all", 5, Assignment(everyone=True), "rpc")
    base = models.DERControlBase(opModMaxLimW=9000)
    default = models.DefaultDERControl(DERControlBase=base, setGradW=20)
    site.fleet.contents.set_default(shared, default)
    assert device.point("b704_WMaxLimPctRvrt") == 90
    assert device.point("sep_DefaultDERControl_setGradW") == 0.2
    device.set("b704_WMaxLimPctRvrt", 70)
    device.set("b704_WMaxLimPctEnaRvrt", 1)
    assert device.point("b704_WMaxLimPctRvrt") == 70
    assert device.point("sep_DefaultDERControl_setGradW") == 0.2
    site.fleet.programming.remove(shared)
    assert device.point("sep_DefaultDERControl_setGradW") is None
    assert device.point("b704_WMaxLimPctRvrt") == 70


def row(name: str, field: str, **cells: str) -> dict[str, str]:
    given = {"Volttron Point Name": name, "Resource": "DERControl", "Field": field}
    return given | {"Writable": "TRUE", "Group": "g"} | cells


def test_what_a_row_does_follows_from_the_row_alone(site: WritingSite) -> None:
    device = site.device()
    curve = {"Resource": "DERCurve", "Mapping": "mode=opModWattVar"}
    switch = {"Mapping": "present=1;absent=0"}
    site.fleet.config_points(
        device.device.sfdi,
        [
            row("ceiling", "DERControlBase.opModMaxLimW"),
            row("how long", "interval.duration", Mapping="mode=opModMaxLimW"),
            row("go", "DERControlBase.opModMaxLimW", **switch),
            row("corners", "CurveData", Group="c", Type="curve", **curve),
            row("of what", "yRefType", Group="c", **curve),
            row("curve on", "DERControlBase.opModWattVar", Group="c", **switch),
            row("now", "DERControlBase.opModConnect", Group=""),
        ],
    )
    device.set("ceiling", 50)
    device.set("how long", 60)
    assert device.active() == []
    device.set("go", 1)
    (control,) = device.active()
    assert control["DERControlBase"] == {"opModMaxLimW": 5000}
    assert control["interval"]["duration"] == 60
    device.set("of what", 1)
    device.set("corners", [[10, 1], [20, -1]])
    assert device.curves() == []
    device.set("curve on", 1)
    assert device.point("corners") == [[10, 1], [20, -1]]
    device.set("now", True)
    assert [list(each["DERControlBase"]) for each in device.active()] == [
        ["opModConnect"],
        ["opModWattVar"],
        ["opModMaxLimW"],
    ]


def test_a_value_acts_at_once_where_the_registry_has_no_switch(site: WritingSite) -> None:
    device = site.device()
    site.fleet.config_points(device.device.sfdi, [row("ceiling", "DERControlBase.opModMaxLimW")])
    assert device.set("ceiling", 50) == 50
    assert [each["DERControlBase"] for each in device.active()] == [{"opModMaxLimW": 5000}]
