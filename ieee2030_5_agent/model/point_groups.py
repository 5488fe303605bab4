"""Groups of writable points, and what their staged values amount to.

A group that has a switch for a target is staged: values wait until the switch is on. A group
without acts at once. Nothing here names a point: it all follows from the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from ..sep.facets import ELEMENTS, SIMPLE
from .changes import PointValue
from .curve_drafts import CurveDraft
from .errors import BadValue
from .point import Point
from .writing import CONTROL, Resources, Role, Writing

Staged = Mapping[str, PointValue]
# The part that says what the other parts of its mode are a percentage of.
_REFERENCE = "refType"


class Group:
    """The writable points with one word in the column `Group`, by name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.points: dict[str, Point] = {}

    def add(self, point: Point) -> None:
        self.points[point.name] = point

    def of(self, role: Role, target: str | None = None) -> list[tuple[Point, Writing]]:
        """The points of a role, of those that write to a target if one is named."""
        return [
            (point, point.writing)
            for point in self.points.values()
            if point.writing is not None
            and point.writing.role is role
            and (target is None or target in point.writing.targets)
        ]

    def switched(self, target: str) -> bool:
        """Whether values wait for a switch."""
        return bool(self.of(Role.SWITCH, target))

    @property
    def commits(self) -> bool:
        """Whether what is set becomes a whole by a point of its own."""
        return bool(self.of(Role.COMMIT))

    @property
    def curve_modes(self) -> list[str]:
        """The modes that the group's curves are for."""
        found = (writing.modes for _, writing in self.of(Role.CURVE))
        return list(dict.fromkeys(mode for modes in found for mode in modes))

    def _named(
        self, staged: Staged, role: Role, target: str | None = None
    ) -> list[tuple[Point, Writing]]:
        """The points of a role of which something is staged, in the order it was set."""
        points = {point.name: (point, writing) for point, writing in self.of(role, target)}
        return [points[name] for name in staged if name in points]

    def _staged(
        self, staged: Staged, role: Role, resources: Resources
    ) -> Iterator[tuple[Writing, Any]]:
        """What is staged of a role, as on the wire, in the order it was set."""
        for point, writing in self._named(staged, role):
            yield writing, point.to_wire(staged[point.name], resources)

    def timing(self, staged: Staged, resources: Resources) -> dict[str, int]:
        """The staged numbers of the event, by field."""
        return {w.field: wire for w, wire in self._staged(staged, Role.TIMING, resources)}

    def indexed(self, staged: Staged, resources: Resources) -> bool:
        """Whether the curve that is set is to be used; it is unless somebody said no."""
        return all(wire for _, wire in self._staged(staged, Role.INDEX, resources))

    def drafts(self, staged: Staged, resources: Resources) -> dict[str, CurveDraft]:
        """The curves of which something is set, by mode."""
        drafts: dict[str, CurveDraft] = {}
        for writing, edit in self._staged(staged, Role.CURVE, resources):
            for mode in writing.modes:
                edit(drafts.setdefault(mode, CurveDraft(mode)))
        return drafts

    def values(
        self, staged: Staged, resources: Resources, target: str, side: str = ""
    ) -> dict[str, Any]:
        """What the staged values come to, by mode or field.

        The newest counts, but a choice counts before what fixes the same. ``side``: only what is
        meant for that side of zero.
        """
        source = target if self.of(Role.VALUE, target) else CONTROL
        parts = [
            (point, writing)
            for point, writing in self._named(staged, Role.VALUE, source)
            if side in ("", writing.side)
        ]
        parts.reverse()
        parts.sort(key=lambda part: part[1].fixes)
        modes, values = self._chosen(staged, resources)
        for point, writing in parts:
            taken = values.keys() & modes
            if taken and writing.field in modes - taken:
                continue  # another of the alternatives was chosen, or is newer
            # Not before it counts: a rating may have changed since, and then it is refused.
            wire = point.to_wire(staged[point.name], resources)
            values[writing.field] = _merged(values.get(writing.field), wire)
        return {name: wire for name, wire in values.items() if wire is not None}

    def _chosen(
        self, staged: Staged, resources: Resources
    ) -> tuple[frozenset[str], dict[str, Any]]:
        """The modes that are alternatives, and the one that was chosen with its part."""
        modes = frozenset(m for _, w in self.of(Role.CHOICE) for m in w.modes)
        chosen = [wire for _, wire in self._staged(staged, Role.CHOICE, resources)]
        return modes, dict(chosen[-1:])


def groups_of(points: Iterable[Point]) -> dict[str, Group]:
    """The groups of a registry's writable points; those without one share the group ""."""
    groups: dict[str, Group] = {}
    for point in points:
        if point.writing is not None:
            groups.setdefault(point.row.group, Group(point.row.group)).add(point)
    return groups


def missing(values: Mapping[str, Any]) -> str:
    """The first part that a mode of several parts lacks (`opModFixedVar.refType`), or ""."""
    for name, value in values.items():
        type_name = ELEMENTS["DERControlBase"][name].type if name.startswith("opMod") else ""
        if type_name in SIMPLE or not is_dataclass(value):
            continue
        for part, element in ELEMENTS[type_name].items():
            if element.required and getattr(value, part) is None:
                return f"{name}.{part}"
    return ""


def refuse_missing(values: Mapping[str, Any]) -> None:
    """Raises BadValue for a mode that lacks a part."""
    part = missing(values)
    if part:
        raise BadValue(f"{part} is not set")


def filled(newer: Any, older: Any) -> Any:
    """A mode with the parts that it lacks taken from what was there.

    A percentage of one thing is none of another: where the reference differs, nothing is taken.
    """
    if not is_dataclass(newer) or isinstance(newer, type) or type(older) is not type(newer):
        return newer
    references = {getattr(each, _REFERENCE, None) for each in (newer, older)} - {None}
    if len(references) > 1:
        return newer
    lacking = {
        each.name: getattr(older, each.name)
        for each in fields(newer)
        if getattr(newer, each.name) is None
    }
    return replace(newer, **lacking)


def _merged(newer: Any, older: Any) -> Any:
    """A mode's parts together; what contradicts the newer is left out as a whole."""
    if newer is None or not is_dataclass(older) or isinstance(older, type):
        return older if newer is None else newer
    taken = {}
    for each in fields(older):
        before, after = getattr(older, each.name), getattr(newer, each.name)
        if before is None:
            continue
        if after is not None and after != before:
            return newer
        taken[each.name] = before
    return replace(newer, **taken)
