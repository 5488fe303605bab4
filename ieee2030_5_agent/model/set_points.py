"""Written points: immediate DERControls in the device's own program.

All points that are set are in one control; setting another one supersedes it by a control with
all of them. Source: IEEE 2030.5-2018 DERControl.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..sep import models
from .changes import PointValue
from .controls import Control, Status
from .device_points import DevicePoints, writable
from .door import Door
from .end_device import EndDevice, ResourceKey
from .errors import BadValue, BaseUnknown, UnknownProgram
from .programs import Program, Programs
from .registry import Registry
from .responses import ResponseSets

CONTROL: ResourceKey = ("DERControl", 1)


class SetPoints:
    """Commands values, takes them back, and ends them when their time is over."""

    def __init__(
        self,
        door: Door,
        registry: Registry,
        points: DevicePoints,
        programs: Programs,
        response_sets: ResponseSets,
    ) -> None:
        self.duration_s = 86400
        self._door = door
        self._registry = registry
        self._points = points
        self._programs = programs
        self._response_sets = response_sets

    def set(self, device: EndDevice, name: str, value: PointValue) -> PointValue:
        """Commands a value; returns it as set.

        Raises UnknownPoint, NotWritable, BadValue, BaseUnknown.
        """
        row = writable(device, name)
        try:
            path, wire = row.to_wire(value, device.resources)
        except (BadValue, BaseUnknown) as error:
            raise type(error)(f"device {device.sfdi}: {error}") from error
        self._command(device, device.set_fields | {path: wire})
        return device.points[name]

    def revert(self, device: EndDevice, name: str) -> None:
        """Takes back what was commanded through a point; without effect if nothing was.

        Raises UnknownPoint, NotWritable.
        """
        path = writable(device, name).path
        if path in device.set_fields:
            self._command(
                device, {key: wire for key, wire in device.set_fields.items() if key != path}
            )

    def own_program(self, device: EndDevice) -> Program:
        """The program that holds a device's set points."""
        program = self._programs.by_number(device.program)
        if program is None:
            raise UnknownProgram(f"device {device.sfdi} has no program of its own")
        return program

    def _command(self, device: EndDevice, fields: dict[str, Any]) -> None:
        """Puts one immediate control with these fields in force, instead of the one before."""
        program = self.own_program(device)
        former = program.controls.get(device.control) if device.control is not None else None
        device.set_fields = fields
        device.control = self._issue(program, fields, former).number if fields else None
        if former is not None:
            program.step(former, "supersede" if fields else "cancel", self._door.now)
            self._remember(program, former)
        self._commanded(device, program)

    def _issue(
        self, program: Program, fields: Mapping[str, Any], former: Control | None
    ) -> Control:
        now = self._door.now
        control = Control(
            number=program.new_number(),
            mrid=self._door.new_mrid(),
            description=program.description,
            # It decides between controls of one program, so it must be later than before.
            creation_time=now if former is None else max(now, former.creation_time + 1),
            start=now,
            duration=self.duration_s,
            base=control_base(fields),
            status=Status.ACTIVE,
            status_time=now,
        )
        program.add(control)
        self._response_sets.expect(control.mrid, program, models.DERControlResponse)
        self._remember(program, control)
        return control

    def _remember(self, program: Program, control: Control) -> None:
        self._door.bring(control.due(), partial(self._due, program, control))

    def _due(self, program: Program, control: Control, at: int) -> None:
        if program.controls.get(control.number) is not control or control.due() != at:
            return
        program.remove(control)
        self._response_sets.forget_later(control.mrid, at, self._door)
        for sfdi in program.assignment.devices:
            device = self._registry.by_sfdi(sfdi)
            if device is not None and device.control == control.number:
                device.control = None
                device.set_fields = {}
                self._commanded(device, program)

    def _commanded(self, device: EndDevice, program: Program) -> None:
        """The control in force is what the control points read; None when there is none."""
        control = None if device.control is None else program.controls[device.control]
        if control is None:
            device.resources.pop(CONTROL, None)
        else:
            device.resources[CONTROL] = control.model("")
        changed = self._points.refresh(device, CONTROL[0])
        detail: dict[str, PointValue] = {"program": program.number, "control": device.control}
        if control is not None:
            detail |= {
                "mRID": control.mrid.hex().upper(),
                "currentStatus": int(control.status),
                "start": control.start,
                "duration": control.duration,
            }
        self._door.emit("control", device, detail, changed)


def control_base(fields: Mapping[str, Any]) -> models.DERControlBase:
    """The DERControlBase with these fields (paths as the point rows have them)."""
    base = models.DERControlBase()
    for path, wire in fields.items():
        setattr(base, path.removeprefix("DERControlBase."), wire)
    return base
