"""Rows of a point registry as users write them: the columns, their other names, their cells.

What is wrong with single cells is collected here; what a row means is decided on compiling it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .fields import suggestion
from .point_names import name_problem, shown

# The titles of the columns.
NAME = "Volttron Point Name"
SUNSPEC = "Point Name"
RESOURCE = "Resource"
FIELD = "Field"
UNITS = "Units"
TYPE = "Type"
MAPPING = "Mapping"
GROUP = "Group"
WRITABLE = "Writable"
DEFAULT = "Default"
NOTES = "Notes"
COLUMNS = (NAME, SUNSPEC, RESOURCE, FIELD, UNITS, TYPE, MAPPING, GROUP, WRITABLE, DEFAULT, NOTES)
# What the original's registries call them.
OTHER_TITLES = {RESOURCE: "IEEE2030_5 Resource Name", FIELD: "IEEE2030_5 Field Name"}

TYPES = ("float", "int", "string", "bool", "enum", "bitmap", "time", "symbol", "curve")

# The resources that feed points; everything else a device has never says anything about it.
RESOURCES = (
    "EndDevice",
    "DeviceInformation",
    "DeviceStatus",
    "PowerStatus",
    "DERCapability",
    "DERSettings",
    "DERStatus",
    "DERAvailability",
    "DERControl",
    "DefaultDERControl",
    "DERCurve",
    "LogEvent",
    "LogEventList",
    "MirrorMeterReading",
)
READINGS = "MirrorMeterReading"
# What each DER of a device has of its own.
DER_RESOURCES = frozenset({"DERCapability", "DERSettings", "DERStatus", "DERAvailability"})
# `der[2].b802_SoC`: the point of the second DER; `mup[2].b701_W`: of the second usage point.
_QUALIFIED = re.compile(r"(\w+)\[([^\[\]]*)\]\.(.*)", re.ASCII | re.DOTALL)
DER, USAGE_POINT = "der", "mup"
_MOST = 100  # a device has no more DERs

# Under which key a row has the cells that stand under no title: csv.DictReader's, and what JSON
# makes of that.
SURPLUS = (None, "null")

_SHIFTED = "has more cells than there are titles: put a cell with a comma in it into quotes"
_NO_UNIT = "is no unit; put a cell with a comma in it into quotes"
_LONGEST_REASON = 400
_EMPTY = {"", "NA", "N/A"}
_TRUE = {"true", "yes", "1"}
_FALSE = {"false", "no", "0"}

# Pseudo fields of the original that stand for something else: (resource, field) -> both of today.
_ORIGINAL_FIELDS = {
    ("DeviceInformation", "sFDI"): ("EndDevice", "sFDI"),
    ("DERAvailability", "SOC"): (
        "DERAvailability",
        "=DERAvailability.availabilityDuration/3600*DERSettings.setMaxChargeRateW",
    ),
}
# The original wrote watts into a percentage and had no column to say of what; this says it.
_ORIGINAL_MAPPINGS = {
    ("DERControl", "DERControlBase.opModFixedFlow", "W"): (
        "negative=DERSettings.setMaxChargeRateW|DERCapability.rtgMaxChargeRateW;"
        "positive=DERSettings.setMaxDischargeRateW|DERCapability.rtgMaxDischargeRateW"
        "|DERSettings.setMaxW|DERCapability.rtgMaxW;sign=-"
    )
}


class CellError(ValueError):
    """A cell that cannot be used: its column, its value and why not."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        cell = f"{column} {shown(value)!r}" if value else column
        super().__init__(f"{cell}: {shown(reason, _LONGEST_REASON)}")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, cleaned. Equal rows are equal, whichever file they come from."""

    name: str
    sunspec: str
    resource: str
    field: str
    units: str = ""
    type: str = ""
    mapping: str = ""
    writable: bool = False
    default: str = ""
    notes: str = ""
    # Which of a device's DERs and of its usage points; None: the first DER, any usage point.
    der: int | None = None
    usage_point: int | None = None
    # Rows of one group make one order to the device.
    group: str = ""


@dataclass(slots=True)
class NumberedRow:
    """A row, its number, what is wrong with its cells, and whether its field can be looked up."""

    number: int
    row: Row
    errors: list[ValueError]
    has_field: bool

    @property
    def problems(self) -> list[str]:
        label = f"line {self.number}" + (f" ({shown(self.row.name)})" if self.row.name else "")
        return [f"{label}: {error}" for error in self.errors]


def read_rows(rows: Iterable[Mapping[Any, Any]], lines: Sequence[int] | None) -> list[NumberedRow]:
    """The rows of a registry.

    Rows are numbered as an editor shows a CSV file: the titles are line 1. ``lines``: where the
    rows stand, None: one after the other. Rows without any cell are skipped. A cell that is wrong
    is left empty in the row, so that the others can be checked.
    """
    rows = list(rows)
    numbered: list[NumberedRow] = []
    first_with: dict[str, int] = {}
    for number, raw in zip(lines or range(2, len(rows) + 2), rows, strict=True):
        if not isinstance(raw, Mapping):
            reason = ValueError(f"a {type(raw).__name__} is not a row of named cells")
            numbered.append(NumberedRow(number, Row("", "", "", ""), [reason], has_field=False))
            continue
        cells, surplus = _cells(raw), _has_surplus(raw)
        if not any(cells.values()) and not surplus:
            continue
        row, errors, has_field = _row(cells)
        problem = name_problem(_name_cell(raw))
        if surplus:
            # What else seems wrong with shifted cells says nothing.
            errors, has_field = [ValueError(_SHIFTED)], False
        elif problem is not None:
            errors.insert(0, CellError(NAME, cells[NAME], problem))
        first = first_with.setdefault(row.name, number)
        if row.name and first != number:
            errors.append(CellError(NAME, row.name, f"is the point of line {first} already"))
        numbered.append(NumberedRow(number, row, errors, has_field))
    return numbered


def clean_title(title: object) -> str:
    """A title without the blanks and the mark that editors leave around it."""
    return "" if title in SURPLUS else str(title).strip().removeprefix("\ufeff").strip()


def _has_surplus(raw: Mapping[Any, Any]) -> bool:
    """Whether cells stand under no title, as one does that a comma has cut in two."""
    return any(
        title in SURPLUS or (not clean_title(title) and _text(value))
        for title, value in raw.items()
    )


def _name_cell(raw: Mapping[Any, Any]) -> object:
    value = next((cell for title, cell in raw.items() if clean_title(title) == NAME), None)
    return _text(value) if value is None or isinstance(value, str) else value


def _cells(raw: Mapping[Any, Any]) -> dict[str, str]:
    """The cells by today's column titles, empty ones as ""."""
    texts = {clean_title(title): _text(value) for title, value in raw.items()}
    return {
        column: texts.get(column) or texts.get(OTHER_TITLES.get(column, ""), "")
        for column in COLUMNS
    }


def _text(value: object) -> str:
    """A cell as text. Over RPC cells may be JSON values; NA is an empty cell."""
    text = "" if value is None else str(value).strip()
    return "" if text.upper() in _EMPTY else text


def _row(cells: dict[str, str]) -> tuple[Row, list[ValueError], bool]:
    errors: list[ValueError] = []
    if not cells[FIELD]:
        errors.append(CellError(FIELD, "", "is empty"))
    resource = cells[RESOURCE]
    has_field = bool(cells[FIELD])
    if resource not in RESOURCES and not (not resource and cells[FIELD].startswith("=")):
        errors.append(_unknown(RESOURCE, resource, RESOURCES, "is no resource that feeds points"))
        has_field = False
    type_name = cells[TYPE].lower()
    if type_name and type_name not in TYPES:
        errors.append(_unknown(TYPE, cells[TYPE], TYPES, "is no type of a point"))
        type_name = ""
    if "=" in cells[UNITS]:
        errors.append(CellError(UNITS, cells[UNITS], _NO_UNIT))
        has_field = False
    writable = cells[WRITABLE].lower()
    if writable and writable not in _TRUE | _FALSE:
        errors.append(CellError(WRITABLE, cells[WRITABLE], "is neither TRUE nor FALSE"))
    field = cells[FIELD]
    mapping = cells[MAPPING] or _ORIGINAL_MAPPINGS.get((resource, field, cells[UNITS]), "")
    resource, field = _ORIGINAL_FIELDS.get((resource, field), (resource, field))
    sunspec, places, problem = _qualified(cells[SUNSPEC] or cells[NAME])
    if problem is not None:
        errors.append(problem)
    row = Row(
        name=cells[NAME],
        sunspec=sunspec,
        resource=resource,
        field=field,
        units=cells[UNITS],
        type=type_name,
        mapping=mapping,
        writable=writable in _TRUE,
        default=cells[DEFAULT],
        notes=cells[NOTES],
        der=places.get(DER),
        usage_point=places.get(USAGE_POINT),
        group=cells[GROUP],
    )
    return row, errors, has_field


def _qualified(name: str) -> tuple[str, dict[str, int], CellError | None]:
    """The SunSpec name without its qualifier, and which DER or usage point that means."""
    match = _QUALIFIED.fullmatch(name)
    if match is None:
        return name, {}, None
    kind, number, sunspec = match.groups()
    if kind not in (DER, USAGE_POINT):
        reason = f"{kind} is neither {DER} nor {USAGE_POINT}"
    elif not re.fullmatch("[1-9][0-9]*", number, re.ASCII) or int(number) > _MOST:
        reason = f"{kind}[{number}] is none of {kind}[1] to {kind}[{_MOST}]"
    elif not sunspec:
        reason = "there is no point name after the dot"
    else:
        return sunspec, {kind: int(number)}, None
    return sunspec, {}, CellError(SUNSPEC, name, reason)


def _unknown(column: str, value: str, known: Iterable[str], reason: str) -> CellError:
    if not value:
        return CellError(column, "", "is empty")
    return CellError(column, value, reason + suggestion(value, known))
