"""The SunSpec model files know each point that has a SunSpec name, with its unit, access, symbols.

Where we differ, tests/data/points/sunspec.csv says why; a difference that is not listed fails, and
so does a line that is not needed any more.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sunspec2

from ieee2030_5_agent.model.point import Point
from ieee2030_5_agent.model.row_mapping import read_mapping
from tests.point_cases import POINTS, registry

MODELS = Path(sunspec2.__file__).parent / "models" / "json"
# Groups that repeat, and of which we keep one: a device has one curve or set of settings per mode.
ONLY_ONE = {"Crv", "Ctl", "curve"}


@cache
def model(number: str) -> list[tuple[re.Pattern[str], Mapping[str, Any]]]:
    """The points of a model with patterns of our names for them."""
    text = (MODELS / f"model_{number}.json").read_text(encoding="utf-8")
    return [
        (re.compile(f"b{number}_{pattern}"), point)
        for pattern, point in _points(json.loads(text)["group"], "")
    ]


def _points(group: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for point in group["points"]:
        yield path + re.escape(point["name"]), point
    for inner in group.get("groups", []):
        numbered = "count" in inner and inner["name"] not in ONLY_ONE
        number = "[1-9][0-9]?" if numbered else ""
        yield from _points(inner, f"{path}{re.escape(inner['name'])}{number}_")


def of_sunspec(name: str) -> Mapping[str, Any] | None:
    """The SunSpec point of a name, None if there is no such point."""
    number = re.match(r"b([0-9]+)_", name)
    if number is None or not (MODELS / f"model_{number[1]}.json").exists():
        return None
    return next((point for pattern, point in model(number[1]) if pattern.fullmatch(name)), None)


def listed(what: str) -> dict[str, dict[str, str]]:
    with (POINTS / "sunspec.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["what"] == what]
    assert all(row["reason"] for row in rows)
    return {row["name"]: row for row in rows}


def named_by_sunspec() -> list[Point]:
    return [p for p in registry("ieee2030_5.csv").rows.values() if p.name.startswith("b")]


def known_by_sunspec() -> list[tuple[Point, Mapping[str, Any]]]:
    pairs = [(point, of_sunspec(point.name)) for point in named_by_sunspec()]
    return [(point, sunspec) for point, sunspec in pairs if sunspec is not None]


def unit_of(point: Mapping[str, Any]) -> str:
    unit = str(point.get("units", "")).strip()
    return listed("unit").get(unit, {"ours": unit})["ours"]


def symbols_of(point: Point) -> dict[int, str]:
    """The SunSpec values of a row with their symbols."""
    mapping = read_mapping(point.row.mapping)
    codes = [entry.partition("=")[2] for entry in mapping.codes.split(";") if ":" in entry]
    pairs = [code.split(":", 1) for code in codes]
    states = {state.value: state.symbol for state in mapping.states if state.symbol}
    return {int(value): symbol for value, symbol in pairs} | states


def differences() -> dict[tuple[str, str], tuple[str, str]]:
    """(kind, point) -> (what we say, what SunSpec says)."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for point in named_by_sunspec():
        sunspec = of_sunspec(point.name)
        if sunspec is None:
            found["name", point.name] = (point.name, "")
            continue
        if point.units != unit_of(sunspec):
            found["units", point.name] = (point.units, str(sunspec.get("units", "")).strip())
        ours, theirs = ("RW" if point.writable else "R"), sunspec.get("access", "R")
        if ours != theirs:
            found["access", point.name] = (ours, theirs)
        known = {symbol["value"]: symbol["name"] for symbol in sunspec.get("symbols", [])}
        for value, symbol in symbols_of(point).items():
            if known.get(value) != symbol:
                found["symbol", f"{point.name}={value}"] = (symbol, known.get(value, ""))
    return found


@pytest.mark.parametrize("what", ["name", "units", "access", "symbol"])
def test_points_differ_from_sunspec_only_where_a_reason_is_given(what: str) -> None:
    found = {name: pair for (kind, name), pair in differences().items() if kind == what}
    known = {name: (row["ours"], row["sunspec"]) for name, row in listed(what).items()}
    assert found == known


def test_every_spelling_of_a_unit_is_used() -> None:
    units = {str(sunspec.get("units", "")).strip() for _, sunspec in known_by_sunspec()}
    assert set(listed("unit")) <= units


def test_all_other_points_are_of_the_standard_alone() -> None:
    for point in registry("ieee2030_5.csv").rows.values():
        assert re.match(rf"b[0-9]+_|sep_{point.row.resource}_", point.name), point.name


def test_coded_points_have_the_type_of_sunspec() -> None:
    kinds = {"enum16": "enum", "bitfield16": "bitmap", "bitfield32": "bitmap", "string": "string"}
    for point, sunspec in known_by_sunspec():
        assert point.type == kinds.get(sunspec["type"], point.type), point.name
