"""Whether the cell `Units` says what the values of its row are in.

Values come in the unit of the field, without prefix: a registry that says kW over watts would
publish figures that are wrong by a thousand. Spellings that are not known here are the user's.
Source: IEEE 2030.5-2018 ActivePower and its kin, UomType, DERSettings, DERControlBase.
"""

from __future__ import annotations

import re

from ..sep.facets import SIMPLE
from .fields import resolve
from .point import Point
from .point_rows import READINGS, UNITS, CellError, Row
from .readings import parse_selector
from .row_mapping import RowMapping
from .scaling import is_percent

_OF_TYPES = {
    "ActivePower": "W",
    "ActivePowerDeltaControlType": "W",
    "UnsignedActivePower": "W",
    "UnsignedActivePowerControlType": "W",
    "ReactivePower": "var",
    "ReactivePowerDeltaControlType": "var",
    "UnsignedReactivePower": "var",
    "UnsignedReactivePowerControlType": "var",
    "ApparentPower": "VA",
    "CurrentRMS": "A",
    "VoltageRMS": "V",
    "VoltageRMSControlType": "V",
    "AmpereHour": "Ah",
    "WattHour": "Wh",
    "RealEnergy": "Wh",
    "PerCent": "%",
    "SignedPerCent": "%",
    "PerCentControlType": "%",
    "SignedPerCentControlType": "%",
    "OneHourRangeType": "s",
}
# Where the schema has only an integer.
_OF_NAMES = {
    **dict.fromkeys(("setESHighFreq", "setESLowFreq", "dBOF", "dBUF"), "Hz"),
    **dict.fromkeys(("setESHighVolt", "setESLowVolt", "setGradW", "setSoftGradW"), "%"),
    **dict.fromkeys(("rampDecTms", "rampIncTms"), "%"),
    **dict.fromkeys(
        (
            "setESDelay",
            "setESRandomDelay",
            "setESRampTms",
            "rampTms",
            "openLoopTms",
            "rampPT1Tms",
            "autonomousVRefTimeConstant",
            "duration",
            "availabilityDuration",
            "maxChargeDuration",
            "minimumChargingDuration",
        ),
        "s",
    ),
}
_UNITS = ("W", "V", "A", "var", "VA", "Wh", "Ah", "varh", "VAh", "Hz", "s")
_SPELLED = {
    **{unit.lower(): unit for unit in _UNITS},
    **dict.fromkeys(("watt", "watts"), "W"),
    **dict.fromkeys(("volt", "volts"), "V"),
    **dict.fromkeys(("amp", "amps", "ampere", "amperes"), "A"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    "vars": "var",
    "hertz": "Hz",
    **dict.fromkeys(("min", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
}
_PREFIXED = re.compile("[kmgµu](" + "|".join(_UNITS).lower() + ")")
_UOMS = {code: name for code, name in SIMPLE["UomType"].codes.items() if name in _UNITS}


def check_units(row: Row, point: Point, mapping: RowMapping) -> None:
    """Raises CellError for units that contradict the field."""
    given = _known(row.units)
    unit = None if given is None else _unit(row, point, mapping)
    if unit is not None and given != unit:
        raise CellError(UNITS, row.units, f"the values are in {unit}")


def _known(text: str) -> str | None:
    """A unit in its one spelling; with a prefix as it is; None for the user's own words."""
    if is_percent(text):
        return "%"
    lower = text.lower()
    return lower if _PREFIXED.fullmatch(lower) else _SPELLED.get(lower)


def _unit(row: Row, point: Point, mapping: RowMapping) -> str | None:
    """What the values are in, where the standard says so."""
    if row.resource == READINGS and not row.field.startswith("="):
        uoms = parse_selector(row.field, row.usage_point).uoms
        return _UOMS.get(min(uoms)) if len(uoms) == 1 else None
    if not point.path or mapping.codes or mapping.states:
        return None
    # Percentages of something are in units, and units of something in percent.
    if not mapping.keys.keys().isdisjoint(("negative", "positive", "of")):
        return None
    path = resolve(row.resource, row.field, listed=True)
    return _OF_NAMES.get(path.name) or _OF_TYPES.get(path.element.type)
