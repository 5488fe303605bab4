"""Points in another unit over a field in percent: `negative=A|B;positive=C|D;sign=-`.

The field (`opModFixedW`) is a percentage of a rating of the device, another one below zero than
above. ``negative`` and ``positive`` name the ratings for a negative and a positive value of the
*field*, best first; the first that the device has reported counts. A rating may be a formula, or
a number: of `100` a point is the plain percentage. ``sign=-`` turns the sign
between point and field: the charge points of SunSpec 124 count charging positive, IEEE 2030.5
counts it negative. Without ``negative`` (``positive``) the point cannot go there.

0 needs no rating: it is 0 % of anything, and a device must be stoppable before it has reported
one. Source: IEEE 2030.5-2018 DERControlBase.opModFixedW.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import BadValue, BaseUnknown
from .formula import Formula, Number, Resolve, Resources, compile_formula
from .scaling import FULL, finite_number

_SIGNS = {"+": 1, "-": -1}


class PercentBaseError(ValueError):
    """A mapping that cannot be read; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Base:
    """The ratings that a percentage may refer to, best first."""

    names: tuple[str, ...]
    formulas: tuple[Formula, ...]

    def reported(self, resources: Resources) -> Number | None:
        """The magnitude of the first that is known (setMaxVarNeg is negative on the wire).

        A rating of 0 is known: the device cannot go there.
        """
        for formula in self.formulas:
            value = formula.evaluate(resources)
            if value is not None:
                return abs(value)
        return None

    def unknown(self, resources: Resources) -> str:
        """Why none has a value."""
        names = " or ".join(self.names)
        if any(formula.divides_by_zero(resources) for formula in self.formulas):
            return f"{names} has no value: the device has reported 0"
        return f"{names} has not been reported yet"


@dataclass(frozen=True, slots=True)
class PercentBase:
    """The conversion of one row."""

    negative: Base
    positive: Base
    sign: int
    units: str
    resources: frozenset[str]

    def decode(self, wire: int, resources: Resources) -> float | None:
        """The field's value in the point's unit; None while its base is unknown."""
        if wire == 0:
            return 0.0
        base = self._side(wire).reported(resources)
        # Added to 0.0, because a rate of 0.0 would else give the -0.0 that nobody expects.
        return None if base is None else 0.0 + self.sign * wire * base / FULL

    def encode(self, value: object, resources: Resources) -> int:
        """The field's value for a value of the point. Raises BadValue, BaseUnknown."""
        number = finite_number(value)
        if number == 0:
            return 0
        turned = self.sign * number
        side = self._side(turned)
        if not side.names:
            which = "negative" if number < 0 else "positive"
            raise BadValue(f"{number} {self.units} is {which}, which this point cannot be")
        base = side.reported(resources)
        if base is None:
            raise BaseUnknown(side.unknown(resources))
        if abs(turned) > base:
            raise BadValue(f"{number} {self.units} is out of range, {self._limits(resources)}")
        return round(FULL * turned / base)

    def _side(self, wire: Number) -> Base:
        return self.negative if wire < 0 else self.positive

    def _limits(self, resources: Resources) -> str:
        """The range of the point in words, as far as it is known."""
        ends = (self.positive, self.negative) if self.sign < 0 else (self.negative, self.positive)
        low, high = (_limit(end, resources) for end in ends)
        return f"-{low} to {high} {self.units}" if low != "0" else f"0 to {high} {self.units}"


def parse_percent_base(cells: Mapping[str, str], units: str, resolve: Resolve) -> PercentBase:
    """The conversion that the keys of a row's `Mapping` describe.

    Raises PercentBaseError, FormulaError, or what ``resolve`` raises for a rating that it does not
    know.
    """
    sign = cells.get("sign", "+")
    if sign not in _SIGNS:
        raise PercentBaseError(f"sign={sign} is neither + nor -")
    if not (cells.get("negative") or cells.get("positive")):
        raise PercentBaseError("neither negative= nor positive= names a rating")
    resources: set[str] = set()
    negative, positive = (
        _base(cells.get(key, ""), resolve, resources) for key in ("negative", "positive")
    )
    return PercentBase(negative, positive, _SIGNS[sign], units, frozenset(resources))


def _base(text: str, resolve: Resolve, used: set[str]) -> Base:
    names = tuple(filter(None, map(str.strip, text.split("|"))))
    formulas = [compile_formula(name, resolve) for name in names]
    used.update(*(formula.resources for formula in formulas))
    return Base(names, tuple(formulas))


def _limit(base: Base, resources: Resources) -> str:
    if not base.names:
        return "0"
    value = base.reported(resources)
    return "(unknown)" if value is None else f"{value:.12g}"
