"""Numbers of the standard and numbers of engineers: powers of ten.

Source: IEEE 2030.5-2018 PowerOfTenMultiplierType.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    (significand,), multiplier = to_common_multiplier([number], minimum, maximum)
    return significand, multiplier


def to_common_multiplier(
    numbers: Sequence[Number], minimum: int, maximum: int
) -> tuple[list[int], int]:
    """The significands and the one power of ten that carry all numbers, the finest of them exact.

    The rules are those of ``to_multiplier``; the largest number says how fine it can be.
    """
    for number in numbers:
        if isinstance(number, float) and not math.isfinite(number):
            raise ValueError(f"{number} is not a finite number")
    exact = [Decimal(str(number)) for number in numbers]
    finest = min((int(each.normalize().as_tuple().exponent) for each in exact if each), default=0)
    for multiplier in range(max(MULTIPLIER_MIN, min(0, finest)), MULTIPLIER_MAX + 1):
        scaled_to = [
            int(each.scaleb(-multiplier).to_integral_value(ROUND_HALF_EVEN)) for each in exact
        ]
        if all(minimum <= significand <= maximum for significand in scaled_to):
            return scaled_to, multiplier
    largest = max(numbers, key=abs)
    raise ValueError(f"{largest} is too large: at most {scaled(maximum, MULTIPLIER_MAX)}")
