"""DERProgram: a named list of controls with a priority, and its DefaultDERControl.

Source: IEEE 2030.5-2018 DERProgram, DefaultDERControl; CSIP 2.1 groups.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..sep import models
from .controls import Control, Status


@dataclass(slots=True)
class Program:
    """A DERProgram that one device has for itself, with the FunctionSetAssignments naming it."""

    number: int
    mrid: bytes
    description: str
    primacy: int
    default_mrid: bytes
    fsa_mrid: bytes
    sfdi: str
    version: int = 0
    controls: dict[int, Control] = field(default_factory=dict)
    default: models.DERControlBase = field(default_factory=models.DERControlBase)
    _next_control: int = 1

    def new_number(self) -> int:
        """The next control's number; numbers are never used again."""
        number = self._next_control
        self._next_control += 1
        return number

    def listed(self) -> list[Control]:
        """DERControlList order: start ascending, then newest creation and highest mRID first."""
        return sorted(
            self.controls.values(),
            key=lambda control: (
                control.start,
                -control.creation_time,
                -int.from_bytes(control.mrid),
            ),
        )

    def active(self) -> list[Control]:
        """The members of the ActiveDERControlList."""
        return [control for control in self.listed() if control.status is Status.ACTIVE]
