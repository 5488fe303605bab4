"""What is wrong with a configuration, said so that an operator finds the place."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

_TYPE_TEXTS = {
    "missing": "is missing",
    "tuple_type": "a list is expected",
    "model_type": "an object with keys is expected",
    "mapping_type": "an object with keys is expected",
    "dict_type": "an object with keys is expected",
    "string_type": "text is expected",
}


class SettingsError(ValueError):
    """A configuration that cannot be used: one line per problem, each with its key path."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def line(details: ErrorDetails, model: type[BaseModel]) -> str:
    """One problem as ``devices[0].lfdi: what is wrong``; ``model`` is what was read."""
    path = ""
    for part in details["loc"]:
        if part == "[key]":  # pydantic's mark for "the key itself, not its value"
            continue
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    kind, given = details["type"], details["input"]
    if kind == "extra_forbidden":
        return f"{path}: unknown key{near(str(details['loc'][-1]), _keys(model, details['loc']))}"
    if kind == "value_error":
        error = str(details["ctx"]["error"])
        return f"{path}: {error}" if path else error
    text = _TYPE_TEXTS.get(kind) or details["msg"].replace("Input should be", "should be")
    if kind == "missing":
        return f"{path}: {text}"
    shown = repr(given) if isinstance(given, str | int | float | None) else type_name(given)
    return f"{path}: {text}, this is {shown[:80]}"


def _keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that may stand where ``loc`` ends, found by following it from ``model``."""
    for part in loc[:-1]:
        if isinstance(part, int):
            continue
        named = {field.alias or name: field for name, field in model.model_fields.items()}
        section = _section(named[part].annotation) if part in named else None
        if section is None:
            return []
        model = section
    return [field.alias or name for name, field in model.model_fields.items()]


def _section(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation holds, also within a list or beside None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Annotated, Union, UnionType, tuple):
        return next(filter(None, map(_section, get_args(annotation))), None)
    return None


def near(name: str, names: Iterable[str]) -> str:
    """`` (did you mean X?)`` when a known name looks similar, else nothing."""
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f" (did you mean {close[0]}?)" if close else ""


def type_name(value: object) -> str:
    names = {str: "text", list: "a list", dict: "an object", type(None): "nothing"}
    return names.get(type(value), type(value).__name__)
