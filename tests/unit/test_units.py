"""Powers of ten, both ways."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ieee2030_5_agent.sep.units import scaled, to_multiplier

INT16 = (-32768, 32767)


@pytest.mark.parametrize(
    ("value", "multiplier", "expected"),
    [(-5, 3, -5000), (7, None, 7), (7, 0, 7), (25, -1, 2.5), (0, 9, 0), (16, -2, 0.16)],
)
def test_scaled(value: int, multiplier: int | None, expected: float) -> None:
    assert scaled(value, multiplier) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (7200, (7200, 0)),
        (50000, (5000, 1)),
        (123456, (12346, 1)),
        (100000, (10000, 1)),
        (2.5, (25, -1)),
        (0, (0, 0)),
        (0.0, (0, 0)),
        (-0.004, (-4, -3)),
        (32767.4, (32767, 0)),
        (1e-12, (0, -9)),
    ],
)
def test_to_multiplier(number: float, expected: tuple[int, int]) -> None:
    assert to_multiplier(number, *INT16) == expected


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e15])
def test_to_multiplier_refuses(number: float) -> None:
    with pytest.raises(ValueError, match=r"finite|too large"):
        to_multiplier(number, *INT16)


@given(st.integers(-(10**12), 10**12))
def test_to_multiplier_keeps_four_digits(number: int) -> None:
    significand, multiplier = to_multiplier(number, *INT16)
    assert INT16[0] <= significand <= INT16[1]
    assert scaled(significand, multiplier) == pytest.approx(number, rel=2e-4)
