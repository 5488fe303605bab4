"""The cell `Default` of a writable row: what the platform's revert sets. Checked when the registry
is read, because a revert is no time to find out."""

from __future__ import annotations

import json
import math
from typing import Any

from .errors import BadValue, BaseUnknown
from .point_rows import DEFAULT, CellError, Row
from .writing import Writing

# What the driver makes of a cell, by the row's Type; without one it leaves the check to the agent.
_TYPES: dict[str, type] = {
    "float": float,
    "int": int,
    "enum": int,
    "bitmap": int,
    "string": str,
    "symbol": str,
    "time": str,
    "bool": bool,
    "curve": list,
}


def check_default(row: Row, writing: Writing) -> None:
    """Raises CellError for a default that could not be written.

    What depends on a rating of the device is seen only when it is set.
    """
    if not row.default:
        return
    try:
        writing.encode(_value(row.default, _TYPES.get(row.type)), {})
    except BaseUnknown:
        return
    except BadValue as error:
        raise CellError(DEFAULT, row.default, str(error)) from error


def _value(text: str, expected: type | None) -> Any:
    """The cell's value as the driver sends it. Raises BadValue in the driver's words."""
    value = _from_text(text, expected)
    if isinstance(value, float) and not math.isfinite(value):
        raise BadValue(f"{value!r} is not a finite number")
    if expected is None:
        return value
    if expected is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, expected):
        raise BadValue(f"{value!r} ({type(value).__name__}) is not of type {expected.__name__}")
    return value


def _from_text(text: str, expected: type | None) -> Any:
    if expected is str:
        return text
    if expected is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        return json.loads(text) if expected is list else float(text)
    except ValueError:
        return text
