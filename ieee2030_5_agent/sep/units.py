"""Numbers of the standard and numbers of engineers: powers of ten.

Source: IEEE 2030.5-2018 PowerOfTenMultiplierType.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal

MULTIPLIER_MIN = -9
MULTIPLIER_MAX = 9

Number = int | float


def scaled(value: int, multiplier: int | None) -> Number:
    """``value`` x 10^``multiplier`` in the unit of the field; an absent multiplier counts as 0.

    A whole number stays an int; a negative power divides, so that 25 x 10^-1 is exactly 2.5.
    """
    if not multiplier:
        return value
    power: int = 10 ** abs(multiplier)
    return value * power if multiplier > 0 else value / power


def to_multiplier(number: Number, minimum: int, maximum: int) -> tuple[int, int]:
    """The significand and power of ten that carry ``number`` within a significand's range.

    Whole numbers that fit keep power 0; decimals take the smallest negative power that keeps
    them exact (as far as the range allows); what is too large is rounded to a higher power.
    Raises ValueError for NaN, infinities and what no power up to 9 can carry.
    """
    if isinstance(number, float) and not math.isfinite(number):
        raise ValueError(f"{number} is not a finite number")
    exact = Decimal(str(number))
    exponent = exact.normalize().as_tuple().exponent if exact else 0
    start = max(MULTIPLIER_MIN, min(0, int(exponent)))
    for multiplier in range(start, MULTIPLIER_MAX + 1):
        significand = int(exact.scaleb(-multiplier).to_integral_value(ROUND_HALF_EVEN))
        if minimum <= significand <= maximum:
            return significand, multiplier
    raise ValueError(f"{number} is too large: at most {scaled(maximum, MULTIPLIER_MAX)}")
