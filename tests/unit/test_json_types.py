"""Only JSON leaves the agent, and what cannot is named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from types import MappingProxyType

import pytest

from ieee2030_5_agent.json_types import NotJson, to_json


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    LOW = 0


class Text(str):
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Pair:
    a: int
    b: tuple[object, ...]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (False, False),
        (0, 0),
        (-1, -1),
        (0.0, 0.0),
        (2.5, 2.5),
        ("", ""),
        (2**70, 2**70),
        (b"\x00\xff", "00FF"),
        (bytearray(b"\x01"), "01"),
        (Decimal("2.50"), 2.5),
        (Decimal("7E3"), 7000),
        (Colour.RED, "red"),
        (Level.LOW, 0),
        (Text("x"), "x"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        ((1, (2, None)), [1, [2, None]]),
        ({3, 1}, [1, 3]),
        (frozenset(), []),
        ([], []),
        ({}, {}),
        ({1: {Colour.RED: b""}}, {"1": {"red": ""}}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (Pair(0, (b"\x07",)), {"a": 0, "b": ["07"]}),
    ],
    ids=repr,
)
def test_converts(value: object, expected: object) -> None:
    result = to_json(value)
    assert result == expected
    assert type(result) is type(expected)
    assert json.loads(json.dumps(result, allow_nan=False)) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (object(), "value is object"),
        (Pair, "value is type"),
        (1j, "value is complex"),
        ({"a": [0, float("nan")]}, "value.a[1] is nan"),
        (float("-inf"), "value is -inf"),
        (Decimal("NaN"), "value is NaN"),
        ({"x": {None: 1}}, "value.x has the key None"),
        ({1.5: 1}, "value has the key 1.5"),
        ({True: 1}, "value has the key True"),
        (Pair(1, (object(),)), "value.b[0] is object"),
        (iter([]), "value is list_iterator"),
    ],
    ids=[
        "object",
        "class",
        "complex",
        "NaN inside",
        "infinity",
        "decimal NaN",
        "key None",
        "key float",
        "key bool",
        "inside a dataclass",
        "iterator",
    ],
)
def test_refuses(value: object, text: str) -> None:
    with pytest.raises(NotJson) as caught:
        to_json(value)
    assert str(caught.value).startswith(text)
