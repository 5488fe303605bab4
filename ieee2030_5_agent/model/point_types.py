"""The types that a registry row may give a field, and the values that come of it.

`Type` says in which form a field's engineering value leaves the agent; empty takes the form that
the schema suggests. Coded values pass the row's `Mapping` on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from .changes import PointValue
from .codes import BitCodes, Code, CodesError, EnumCodes, parse_codes, schema_codes
from .point_rows import MAPPING, TYPE, CellError, Row
from .scaling import Field, Kind

Finish = Callable[[Any], PointValue]
Encode = Callable[[object], Any]

NUMERIC = ("float", "int")
_TYPES = {
    Kind.NUMBER: NUMERIC,
    Kind.INTEGER: ("int", "float", "string", "enum", "symbol"),
    Kind.BOOLEAN: ("bool", "int", "enum", "symbol"),
    Kind.BITMAP: ("bitmap", "int", "string", "symbol"),
    Kind.TEXT: ("string",),
    Kind.OCTETS: ("string",),
    Kind.SFDI: ("string", "int"),
    Kind.TIME: ("int", "time"),
}
# What a formula's number may become, without codes.


def _float(value: float) -> float:
    """Never the -0.0 that a turned sign leaves."""
    return 0.0 + value


_NUMBERS: dict[str, Finish] = {"float": _float, "int": round, "enum": round, "bitmap": round}
_FORMULA = (*_NUMBERS, "symbol")
_CODED = (Kind.INTEGER, Kind.BOOLEAN, Kind.BITMAP)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def type_of(row: Row, field: Field, codes: str) -> str:
    """The row's type, or the one that the field suggests. Raises CellError."""
    fitting = _TYPES[field.kind]
    if row.type:
        if row.type not in fitting:
            raise CellError(
                TYPE, row.type, f"{field.path} is {field.kind.value}: {' or '.join(fitting)}"
            )
        return row.type
    coded = codes or (field.codes and field.kind is Kind.INTEGER)
    return "enum" if coded and "enum" in fitting else fitting[0]


def conversion(row: Row, field: Field, type_name: str, codes: str) -> tuple[Finish, Encode | None]:
    """From the engineering value to the point's value, and (None: never) from that to the wire.

    ``codes``: those of the row's mapping. Raises CellError.
    """
    if codes or type_name == "symbol":
        return _coded(row, field, type_name, codes)
    if type_name == "float":
        return _float, field.write
    if type_name == "time":
        return iso_time, None
    if type_name == "string":
        return (_hex_text if field.kind is Kind.BITMAP else str), None
    if type_name == "int" and field.kind is Kind.NUMBER:
        return round, field.write
    if field.kind is Kind.BOOLEAN and type_name == "bool":
        return bool, field.write
    return int, field.write


def formula_conversion(row: Row, codes: str) -> tuple[str, Finish]:
    """The type of a formula's row, and from the formula's number to the point's value.

    Raises CellError.
    """
    type_name = row.type or ("enum" if codes else "float")
    if type_name not in _FORMULA:
        raise CellError(TYPE, row.type, f"a formula is a number: {' or '.join(_FORMULA)}")
    if not codes and type_name != "symbol":
        return type_name, _NUMBERS[type_name]
    if type_name in NUMERIC:
        raise CellError(MAPPING, row.mapping, f"a {type_name} of a formula has no codes to map")
    known = _codes(row, type_name, codes, {})
    finish = _read_bits(row, known, type_name) if type_name == "bitmap" else _enum(known, type_name)
    return type_name, lambda value: finish(round(value))


def _coded(row: Row, field: Field, type_name: str, codes: str) -> tuple[Finish, Encode | None]:
    if field.kind not in _CODED or type_name in ("float", "string", "bool"):
        raise CellError(MAPPING, row.mapping, f"a {type_name} of {field.path} has no codes to map")
    known = _codes(row, type_name, codes, field.codes)
    if field.kind is Kind.BITMAP:
        return _read_bits(row, known, type_name), None
    enum = EnumCodes(known)
    if row.writable and not enum.one_to_one:
        raise CellError(MAPPING, row.mapping, "several codes give one value: cannot be written")
    write = _encode_codes(enum, field.write) if field.write is not None else None
    return _enum(known, type_name), write


def _codes(row: Row, type_name: str, text: str, of_schema: Mapping[int, str]) -> tuple[Code, ...]:
    try:
        codes = parse_codes(text) if text else schema_codes(of_schema)
    except CodesError as error:
        raise CellError(MAPPING, row.mapping, str(error)) from error
    if type_name == "symbol" and not (codes and all(code.symbol for code in codes)):
        raise CellError(TYPE, type_name, "needs a Mapping that gives every code a symbol")
    return codes


def _read_bits(row: Row, codes: tuple[Code, ...], type_name: str) -> Finish:
    try:
        bits = BitCodes(codes)
    except CodesError as error:
        raise CellError(MAPPING, row.mapping, str(error)) from error
    return bits.symbols if type_name == "symbol" else bits.value


def _enum(codes: tuple[Code, ...], type_name: str) -> Finish:
    enum = EnumCodes(codes)
    return enum.symbol if type_name == "symbol" else enum.value


def _encode_codes(enum: EnumCodes, write: Encode) -> Encode:
    return lambda value: write(enum.wire(value))


def number_finish(type_name: str) -> Finish:
    return round if type_name == "int" else _float


def iso_time(seconds: int) -> str | None:
    """A time of the standard (seconds since 1970) as ISO 8601 UTC; None beyond the year 9999."""
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _hex_text(bits: int) -> str:
    digits = f"{bits:X}"
    return digits.zfill(len(digits) + len(digits) % 2)
