"""Contents: what a program holds besides its controls, its DefaultDERControl and its DERCurves.

Source: IEEE 2030.5-2018 DefaultDERControl, DERCurve.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..sep import models
from .changes import Record
from .dispatch import Dispatch
from .door import Door
from .drafts import CURVE_MODES
from .program import Program


class Contents:
    """Changes them through the door; what devices read of them follows."""

    def __init__(self, door: Door, dispatch: Dispatch) -> None:
        self._door = door
        self._dispatch = dispatch
        # Whether a DefaultDERControl that changes gets a new mRID.
        self.new_default_mrid = False

    def set_default(self, program: Program, default: models.DefaultDERControl | None) -> None:
        """What holds while no control is active; None: nothing."""
        new_mrid = self._door.new_mrid() if self.new_default_mrid else None
        if program.set_default(default, self._door.now, new_mrid):
            self._changed(program, "default")

    def set_curves(self, program: Program, curves: Sequence[models.DERCurve]) -> None:
        """The curves of a program, by mRID: new ones are added, missing ones removed."""
        before = set(program.curves)
        if program.set_curves(curves, self._door.now, self._door.new_mrid):
            touched = before | set(program.curves)
            records = [("curve", program.number, number) for number in touched]
            self._changed(program, "curves", *records)

    def linked_curves(self, program: Program) -> list[int]:
        """The numbers of the curves that devices may have to read: of controls and the default."""
        bases = [program.default.DERControlBase, *(each.base for each in program.listed)]
        links = [getattr(base, mode, None) for base in bases for mode in CURVE_MODES]
        linked = [self._dispatch.curve_at(link.href or "") for link in links if link is not None]
        return [
            number
            for number, curve in program.curves.items()
            if any(curve is known for known in linked)
        ]

    def _changed(self, program: Program, what: str, *records: Record) -> None:
        detail = program.detail(what)
        self._door.emit("program", None, detail, records=[*program.records, *records])
        self._dispatch.review(self._dispatch.followers(program))
