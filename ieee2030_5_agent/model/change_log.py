"""Delta reads: which points changed since a cursor. A listener of the fleet's changes.

Costs what changed, not what exists: devices are kept in the order of their last change, so a
reader walks back from the newest until it meets its cursor.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Container
from dataclasses import dataclass, field

from .changes import Changed

# After these a device's set of points is another one: a reader needs all of them.
WHOLE_DEVICE = frozenset({"registration", "removal", "points"})


@dataclass(slots=True)
class _Touched:
    last: int = 0
    whole: int = 0
    points: dict[str, int] = field(default_factory=dict)


class ChangeLog:
    """Remembers for each device which change last touched which point."""

    def __init__(self, epoch: str) -> None:
        """``epoch`` names this run of the agent; cursors of another run mean "everything"."""
        self._epoch = epoch
        self._count = 0
        self._devices: OrderedDict[str, _Touched] = OrderedDict()

    def __call__(self, change: Changed) -> None:
        """Takes note of one change."""
        if change.sfdi is None or not (change.points or change.what in WHOLE_DEVICE):
            return
        self._count += 1
        touched = self._devices.pop(change.sfdi, None) or _Touched()
        touched.last = self._count
        if change.what in WHOLE_DEVICE:
            touched.whole = self._count
            touched.points.clear()
        else:
            touched.points.update(dict.fromkeys(change.points, self._count))
        self._devices[change.sfdi] = touched

    @property
    def cursor(self) -> str:
        """The position after the newest change: ``<epoch>:<count>``."""
        return f"{self._epoch}:{self._count}"

    def since(
        self, cursor: str | None, sfdis: Container[str] | None = None
    ) -> dict[str, set[str] | None] | None:
        """The points of each device that changed after ``cursor``; None for "all its points".

        The answer as a whole is None when the cursor is not one of this run: read everything.
        """
        seen = self._position(cursor)
        if seen is None:
            return None
        changed: dict[str, set[str] | None] = {}
        for sfdi in reversed(self._devices):
            touched = self._devices[sfdi]
            if touched.last <= seen:
                break
            if sfdis is None or sfdi in sfdis:
                newer = {point for point, at in touched.points.items() if at > seen}
                changed[sfdi] = None if touched.whole > seen else newer
        return changed

    def _position(self, cursor: str | None) -> int | None:
        epoch, _, count = (cursor or "").rpartition(":")
        if epoch != self._epoch or not re.fullmatch("[0-9]{1,18}", count):
            return None
        if int(count) > self._count:
            return None
        return int(count)
