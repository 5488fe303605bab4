"""Look-up of the controls whose scheduled period overlaps another.

Controls are kept by start, apart for each order of magnitude of their duration: so a look-up
bisects a few lists and passes hardly anything that does not overlap, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator

from sortedcontainers import SortedKeyList

from .controls import Control


class Overlaps:
    """An index of controls by their scheduled periods."""

    def __init__(self) -> None:
        self._by_magnitude: dict[int, SortedKeyList] = {}

    def add(self, control: Control) -> None:
        magnitude = control.duration.bit_length()
        if magnitude not in self._by_magnitude:
            self._by_magnitude[magnitude] = SortedKeyList(key=_order)
        self._by_magnitude[magnitude].add(control)

    def remove(self, control: Control) -> None:
        self._by_magnitude[control.duration.bit_length()].remove(control)

    def with_period_of(self, control: Control) -> list[Control]:
        """The other controls that overlap it, oldest first."""
        found = [
            other
            for other in self._near(control)
            if other is not control and other.overlaps(control)
        ]
        return sorted(found, key=lambda other: other.number)

    def _near(self, control: Control) -> Iterator[Control]:
        for magnitude, controls in self._by_magnitude.items():
            earliest = control.start - 2**magnitude
            yield from controls.irange_key((earliest,), (control.end,))


def _order(control: Control) -> tuple[int, int]:
    return (control.start, control.number)
