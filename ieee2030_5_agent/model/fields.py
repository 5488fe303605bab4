"""Dotted paths into resources: `DERStatus` + `stateOfChargeStatus.value`, checked once.

A path is walked through the schema's facets when it is written down (registry row, formula), so
that a wrong name is refused there with the nearest right one; reading it later only follows
attributes. Names of older editions are understood (`opModFixedFlow` is `opModFixedW`).

What a field means as a number (power of ten, hundredths) is decided in `scaling`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..sep.facets import ELEMENTS, SIMPLE
from ..sep.schema_types import Element

Getter = Callable[[Any], Any]

_SEGMENT = re.compile(r"(\w+)(?:\[([^\[\]]*)\])?", re.ASCII)
# difflib's measure of likeness, above which a name is worth suggesting.
_SIMILAR = 0.65
_STATUS_FIELDS = {"dateTime", "value"}


class FieldError(ValueError):
    """A path that does not lead to a value; the text says why."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One member of a list: by position (`CurveData[3]`, from 1) or by one of its fields
    (`Temperature[subject=0]`)."""

    key: str
    value: int

    def __str__(self) -> str:
        return f"[{self.key}={self.value}]" if self.key else f"[{self.value}]"


@dataclass(frozen=True, slots=True)
class Step:
    """One segment of a path, under today's name."""

    name: str
    pick: Pick | None = None

    def __str__(self) -> str:
        return f"{self.name}{self.pick or ''}"


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A path that exists: its segments and what the schema says of the last one."""

    resource: str
    steps: tuple[Step, ...]
    owners: tuple[str, ...]
    element: Element

    @property
    def owner(self) -> str:
        """The class that has the last field."""
        return self.owners[-1]

    @property
    def name(self) -> str:
        return self.steps[-1].name

    @property
    def dotted(self) -> str:
        return ".".join(map(str, self.steps))

    def __str__(self) -> str:
        return f"{self.resource}.{self.dotted}"

    def getter(self) -> Getter:
        return _getter(self.steps)

    def sibling(self, name: str, levels: int = 0) -> FieldPath:
        """The path of a field beside the last one, or beside one of its parents."""
        last = len(self.steps) - 1 - levels
        element = ELEMENTS[self.owners[last]][name]
        steps = (*self.steps[:last], Step(name))
        return FieldPath(self.resource, steps, self.owners[: last + 1], element)


def resolve(resource: str, dotted: str, *, listed: bool = False) -> FieldPath:
    """The path of a resource's field. Raises FieldError.

    Ends at a simple value or at a type that is one value (`setMaxW`); of a status type
    (dateTime, value) `.value` is implied, as the registries of the original had it. ``listed``: the
    last field may be a list as a whole.
    """
    steps: list[Step] = []
    owners: list[str] = []
    element = None
    owner = resource
    segments = dotted.split(".")
    for number, segment in enumerate(segments, start=1):
        match = _SEGMENT.fullmatch(segment.strip())
        if match is None:
            raise FieldError(f"{segment!r} is not a field name")
        if owner not in ELEMENTS:
            raise FieldError(f"{steps[-1]} has no fields, so it has no {segment}")
        name, element = _element(owner, match[1])
        whole = listed and number == len(segments) and match[2] is None
        steps.append(Step(name, None if whole else _pick(name, element, match[2])))
        owners.append(owner)
        owner = element.type
    if element is None:
        raise FieldError("no field is named")
    if owner in ELEMENTS and set(ELEMENTS[owner]) == _STATUS_FIELDS:
        steps.append(Step("value"))
        owners.append(owner)
        element = ELEMENTS[owner]["value"]
    return FieldPath(resource, tuple(steps), tuple(owners), element)


def suggestion(name: str, known: Iterable[str]) -> str:
    """`; nearest: X` for the known name that looks most like a wrong one, or nothing."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=_SIMILAR)
    return f"; nearest: {by_lower[close[0]]}" if close else ""


def _element(owner: str, name: str) -> tuple[str, Element]:
    """A class's field by today's name or by the name of an older edition."""
    elements = ELEMENTS[owner]
    if name in elements:
        return name, elements[name]
    for today, element in elements.items():
        if name in (element.old_name or "").split():
            return today, element
    raise FieldError(f"{owner} has no field {name}{suggestion(name, elements)}")


def _pick(name: str, element: Element, selector: str | None) -> Pick | None:
    if not element.many:
        if selector is not None:
            raise FieldError(f"{name} occurs only once, so [{selector}] is too much")
        return None
    if selector is None:
        raise FieldError(f"{name} may occur several times: say which, {_example(name, element)}")
    key, equals, text = selector.rpartition("=")
    key, text = key.strip(), text.strip()
    if not re.fullmatch(r"-?[0-9]{1,18}", text, re.ASCII) or (not equals and int(text) < 1):
        raise FieldError(f"{name}[{selector}] picks nothing: write {_example(name, element)}")
    if equals:
        members = ELEMENTS.get(element.type, {})
        member = members.get(key)
        if member is None:
            raise FieldError(f"{element.type} has no field {key}{suggestion(key, members)}")
        if member.type not in SIMPLE or SIMPLE[member.type].base != "int":
            raise FieldError(f"{element.type}.{key} is not a number to pick by")
    return Pick(key, int(text))


def _example(name: str, element: Element) -> str:
    for key, member in ELEMENTS.get(element.type, {}).items():
        if not member.attribute and member.type in SIMPLE and SIMPLE[member.type].codes:
            return f"{name}[1] for the first or {name}[{key}=0]"
    return f"{name}[1] for the first"


def _getter(steps: tuple[Step, ...]) -> Getter:
    """A function from the resource to the value; None when anything on the way is absent."""
    if any(step.pick for step in steps):
        return _picking_getter(steps)
    names = tuple(step.name for step in steps)
    if len(names) == 1:
        name = names[0]
        return lambda resource: getattr(resource, name)

    def get(resource: Any) -> Any:
        for name in names:
            resource = getattr(resource, name)
            if resource is None:
                return None
        return resource

    return get


def _picking_getter(steps: tuple[Step, ...]) -> Getter:
    def get(value: Any) -> Any:
        for step in steps:
            value = getattr(value, step.name)
            if step.pick is not None:
                value = _picked(value or (), step.pick)
            if value is None:
                return None
        return value

    return get


def _picked(members: Any, pick: Pick) -> Any:
    if pick.key:
        return next((m for m in members if getattr(m, pick.key) == pick.value), None)
    return members[pick.value - 1] if pick.value <= len(members) else None
