"""What the numbers of a curve can mean, by the mode that it is for.

The schema has only integers with a power of ten for both axes. Source: IEEE 2030.5-2018 DERCurve,
CurveData, DERCurveType; limits of voltage and frequency as DERSettings can say them (setESHighVolt,
setESHighFreq). Neither the schema nor the points' models say that points are in the order of x, and
a curve of ride-through may go straight up, so that is left to whoever draws the curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..sep import models
from ..sep.facets import SIMPLE
from ..sep.units import Number, scaled, to_common_multiplier
from .errors import BadValue

_INT32 = SIMPLE["Int32"]
_LOWEST, _HIGHEST = _INT32.minimum or 0, _INT32.maximum or 0
# How far a number may be off on the wire, as a part of itself.
_EXACT_TO = 0.001


class _Range(NamedTuple):
    low: float
    high: float


_SECONDS = _Range(0, _HIGHEST)
_HERTZ = _Range(0, 655.35)
_VOLTAGE = _Range(0, 327.67)  # percent of the nominal one
_MEASURED = _Range(-327.67, 327.67)  # percent of setMaxW; what is measured may be more than that
_PERCENT = _Range(-100, 100)
_COSINE = _Range(0, 1)

_FREQUENCY_TRIP = {"xvalue": _SECONDS, "yvalue": _HERTZ}
_VOLTAGE_TRIP = {"xvalue": _SECONDS, "yvalue": _VOLTAGE}
_BY_VOLTAGE = {"xvalue": _VOLTAGE, "yvalue": _PERCENT}
_RANGES = {
    "opModFreqWatt": {"xvalue": _HERTZ, "yvalue": _PERCENT},
    "opModHFRTMayTrip": _FREQUENCY_TRIP,
    "opModHFRTMustTrip": _FREQUENCY_TRIP,
    "opModHVRTMayTrip": _VOLTAGE_TRIP,
    "opModHVRTMomentaryCessation": _VOLTAGE_TRIP,
    "opModHVRTMustTrip": _VOLTAGE_TRIP,
    "opModLFRTMayTrip": _FREQUENCY_TRIP,
    "opModLFRTMustTrip": _FREQUENCY_TRIP,
    "opModLVRTMayTrip": _VOLTAGE_TRIP,
    "opModLVRTMomentaryCessation": _VOLTAGE_TRIP,
    "opModLVRTMustTrip": _VOLTAGE_TRIP,
    "opModVoltVar": _BY_VOLTAGE,
    "opModVoltWatt": _BY_VOLTAGE,
    "opModWattPF": {"xvalue": _MEASURED, "yvalue": _COSINE},
    "opModWattVar": {"xvalue": _MEASURED, "yvalue": _PERCENT},
}


def check_number(mode: str, axis: str, number: Number) -> Number:
    """The number, if a curve for a mode can have it on an axis. Raises BadValue."""
    low, high = _RANGES[mode][axis]
    if not low <= number <= high:
        raise BadValue(f"{number} is out of range, {low:.10g} to {high:.10g}")
    return number


def check_points(curve: models.DERCurve, path: str) -> None:
    """Raises BadValue for a point that a curve of its type cannot have."""
    mode = SIMPLE["DERCurveType"].codes.get(curve.curveType or 0)
    if mode is None:
        return  # a type of a later edition
    for index, point in enumerate(curve.CurveData):
        for axis, wire, multiplier in (
            ("xvalue", point.xvalue, curve.xMultiplier),
            ("yvalue", point.yvalue, curve.yMultiplier),
        ):
            try:
                check_number(mode, axis, scaled(wire or 0, multiplier))
            except BadValue as error:
                where = f"{path}CurveData[{index}].{axis}"
                raise BadValue(f"{where}: {error} ({axis} of a curve for {mode})") from error


def on_the_wire(mode: str, axis: str, numbers: Sequence[Number]) -> tuple[list[int], int]:
    """The numbers of an axis and their one power of ten. Raises BadValue if none fits them all."""
    try:
        wires, multiplier = to_common_multiplier(numbers, _LOWEST, _HIGHEST)
    except ValueError as error:
        raise BadValue(f"{axis} of the curve for {mode}: {error}") from error
    for number, wire in zip(numbers, wires, strict=True):
        if abs(scaled(wire, multiplier) - number) > abs(number) * _EXACT_TO:
            raise BadValue(
                f"{axis} of the curve for {mode}: {number} and {max(numbers, key=abs)} do not fit"
                " together, as one power of ten has to carry all points"
            )
    return wires, multiplier
