"""Written points: immediate DERControls in the device's own program.

All points that are set are in one control; setting another one supersedes it by a control with
all of them. Source: IEEE 2030.5-2018 DERControl.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..sep import models
from . import capability
from .changes import PointValue
from .controls import MODES, Control, Status
from .device_points import writable
from .dispatch import Dispatch
from .door import Door
from .drafts import Draft
from .end_device import EndDevice
from .errors import BadValue, BaseUnknown, UnknownProgram
from .programs import Program, Programs

_BASE = "DERControlBase."


class SetPoints:
    """Commands values and takes them back; time ends them as it ends any control."""

    def __init__(self, door: Door, programs: Programs, dispatch: Dispatch) -> None:
        self.duration_s = 86400
        self._door = door
        self._programs = programs
        self._dispatch = dispatch

    def set(self, device: EndDevice, name: str, value: PointValue) -> PointValue:
        """Commands a value; returns what the point reads then, which a better control may rule.

        Raises UnknownPoint, NotWritable, BadValue, BaseUnknown.
        """
        row = writable(device, name)
        try:
            path, wire = row.to_wire(value, device.resources)
            capability.check(control_base({path: wire}), device.resources)
            former = self._standing(device)
            self._command(device, former, self._kept(device, former) | {_field(path): wire})
        except (BadValue, BaseUnknown) as error:
            raise type(error)(f"device {device.sfdi}: {error}") from error
        return device.points.get(name)

    def revert(self, device: EndDevice, name: str) -> None:
        """Takes back what was commanded through a point; without effect if nothing was.

        Raises UnknownPoint, NotWritable.
        """
        field = _field(writable(device, name).path)
        former = self._standing(device)
        if former is None or getattr(former.base, field) is None:
            return
        kept = self._kept(device, former)
        kept.pop(field, None)
        self._command(device, former, kept)

    def own_program(self, device: EndDevice) -> Program:
        """The program that holds a device's set points."""
        program = self._programs.by_number(device.program)
        if program is None:
            raise UnknownProgram(f"device {device.sfdi} has no program of its own")
        return program

    def _standing(self, device: EndDevice) -> Control | None:
        """The control with the points that are set, unless it has ended by whatever cause."""
        self._dispatch.catch_up()
        if device.control is None:
            return None
        control = self.own_program(device).controls.get(device.control)
        return control if control is not None and control.status is Status.ACTIVE else None

    def _kept(self, device: EndDevice, control: Control | None) -> dict[str, Any]:
        """The fields of DERControlBase that go on with the next control."""
        if control is None:
            return {}
        names = {*MODES, "rampTms"}.difference(self._dispatch.lost(device, control))
        values = {name: getattr(control.base, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}

    def _command(
        self, device: EndDevice, former: Control | None, fields: Mapping[str, Any]
    ) -> None:
        """Puts one immediate control with these fields in force, instead of the one before."""
        program = self.own_program(device)
        if former is not None and fields.keys().isdisjoint(MODES):
            self._dispatch.cancel(former.mrid)
            return
        draft = Draft(
            base=control_base(fields),
            start=self._door.now,
            duration=self.duration_s,
            description=program.description,
        )
        device.control = self._dispatch.create(program, draft, instead_of=former).number


def _field(path: str) -> str:
    return path.removeprefix(_BASE)


def control_base(fields: Mapping[str, Any]) -> models.DERControlBase:
    """The DERControlBase with these fields (also as paths, as the point rows have them)."""
    base = models.DERControlBase()
    for path, wire in fields.items():
        setattr(base, _field(path), wire)
    return base
