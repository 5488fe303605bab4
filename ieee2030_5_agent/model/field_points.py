"""Points that read a field: plain, coded, in percent of something, signed by another field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..sep.facets import ELEMENTS
from .changes import PointValue
from .errors import BadValue, BaseUnknown
from .fields import FieldError, FieldPath, resolve, suggestion
from .formula import FormulaError, Resources, compile_formula
from .percent_base import PercentBase, PercentBaseError, parse_percent_base
from .places import Place
from .point import Point
from .point_rows import FIELD, MAPPING, TYPE, CellError, Row
from .point_types import NUMERIC, Encode, Finish, conversion, number_finish, type_of
from .readings import Frame, Readings
from .references import references
from .row_mapping import KEYS, RowMapping
from .scaling import Field, Kind, Reader, field_of, finite_number, is_percent

FULL_PERCENT = 100
_WORDS = {"true": True, "false": False}


def field_point(row: Row, mapping: RowMapping, place: Place) -> Point:
    """The point of a row that reads one field. Raises CellError."""
    try:
        field = field_of(resolve(row.resource, row.field))
    except FieldError as error:
        raise CellError(FIELD, row.field, str(error)) from error
    try:
        if _is_percent_of_base(row, field, mapping.keys):
            return _percent_point(row, field, mapping, place)
        if "of" in mapping.keys:
            return _share_point(row, field, mapping, place)
        return _plain_point(row, field, mapping, place)
    except (FieldError, FormulaError, PercentBaseError) as error:
        raise CellError(MAPPING, row.mapping, str(error)) from error


def _plain_point(row: Row, field: Field, mapping: RowMapping, place: Place) -> Point:
    type_name = type_of(row, field, mapping.codes)
    finish, encode = conversion(row, field, type_name, mapping.codes)
    conditions = _conditions(field.path, mapping.keys)
    read = _signed(_conditional(field.read, conditions), field.path, mapping.keys)
    find, decode = place.finder(row.resource), field.decode

    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        found = find(resources)
        if found is None:
            return None
        value = read(found)
        return None if value is None else finish(value)

    def from_wire(wire: Any, resources: Resources) -> PointValue:
        value = decode(wire)
        return None if value is None else finish(value)

    top, *inside = field.path.steps
    return Point(
        row,
        type_name,
        field.path.dotted,
        frozenset((row.resource,)),
        evaluate,
        _without_resources(encode) if encode is not None else None,
        from_wire,
        # Conditions and signs are fields beside it.
        fields=frozenset((top.name,)) if inside or not mapping.keys else None,
    )


def _without_resources(encode: Encode) -> Callable[[object, Resources], Any]:
    return lambda value, resources: encode(value)


# --- keys that refine ----------------------------------------------------------------------------


def _conditions(path: FieldPath, keys: Mapping[str, str]) -> list[tuple[Reader, object]]:
    """The fields beside the last one that must have a value for the row to count."""
    beside = [name for name in ELEMENTS[path.owner] if name != path.name]
    found: list[tuple[Reader, object]] = []
    for key, text in keys.items():
        if key in KEYS:
            continue
        if key not in beside:
            raise FieldError(
                f"{key} is no key, and no field beside {path.name}"
                f"{suggestion(key, [*KEYS, *beside])}"
            )
        try:
            constant = _WORDS[text] if text in _WORDS else int(text)
        except ValueError:
            raise FieldError(f"{key}={text}: a whole number, true or false is expected") from None
        found.append((path.sibling(key).getter(), constant))
    return found


def _conditional(read: Reader, conditions: list[tuple[Reader, object]]) -> Reader:
    if not conditions:
        return read

    def conditional(resource: Any) -> Any:
        if any(get(resource) != constant for get, constant in conditions):
            return None
        return read(resource)

    return conditional


def _signed(read: Reader, path: FieldPath, keys: Mapping[str, str]) -> Reader:
    """Power factor with the EEI sign while power is injected: minus is over-excited. At unity
    neither is, so it stays 1."""
    if "sign" not in keys:
        return read
    flag = keys["sign"]
    inside, beside = ELEMENTS.get(path.element.type, {}), ELEMENTS[path.owner]
    if flag in inside:
        get = resolve(path.resource, f"{path.dotted}.{flag}").getter()
    elif flag in beside:
        get = path.sibling(flag).getter()
    else:
        raise FieldError(
            f"sign={flag}: there is no such field in or beside {path}"
            f"{suggestion(flag, [*inside, *beside])}"
        )

    def signed(resource: Any) -> Any:
        value = read(resource)
        if value is None or value == 1 or get(resource) is not False:
            return value
        return -value

    return signed


# --- percentages ---------------------------------------------------------------------------------


def _is_percent_of_base(row: Row, field: Field, keys: Mapping[str, str]) -> bool:
    """Whether a point over a field in percent has another unit. Raises CellError without base."""
    rated = not keys.keys().isdisjoint(("negative", "positive"))
    wanted = rated or keys.get("sign") in ("+", "-")
    if not field.type.endswith(("PerCent", "PerCentControlType")):
        if wanted:
            raise FieldError(f"{field.path} is no percentage that could have a rating")
        return False
    if not wanted and row.units and not is_percent(row.units):
        raise CellError(
            MAPPING,
            "",
            f"{field.path} is a percentage; for {row.units} say of what: "
            "negative=Resource.field;positive=Resource.field;sign=+",
        )
    return wanted


def _percent_point(row: Row, field: Field, mapping: RowMapping, place: Place) -> Point:
    if row.type not in ("", *NUMERIC):
        raise CellError(TYPE, row.type, f"{field.path} is a number: float or int")
    base = parse_percent_base(mapping.keys, row.units, references(place))
    type_name = row.type or "float"
    decode = _percent_decode(base, number_finish(type_name))
    find, get = place.finder(row.resource), field.path.getter()

    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        found = find(resources)
        wire = None if found is None else get(found)
        return None if wire is None else decode(wire, resources)

    depends = base.resources | {row.resource}
    return Point(row, type_name, field.path.dotted, depends, evaluate, base.encode, decode)


def _percent_decode(base: PercentBase, finish: Finish) -> Callable[[Any, Resources], PointValue]:
    def decode(wire: Any, resources: Resources) -> PointValue:
        value = base.decode(wire, resources)
        return None if value is None else finish(value)

    return decode


def _share_point(row: Row, field: Field, mapping: RowMapping, place: Place) -> Point:
    """A point in percent of a number, over a field in units."""
    if field.kind is not Kind.NUMBER or not is_percent(row.units):
        raise FieldError("of= is for points in percent over numbers in units")
    if row.type not in ("", *NUMERIC):
        raise CellError(TYPE, row.type, f"{field.path} is a number: float or int")
    type_name = row.type or "float"
    whole = compile_formula(mapping.keys["of"], references(place))
    find, read, finish = place.finder(row.resource), field.read, number_finish(type_name)

    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        found = find(resources)
        part = None if found is None else read(found)
        base = whole.evaluate(resources)
        return None if part is None or not base else finish(100 * part / base)

    def encode(value: object, resources: Resources) -> Any:
        share, base = finite_number(value), whole.evaluate(resources)
        if not -FULL_PERCENT <= share <= FULL_PERCENT:
            raise BadValue(f"{share} is out of range, -{FULL_PERCENT} to {FULL_PERCENT}")
        if base == 0:
            raise BaseUnknown(f"{mapping.keys['of']} is 0, of which there is no percentage")
        if base is None or field.write is None:
            raise BaseUnknown(f"{mapping.keys['of']} has not been reported yet")
        return field.write(share * base / FULL_PERCENT)

    depends = whole.resources | {row.resource}
    return Point(row, type_name, field.path.dotted, depends, evaluate, encode)
