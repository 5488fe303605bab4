"""From a registry row to a Point.

A row reads a field of a resource, a meter reading or a formula over fields; a row over a field of
DERControlBase may also be written. Compiling checks everything that can be wrong with it, so that
reading is a few calls and never fails.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..sep.editions import Edition
from .changes import PointValue
from .fields import FieldError, resolve
from .formula import Formula, FormulaError, Resources, compile_formula
from .percent_base import PercentBase, PercentBaseError, parse_percent_base
from .point import Evaluate, Point, Readings
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
from .point_types import (
    NUMERIC,
    Encode,
    Finish,
    conversion,
    formula_conversion,
    number_finish,
    type_of,
)
from .readings import Frame, SelectorError, parse_selector, reading_value
from .references import references, resource_key
from .scaling import Field, field_of, is_percent

# What the server itself says to a device: the resource and the class whose fields may be written.
_WRITABLE = {"DERControl": "DERControlBase"}


@lru_cache(maxsize=4096)
def compile_row(row: Row) -> Point:
    """The point of a row. Raises CellError. Equal rows of many devices share one point."""
    if row.field.startswith("="):
        point = _formula_point(row)
    elif row.resource == READINGS:
        point = _reading_point(row)
    else:
        point = _field_point(row)
    _check_qualifier(row, point)
    return point


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


def _formula_point(row: Row) -> Point:
    if row.writable:
        raise CellError(WRITABLE, "TRUE", "a formula cannot be written")
    type_name, finish = formula_conversion(row)
    try:
        formula = compile_formula(row.field[1:], references(row.der or 1))
    except (FormulaError, FieldError) as error:
        raise CellError(FIELD, row.field, str(error)) from error
    evaluate = _formula_reader(formula, finish)
    return Point(row, type_name, "", formula.resources, evaluate)


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
        chosen = selector.choose(readings.values(), frame)
        return None if chosen is None else finish(reading_value(*chosen, in_percent=in_percent))

    return Point(row, type_name, "", frozenset((READINGS,)), evaluate)


# --- fields --------------------------------------------------------------------------------------


def _field_point(row: Row) -> Point:
    try:
        field = field_of(resolve(row.resource, row.field))
    except FieldError as error:
        raise CellError(FIELD, row.field, str(error)) from error
    if _is_percent_of_base(row, field):
        return _percent_point(row, field)
    type_name = type_of(row, field)
    finish, encode = conversion(row, field, type_name)
    if row.writable:
        _check_writable(row, field, encode)
    key, read, decode = _key(row), field.read, field.decode

    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        found = resources.get(key)
        if found is None:
            return None
        value = read(found)
        return None if value is None else finish(value)

    def from_wire(wire: Any, resources: Resources) -> PointValue:
        value = decode(wire)
        return None if value is None else finish(value)

    return Point(
        row,
        type_name,
        field.path.dotted,
        frozenset((row.resource,)),
        evaluate,
        _without_resources(encode) if encode is not None else None,
        from_wire,
    )


def _key(row: Row) -> tuple[str, int]:
    return resource_key(row.resource, row.der or 1)


def _without_resources(encode: Encode) -> Callable[[object, Resources], Any]:
    return lambda value, resources: encode(value)


def _check_writable(row: Row, field: Field, encode: object) -> None:
    """Only what the server itself says to every device can be written, and only as a whole."""
    owner = _WRITABLE.get(row.resource)
    path, element = field.path, field.path.element
    reason = ""
    if owner is None:
        reason = f"{row.resource} belongs to the device and can only be read"
    elif owner not in path.owners:
        reason = f"{path} is set by the server; only fields of {owner} can be written"
    elif path.owner != owner:
        reason = f"{path.owner} is sent as a whole, not {path.name} alone"
    elif encode is None:
        reason = f"{path} is not written as one value"
    elif element.namespace or (element.since or 0) > Edition.E2018.year:
        reason = f"{path} is not in IEEE 2030.5-2018, so most devices would never see it"
    if reason:
        raise CellError(WRITABLE, "TRUE", reason)


def _is_percent_of_base(row: Row, field: Field) -> bool:
    """True for a point in another unit over a field in percent. Raises CellError without base."""
    if not field.type.endswith(("PerCent", "PerCentControlType")):
        return False
    if not row.mapping and row.units and not is_percent(row.units):
        raise CellError(
            MAPPING,
            "",
            f"{field.path} is a percentage; for {row.units} say of what: "
            "negative=Resource.field;positive=Resource.field;sign=+",
        )
    return bool(row.mapping)


def _percent_point(row: Row, field: Field) -> Point:
    if row.type not in ("", *NUMERIC):
        raise CellError(TYPE, row.type, f"{field.path} is a number: float or int")
    try:
        base = parse_percent_base(row.mapping, row.units, references(row.der or 1))
    except (PercentBaseError, FieldError) as error:
        raise CellError(MAPPING, row.mapping, str(error)) from error
    if row.writable:
        _check_writable(row, field, base.encode)
    type_name = row.type or "float"
    decode = _percent_decode(base, number_finish(type_name))
    key, get = _key(row), field.path.getter()

    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        found = resources.get(key)
        wire = None if found is None else get(found)
        return None if wire is None else decode(wire, resources)

    depends = base.resources | {row.resource}
    return Point(row, type_name, field.path.dotted, depends, evaluate, base.encode, decode)


def _percent_decode(base: PercentBase, finish: Finish) -> Callable[[Any, Resources], PointValue]:
    def decode(wire: Any, resources: Resources) -> PointValue:
        value = base.decode(wire, resources)
        return None if value is None else finish(value)

    return decode
