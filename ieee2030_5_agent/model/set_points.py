"""Written points: what they command at once, what they stage, and what they put into the default.

A point without a switch acts at once. One with a switch, the timing of an event and the points of a
curve are staged: kept with the device until a switch or a commit makes a whole of them, so that no
device ever sees half of it. Source: IEEE 2030.5-2018 DERControl, DefaultDERControl, DERCurve.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from .changes import PointValue
from .commits import Commits
from .contents import Contents
from .device_points import DevicePoints, writable
from .dispatch import Dispatch
from .door import Door
from .drafts import CURVE_MODES
from .end_device import Commit, EndDevice
from .errors import BadValue, BaseUnknown, NotWritable
from .immediate_controls import ImmediateControls
from .own_defaults import OwnDefaults
from .point import Point
from .point_groups import Group, Staged, filled, missing, refuse_missing
from .program import Program
from .programs import Programs
from .row_mapping import ABOVE, ABSENT, BELOW, PRESENT
from .writing import CONTROL, CURVE, DEFAULT, Role, Writing

_NOTHING = Commit(0)


class Holder(Protocol):
    """Where values are in force: the controls or the default of a device's own program."""

    def held(self, device: EndDevice, modes: Collection[str]) -> dict[str, Any]: ...

    def kept(self, device: EndDevice, group: Group) -> dict[str, Any]: ...

    def put(
        self,
        device: EndDevice,
        group: Group,
        values: Mapping[str, Any],
        modes: Collection[str],
        side: str = "",
    ) -> None: ...

    def take(self, device: EndDevice, modes: Collection[str]) -> None: ...


class SetPoints:
    """Sets points and takes back what was set."""

    def __init__(
        self,
        door: Door,
        programs: Programs,
        dispatch: Dispatch,
        contents: Contents,
        points: DevicePoints,
    ) -> None:
        self.controls = ImmediateControls(door, programs, dispatch)
        self.commits = Commits(door, contents, points)
        self._door = door
        defaults = OwnDefaults(dispatch, contents, self.own_program)
        self._holders: dict[str, Holder] = {CONTROL: self.controls, DEFAULT: defaults}

    def own_program(self, device: EndDevice) -> Program:
        """The program that holds a device's set points. Raises UnknownProgram."""
        return self.controls.own_program(device)

    def set(self, device: EndDevice, name: str, value: PointValue) -> PointValue:
        """Sets a point.

        Returns the value where it was staged or put into the default; else what the point reads
        then, which a better control may rule. Raises UnknownPoint, NotWritable, BadValue,
        BaseUnknown; then only what a commit tells of its result may have changed.
        """
        point = writable(device, name)
        try:
            in_force = self._set(device, point, value)
        except (BadValue, BaseUnknown) as error:
            raise type(error)(f"device {device.sfdi}: {error}") from error
        return device.points.get(name) if in_force else value

    def revert(self, device: EndDevice, name: str) -> None:
        """Takes back what was staged, commanded or put into the default through a point.

        Of a mode with several parts, and of a curve, that is the whole; but a point that was
        changed since its curve was adopted only gets its adopted value back. Without effect if
        nothing was set. Raises UnknownPoint, NotWritable.
        """
        point = writable(device, name)
        writing, group = _writing(point), _group(device, point)
        if name in device.staged:
            adopted = device.commits.get(group.name, _NOTHING).values
            waits = writing.role is Role.CURVE or (group.commits and bool(adopted))
            edited = waits and adopted.get(name) != device.staged[name]
            self._stage(device, _without(device.staged, name, adopted if edited else {}), name)
            if edited:
                return  # what runs is without it
        if writing.role is Role.COMMIT:
            self.commits.forget(device, group)
        if writing.role is not Role.TIMING:
            for target in writing.targets:
                modes = writing.modes or (writing.field,)
                self._holders[CONTROL if target == CURVE else target].take(device, modes)

    def switched_on(self, device: EndDevice, point: Point, state: str) -> dict[str, Any]:
        """The fields of DERControlBase that a switch would send now. Raises BadValue."""
        writing, side = _writing(point), "" if state == PRESENT else state
        return self._amount(device, _group(device, point), device.staged, CONTROL, writing, side)

    # --- one point -----------------------------------------------------------------------------

    def _set(self, device: EndDevice, point: Point, value: PointValue) -> bool:
        """Whether it is in force now, as far as this server rules that."""
        writing, group = _writing(point), _group(device, point)
        wire = point.to_wire(value, device.resources)
        if writing.role is Role.SWITCH:
            self._switch(device, group, point, wire)
            return True
        if writing.role is Role.COMMIT:
            self._commit(device, group, point, wire)
            return False
        staged = _with(device.staged, point.name, value)
        if writing.role in (Role.TIMING, Role.CURVE):
            self._stage(device, staged, point.name)
            return False
        sent = [self._value(device, group, point, target, staged) for target in writing.targets]
        waiting = not all(sent)
        done = [] if waiting else [field for fields in sent for field in fields]
        staged = _with(device.staged, point.name, value)
        kept = {name: each for name, each in staged.items() if not _is_of(group, name, done)}
        if kept != device.staged:
            self._stage(device, kept, point.name)
        return CONTROL in writing.targets and not waiting

    def _stage(self, device: EndDevice, staged: dict[str, PointValue], *names: str) -> None:
        """Keeps what is staged now; who reads by changes learns that nothing else changed."""
        device.staged = staged
        for name in names:
            points = {name: device.points.get(name)}
            self._door.emit("staged", device, {"point": name}, points, records=[device.record])

    def _put(
        self,
        device: EndDevice,
        group: Group,
        target: str,
        values: Mapping[str, Any],
        modes: Collection[str],
        side: str = "",
    ) -> None:
        """Puts values in force; the timing that was staged was for this one event."""
        self._holders[target].put(device, group, values, modes, side)
        timing = {point.name for point, _ in group.of(Role.TIMING)}.intersection(device.staged)
        if target == CONTROL and timing:
            kept = {name: each for name, each in device.staged.items() if name not in timing}
            self._stage(device, kept, *sorted(timing))

    def _value(
        self, device: EndDevice, group: Group, point: Point, target: str, staged: Staged
    ) -> Collection[str]:
        """Puts a value in force; returns the fields that are, none if it has to wait."""
        if group.switched(target):
            if not group.commits:
                self._resend(device, group, target, staged, _writing(point).side)
            return ()
        holder, field = self._holders[target], _writing(point).field
        kept = holder.kept(device, group)
        values = group.values(staged, device.resources, target)
        values = {name: filled(wire, kept.get(name)) for name, wire in values.items()}
        values = {name: wire for name, wire in values.items() if not missing({name: wire})}
        if field not in values:
            return ()
        self._put(device, group, target, kept | values, values.keys())
        return values.keys()

    def _resend(
        self, device: EndDevice, group: Group, target: str, staged: Staged, side: str = ""
    ) -> None:
        """Sends what is staged anew where its switch is on already."""
        holder = self._holders[target]
        for _, switch in group.of(Role.SWITCH, target):
            held = holder.held(device, switch.modes)
            now = _side(held) or self._switched_side(device, group) if switch.sided else ""
            if not held or (switch.sided and (not now or side not in ("", now))):
                continue
            amount = self._amount(device, group, staged, target, switch, now)
            amount = {name: filled(wire, held.get(name)) for name, wire in amount.items()}
            if not amount:
                holder.take(device, switch.modes)
            elif not missing(amount):
                self._put(device, group, target, amount, switch.modes, now)

    def _switched_side(self, device: EndDevice, group: Group) -> str:
        """On which side of zero the group's control was switched on, while it stands."""
        switched = device.switched.get(group.name)
        return switched.side if switched is not None and self.controls.kept(device, group) else ""

    # --- switches and commits ------------------------------------------------------------------

    def _switch(self, device: EndDevice, group: Group, point: Point, state: str) -> None:
        switch = _writing(point)
        (target,) = switch.targets
        if state == ABSENT:
            self._holders[target].take(device, switch.modes)
            return
        try:
            if not group.commits and group.drafts(device.staged, device.resources):
                self.commits.make(device, self.own_program(device), group)
            side = "" if state == PRESENT else state
            amount = self._amount(device, group, device.staged, target, switch, side)
            if not amount:
                raise BadValue(_nothing(group, target, switch, side))
            refuse_missing(amount)
        except BadValue as error:
            raise BadValue(f"{point.name}: {error}") from error
        self._put(device, group, target, amount, switch.modes, side)

    def _commit(self, device: EndDevice, group: Group, point: Point, wanted: int) -> None:
        if not wanted:
            self.commits.forget(device, group)
            return
        try:
            self.commits.make(device, self.own_program(device), group)
        except BadValue as error:
            raise BadValue(f"{point.name}: {error}") from error
        self._resend(device, group, CONTROL, device.staged)

    def _amount(
        self,
        device: EndDevice,
        group: Group,
        staged: Staged,
        target: str,
        switch: Writing,
        side: str,
    ) -> dict[str, Any]:
        """What a switch sends: the values and curves of its group, by mode."""
        commit = device.commits.get(group.name)
        adopted = commit.values if commit is not None and group.commits else {}
        source = adopted or staged
        values = group.values(source, device.resources, target, side)
        if group.indexed(staged, device.resources):
            values |= self.commits.links(device, self.own_program(device), group)
        return {mode: wire for mode, wire in values.items() if mode in switch.modes}


def _writing(point: Point) -> Writing:
    if point.writing is None:
        raise NotWritable(f"point {point.name} can only be read")
    return point.writing


def _group(device: EndDevice, point: Point) -> Group:
    return device.point_map.groups[point.row.group]


def _with(staged: Staged, name: str, value: PointValue) -> dict[str, PointValue]:
    """What is staged with one more, which is the newest."""
    return {**{each: staged[each] for each in staged if each != name}, name: value}


def _without(staged: Staged, name: str, adopted: Staged) -> dict[str, PointValue]:
    """What is staged without one, or with what was adopted of it, in the order of the adoption."""
    former = {each: value for each, value in adopted.items() if staged.get(each) == value}
    if name in adopted:
        former = {each: adopted[each] for each in adopted if each in former or each == name}
    return former | {each: staged[each] for each in staged if each != name and each not in former}


def _is_of(group: Group, name: str, fields: Collection[str]) -> bool:
    """Whether a staged value of the group is one of some fields."""
    point = group.points.get(name)
    writing = None if point is None else point.writing
    return writing is not None and writing.role is Role.VALUE and writing.field in fields


def _side(held: Mapping[str, Any]) -> str:
    """On which side of zero a commanded number is."""
    (value,) = held.values() if held else (0,)
    return BELOW if value < 0 else ABOVE if value > 0 else ""


def _nothing(group: Group, target: str, switch: Writing, side: str) -> str:
    """Why a switch has nothing to send, and what has to be set before."""
    commits = [point.name for point, _ in group.of(Role.COMMIT)]
    if commits:
        return f"nothing is adopted yet: set {commits[0]} to 1"
    if not CURVE_MODES.isdisjoint(switch.modes):
        return f"no curve for {' or '.join(switch.modes)} is set"
    values = group.of(Role.VALUE, target) or group.of(Role.VALUE, CONTROL)
    names = [point.name for point, writing in values if side in ("", writing.side)]
    return f"nothing is set that it could switch on: {' or '.join(names)}"
