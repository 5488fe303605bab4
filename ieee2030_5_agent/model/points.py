"""PointMap: the points of a device, from the rows of a registry. The one place to add a point.

A registry is a CSV file with the columns of `point_rows` or the same rows over RPC. It is taken
as a whole or refused as a whole, with every bad row named.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

from .changes import PointValue
from .formula import Resources
from .meter_readings import MeterReading
from .mirrors import Mirror
from .point import Point
from .point_compiler import compile_row
from .point_groups import groups_of
from .point_rows import DER_RESOURCES, READINGS, CellError, read_rows
from .point_titles import repeated_titles, title_problems
from .point_values import Places
from .readings import Frame, Readings
from .references import TIME


class PointMapError(ValueError):
    """A registry that cannot be used; ``problems`` has one text per bad cell."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class PointMap:
    """Points by name, in the order of their rows.

    ``timed_by``: classes of resources that points read which also read the time.
    """

    def __init__(self, points: Iterable[Point]) -> None:
        self.rows: dict[str, Point] = {point.name: point for point in points}
        self.groups = groups_of(self.rows.values())
        # Of all devices with this registry.
        self.places: Places = {}
        self._dependents: dict[tuple[str, int], list[Point]] = {}
        for point in self.rows.values():
            for resource in point.resources:
                der = (point.row.der or 1) if resource in DER_RESOURCES else 1
                self._dependents.setdefault((resource, der), []).append(point)
        # The dependents by the fields that they read; None: perhaps any.
        self._by_field: dict[tuple[str, int], dict[str | None, list[Point]]] = {}
        for key, dependents in self._dependents.items():
            readers = self._by_field[key] = {}
            for point in dependents:
                for field in (None,) if point.fields is None else point.fields:
                    readers.setdefault(field, []).append(point)
        # Where devices keep the dependents, and of how many places that was found out.
        self._kept: dict[tuple[str, int], tuple[int, list[int]]] = {}
        timed = [point.resources for point in self.dependents(TIME)]
        self.timed_by: frozenset[str] = frozenset().union(*timed)
        # The descriptions that rows name, and what was asked of ``fed_by``: other descriptions,
        # which clients think up, feed nothing.
        selectors = [point.selector for point in self.dependents(READINGS) if point.selector]
        self._descriptions = {each.description for each in selectors} - {None}
        self._fed: dict[tuple[str | None, int], list[Point]] = {}
        # What the points read of a device that has sent nothing, of those that read something.
        nothing = self.evaluate(self.rows.values(), {}).items()
        self._nothing = {name: value for name, value in nothing if value is not None}

    @classmethod
    def from_rows(
        cls, rows: Iterable[Mapping[Any, Any]], lines: Sequence[int] | None = None
    ) -> PointMap:
        """The map of a registry's rows (cells by column title). Raises PointMapError.

        ``lines``: where the rows stand in their file.
        """
        if isinstance(rows, Mapping | str) or not isinstance(rows, Iterable):
            raise PointMapError([f"a registry is a list of rows, not {type(rows).__name__}"])
        rows = list(rows)
        titles = title_problems(rows)
        if titles:
            raise PointMapError([f"line 1: {problem}" for problem in titles])
        numbered = read_rows(rows, lines)
        points = []
        for entry in numbered:
            if entry.has_field:
                try:
                    points.append(compile_row(entry.row))
                except CellError as error:
                    entry.errors.append(error)
        problems = [problem for entry in numbered for problem in entry.problems]
        if problems:
            raise PointMapError(problems)
        # A thousand devices with the same registry share one map; equal rows are compiled once,
        # so that the points of equal registries are the very same.
        key = tuple(map(id, points))
        shared = _MAPS.get(key)
        if shared is None:
            shared = _MAPS[key] = cls(points)
        return shared

    @classmethod
    def from_csv(cls, text: str) -> PointMap:
        """The map of a registry file's text. Raises PointMapError."""
        reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
        rows: list[dict[str | None, Any]] = []
        lines: list[int] = []
        try:
            titles = next(reader, [])
            repeated = repeated_titles(titles)
            if repeated:
                raise PointMapError([f"line 1: {problem}" for problem in repeated])
            read = reader.line_num
            for cells in reader:
                if cells:  # an empty line is no row
                    row: dict[str | None, Any] = dict(zip(titles, cells, strict=False))
                    surplus = cells[len(titles) :]
                    rows.append(row | {None: surplus} if surplus else row)
                    lines.append(read + 1)
                read = reader.line_num
        except csv.Error as error:
            raise PointMapError([f"not a CSV file: {error}"]) from error
        return cls.from_rows(rows, lines)

    def dependents(self, resource: str, der: int = 1) -> list[Point]:
        """The points whose value may change when a resource of this class arrives.

        ``der``: whose, if each DER has one.
        """
        return self._dependents.get((resource, der), [])

    def readers(self, resource: str, der: int, fields: Iterable[str]) -> Iterable[Point]:
        """The dependents that may have another value when these fields have."""
        by_field = self._by_field.get((resource, der), {})
        readers = (point for field in (None, *fields) for point in by_field.get(field, ()))
        # One may read several of the fields.
        return {point.name: point for point in readers}.values()

    def kept_at(self, resource: str, der: int) -> Sequence[int]:
        """The places of those dependents that any device has received."""
        known, places = self._kept.get((resource, der), (-1, []))
        if known != len(self.places):
            names = (point.name for point in self.dependents(resource, der))
            places = [self.places[name] for name in names if name in self.places]
            self._kept[resource, der] = (len(self.places), places)
        return places

    def fed_by(self, reading: MeterReading) -> Sequence[Point]:
        """The points that could read a reading of this description and unit."""
        description = reading.description if reading.description in self._descriptions else None
        key = (description, reading.uom)
        if key not in self._fed:
            self._fed[key] = [
                point
                for point in self.dependents(READINGS)
                if point.selector is None or point.selector.may_choose(reading)
            ]
        return self._fed[key]

    def evaluate_all(
        self, resources: Resources, mirrors: Collection[Mirror], frame: Frame
    ) -> dict[str, PointValue]:
        """The values of all points that have any; worked out are only those of which something
        is there."""
        keys = [(name, der if isinstance(der, int) else 1) for name, der in resources]
        if mirrors:
            keys.append((READINGS, 1))
        points = {point.name: point for key in keys for point in self.dependents(*key)}
        return self._nothing | self.evaluate(points.values(), resources, mirrors, frame)

    def evaluate(
        self,
        rows: Iterable[Point],
        resources: Resources,
        mirrors: Collection[Mirror] = (),
        frame: Frame = Frame.CUSTOMER,
    ) -> dict[str, PointValue]:
        """The values of some points, None where nothing was received."""
        readings = Readings(mirrors)
        return {point.name: point.evaluate(resources, readings, frame) for point in rows}


# The maps in use, by the identities of their points, which they keep alive.
_MAPS: WeakValueDictionary[tuple[int, ...], PointMap] = WeakValueDictionary()
