"""The values of a device's points, and when each was received.

Devices of a fleet have mostly the same points, so a device keeps no names: the names that any
device with its registry has had a value of are numbered once for all of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping

from .changes import PointValue

# Of the points of one registry that any device has received, by name.
Places = dict[str, int]


class PointValues(Mapping[str, PointValue]):
    """The points that have a value, by name."""

    __slots__ = ("_places", "_times", "_values")

    def __init__(self, places: Places) -> None:
        self._places = places
        self._values: list[PointValue] = []
        self._times = array("d")

    def update(self, values: Mapping[str, PointValue], now: float) -> dict[str, PointValue]:
        """Takes over what points read now (None: nothing); returns what is another than before."""
        changed: dict[str, PointValue] = {}
        room = len(self._values)
        for name, value in values.items():
            place = self._places.get(name, room)
            before = self._values[place] if place < room else None
            if value is None and before is None:
                continue
            if place >= room:
                place = self._place(name)
                room = len(self._values)
            if value is not None:
                self._times[place] = now
            if value is not before:
                self._values[place] = value
            if value != before or type(value) is not type(before):
                changed[name] = value
        return changed

    def touch(self, places: Iterable[int], now: float) -> None:
        """What is at some places was received again."""
        room = len(self._values)
        for place in places:
            if place < room:
                self._times[place] = now

    def set_times(self, times: Mapping[str, float]) -> None:
        """When points were received, of those that have a value."""
        for name in self:
            if name in times:
                self._times[self._places[name]] = times[name]

    def as_dict(self) -> dict[str, PointValue]:
        """A copy of them all."""
        pairs = zip(self._places, self._values, strict=False)
        return {name: value for name, value in pairs if value is not None}

    @property
    def times(self) -> dict[str, float]:
        """When each point that has a value was received."""
        return {name: self._times[self._places[name]] for name in self}

    def get(self, name: str, default: PointValue = None) -> PointValue:  # type: ignore[override]
        """The value of a point; ``default`` for one that has none, also if nobody knows it."""
        place = self._places.get(name)
        if place is None or place >= len(self._values):
            return default
        value = self._values[place]
        return default if value is None else value

    def __getitem__(self, name: str) -> PointValue:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self.as_dict())

    def __len__(self) -> int:
        return len(self._values) - self._values.count(None)

    def _place(self, name: str) -> int:
        """Where a point is kept that has no room yet; makes room for all that are known by now."""
        place = self._places.setdefault(name, len(self._places))
        missing = len(self._places) - len(self._values)
        self._values += [None] * missing
        self._times.frombytes(bytes(8 * missing))
        return place
