"""Models from and to JSON: what operators write in configuration and RPC arguments.

The names are the standard's; values are those of the wire (hundredths stay hundredths), hexBinary
is text. Checked by the same facets as XML. Source: IEEE 2030.5-2018 schema.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from . import models
from .codec import CodecError, read_text, write_text
from .facets import ELEMENTS, SIMPLE

# Mandatory in a document, and never the operator's to write: the server gives them. An absent
# DERControlBase is an empty one.
GIVEN_BY_SERVER = frozenset({"mRID", "creationTime", "DERControlBase"})


class JsonError(ValueError):
    """An object that is no resource: the key, and what is expected there."""


def from_json(class_name: str, data: object, path: str = "") -> Any:
    """The model of a class. Raises JsonError that names the key and what is expected."""
    where = path or class_name
    if not isinstance(data, Mapping):
        raise JsonError(f"{where}: an object with keys is expected, this is {_kind(data)}")
    elements = ELEMENTS[class_name]
    values: dict[str, Any] = {}
    for name, value in data.items():
        element = elements.get(name)
        if element is None:
            near = difflib.get_close_matches(str(name), elements, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise JsonError(f"{where}: {class_name} has no {name}{hint}")
        if value is None:
            continue
        key = f"{where}.{name}"
        if not element.many:
            values[name] = _value(element.type, value, key)
        elif not isinstance(value, list):
            raise JsonError(f"{key}: a list is expected, this is {_kind(value)}")
        elif element.max_occurs is not None and len(value) > element.max_occurs:
            raise JsonError(f"{key}: has {len(value)} members, at most {element.max_occurs}")
        else:
            values[name] = [
                _value(element.type, member, f"{key}[{index}]")
                for index, member in enumerate(value)
            ]
    for name, element in elements.items():
        absent = values.get(name) in (None, [])
        if element.required and absent and name not in GIVEN_BY_SERVER:
            raise JsonError(f"{where}.{name}: is missing")
    return getattr(models, class_name)(**values)


def to_json(model: Any) -> dict[str, Any]:
    """The JSON object of a model; what is absent is left out."""
    values: dict[str, Any] = {}
    for name, element in ELEMENTS[type(model).__name__].items():
        value = getattr(model, name)
        if value is None or value == []:
            continue
        if element.many:
            values[name] = [_plain(element.type, member) for member in value]
        else:
            values[name] = _plain(element.type, value)
    return values


def _value(type_name: str, value: object, key: str) -> Any:
    simple = SIMPLE.get(type_name)
    if simple is None:
        return from_json(type_name, value, key)
    expected = {"int": int, "bool": bool, "str": str, "hex": str}[simple.base]
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        names = {"int": "a whole number", "bool": "true or false", "hex": "hex digits as text"}
        wanted = names.get(simple.base, "text")
        raise JsonError(f"{key}: {wanted} is expected ({type_name}), this is {_kind(value)}")
    if isinstance(value, bool):
        return value
    try:
        return read_text(type_name, str(value))
    except CodecError as error:
        raise JsonError(f"{key}: {error}") from error


def _plain(type_name: str, value: Any) -> Any:
    simple = SIMPLE.get(type_name)
    if simple is None:
        return to_json(value)
    return write_text(type_name, value) if simple.base == "hex" else value


def _kind(value: object) -> str:
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    return "a list" if isinstance(value, list) else type(value).__name__
