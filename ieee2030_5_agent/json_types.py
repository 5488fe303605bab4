"""What may leave the agent over VOLTTRON: plain JSON types, nothing else.

A message that VOLTTRON cannot serialise does not fail politely: a publish kills the connection
of the agent, an RPC result leaves its caller waiting for ever. So everything passes through here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

Json = None | bool | int | float | str | list[Any] | dict[str, Any]


class NotJson(TypeError):
    """A value that has no JSON form; the text says where it is."""


def to_json(value: object, path: str = "value") -> Json:
    """The value in JSON types; bytes become upper-case hex digits. Raises NotJson."""
    if isinstance(value, Enum):
        return to_json(value.value, path)
    if isinstance(value, Mapping):
        return {_key(key, path): to_json(item, f"{path}.{key}") for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        names = [item.name for item in fields(value)]
        return {name: to_json(getattr(value, name), f"{path}.{name}") for name in names}
    if isinstance(value, list | tuple):
        return [to_json(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, set | frozenset):
        return sorted((to_json(item, f"a member of {path}") for item in value), key=repr)
    return _scalar(value, path)


def _scalar(value: object, path: str) -> bool | int | float | str | None:
    if value is None or isinstance(value, bool):
        return value
    # int() and str() also strip subclasses, which json would write by rules of their own.
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float | Decimal):
        return _number(value, path)
    if isinstance(value, bytes | bytearray):
        return value.hex().upper()
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    raise NotJson(f"{path} is {type(value).__name__}, which JSON cannot carry")


def _number(value: float | Decimal, path: str) -> int | float:
    if not math.isfinite(value):
        raise NotJson(f"{path} is {value}, which JSON cannot carry")
    whole = isinstance(value, Decimal) and value == value.to_integral_value()
    return int(value) if whole else float(value)


def _key(key: object, path: str) -> str:
    key = to_json(key, f"the key {key!r} of {path}")
    if isinstance(key, str | int) and not isinstance(key, bool):
        return str(key)
    raise NotJson(f"{path} has the key {key!r}, text is expected")
