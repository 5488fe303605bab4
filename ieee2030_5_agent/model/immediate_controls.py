"""ImmediateControls: what written points command now, as DERControls in a device's own program.

Each group of points has at most one of them in force; setting another point of the group supersedes
it by one with all of them. Source: IEEE 2030.5-2018 DERControl.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..sep import models
from . import capability
from .contradictions import contradicting
from .controls import BASE_FIELDS, MODES, RAMP_TIME, Control, Status, modes_of
from .dispatch import Dispatch
from .door import Door
from .drafts import Draft
from .end_device import EndDevice, Switched
from .errors import UnknownProgram
from .newer_modes import refuse_newer
from .point_groups import Group
from .program import Program
from .programs import Programs
from .state_points import SWITCHED
from .writing import Role

_BASE = "DERControlBase."


class ImmediateControls:
    """Puts values in force and takes them back; time ends them as it ends any control."""

    def __init__(self, door: Door, programs: Programs, dispatch: Dispatch) -> None:
        self.duration_s = 86400
        self._door = door
        self._programs = programs
        self._dispatch = dispatch

    def own_program(self, device: EndDevice) -> Program:
        """The program that holds a device's set points. Raises UnknownProgram."""
        program = self._programs.by_number(device.program)
        if program is None:
            raise UnknownProgram(f"device {device.sfdi} has no program of its own")
        return program

    def held(self, device: EndDevice, modes: Collection[str]) -> dict[str, Any]:
        """Those of some modes that written points command now, whichever points it was."""
        found: dict[str, Any] = {}
        for name in device.controls:
            found |= self._fields(device, self._standing(device, name))
        return {mode: found[mode] for mode in modes if mode in found}

    def kept(self, device: EndDevice, group: Group) -> dict[str, Any]:
        """What the control of a group commands now; it goes on with the next one."""
        fields = self._fields(device, self._standing(device, group.name))
        timed = {writing.field for _, writing in group.of(Role.TIMING)}
        return {name: wire for name, wire in fields.items() if name not in timed}

    def put(
        self,
        device: EndDevice,
        group: Group,
        values: Mapping[str, Any],
        modes: Collection[str],
        side: str = "",
    ) -> None:
        """Puts a control with these fields in force, instead of the one that the group has.

        ``modes``: those that are written now; the others go on and are not checked anew. Controls
        of other groups are left with what they do not share with it and what does not contradict
        it. ``side``: of zero, where a switch says it. Raises BadValue, and then nothing has
        changed.
        """
        written = {name: wire for name, wire in values.items() if name in modes}
        base = control_base(written)
        capability.check(base, device.resources)
        refuse_newer(base, device)
        against = contradicting(written)
        timing = group.timing(device.staged, device.resources)
        fields = {name: wire for name, wire in values.items() if name not in against}
        if RAMP_TIME in timing:
            fields[RAMP_TIME] = timing[RAMP_TIME]
        self._command(device, group.name, fields, timing, side)
        for name in [name for name in device.controls if name != group.name]:
            self._reduce(device, name, {*written, *against}.intersection(MODES))

    def take(self, device: EndDevice, modes: Collection[str]) -> None:
        """Takes modes back from whatever written points command them."""
        for name in list(device.controls):
            self._reduce(device, name, modes)

    def _reduce(self, device: EndDevice, name: str, modes: Collection[str]) -> None:
        """Takes modes back from the control of a group; what is left of it ends when it would."""
        former = self._standing(device, name)
        if former is None or not _carries(former, modes):
            return
        fields = self._fields(device, former)
        kept = {field: wire for field, wire in fields.items() if field not in modes}
        if kept.keys().isdisjoint(MODES):
            self._dispatch.cancel(former.mrid)
        else:
            left = max(1, former.end - self._door.now)
            self._command(device, name, kept, {"interval.duration": left})

    def _standing(self, device: EndDevice, name: str) -> Control | None:
        """The control of a group, unless it has ended by whatever cause."""
        self._dispatch.catch_up([device])
        number = device.controls.get(name)
        control = None if number is None else self.own_program(device).controls.get(number)
        return control if control is not None and control.status is Status.ACTIVE else None

    def _fields(self, device: EndDevice, control: Control | None) -> dict[str, Any]:
        """The fields of DERControlBase that a device still follows in a control."""
        if control is None:
            return {}
        names = set(BASE_FIELDS).difference(self._dispatch.lost(device, control))
        values = {name: getattr(control.base, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}

    def _command(
        self,
        device: EndDevice,
        name: str,
        fields: Mapping[str, Any],
        timing: Mapping[str, int],
        side: str = "",
    ) -> None:
        program = self.own_program(device)
        former = self._standing(device, name)
        base = control_base(fields)
        if former is not None and not modes_of(base):
            self._dispatch.cancel(former.mrid)
            return
        draft = Draft(
            base=base,
            start=self._door.now,
            duration=timing.get("interval.duration") or self.duration_s,
            description=program.description,
            mrid=self._door.new_mrid(),
            randomize_start=timing.get("randomizeStart", 0),
        )
        if side and draft.mrid is not None:
            # Before the control is there, so that the points that it brings up to date find it.
            switched = Switched(draft.mrid, side)
            device.switched = {**device.switched, name: switched}
            device.resources[SWITCHED, name] = switched
        control = self._dispatch.create(program, draft, instead_of=former)
        device.controls = {**device.controls, name: control.number}
        self._door.keep(device.record)


def _carries(control: Control, fields: Collection[str]) -> bool:
    """Whether a control has one of some fields, also one that a better control displaced."""
    return any(getattr(control.base, field, None) is not None for field in fields)


def control_base(fields: Mapping[str, Any]) -> models.DERControlBase:
    """The DERControlBase with these fields (also as paths, as the point rows have them)."""
    base = models.DERControlBase()
    for path, wire in fields.items():
        setattr(base, path.removeprefix(_BASE), wire)
    return base
