"""Set points: from the point's unit to the wire and back, with limits."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ieee2030_5_agent.model.errors import BadValue, BaseUnknown, NotWritable
from ieee2030_5_agent.model.point import Point
from ieee2030_5_agent.sep import models
from tests.point_cases import point, registry, reported, value_of
from tests.vectors import rules

REGISTRIES = ["ieee2030_5.csv", "ieee2030_5_original.csv"]
BATTERY_FIELD = "opModFixedW"


def check(one: Point, rule: dict[str, Any], field: str) -> None:
    resources = reported(rule.get("resources", ""))
    if "refused" in rule or "unknown" in rule:
        error = BadValue if "refused" in rule else BaseUnknown
        with pytest.raises(error) as caught:
            one.to_wire(rule["value"], resources)
        assert str(caught.value) == rule.get("refused", rule.get("unknown"))
        return
    assert one.to_wire(rule["value"], resources) == rule["wire"]
    assert one.writing is not None
    assert one.writing.field == field
    read_back = one.from_wire(rule["wire"], resources)
    assert read_back == pytest.approx(rule.get("reads", rule["value"]))
    base = models.DERControlBase(**{field: rule["wire"]})
    in_force = {**resources, ("DERControl", 1): models.DERControl(DERControlBase=base)}
    assert value_of(one, in_force) == read_back


@pytest.mark.parametrize("name", REGISTRIES)
@pytest.mark.parametrize("rule", rules("points/writes.toml", "battery"))
def test_battery_set_point(rule: dict[str, Any], name: str) -> None:
    check(registry(name).rows["b124_WChaMax"], rule, BATTERY_FIELD)


@pytest.mark.parametrize("rule", rules("points/writes.toml", "row"))
def test_row(rule: dict[str, Any]) -> None:
    cells = {title: rule[title] for title in ("units", "type", "mapping") if title in rule}
    one = point("DERControl", rule["field"], writable="TRUE", **cells)
    check(one, rule, rule["field"].removeprefix("DERControlBase."))


def test_set_point_of_a_scaled_type_is_a_model() -> None:
    one = point("DERControl", "DERControlBase.opModTargetW", units="W", writable="TRUE")
    wire = models.ActivePower(multiplier=1, value=5000)
    assert one.to_wire(50000, {}) == wire
    assert one.from_wire(wire, {}) == 50000.0


@pytest.mark.parametrize("name", REGISTRIES)
def test_points_that_are_not_marked_writable_can_only_be_read(name: str) -> None:
    for one in registry(name).rows.values():
        if not one.row.writable:
            with pytest.raises(NotWritable, match=f"{one.name}: can only be read"):
                one.to_wire(1, {})


def test_a_control_point_that_is_not_marked_writable_can_only_be_read() -> None:
    one = point("DERControl", "DERControlBase.opModMaxLimW", writable="FALSE")
    with pytest.raises(NotWritable):
        one.to_wire(1, {})


def test_endless_whole_number_is_refused() -> None:
    for path in ("DERControlBase.opModTargetW", "DERControlBase.opModMaxLimW"):
        with pytest.raises(BadValue, match="too large"):
            point("DERControl", path, writable="TRUE").to_wire(10**400, {})


def test_read_back_follows_the_rating() -> None:
    one = registry(REGISTRIES[0]).rows["b124_WChaMax"]
    control = models.DERControl(DERControlBase=models.DERControlBase(opModFixedW=-4000))
    for rate, watts in ((5000, 2000.0), (1000, 400.0), (0, 0.0)):
        resources = reported(f"DERSettings.setMaxChargeRateW={rate}")
        assert value_of(one, {**resources, ("DERControl", 1): control}) == watts
    assert value_of(one, {("DERControl", 1): control}) is None


def test_read_back_of_zero_is_plain_zero() -> None:
    one = registry(REGISTRIES[0]).rows["b124_WChaMax"]
    no_rate = models.DERSettings(setMaxW=models.ActivePower(multiplier=-1, value=0))
    for wire, resources in ((0, {}), (4000, {("DERSettings", 1): no_rate})):
        value = one.from_wire(wire, resources)
        assert isinstance(value, float)
        assert (value, math.copysign(1, value)) == (0, 1)
    assert one.from_wire(None, {}) is None


@given(
    watts=st.floats(-6000, 5000),
    charge=st.integers(5000, 32767),
    discharge=st.integers(6000, 32767),
)
def test_read_back_is_within_half_a_step(watts: float, charge: int, discharge: int) -> None:
    one = registry(REGISTRIES[0]).rows["b124_WChaMax"]
    resources = reported(
        f"DERSettings.setMaxChargeRateW={charge} DERSettings.setMaxDischargeRateW={discharge}"
    )
    wire = one.to_wire(watts, resources)
    assert -10000 <= wire <= 10000
    assert wire * watts <= 0
    value = one.from_wire(wire, resources)
    assert isinstance(value, float)
    step = (charge if watts > 0 else discharge) / 10000
    assert abs(value - watts) <= step / 2 + 1e-9
