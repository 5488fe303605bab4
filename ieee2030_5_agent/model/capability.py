"""What a device reported that it can do, as limits of what may be commanded.

Percentages are limited by their type; powers in watts and vars are limited by settings, or else
ratings. What a device has not reported limits nothing.
Source: IEEE 2030.5-2018 DERSettings, DERCapability, DERControlBase.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..sep import models
from ..sep.units import Number, scaled
from .errors import BadValue

Resources = Mapping[tuple[str, int | str], Any]


class Limits(NamedTuple):
    """Fields that limit a power, the first reported one counts: above zero, and below."""

    above: tuple[str, ...]
    below: tuple[str, ...]


LIMITS = {
    "opModTargetW": Limits(
        ("DERSettings.setMaxW", "DERCapability.rtgMaxW"),
        ("DERSettings.setMaxChargeRateW", "DERCapability.rtgMaxChargeRateW"),
    ),
    "opModTargetVar": Limits(
        ("DERSettings.setMaxVar", "DERCapability.rtgMaxVar"),
        (
            "DERSettings.setMaxVarNeg",
            "DERCapability.rtgMaxVarNeg",
            "DERSettings.setMaxVar",
            "DERCapability.rtgMaxVar",
        ),
    ),
}


def check(base: models.DERControlBase, resources: Resources) -> None:
    """Raises BadValue for a mode that asks for more than the device reported."""
    for mode, limits in LIMITS.items():
        wanted = getattr(base, mode)
        if wanted is None:
            continue
        power = scaled(wanted.value, wanted.multiplier)
        fields = limits.above if power >= 0 else limits.below
        for field in fields:
            limit = _reported(field, resources)
            if limit is None:
                continue
            if abs(power) > limit:
                raise BadValue(f"{mode} {power} is beyond {field}, which is {limit}")
            break


def _reported(field: str, resources: Resources) -> Number | None:
    """The magnitude of a reported power: negative ratings are negative on the wire."""
    resource, _, name = field.partition(".")
    value = getattr(resources.get((resource, 1)), name, None)
    return None if value is None else abs(scaled(value.value, value.multiplier))
