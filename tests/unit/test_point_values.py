"""Values of points by places that devices share."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ieee2030_5_agent.model.point_values import Places, PointValues

NAMES = st.sampled_from(["a", "b", "c", "d"])
VALUES = st.sampled_from([None, 0, 0.0, False, True, 1, "", "text", -1.5])
UPDATES = st.lists(st.tuples(st.integers(0, 1), st.dictionaries(NAMES, VALUES)), max_size=12)


@given(UPDATES)
def test_two_devices_of_a_registry_have_each_what_it_received(updates: list[Any]) -> None:
    places: Places = {}
    held = [PointValues(places), PointValues(places)]
    expected: list[dict[str, Any]] = [{}, {}]
    times: list[dict[str, float]] = [{}, {}]
    for now, (device, values) in enumerate(updates):
        before = dict(expected[device])
        changed = held[device].update(values, float(now))
        for name, value in values.items():
            expected[device].pop(name, None)
            times[device].pop(name, None)
            if value is not None:
                expected[device][name], times[device][name] = value, float(now)
        assert _typed(changed) == {
            name: (value, type(value))
            for name, value in values.items()
            if (value, type(value)) != (before.get(name), type(before.get(name)))
        }
    for values, wanted, at in zip(held, expected, times, strict=True):
        assert _typed(dict(values)) == _typed(wanted)
        assert (len(values), values.times) == (len(wanted), at)
        assert [values.get(name) for name in "abcd"] == [wanted.get(name) for name in "abcd"]


def test_what_nobody_received_has_no_value_and_takes_no_place() -> None:
    places: Places = {}
    values = PointValues(places)
    assert values.update({"a": None}, 1.0) == {}
    assert (dict(values), places) == ({}, {})
    assert "a" not in values
    with pytest.raises(KeyError):
        values["a"]


def test_a_place_that_only_others_have_received_is_not_touched() -> None:
    places: Places = {}
    first, second = PointValues(places), PointValues(places)
    second.update({"a": 1}, 1.0)
    first.update({"a": 1, "b": 2}, 1.0)
    second.touch(list(places.values()), 5.0)
    assert (second.times, first.times) == ({"a": 5.0}, {"a": 1.0, "b": 1.0})


def _typed(values: dict[str, Any]) -> dict[str, tuple[Any, type]]:
    """With their types, as 0, 0.0 and false are equal and not the same."""
    return {name: (value, type(value)) for name, value in values.items()}
