"""The controls of one DERProgram, in the orders in which they are asked for.

Source: IEEE 2030.5-2018 DERControlList, ActiveDERControlList.
"""

from __future__ import annotations

from .controls import ENDED_EARLY, LIVE, Control, Status
from .listing import Listing
from .overlaps import Overlaps
from .recall import Recall


class Schedule:
    """Controls by number; what is listed, what is active, what may still compete."""

    __slots__ = ("_ended", "_live", "active", "controls", "listed", "recall")

    def __init__(self) -> None:
        self.controls: dict[int, Control] = {}
        self.listed: Listing[Control] = Listing(_order)
        self.active: Listing[Control] = Listing(_order)
        # Those that may still compete, and those that ended early in the order of their end.
        self._live = Overlaps()
        self._ended: dict[int, Control] = {}
        # For those that ended early where there are too many.
        self.recall = Recall()

    def add(self, control: Control) -> None:
        """Lists a control, also one that ended early and comes back from the store."""
        self.controls[control.number] = control
        self.listed.add(control)
        if control.status in LIVE:
            self._live.add(control)
        if control.status is Status.ACTIVE:
            self.active.add(control)
        if control.status in ENDED_EARLY:
            self._ended[control.number] = control

    def remove(self, control: Control) -> None:
        """Takes a control that has ended out of the lists."""
        del self.controls[control.number]
        self.listed.remove(control)
        self._ended.pop(control.number, None)

    def step(self, control: Control, name: str, now: int) -> None:
        """Takes one step of a control's life. Raises ValueError when its status has none such."""
        before = control.status
        control.step(name, now)
        if before is Status.ACTIVE:
            self.active.remove(control)
        if control.status is Status.ACTIVE:
            self.active.add(control)
        elif before in LIVE:
            self._live.remove(control)
        if control.status in ENDED_EARLY:
            self._ended[control.number] = control

    def rivals(self, control: Control) -> list[Control]:
        """The older controls that a new one takes modes from for some time: they may yet be in
        force, address the same devices, overlap it and have modes of it. Oldest first."""
        return [
            other
            for other in self._live.with_period_of(control)
            if other.creation_time < control.creation_time
            and other.device_category == control.device_category
            and not other.modes.isdisjoint(control.modes)
        ]

    def crowded_out(self, now: int, most: int) -> Control | None:
        """The first that ended early, once there are too many; clients had time to see its end."""
        if len(self._ended) <= most:
            return None
        return next((one for one in self._ended.values() if one.seen_until <= now), None)

    def crowded_until(self, most: int) -> int | None:
        """When clients have had time to see one that ended early, if there are too many."""
        seen = (one.seen_until for one in self._ended.values())
        return min(seen, default=None) if len(self._ended) > most else None


def _order(control: Control) -> tuple[int, int, int]:
    return (control.start, -control.creation_time, -int.from_bytes(control.mrid))
