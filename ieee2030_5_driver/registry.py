"""Registry rows of the driver: what the platform publishes about a point and who may write it.

The driver looks only at the columns that VOLTTRON needs (name, units, type, writable, default).
What a row means in IEEE 2030.5 is the agent's business: it gets the rows as they are.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field, ValidationError, field_validator
from volttron.driver.base.config import PointConfig
from volttron.driver.base.interfaces import BaseRegister

# Values of the column "Type" and the Python type behind each: it decides the published metadata
# and what may be written.
PYTHON_TYPES: dict[str, type] = {
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
# Cells that say "nothing": the original's files write NA.
EMPTY_CELLS = ("", "NA", "N/A")
_TRUTH_VALUES = ("true", "yes", "1", "false", "no", "0")
NAME = "Volttron Point Name"
LONGEST_NAME = 100
# Under which key a row has the cells that stand under no title: csv.DictReader's, and what JSON
# makes of that.
SURPLUS = (None, "null")

Row = dict[str, Any]


class PointRow(PointConfig):
    """One row as platform.driver keeps it. Compared to find out whether a point changed."""

    sunspec_name: str = Field(default="", alias="Point Name")
    type_name: str = Field(default="", alias="Type")
    default: Any = Field(default=None, alias="Default")

    @field_validator("units", mode="before")
    @classmethod
    def _no_unit(cls, value: object) -> object:
        return "" if _is_empty(value) else value

    @field_validator("writable", mode="before")
    @classmethod
    def _not_writable(cls, value: object) -> object:
        return False if _is_empty(value) else value

    @field_validator("default", mode="before")
    @classmethod
    def _no_default(cls, value: object) -> object:
        return None if _is_empty(value) else value

    def __eq__(self, other: object) -> bool:
        """A default of 1 is not one of true or 1.0, in a curve neither."""
        if not isinstance(other, PointRow) or repr(self.default) != repr(other.default):
            return False
        return bool(super().__eq__(other))

    @property
    def python_type(self) -> type | None:
        """None when the row does not say (the original's files have no column Type)."""
        return PYTHON_TYPES.get(self.type_name.lower())

    @property
    def revert_value(self) -> Any:
        """What a revert sets; None for "whatever holds without our control"."""
        if self.default is None or not self.writable:
            return None
        return check_value(_from_text(self.default, self.python_type), self.python_type)


class Register(BaseRegister):
    """A point of one device as the platform asks for it."""

    python_type: Any  # a type; platform.driver names it in the published metadata

    def __init__(self, row: PointRow) -> None:
        super().__init__("byte", not row.writable, row.volttron_point_name, row.units, row.notes)
        self.value_type = row.python_type
        self.sunspec = sunspec_point(row.sunspec_name or row.volttron_point_name)
        self.revert_value = row.revert_value
        # A number is the best guess until the first value arrives.
        self.python_type = row.python_type or float
        self._learned = False

    @property
    def more_metadata(self) -> dict[str, str]:
        """What platform.driver does not know of."""
        metadata = {} if self.sunspec is None else {"sunspec": self.sunspec}
        return metadata | ({"type": "list"} if self.python_type is list else {})

    def learn_type(self, value: object) -> bool:
        """Takes the type of a row without one from the value; True when it is news.

        An int may turn out to be a float later (5 W, then 5.5 W), never the other way round.
        """
        if value is None or self.value_type is not None:
            return False
        seen = type(value)
        if self._learned and seen is int and self.python_type is float:
            return False
        news = seen is not self.python_type
        self.python_type, self._learned = seen, True
        return news


def sunspec_point(name: str) -> str | None:
    """The SunSpec point that a name says, without the DER or meter that it is of."""
    match = re.fullmatch(r"(?:\w+\[[0-9]+\]\.)?(b[0-9]+_\w+)", name, re.ASCII)
    return match[1] if match else None


def check_registry(rows: Iterable[Mapping[Any, Any]]) -> tuple[list[Row], list[str]]:
    """The usable rows, with blanks around cells removed, and what is wrong with the others.

    Checked before platform.driver sees them: it would keep half of a device whose tenth row
    is bad, and break on a point name that occurs twice.
    """
    usable: list[Row] = []
    problems: list[str] = []
    first_with: dict[str, int] = {}
    # Counted as an editor shows a CSV file, and as the agent counts: the titles are line 1.
    for number, raw in enumerate(rows, start=2):
        row = _clean(raw)
        name = row.get(NAME, "")
        first = first_with.setdefault(str(name), number)
        problem = _SHIFTED if _has_surplus(raw) else _problem(row, name, first, number)
        if problem:
            label = f" ({_shown(str(name))})" if name != "" else ""
            problems.append(f"registry line {number}{label}: {problem}")
        else:
            usable.append(row)
    if not first_with:
        problems.append("the registry has no rows")
    return usable, problems


def check_value(value: Any, expected: type | None) -> Any:
    """``value`` if it can be written to a point of that type, else a ``ValueError``.

    Without an expected type (no column Type) the agent decides, but never about a value that is
    not a number, text or truth value at all.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    if expected is None:
        if not isinstance(value, (bool, int, float, str)):
            raise ValueError(f"{value!r} is not a number, text or truth value")
        return value
    if expected is int and isinstance(value, float) and value.is_integer():
        return int(value)
    allowed = (int, float) if expected is float else (expected,)
    if not isinstance(value, allowed) or (isinstance(value, bool) and expected is not bool):
        raise ValueError(f"{value!r} ({type(value).__name__}) is not of type {expected.__name__}")
    return value


# The agent refuses this, and names, in the same words (its `model/point_rows.py` and
# `point_names.py`): the two share only RPC.
_SHIFTED = "has more cells than there are titles: put a cell with a comma in it into quotes"


def _problem(row: Row, name: object, first: int, number: int) -> str | None:
    problem = _name_problem(name)
    if problem is None and first != number:
        problem = f"is the point of line {first} already"
    if problem is not None:
        return f"{_cell(NAME, name)}: {problem}"
    writable = row.get("Writable", "")
    if not _is_empty(writable) and str(writable).lower() not in _TRUTH_VALUES:
        return f"{_cell('Writable', writable)}: is neither TRUE nor FALSE"
    try:
        Register(PointRow(**row))
    except ValidationError as error:
        return ", ".join(f"{part['loc'][0]}: {part['msg']}" for part in error.errors())
    except ValueError as error:
        return f"{_cell('Default', row.get('Default'))}: {error}"
    return None


def _name_problem(name: object) -> str | None:
    """The name is part of a topic, a key of JSON and a cell of whatever values are exported to."""
    if not isinstance(name, str):
        return f"a {type(name).__name__} is not text"
    if not name:
        return "is empty"
    if "/" in name:
        return "a point name cannot contain '/'"
    if not name.isprintable():
        return "a point name has no control characters"
    if name[0] in "=+@":
        return f"a point name does not begin with {name[0]!r}, as formulas of spreadsheets do"
    if len(name) > LONGEST_NAME:
        return f"a point name has at most {LONGEST_NAME} characters"
    return None


def _is_empty(cell: object) -> bool:
    return isinstance(cell, str) and cell.upper() in EMPTY_CELLS


def _cell(column: str, value: object) -> str:
    return column if value == "" else f"{column} {_shown(str(value))!r}"


def _shown(text: str) -> str:
    """A text for a message: in one line, and not all of it if it is long."""
    line = text if text.isprintable() else repr(text)[1:-1]
    return line if len(line) <= 60 else line[:57] + "..."


def _has_surplus(row: Mapping[Any, Any]) -> bool:
    """Whether cells stand under no title, as one does that a comma has cut in two."""
    return any(
        title in SURPLUS or (not str(title).strip() and cell not in (None, ""))
        for title, cell in row.items()
    )


def _clean(row: Mapping[Any, Any]) -> Row:
    """A CSV row that is too short has None in it."""
    return {
        key.strip(): value.strip() if isinstance(value, str) else ("" if value is None else value)
        for key, value in row.items()
        if isinstance(key, str)
    }


def _from_text(value: Any, expected: type | None) -> Any:
    """A default from a CSV cell is text; one from an inline registry has its type already."""
    if not isinstance(value, str) or expected is str:
        return value
    if expected is bool:
        return {"true": True, "false": False}.get(value.lower(), value)
    if expected is list:
        try:
            return json.loads(value)
        except ValueError:
            return value
    try:
        return float(value)
    except ValueError:
        return value
