"""The table of points as people read it: by model and resource, numbered points in one line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .point import Point

_MODEL = re.compile(r"b([0-9]+)_", re.ASCII)
# The numbered points of a list: a number before the end or before an underscore.
_NUMBER = re.compile(r"(?<=[A-Za-z])[1-9][0-9]?(?=_|$)", re.ASCII)
_PLACE = re.compile(r"\[[1-9][0-9]*\]|usagePoint=[1-9][0-9]*", re.ASCII)
_IN_NOTES = re.compile(r"\b(point|usage point) [1-9][0-9]?\b", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: a point, or ``count`` points that differ only in their number."""

    first: Point
    last: Point
    count: int

    @property
    def name(self) -> str:
        return self.first.name if self.count == 1 else f"{self.first.name} .. {self.last.name}"


def model_of(point: Point) -> str:
    """The SunSpec model of a point, "" for a point of IEEE 2030.5 alone."""
    match = _MODEL.match(point.row.sunspec)
    return match[1] if match else ""


def resources_of(point: Point) -> str:
    """The resource that a row names, or all that its formula reads."""
    return point.row.resource or ", ".join(sorted(point.resources))


def lines(points: Iterable[Point]) -> list[Line]:
    """The table in the order of the points."""
    groups: dict[tuple[object, ...], list[Point]] = {}
    for point in points:
        groups.setdefault(_kind(point), []).append(point)
    return [Line(group[0], group[-1], len(group)) for group in groups.values()]


def _kind(point: Point) -> tuple[object, ...]:
    """What points share that are one list: all but the number in name, field and notes."""
    row = point.row
    if not _PLACE.search(row.field):
        return (row.name,)
    return (
        _NUMBER.sub("#", row.name),
        row.resource,
        _PLACE.sub("#", row.field),
        row.mapping,
        row.units,
        _IN_NOTES.sub("#", row.notes),
    )
