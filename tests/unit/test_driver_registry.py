"""Registry rows in the driver: metadata, what may be written, what a revert sets."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ieee2030_5_agent.model.points import PointMap, PointMapError
from ieee2030_5_driver.registry import PointRow, Register, check_registry, check_value

REPOSITORY = Path(__file__).parents[2]
DATA = REPOSITORY / "tests" / "data" / "driver"
ROWS = tomllib.loads((DATA / "registry.toml").read_text(encoding="utf-8"))
VALUES = tomllib.loads((DATA / "values.toml").read_text(encoding="utf-8"))
TYPES = {"float": float, "int": int, "bool": bool, "str": str, "list": list, "": None}


def named(kind: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in ROWS[kind]]


def values(kind: str) -> list[Any]:
    return [
        pytest.param(TYPES[case["type"]], value, id=f"{case['type'] or 'untyped'}-{value!r}")
        for case in VALUES[kind]
        for value in case["values"]
    ]


def register(**cells: Any) -> Register:
    (row,), problems = check_registry([{"Volttron Point Name": "p", **cells}])
    assert not problems
    return Register(PointRow(**row))


@pytest.mark.parametrize("case", named("usable"))
def test_usable_row(case: dict[str, Any]) -> None:
    usable, problems = check_registry([case["row"]])
    assert not problems
    made = Register(PointRow(**usable[0]))
    assert made.units == case.get("units", "")
    assert made.python_type is TYPES[case["type"]]
    assert made.read_only is case["read_only"]
    assert made.revert_value == case.get("revert")
    assert type(made.revert_value) is type(case.get("revert"))


@pytest.mark.parametrize("case", named("bad"))
def test_every_bad_row_is_named_and_left_out(case: dict[str, Any]) -> None:
    usable, problems = check_registry(case["rows"])
    assert problems == case["problems"]
    assert [row["Volttron Point Name"] for row in usable] == case.get("usable", [])


def test_a_row_too_short_for_the_header() -> None:
    usable, problems = check_registry([{"Volttron Point Name": "p", "Units": None}])
    assert not problems
    assert usable == [{"Volttron Point Name": "p", "Units": ""}]


@pytest.mark.parametrize("title", [None, "null", " "])
def test_a_row_too_long_for_the_header(title: str | None) -> None:
    """csv.DictReader keeps surplus cells under None, which JSON makes "null"."""
    row: dict[Any, Any] = {"Volttron Point Name": "q", title: ["extra"]}
    usable, problems = check_registry([row])
    assert not usable
    assert problems == [
        "registry line 2 (q): has more cells than there are titles: "
        "put a cell with a comma in it into quotes"
    ]


@pytest.mark.parametrize("case", named("refused_alike"))
def test_agent_and_driver_refuse_a_row_in_the_same_words(case: dict[str, Any]) -> None:
    good = {
        "Volttron Point Name": "p",
        "Point Name": "b123_WMaxLimPct",
        "Resource": "DERControl",
        "Field": "DERControlBase.opModMaxLimW",
        "Units": "%",
        "Type": "float",
        "Writable": "TRUE",
    }
    rows = [good | cells for cells in case["rows"]]
    usable, problems = check_registry(rows)
    assert len(usable) == len(rows) - 1
    assert problems == [f"registry {case['says']}"]
    with pytest.raises(PointMapError) as refused:
        PointMap.from_rows(rows)
    assert refused.value.problems == [case["says"]]


@given(
    st.fixed_dictionaries(
        {
            "Volttron Point Name": st.sampled_from(
                ["p", "", "NA", "n/a", "-p", "a.b", " p ", "ü", "a/b"]
            ),
            "Field": st.sampled_from(["opModMaxLimW", "opModConnect", "opModFixedW"]),
            "Type": st.sampled_from(["", "NA", "float", "Float", "bool", "int", "enum", "symbol"]),
            "Writable": st.sampled_from(["TRUE", "", "NA", "n/a", None, True, 1, "Yes", "on", 0]),
            "Default": st.sampled_from(
                ["", "na", None, "5", "true", "inf", 0, 5, True, " 5 ", "1_0"]
            ),
            "Units": st.sampled_from(["", "na", None, "%"]),
        }
    )
)
def test_what_the_agent_takes_the_driver_takes(cells: dict[str, Any]) -> None:
    row = cells | {"Resource": "DERControl", "Field": f"DERControlBase.{cells['Field']}"}
    try:
        PointMap.from_rows([row])
    except PointMapError:
        return
    assert check_registry([row])[1] == []


@pytest.mark.parametrize(
    ("file", "types"),
    [
        ("ieee2030_5.csv", set(TYPES.values()) - {None}),
        ("ieee2030_5_original.csv", {float}),  # without a column Type: see learn_type
    ],
)
def test_shipped_registries(file: str, types: set[type]) -> None:
    with (REPOSITORY / "config" / file).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    usable, problems = check_registry(rows)
    assert not problems
    registers = [Register(PointRow(**row)) for row in usable]
    assert len(registers) == len(rows) >= 26
    assert {each.python_type for each in registers} == types
    assert "b124_WChaMax" in [each.point_name for each in registers if not each.read_only]
    assert "NA" not in {each.units for each in registers}


@pytest.mark.parametrize(("expected", "value"), values("accepted"))
def test_values_that_can_be_written(expected: type | None, value: Any) -> None:
    checked = check_value(value, expected)
    assert checked == value
    assert type(checked) is type(value)


@pytest.mark.parametrize("case", VALUES["converted"], ids=lambda case: repr(case["value"]))
def test_values_that_are_converted(case: dict[str, Any]) -> None:
    checked = check_value(case["value"], TYPES[case["type"]])
    assert (checked, type(checked)) == (case["to"], type(case["to"]))


@pytest.mark.parametrize(
    ("expected", "value"),
    [*values("refused"), *(pytest.param(each, None) for each in TYPES.values())],
)
def test_values_that_are_refused(expected: type | None, value: Any) -> None:
    with pytest.raises(ValueError, match=r"is not (a|of) "):
        check_value(value, expected)


@pytest.mark.parametrize(
    ("seen", "types"),
    [
        ([None], [float]),
        ([0], [int]),
        ([5, 5.5, 6], [int, float, float]),
        ([5.5, 6], [float, float]),
        ([None, "text", None], [float, str, str]),
        ([False, 0], [bool, int]),
    ],
)
def test_a_row_without_type_learns_it_from_the_values(seen: list[Any], types: list[type]) -> None:
    untyped = register()
    got = []
    for value in seen:
        before = untyped.python_type
        assert untyped.learn_type(value) is (untyped.python_type is not before)
        got.append(untyped.python_type)
    assert got == types


def test_a_row_with_type_keeps_it() -> None:
    typed = register(Type="float")
    assert not typed.learn_type("text")
    assert typed.python_type is float
