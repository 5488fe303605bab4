"""What a field of the standard is in engineering units, both directions.

The rule follows from the field's type in the schema, never from a registry row; where the schema
has only a bare integer, the standard's text says what it counts (hundredths of a second, ...) and
the tables below repeat that. Source: IEEE 2030.5-2018 PowerOfTenMultiplierType, PerCent,
PowerFactor, DERSettings, DERControlBase, DERCurve, FreqDroopType.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

from ..sep import models
from ..sep.facets import ELEMENTS, SIMPLE
from ..sep.identity import format_sfdi
from ..sep.schema_types import SimpleType
from ..sep.units import scaled, to_multiplier
from .errors import BadValue
from .fields import FieldError, FieldPath

Number = int | float
Reader = Callable[[Any], Any]
Writer = Callable[[Any], Any]

# What one unit of the wire is worth, as a fraction (exact, unlike a float factor).
HUNDREDTHS = (1, 100)
FULL = 10000  # 100 %; the schema gives these types no other range than that of their integer
_PERCENT_BOUNDS = {
    "PerCent": (0, FULL),
    "PerCentControlType": (0, FULL),
    "SignedPerCent": (-FULL, FULL),
    "SignedPerCentControlType": (-FULL, FULL),
}
_THOUSANDTHS = (1, 1000)
_PER_MINUTE = (60, 100)  # hundredths of a percent per second -> percent per minute
_COUNTED = {
    "setGradW": HUNDREDTHS,
    "setSoftGradW": HUNDREDTHS,
    "setESDelay": HUNDREDTHS,
    "setESRandomDelay": HUNDREDTHS,
    "setESRampTms": HUNDREDTHS,
    "setESHighFreq": HUNDREDTHS,
    "setESLowFreq": HUNDREDTHS,
    "setESHighVolt": HUNDREDTHS,
    "setESLowVolt": HUNDREDTHS,
    "rampTms": HUNDREDTHS,
    "openLoopTms": HUNDREDTHS,
    "rampPT1Tms": HUNDREDTHS,
    "autonomousVRefTimeConstant": HUNDREDTHS,
    "dBOF": _THOUSANDTHS,
    "dBUF": _THOUSANDTHS,
    "kOF": _THOUSANDTHS,
    "kUF": _THOUSANDTHS,
    "rampDecTms": _PER_MINUTE,
    "rampIncTms": _PER_MINUTE,
}

# Fields whose power of ten stands in another field: its name, and how many levels further up.
_MULTIPLIER_ELSEWHERE = {
    ("CurveData", "xvalue"): ("xMultiplier", 1),
    ("CurveData", "yvalue"): ("yMultiplier", 1),
}

# What a percentage of vars may refer to, of all that DERUnitRefType has; 8 is of 2023.
_VAR_REFERENCES = (1, 2, 3, 8)
_ALLOWED = {
    (owner, "refType"): _VAR_REFERENCES
    for owner in (
        "FixedVar",
        "FixedVarControlType",
        "UnsignedFixedVar",
        "UnsignedFixedVarControlType",
    )
}

# Longer hexBinary (mRID, LFDI) are names, not sets of bits.
_BITMAP_OCTETS = 8
# Beyond anything that a field can carry, and far from what cannot be computed with.
_LARGEST = 1e30
_PF_MULTIPLIER = -3


class Kind(Enum):
    """What sort of value a field is; decides which `Type` a registry row may give it."""

    NUMBER = "a scaled number"
    INTEGER = "a whole number"
    BOOLEAN = "true or false"
    BITMAP = "a set of bits"
    TEXT = "text"
    OCTETS = "an identifier in hexadecimal"
    SFDI = "an SFDI"
    TIME = "a time"


@dataclass(frozen=True, slots=True)
class Field:
    """A field as a value: ``read`` takes the resource and gives the engineering value or None.

    ``write`` gives the wire value of an engineering value, or raises BadValue; it is None where
    the field cannot be written as one value. ``decode`` is ``read`` for a wire value alone.
    """

    path: FieldPath
    kind: Kind
    read: Reader
    decode: Reader
    write: Writer | None = None

    @property
    def type(self) -> str:
        return self.path.element.type

    @property
    def codes(self) -> Mapping[int, str]:
        simple = SIMPLE.get(self.type)
        return simple.codes if simple is not None else {}


def field_of(path: FieldPath) -> Field:
    """How a path's last element reads and writes. Raises FieldError when it is not one value."""
    if path.element.type in SIMPLE:
        return _simple_field(path, SIMPLE[path.element.type])
    names = set(ELEMENTS[path.element.type])
    if {"multiplier", "value"} <= names:
        return _power_of_ten_field(path)
    if {"multiplier", "displacement"} <= names:
        return _power_factor_field(path, writable="excitation" not in names)
    fields = ELEMENTS[path.element.type]
    inside = [name for name in fields if not fields[name].attribute] or list(fields)
    raise FieldError(
        f"{path} is a {path.element.type}, not one value: add one of its fields, "
        + ", ".join(inside)
    )


def is_percent(units: str) -> bool:
    """True when a row's unit says that its numbers are percent (`%`, `%WHRtg`, `Pct`)."""
    return units.lower().startswith(("%", "pct", "per"))


def finite_number(value: object) -> Number:
    """The value if it is a usable number. Raises BadValue; true and false are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValue(f"{value!r} is not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise BadValue(f"{value} is not a finite number")
    if abs(value) > _LARGEST:
        raise BadValue(f"a number of more than {_LARGEST:g} is too large")
    return value


# --- types with a power of ten -------------------------------------------------------------------


def _power_of_ten_field(path: FieldPath) -> Field:
    """ActivePower and its kin: one value, multiplier and significand."""
    type_name = path.element.type
    significand = SIMPLE[ELEMENTS[type_name]["value"].type]
    low, high = _bounds(significand)
    model = getattr(models, type_name)

    def decode(wire: Any) -> Number | None:
        return None if wire.value is None else scaled(wire.value, wire.multiplier)

    def write(value: object) -> Any:
        number = finite_number(value)
        if number < 0 <= low:
            raise BadValue(f"{number} is negative, which {type_name} cannot be")
        try:
            wire, multiplier = to_multiplier(number, low, high)
        except ValueError as error:
            raise BadValue(str(error)) from error
        return model(multiplier=multiplier, value=wire)

    return Field(path, Kind.NUMBER, _through(path, decode), decode, write)


def _power_factor_field(path: FieldPath, writable: bool) -> Field:
    """PowerFactor: cos(phi) = displacement x 10^multiplier. With excitation it is two values."""
    type_name = path.element.type
    model = getattr(models, type_name)

    def decode(wire: Any) -> Number | None:
        return None if wire.displacement is None else scaled(wire.displacement, wire.multiplier)

    def write(value: object) -> Any:
        number = finite_number(value)
        if not 0 <= number <= 1:
            raise BadValue(f"{number} is out of range, 0 to 1")
        return model(displacement=round(number * 1000), multiplier=_PF_MULTIPLIER)

    return Field(path, Kind.NUMBER, _through(path, decode), decode, write if writable else None)


# --- simple types --------------------------------------------------------------------------------


def _simple_field(path: FieldPath, simple: SimpleType) -> Field:
    multiplier = _multiplier_path(path)
    if multiplier is not None:
        return _separate_multiplier_field(path, multiplier)
    if simple.base == "int":
        return _integer_field(path, simple)
    if simple.base == "bool":
        return _field(path, Kind.BOOLEAN, _same, _write_boolean)
    if simple.base == "hex":
        return _hex_field(path, simple)
    return _field(path, Kind.TEXT, _same)


def _multiplier_path(path: FieldPath) -> FieldPath | None:
    """Where the power of ten of a bare value stands, if it has one (`Temperature.value`)."""
    if path.name in ("value", "displacement") and "multiplier" in ELEMENTS[path.owner]:
        return path.sibling("multiplier")
    elsewhere = _MULTIPLIER_ELSEWHERE.get((path.owner, path.name))
    return path.sibling(*elsewhere) if elsewhere and len(path.steps) > 1 else None


def _separate_multiplier_field(path: FieldPath, multiplier: FieldPath) -> Field:
    get, get_multiplier = path.getter(), multiplier.getter()

    def read(resource: Any) -> Number | None:
        wire = get(resource)
        return None if wire is None else scaled(wire, get_multiplier(resource))

    return Field(path, Kind.NUMBER, read, _same)


def _integer_field(path: FieldPath, simple: SimpleType) -> Field:
    if path.element.type == "TimeType":
        return _field(path, Kind.TIME, _same)
    if path.element.type == "SFDIType":
        return _field(path, Kind.SFDI, format_sfdi)
    if path.element.type in _PERCENT_BOUNDS:
        return _counted_field(path, HUNDREDTHS, _PERCENT_BOUNDS[path.element.type])
    low, high = _bounds(simple)
    if path.name in _COUNTED:
        # A time, a gradient or a limit of normal operation is never negative, even as Int16.
        return _counted_field(path, _COUNTED[path.name], (max(low, 0), high))
    codes = _ALLOWED.get((path.owner, path.name))

    def write(value: object) -> int:
        number = finite_number(value)
        if number != int(number):
            raise BadValue(f"{number} is not a whole number")
        if codes is not None and number not in codes:
            raise BadValue(f"{path.name} is {number}, not one of {', '.join(map(str, codes))}")
        if not low <= number <= high:
            raise BadValue(f"{number} is out of range, {low} to {high}")
        return int(number)

    return _field(path, Kind.INTEGER, _same, write)


def _counted_field(path: FieldPath, worth: tuple[int, int], bounds: tuple[int, int]) -> Field:
    times, over = worth
    low, high = bounds

    def decode(wire: int) -> float:
        return wire * times / over

    def write(value: object) -> int:
        number = finite_number(value)
        # As written in decimal: 42949672.95 is no more than the greatest, as a float it would be.
        wire = Fraction(str(number)) * over / times
        if not low <= wire <= high:
            raise BadValue(f"{number} is out of range, {decode(low):g} to {decode(high):.12g}")
        return round(wire)

    return _field(path, Kind.NUMBER, decode, write)


def _hex_field(path: FieldPath, simple: SimpleType) -> Field:
    octets = simple.octets
    if octets is not None and octets <= _BITMAP_OCTETS:
        return _field(path, Kind.BITMAP, _bits)
    digits = 2 * (octets or 0)

    def decode(wire: bytes) -> str:
        # Senders drop leading zero octets of an identifier.
        return wire.hex().upper().zfill(digits)

    return _field(path, Kind.OCTETS, decode)


def _field(path: FieldPath, kind: Kind, decode: Reader, write: Writer | None = None) -> Field:
    return Field(path, kind, _through(path, decode), decode, write)


def _through(path: FieldPath, decode: Reader) -> Reader:
    get = path.getter()
    if decode is _same:
        return get

    def read(resource: Any) -> Any:
        wire = get(resource)
        return None if wire is None else decode(wire)

    return read


def _same(wire: Any) -> Any:
    return wire


def _bits(wire: bytes) -> int:
    return int.from_bytes(wire, "big")


def _write_boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    raise BadValue(f"{value!r} is not true or false")


def _bounds(simple: SimpleType) -> tuple[int, int]:
    """The least and the greatest wire value of an integer type."""
    if simple.minimum is None or simple.maximum is None:
        raise ValueError("an integer type of the schema has no range")
    return simple.minimum, simple.maximum
