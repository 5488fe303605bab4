"""What fields are worth in engineering units, both directions, and formulas over them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ieee2030_5_agent.model.errors import BadValue
from ieee2030_5_agent.model.fields import resolve
from ieee2030_5_agent.model.scaling import Field, field_of
from ieee2030_5_agent.sep.codec import decode
from tests.point_cases import point, reported, value_of
from tests.vectors import rules


def same(value: object, expected: object) -> bool:
    """Equal in value and in type: 5 is not 5.0 and not True."""
    close = pytest.approx(expected) if isinstance(expected, float) else expected
    return bool(value == close) and type(value) is type(expected)


def fragment(text: str) -> bytes:
    """A document: only those of 2013-era editions may lack mandatory elements."""
    root, gap, rest = text.partition(">")
    closed = "/" if root.endswith("/") else ""
    lax = f'{root.removesuffix("/")} xmlns="http://zigbee.org/sep"{closed}'
    return (lax + gap + rest).encode()


@pytest.mark.parametrize("rule", rules("points/scaling.toml", "read"))
def test_read(rule: dict[str, Any]) -> None:
    model = decode(fragment(rule["document"]))
    resource = type(model).__name__
    cells = {title: rule[title] for title in ("units", "type", "mapping") if title in rule}
    value = value_of(
        point(resource, rule["field"], **cells),
        {(resource, 1): model, (resource, "opModVoltVar"): model},
    )
    assert same(value, rule.get("value")), value


def written(rule: dict[str, Any]) -> tuple[Field, object]:
    field = field_of(resolve(rule.get("resource", "DERControl"), rule["field"]))
    assert field.write is not None
    return field, field.write(rule["value"])


@pytest.mark.parametrize(
    "rule", [p for p in rules("points/scaling.toml", "write") if "refused" not in p.values[0]]
)
def test_write_and_read_back(rule: dict[str, Any]) -> None:
    field, wire = written(rule)
    expected = rule["wire"]
    if isinstance(expected, dict):
        assert {name: getattr(wire, name) for name in expected} == expected
        assert type(wire).__name__ == field.type
    else:
        assert same(wire, expected)
    assert field.decode(wire) == pytest.approx(rule.get("reads", rule["value"]))


@pytest.mark.parametrize(
    "rule", [p for p in rules("points/scaling.toml", "write") if "refused" in p.values[0]]
)
def test_write_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(BadValue) as caught:
        written(rule)
    assert str(caught.value) == rule["refused"]


@pytest.mark.parametrize("rule", rules("points/formulas.toml"))
def test_formula(rule: dict[str, Any]) -> None:
    cells = {title: rule[title] for title in ("type", "mapping") if title in rule}
    one = point("DERAvailability", "=" + rule["formula"], **cells)
    resources = reported(rule.get("resources", ""))
    if "document" in rule:
        model = decode(fragment(rule["document"]))
        resources[type(model).__name__, 1] = model
    assert same(value_of(one, resources), rule.get("value"))


@given(st.floats(-100, 100))
def test_signed_percent_is_kept_to_half_a_hundredth(percent: float) -> None:
    field = field_of(resolve("DERControl", "DERControlBase.opModFixedW"))
    assert field.write is not None
    assert abs(field.decode(field.write(percent)) - percent) <= 0.005 + 1e-9


@given(st.floats(-3.2e13, 3.2e13))
def test_power_is_kept_to_four_digits(watts: float) -> None:
    field = field_of(resolve("DERControl", "DERControlBase.opModTargetW"))
    assert field.write is not None
    wire = field.write(watts)
    assert -32768 <= wire.value <= 32767
    assert -9 <= wire.multiplier <= 9
    assert field.decode(wire) == pytest.approx(watts, rel=2e-4, abs=1e-9)


@given(st.binary(min_size=1, max_size=4))
def test_bitmap_has_the_number_that_its_digits_are(octets: bytes) -> None:
    field = field_of(resolve("DERStatus", "alarmStatus"))
    assert field.decode(octets) == int(octets.hex(), 16)
