"""CurveDraft: what has been set of a curve, until it is whole and becomes a DERCurve.

Devices never see a draft, so they never see half a curve.
Source: IEEE 2030.5-2018 DERCurve, CurveData, DERCurveType, DERUnitRefType.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..sep import models
from ..sep.facets import ELEMENTS, SIMPLE
from ..sep.json_form import JsonError, from_json, to_json
from ..sep.units import Number, scaled
from .curve_limits import on_the_wire
from .errors import BadValue

MOST_POINTS = ELEMENTS["DERCurve"]["CurveData"].max_occurs or 0
CURVE_TYPES = {mode: code for code, mode in SIMPLE["DERCurveType"].codes.items()}
WATT_PF = "opModWattPF"

# What y is a percentage of (DERUnitRefType, 0: of nothing). One code: the mode leaves no choice.
_PERCENT_W, _PERCENT_V, _VAR = (1,), (4,), (1, 2, 3, 8)
Y_REFERENCES = {
    "opModFreqWatt": _PERCENT_W,
    "opModHFRTMayTrip": (0,),
    "opModHFRTMustTrip": (0,),
    "opModHVRTMayTrip": _PERCENT_V,
    "opModHVRTMomentaryCessation": _PERCENT_V,
    "opModHVRTMustTrip": _PERCENT_V,
    "opModLFRTMayTrip": (0,),
    "opModLFRTMustTrip": (0,),
    "opModLVRTMayTrip": _PERCENT_V,
    "opModLVRTMomentaryCessation": _PERCENT_V,
    "opModLVRTMustTrip": _PERCENT_V,
    "opModVoltVar": _VAR,
    "opModVoltWatt": (1, 7),
    "opModWattPF": (0,),
    "opModWattVar": _VAR,
}


@dataclass(slots=True)
class CurveDraft:
    """The parts of one curve, each set when somebody set it.

    ``axes``: numbers in engineering units by field of CurveData and number of the point, from 1.
    ``count``: how many points are to be sent; None for as many as there are. ``fields``: the other
    fields of DERCurve, as on the wire.
    """

    mode: str
    axes: dict[str, dict[int, Any]] = field(
        default_factory=lambda: {"xvalue": {}, "yvalue": {}, "excitation": {}}
    )
    count: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)

    def put(self, axis: str, number: int, value: Any) -> None:
        """Sets one value of one point."""
        self.axes[axis][number] = value

    def put_all(self, points: list[dict[str, Any]]) -> None:
        """Replaces all points; each has its values by field of CurveData."""
        self.count = len(points)
        for axis, values in self.axes.items():
            values.clear()
            values.update((n, p[axis]) for n, p in enumerate(points, start=1) if axis in p)

    def finished(self) -> models.DERCurve:
        """The curve, without mRID. Raises BadValue that says what is missing or does not fit."""
        points = range(1, self._points() + 1)
        xs, x_multiplier = on_the_wire(self.mode, "xvalue", self._values("xvalue", points))
        ys, y_multiplier = on_the_wire(self.mode, "yvalue", self._values("yvalue", points))
        excited: list[bool | None] = [None] * len(points)
        if self.mode == WATT_PF:
            excited = self._values("excitation", points)
        curve = models.DERCurve(
            CurveData=[
                models.CurveData(excitation=excitation, xvalue=x, yvalue=y)
                for x, y, excitation in zip(xs, ys, excited, strict=True)
            ],
            curveType=CURVE_TYPES[self.mode],
            xMultiplier=x_multiplier,
            yMultiplier=y_multiplier,
            yRefType=self._reference(),
            **{name: wire for name, wire in self.fields.items() if name != "yRefType"},
        )
        try:
            from_json("DERCurve", to_json(curve), "curve")
        except JsonError as error:
            raise BadValue(str(error)) from error
        return curve

    def _points(self) -> int:
        """How many points the curve has."""
        last = max((number for axis in self.axes.values() for number in axis), default=0)
        if not (self.count or last):
            raise BadValue(f"no point of the curve for {self.mode} is set")
        return last if self.count is None else self.count

    def _values(self, axis: str, points: range) -> list[Any]:
        for number in points:
            if number not in self.axes[axis]:
                raise BadValue(
                    f"half a curve for {self.mode}: CurveData[{number}].{axis} is not set"
                )
        return [self.axes[axis][number] for number in points]

    def _reference(self) -> int:
        allowed = Y_REFERENCES[self.mode]
        if "yRefType" not in self.fields:
            if len(allowed) > 1:
                raise BadValue(f"half a curve for {self.mode}: yRefType is not set")
            return allowed[0]
        code: int = self.fields["yRefType"]
        if code not in allowed:
            known = ", ".join(map(str, allowed))
            raise BadValue(f"yRefType of a curve for {self.mode} is {code}, not one of {known}")
        return code


def curve_pairs(curve: models.DERCurve) -> list[list[Number]]:
    """The points of a curve in engineering units; a power factor has the EEI sign."""
    return [
        [
            scaled(point.xvalue or 0, curve.xMultiplier),
            signed_power_factor(scaled(point.yvalue or 0, curve.yMultiplier), point.excitation),
        ]
        for point in curve.CurveData
    ]


def signed_power_factor(cosine: Number, excitation: bool | None) -> Number:
    """With the EEI sign while injecting power: minus is over-excited, plus under-excited.

    At unity neither is, so it stays 1. Without excitation nothing is signed.
    """
    return 0 - cosine if excitation is False and cosine != 1 else cosine


def unsigned_power_factor(value: Number) -> tuple[Number, bool]:
    """The amount and the excitation (true: under-excited) of a power factor with the EEI sign."""
    return abs(value), 0 < value < 1
