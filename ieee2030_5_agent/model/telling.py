"""Telling: each device's story of what became of its controls, and what is in force for it then.

A control with many followers concerns each of them: its points are worked out anew and a change is
told. That is done for some devices at a time, so that nobody else waits for all; whoever asks for
one device finds it told. What comes later for a device waits until its story was told.
"""

from __future__ import annotations

from collections.abc import Iterable

from .changes import PointValue
from .controls import Control, Status
from .door import Door
from .end_device import EndDevice
from .precedence import addresses
from .programs import Program, Programs
from .registry import Registry
from .standings import Standings

# Of so many devices nobody notices that they are told in one piece: it takes some milliseconds.
AT_ONCE = 16

Detail = dict[str, PointValue]


class Telling:
    """Collects the changes of status of one moment, and tells them device by device."""

    def __init__(
        self, door: Door, registry: Registry, programs: Programs, standings: Standings
    ) -> None:
        self.at_once = AT_ONCE
        self._door = door
        self._registry = registry
        self._programs = programs
        self._standings = standings
        # Changes of the present moment.
        self._noted: list[tuple[Program, Control, Detail]] = []
        self._settling: int | None = None
        # By SFDI, what is still to be told of moments that are over.
        self._stories: dict[str, list[Detail]] = {}

    def note(self, program: Program, control: Control, detail: Detail) -> None:
        """A control has another status now."""
        self._noted.append((program, control, detail))

    def settle_soon(self, at: int) -> None:
        """Once all of this moment has happened: what ends and what begins then is one change."""
        if self._noted and self._settling != at:
            self._settling = at
            self._door.bring(at, lambda _: self.settle())

    def settle(self) -> None:
        """The moment is over: tells the devices that it concerns, if they are many the first of
        them."""
        noted, self._noted, self._settling = self._noted, [], None
        # Of one moment, what ends comes before what begins.
        noted.sort(key=lambda entry: entry[2]["currentStatus"] != Status.COMPLETED)
        # What a program lists is of all who follow it, and changes once, not once for each of them.
        for number in dict.fromkeys(program.number for program, _, _ in noted):
            self._door.emit("schedule", None, {"program": number})
        concerned: dict[str, None] = {}
        for program, control, detail in noted:
            followers = [
                device.sfdi
                for device in self._programs.followers(program, self._registry)
                if addresses(control, device)
            ]
            for sfdi in followers:
                self._stories.setdefault(sfdi, []).append(detail)
            concerned |= dict.fromkeys(followers)
            if not followers:
                self._door.emit("control", None, detail)
        if len(concerned) <= self.at_once:
            for sfdi in concerned:
                self._tell(sfdi)
        else:
            self.tell_some()

    def tell_some(self) -> bool:
        """Tells some devices, those that wait for longest; whether there are more."""
        for sfdi in list(self._stories)[: self.at_once]:
            self._tell(sfdi)
        return bool(self._stories)

    def finish(self, devices: Iterable[EndDevice]) -> None:
        """Tells these devices now, because something of theirs is read or about to change."""
        if self._stories:
            for device in devices:
                self._tell(device.sfdi)

    def finish_followers(self, program: Program) -> None:
        """The same for those that follow a program, because one of its controls changes."""
        if self._stories:
            self.finish(self._programs.followers(program, self._registry))

    def finish_all(self) -> None:
        """Tells all that are left."""
        while self.tell_some():
            pass

    def forget(self, sfdi: str) -> None:
        """A device is gone."""
        self._stories.pop(sfdi, None)

    def _tell(self, sfdi: str) -> None:
        details = self._stories.pop(sfdi, None)
        device = self._registry.by_sfdi(sfdi)
        if details is None or device is None:
            return
        changed = self._standings.refresh(device)
        for detail in details[:-1]:
            self._door.emit("control", device, detail)
        self._door.emit("control", device, details[-1], changed)
