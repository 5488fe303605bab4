"""Which meter reading feeds a point, and what it is worth."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ieee2030_5_agent.model.meter_readings import MeterReading, Value
from ieee2030_5_agent.model.mirrors import Mirror
from ieee2030_5_agent.model.readings import Frame, Readings, parse_selector, reading_value
from ieee2030_5_agent.sep import models
from tests.point_cases import point
from tests.vectors import rules

OTHERS = {"description", "flags", "usage_point", "value", "m", "time", "received", "post_rate"}


def measured(number: int, cells: dict[str, Any]) -> Mirror:
    """A mirror with one meter reading, or the usage point alone where there is no value."""
    codes = {key: code for key, code in cells.items() if key not in OTHERS}
    reading_type = None
    if codes or "m" in cells:
        reading_type = models.ReadingType(powerOfTenMultiplier=cells.get("m"), **codes)
    usage_point = models.MirrorUsagePoint(roleFlags=bytes.fromhex(cells.get("flags", "49")))
    place, rate = cells.get("usage_point", 0), cells.get("post_rate", 300)
    mirror = Mirror(place, "097935300833", (), usage_point, rate)
    if "value" in cells:
        received = cells.get("received", 1000)
        latest = models.MirrorMeterReading(
            description=cells.get("description"), ReadingType=reading_type
        )
        last = Value(cells["value"], cells.get("time", received), received)
        mirror.meter_readings[number] = MeterReading.of(number, latest, last)
    return mirror


@pytest.mark.parametrize("rule", rules("points/readings.toml"))
def test_binding(rule: dict[str, Any]) -> None:
    cells = {title: rule[title] for title in ("units", "type") if title in rule}
    one = point("MirrorMeterReading", rule["selector"], **cells)
    mirrors = [measured(n, reading) for n, reading in enumerate(rule["readings"])]
    frame = Frame(rule.get("frame", "customer"))
    expected = rule.get("value")
    for order in permutations(mirrors):
        value = one.evaluate({}, Readings(order), frame)
        assert value == (pytest.approx(expected) if expected is not None else None)
        assert type(value) is type(expected)


@given(st.integers(-(2**47), 2**47), st.integers(-9, 9))
def test_value_is_significand_times_power_of_ten(value: int, multiplier: int) -> None:
    mirror = measured(0, {"uom": 38, "value": value, "m": multiplier})
    chosen = parse_selector("uom=38").choose(Readings([mirror]))
    assert chosen is not None
    assert reading_value(chosen) == pytest.approx(value * 10.0**multiplier)
    assert reading_value(chosen._replace(sign=-1)) == -reading_value(chosen)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2000)), min_size=1, max_size=6))
def test_the_best_phase_of_what_is_still_sent_is_chosen(pairs: list[tuple[int, int]]) -> None:
    selector = parse_selector("uom=38;phase=3|2|1|0")
    mirrors = [
        measured(n, {"uom": 38, "phase": phase, "value": n, "time": time, "received": time})
        for n, (phase, time) in enumerate(pairs)
    ]
    chosen = selector.choose(Readings(mirrors))
    assert chosen is not None
    latest = max(time for _, time in pairs)
    sent = [pair for pair in pairs if latest - pair[1] <= 3 * 300]
    assert pairs[chosen.reading.number] == max(sent)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=6))
def test_choice_is_the_newest_then_the_best_rank(pairs: list[tuple[int, int]]) -> None:
    selector = parse_selector("uom=38;kind=3|2|1|0")
    mirrors = [
        measured(n, {"uom": 38, "kind": kind, "value": n, "time": time})
        for n, (kind, time) in enumerate(pairs)
    ]
    chosen = selector.choose(Readings(mirrors))
    assert chosen is not None
    assert pairs[chosen.reading.number] == max(pairs, key=lambda pair: pair[::-1])
