"""Point: one row of the registry, compiled to functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .changes import PointValue
from .errors import BadValue, BaseUnknown, NotWritable
from .formula import Resources
from .point_rows import Row
from .readings import Frame, Readings, Selector
from .writing import Writing

Evaluate = Callable[[Resources, Readings, Frame], PointValue]


@dataclass(frozen=True, slots=True)
class Point:
    """A compiled row.

    ``resources``: class names of what the value depends on. ``path``: the field under today's
    name, dotted; "" for readings and formulas. ``evaluate``: the value, None until received.
    ``fields``: those of its resources that the value comes from; None where it may be others too.
    ``selector``: which readings it reads, of a point that reads readings.
    """

    row: Row
    type: str
    path: str
    resources: frozenset[str]
    evaluate: Evaluate
    encode: Callable[[object, Resources], Any] | None = None
    decode: Callable[[Any, Resources], PointValue] | None = None
    writing: Writing | None = None
    fields: frozenset[str] | None = None
    selector: Selector | None = None

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def units(self) -> str:
        return self.row.units

    @property
    def writable(self) -> bool:
        return self.row.writable

    def to_wire(self, value: object, resources: Resources) -> Any:
        """What writing a value in the point's unit gives, by the role of its row (`writing`).

        Raises NotWritable, BadValue, BaseUnknown; the text begins with the point's name.
        """
        if self.writing is None:
            raise NotWritable(f"{self.name}: can only be read")
        try:
            return self.writing.encode(value, resources)
        except (BadValue, BaseUnknown) as error:
            raise type(error)(f"{self.name}: {error}") from error

    def from_wire(self, wire: Any, resources: Resources) -> PointValue:
        """The point's value for a wire value of its field, as a read-back gives it."""
        if wire is None or self.decode is None:
            return None
        return self.decode(wire, resources)
