"""From a registry row to a Point.

A row reads a field of a resource, a meter reading or a formula over fields. Compiling checks
everything that can be wrong with it, so that reading is a few calls and never fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from .changes import PointValue
from .field_points import field_point
from .fields import FieldError
from .formula import Formula, FormulaError, Resources, compile_formula
from .places import Place, check_modes
from .point import Evaluate, Point
from .point_defaults import check_default
from .point_rows import (
    DER_RESOURCES,
    FIELD,
    MAPPING,
    READINGS,
    SUNSPEC,
    TYPE,
    WRITABLE,
    CellError,
    Row,
)
from .point_types import NUMERIC, Finish, formula_conversion, number_finish
from .point_units import check_units
from .point_writing import writing_of
from .readings import Frame, Readings, SelectorError, parse_selector, reading_value
from .references import TIME, references
from .row_mapping import MappingError, RowMapping, read_mapping
from .scaling import is_percent
from .state_points import (
    CURVE_TYPE,
    commit_point,
    count_point,
    curve_point,
    index_point,
    state_point,
)

_VALUES: dict[str, Callable[[Row, RowMapping, Place], Point]] = {
    "count": count_point,
    "index": index_point,
}


@lru_cache(maxsize=4096)
def compile_row(row: Row) -> Point:
    """The point of a row. Raises CellError. Equal rows of many devices share one point."""
    try:
        mapping = read_mapping(row.mapping)
        check_modes(mapping.modes)
        point = _point(row, mapping, Place(row.der or 1, mapping.modes))
    except (MappingError, FieldError) as error:
        raise CellError(MAPPING, row.mapping, str(error)) from error
    _check_qualifier(row, point)
    check_units(row, point, mapping)
    if not row.writable:
        return point
    writing = writing_of(row, mapping, point.encode)
    check_default(row, writing)
    return replace(point, writing=writing)


def _point(row: Row, mapping: RowMapping, place: Place) -> Point:
    if row.field.startswith("="):
        return _formula_point(row, mapping, place)
    if row.resource == READINGS:
        return _reading_point(row)
    if "commit" in mapping.keys:
        return commit_point(row, mapping)
    if row.type == CURVE_TYPE:
        return curve_point(row, mapping, place)
    if "value" in mapping.keys:
        what = mapping.keys["value"]
        if what not in _VALUES:
            raise MappingError(f"value={what} is none of {', '.join(_VALUES)}")
        return _VALUES[what](row, mapping, place)
    if mapping.states:
        return state_point(row, mapping, place)
    return field_point(row, mapping, place)


def _check_qualifier(row: Row, point: Point) -> None:
    """A qualifier that changes nothing is a mistake. Raises CellError."""
    reason = ""
    if row.der is not None and DER_RESOURCES.isdisjoint(point.resources):
        reason = f"der[{row.der}] is for {', '.join(sorted(DER_RESOURCES))}"
    elif row.usage_point is not None and READINGS not in point.resources:
        reason = f"mup[{row.usage_point}] is for {READINGS}"
    if reason:
        raise CellError(SUNSPEC, row.sunspec, reason)


# --- formulas and readings -----------------------------------------------------------------------


def _formula_point(row: Row, mapping: RowMapping, place: Place) -> Point:
    if row.writable:
        raise CellError(WRITABLE, "TRUE", "a formula cannot be written")
    if mapping.states or mapping.keys.keys() - {"mode"}:
        raise CellError(MAPPING, row.mapping, "a formula takes codes and mode=")
    type_name, finish = formula_conversion(row, mapping.codes)
    try:
        formula = compile_formula(row.field[1:], references(place))
    except (FormulaError, FieldError) as error:
        raise CellError(FIELD, row.field, str(error)) from error
    evaluate = _formula_reader(formula, finish)
    # As time passes it is worked out anew, whatever has changed.
    fields = None if TIME in formula.resources else formula.fields
    return Point(row, type_name, "", formula.resources, evaluate, fields=fields)


def _formula_reader(formula: Formula, finish: Finish) -> Evaluate:
    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        value = formula.evaluate(resources)
        return None if value is None else finish(value)

    return evaluate


def _reading_point(row: Row) -> Point:
    if row.type not in ("", *NUMERIC):
        raise CellError(TYPE, row.type, "a reading is a number: float or int")
    if row.mapping:
        raise CellError(MAPPING, row.mapping, "a reading has no codes to map")
    if row.writable:
        raise CellError(WRITABLE, "TRUE", "a reading cannot be written")
    type_name = row.type or "float"
    try:
        selector = parse_selector(row.field, row.usage_point)
    except SelectorError as error:
        raise CellError(FIELD, row.field, str(error)) from error
    finish, in_percent = number_finish(type_name), is_percent(row.units)

    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        chosen = selector.choose(readings, frame)
        return None if chosen is None else finish(reading_value(chosen, in_percent=in_percent))

    return Point(row, type_name, "", frozenset((READINGS,)), evaluate, selector=selector)
