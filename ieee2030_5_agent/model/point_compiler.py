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
from .fields import FieldError, resolve, suggestion
from .formula import Formula, FormulaError, Number, Reference, Resources, compile_formula
from .percent_base import PercentBase, PercentBaseError, parse_percent_base
from .point import Evaluate, Point, Readings
from .point_rows import FIELD, MAPPING, RESOURCES, TYPE, WRITABLE, CellError, Row
from .point_types import NUMERIC, Encode, Finish, conversion, number_finish, type_of
from .readings import Frame, SelectorError, parse_selector, reading_value
from .scaling import Field, Kind, field_of, is_percent

READINGS = "MirrorMeterReading"

# What the server itself says to a device: the resource and the class whose fields may be written.
_WRITABLE = {"DERControl": "DERControlBase"}
# Resources are kept by class and number: the number of a DER for its resources, 1 for others.
_INSTANCE = 1
_REFERENCE_KINDS = (Kind.NUMBER, Kind.INTEGER, Kind.TIME, Kind.BITMAP)


@lru_cache(maxsize=4096)
def compile_row(row: Row) -> Point:
    """The point of a row. Raises CellError. Equal rows of many devices share one point."""
    if row.field.startswith("="):
        return _formula_point(row)
    if row.resource == READINGS:
        return _reading_point(row)
    return _field_point(row)


# --- formulas and readings -----------------------------------------------------------------------


def _formula_point(row: Row) -> Point:
    type_name = _plain_number(row, "a formula")
    try:
        formula = compile_formula(row.field[1:], _reference)
    except (FormulaError, FieldError) as error:
        raise CellError(FIELD, row.field, str(error)) from error
    evaluate = _formula_reader(formula, number_finish(type_name))
    return Point(row, type_name, "", formula.resources, evaluate)


def _formula_reader(formula: Formula, finish: Finish) -> Evaluate:
    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        value = formula.evaluate(resources)
        return None if value is None else finish(value)

    return evaluate


def _reading_point(row: Row) -> Point:
    type_name = _plain_number(row, "a reading")
    try:
        selector = parse_selector(row.field)
    except SelectorError as error:
        raise CellError(FIELD, row.field, str(error)) from error
    finish, in_percent = number_finish(type_name), is_percent(row.units)

    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        chosen = selector.choose(readings.values(), frame)
        return None if chosen is None else finish(reading_value(*chosen, in_percent=in_percent))

    return Point(row, type_name, "", frozenset((READINGS,)), evaluate)


def _plain_number(row: Row, what: str) -> str:
    """The type of a row that gives a number and can only be read."""
    if row.type not in ("", *NUMERIC):
        raise CellError(TYPE, row.type, f"{what} is a number: float or int")
    if row.mapping:
        raise CellError(MAPPING, row.mapping, f"{what} has no codes to map")
    if row.writable:
        raise CellError(WRITABLE, "TRUE", f"{what} cannot be written")
    return row.type or "float"


def _reference(text: str) -> tuple[str, Reference]:
    """Resource and reader of a field as formulas and percent bases name it. Raises FieldError."""
    resource, _, dotted = text.partition(".")
    if resource not in RESOURCES or resource == READINGS:
        raise FieldError(f"{resource} is no resource with fields{suggestion(resource, RESOURCES)}")
    field = field_of(resolve(resource, dotted))
    if field.kind not in _REFERENCE_KINDS:
        raise FieldError(f"{text} is {field.kind.value}, not a number")
    key, read = (resource, _INSTANCE), field.read

    def value(resources: Resources) -> Number | None:
        found = resources.get(key)
        return None if found is None else read(found)

    return resource, value


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
    key, read, decode = (row.resource, _INSTANCE), field.read, field.decode

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
        base = parse_percent_base(row.mapping, row.units, _reference)
    except (PercentBaseError, FieldError) as error:
        raise CellError(MAPPING, row.mapping, str(error)) from error
    if row.writable:
        _check_writable(row, field, base.encode)
    type_name = row.type or "float"
    decode = _percent_decode(base, number_finish(type_name))
    key, get = (row.resource, _INSTANCE), field.path.getter()

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
