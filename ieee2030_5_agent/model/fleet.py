"""Fleet: all devices, mirrors and programs, and the one door through which they change.

Every accepted change emits one Changed to the listeners (RPC delta reads, bus topics, and what
later keeps or notifies): nothing else may change state, and no handler calls a listener.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..sep import models
from ..sep.editions import Edition
from .change_log import ChangeLog
from .changes import Changed, PointValue
from .controls import ENDED_EARLY, Control, Status
from .end_device import EndDevice, Registration, ResourceKey
from .errors import (
    BadValue,
    BaseUnknown,
    NotOwner,
    NotWritable,
    UnknownPoint,
)
from .mirrors import Mirror, Mirrors, stored_reading
from .point import Point
from .points import PointMap
from .programs import Program
from .registry import Registry

CONTROL: ResourceKey = ("DERControl", 1)
# PrimacyType: the operator's own set points rank as a contracted premises service provider.
OWN_PROGRAM_PRIMACY = 1


class Fleet:
    """The state of everything. All methods are synchronous and either succeed or change nothing."""

    def __init__(
        self,
        clock: Callable[[], float],
        point_map: PointMap,
        new_mrid: Callable[[], bytes],
        epoch: str,
        set_point_duration_s: int = 86400,
        post_rate_s: int = 300,
    ) -> None:
        self.clock = clock
        self.set_point_duration_s = set_point_duration_s
        self.post_rate_s = post_rate_s
        self.registry = Registry()
        self.mirrors = Mirrors()
        self.programs: dict[int, Program] = {}
        self._default_points = point_map
        self._new_mrid = new_mrid
        self._next_program = 0
        self._due: list[tuple[int, int, int]] = []
        self._log = ChangeLog(epoch)
        self._listeners: list[Callable[[Changed], None]] = [self._log]

    # --- questions -----------------------------------------------------------------------------

    def device(self, sfdi: str) -> EndDevice:
        """The device with this SFDI (12 digits). Raises UnknownDevice."""
        return self.registry.device(sfdi)

    def get_point(self, sfdi: str, name: str) -> PointValue:
        """The value of a point, None until received. Raises UnknownDevice, UnknownPoint."""
        points = self.device(sfdi).points
        if name not in points:
            raise UnknownPoint(f"device {sfdi} has no point {name!r}")
        return points[name]

    def get_points(self, sfdi: str) -> dict[str, PointValue]:
        """All configured points of a device. Raises UnknownDevice."""
        return dict(self.device(sfdi).points)

    def get_changes(
        self, cursor: str | None, sfdis: Container[str] | None = None
    ) -> dict[str, Any]:
        """What changed since a cursor: ``{"cursor", "points": {sfdi: {point: value}}}``.

        A device that was removed has ``None`` instead of points. An unknown cursor reads all.
        """
        changed = self._log.since(cursor, sfdis)
        if changed is None:
            changed = {sfdi: None for sfdi in self.registry.sfdis if sfdis is None or sfdi in sfdis}
        points: dict[str, dict[str, PointValue] | None] = {}
        for sfdi, names in changed.items():
            device = self.registry.by_sfdi(sfdi)
            if device is None:
                points[sfdi] = None
            elif names is None:
                points[sfdi] = dict(device.points)
            else:
                points[sfdi] = {name: device.points[name] for name in names}
        return {"cursor": self._log.cursor, "points": points}

    def listen(self, listener: Callable[[Changed], None]) -> None:
        """Calls ``listener`` after each change, in order."""
        self._listeners.append(listener)

    # --- registration --------------------------------------------------------------------------

    def register(self, registration: Registration) -> EndDevice:
        """Adds a device, with a DERProgram of its own. Raises DuplicateDevice."""
        self.registry.refuse_duplicate(registration)
        now = int(self.clock())
        program = self._add_program(registration.sfdi)
        device = EndDevice(
            number=self.registry.new_number(),
            registration=registration,
            registered_at=now,
            changed_time=now,
            program=program.number,
            point_map=self._default_points,
        )
        device.resources["EndDevice", 1] = _identity_resource(registration)
        self.registry.add(device)
        self._map_points(device, device.point_map)
        self._emit("registration", device, device.points, number=device.number, registered=True)
        return device

    def update(self, registration: Registration) -> EndDevice:
        """Changes the registration of a device. Raises UnknownDevice, DuplicateDevice."""
        device = self.device(registration.sfdi)
        if registration == device.registration:
            return device
        self.registry.refuse_duplicate(registration, device)
        self.registry.remove(device)
        device.registration = registration
        device.changed_time = int(self.clock())
        device.resources["EndDevice", 1] = _identity_resource(registration)
        self.registry.add(device)
        self._evaluate(device, "EndDevice")
        self._emit("registration", device, device.points, number=device.number, registered=True)
        return device

    def remove(self, sfdi: str) -> None:
        """Removes a device with all that belongs to it. Raises UnknownDevice."""
        device = self.device(sfdi)
        for mirror in self.mirrors.of_device(sfdi):
            self.mirrors.remove(mirror)
        self.registry.remove(device)
        del self.programs[device.program]
        self._emit("removal", device, number=device.number, registered=False)

    def heard(self, device: EndDevice, edition: Edition | None) -> None:
        """Notes a contact; a request with a body tells which edition the device speaks."""
        device.last_contact = self.clock()
        if edition is not None:
            device.edition = edition

    # --- what devices send ---------------------------------------------------------------------

    def put_resource(self, device: EndDevice, key: ResourceKey, model: Any) -> bool:
        """Stores the latest of a resource and updates its points; True when it is the first."""
        first = key not in device.resources
        device.resources[key] = model
        changed = self._evaluate(device, key[0])
        self._emit("resource", device, changed, resource=key[0], instance=key[1])
        return first

    def put_mirror(
        self, device: EndDevice, usage_point: models.MirrorUsagePoint, strict: bool
    ) -> tuple[Mirror, bool]:
        """Creates a mirror, or updates the one of the same mRID; True when it is new.

        Raises NotOwner when another device has this mRID, BadValue for readings (rule h.3).
        """
        known = self.mirrors.by_mrid(int.from_bytes(usage_point.mRID or b""))
        if known is not None and known.sfdi != device.sfdi:
            raise NotOwner("another device has a MirrorUsagePoint with this mRID")
        mirror = known or Mirror(-1, device.sfdi, usage_point, self.post_rate_s)
        merged = mirror.merged(usage_point.MirrorMeterReading, strict)
        mirror.usage_point = replace(usage_point, MirrorMeterReading=[])
        if known is None:
            self.mirrors.add(mirror)
        self._read(device, mirror, merged)
        return mirror, known is None

    def post_readings(
        self, mirror: Mirror, posted: Iterable[models.MirrorMeterReading], strict: bool
    ) -> bool:
        """Merges meter readings into a mirror, all or none; True when one of them is new."""
        merged = mirror.merged(posted, strict)
        new = any(key not in mirror.meter_readings for key in merged)
        self._read(self.device(mirror.sfdi), mirror, merged)
        return new

    def remove_mirror(self, mirror: Mirror) -> None:
        """Removes a mirror and its readings; points that only they fed are None again."""
        device = self.device(mirror.sfdi)
        self.mirrors.remove(mirror)
        for key in mirror.meter_readings:
            device.readings.pop(key, None)
        changed = self._evaluate(device, "MirrorMeterReading")
        self._emit("mirror", device, changed, number=mirror.number, removed=True)

    # --- points --------------------------------------------------------------------------------

    def set_default_points(self, point_map: PointMap) -> None:
        """The points of devices that have no registry of their own."""
        former, self._default_points = self._default_points, point_map
        for device in self.registry.listed:
            if device.point_map is former:
                self._map_points(device, point_map)
                self._emit("points", device, device.points)

    def config_points(self, sfdi: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Gives a device a registry of its own. Raises UnknownDevice, PointMapError."""
        device = self.device(sfdi)
        self._map_points(device, PointMap.from_rows(rows))
        self._emit("points", device, device.points)

    def set_point(self, sfdi: str, name: str, value: PointValue) -> PointValue:
        """Commands a value by an immediate DERControl in the device's own program.

        All points set so far are in one control; the former one is superseded. Returns the value
        as set. Raises UnknownDevice, UnknownPoint, NotWritable, BadValue, BaseUnknown.
        """
        device = self.device(sfdi)
        row = self._writable_row(device, name)
        try:
            path, wire = row.to_wire(value, device.resources)
        except (BadValue, BaseUnknown) as error:
            raise type(error)(f"device {sfdi}: {error}") from error
        self._control(device, device.set_fields | {path: wire})
        return device.points[name]

    def revert_point(self, sfdi: str, name: str) -> None:
        """Takes back what set_point commanded through this point; without effect if nothing was.

        Raises UnknownDevice, UnknownPoint, NotWritable.
        """
        device = self.device(sfdi)
        path = self._writable_row(device, name).path
        if path in device.set_fields:
            rest = {key: wire for key, wire in device.set_fields.items() if key != path}
            self._control(device, rest)

    # --- time ----------------------------------------------------------------------------------

    def advance(self, now: float) -> float | None:
        """Applies all that has become due; returns when to be called next (None: never)."""
        while self._due and self._due[0][0] <= now:
            at, program_number, number = heapq.heappop(self._due)
            program = self.programs.get(program_number)
            control = program.controls.get(number) if program else None
            if program is None or control is None or control.due() != at:
                continue
            self._elapse(program, control)
        return self._due[0][0] if self._due else None

    # --- inside --------------------------------------------------------------------------------

    def _emit(
        self,
        what: str,
        device: EndDevice,
        points: Mapping[str, PointValue] | None = None,
        **detail: PointValue,
    ) -> None:
        change = Changed(what, device.sfdi, self.clock(), dict(points or {}), detail)
        for listener in self._listeners:
            listener(change)

    def _add_program(self, sfdi: str) -> Program:
        program = Program(
            number=self._next_program,
            mrid=self._new_mrid(),
            description=f"Set points {sfdi}",
            primacy=OWN_PROGRAM_PRIMACY,
            default_mrid=self._new_mrid(),
            fsa_mrid=self._new_mrid(),
            sfdi=sfdi,
        )
        self._next_program += 1
        self.programs[program.number] = program
        return program

    def _map_points(self, device: EndDevice, point_map: PointMap) -> None:
        device.point_map = point_map
        device.points = point_map.evaluate(
            point_map.rows.values(), device.resources, device.readings
        )
        now = self.clock()
        device.point_times = {
            name: device.point_times.get(name, now)
            for name, value in device.points.items()
            if value is not None
        }

    def _evaluate(self, device: EndDevice, resource: str) -> dict[str, PointValue]:
        """Updates the points that read a resource; the ones whose value is another now."""
        point_map = device.point_map
        values = point_map.evaluate(
            point_map.dependents(resource), device.resources, device.readings
        )
        now = self.clock()
        changed: dict[str, PointValue] = {}
        for name, value in values.items():
            before = device.points[name]
            if value is None:
                device.point_times.pop(name, None)
            else:
                device.point_times[name] = now
            if value != before or type(value) is not type(before):
                device.points[name] = changed[name] = value
        return changed

    def _read(
        self,
        device: EndDevice,
        mirror: Mirror,
        merged: dict[str, models.MirrorMeterReading],
    ) -> None:
        now = self.clock()
        for key, meter_reading in merged.items():
            mirror.meter_readings[key] = meter_reading
            reading = stored_reading(key, meter_reading, mirror.usage_point.roleFlags, now)
            if reading is not None:
                device.readings[key] = reading
        changed = self._evaluate(device, "MirrorMeterReading")
        self._emit("mirror", device, changed, number=mirror.number, removed=False)

    def _writable_row(self, device: EndDevice, name: str) -> Point:
        row = device.point_map.rows.get(name)
        if row is None:
            raise UnknownPoint(f"device {device.sfdi} has no point {name!r}")
        if not row.writable:
            raise NotWritable(f"point {name} of device {device.sfdi} can only be read")
        return row

    def _control(self, device: EndDevice, fields: dict[str, Any]) -> None:
        """Puts one immediate control with these fields in force, instead of the one before."""
        program = self.programs[device.program]
        now = int(self.clock())
        former = program.controls.get(device.control) if device.control is not None else None
        device.set_fields = fields
        device.control = None
        if fields:
            device.control = self._issue(program, fields, former, now)
        if former is not None:
            former.step("supersede" if fields else "cancel", now)
            self._schedule(program, former)
        self._commanded(device, program)

    def _issue(
        self, program: Program, fields: dict[str, Any], former: Control | None, now: int
    ) -> int:
        # creationTime decides between controls of one program, so it must be later than before.
        created = now if former is None else max(now, former.creation_time + 1)
        control = Control(
            number=program.new_number(),
            mrid=self._new_mrid(),
            description=program.description,
            creation_time=created,
            start=now,
            duration=self.set_point_duration_s,
            base=control_base(fields),
            status=Status.ACTIVE,
            status_time=now,
        )
        program.controls[control.number] = control
        self._schedule(program, control)
        return control.number

    def _commanded(self, device: EndDevice, program: Program) -> None:
        """The control in force is what the control points read; None when there is none."""
        control = None if device.control is None else program.controls[device.control]
        if control is None:
            device.resources.pop(CONTROL, None)
        else:
            device.resources[CONTROL] = control.model("")
        changed = self._evaluate(device, CONTROL[0])
        number = None if control is None else control.number
        self._emit("control", device, changed, program=program.number, control=number)

    def _schedule(self, program: Program, control: Control) -> None:
        heapq.heappush(self._due, (control.due(), program.number, control.number))

    def _elapse(self, program: Program, control: Control) -> None:
        if control.status is Status.SCHEDULED:
            control.step("activate", control.start)
            self._schedule(program, control)
            return
        del program.controls[control.number]
        if control.status in ENDED_EARLY:
            return
        device = self.device(program.sfdi)
        if device.control == control.number:
            device.control = None
            device.set_fields = {}
            self._commanded(device, program)


def control_base(fields: Mapping[str, Any]) -> models.DERControlBase:
    """The DERControlBase with these fields (paths as the point rows have them)."""
    base = models.DERControlBase()
    for path, wire in fields.items():
        setattr(base, path.removeprefix("DERControlBase."), wire)
    return base


def _identity_resource(registration: Registration) -> models.EndDevice:
    return models.EndDevice(
        sFDI=int(registration.sfdi),
        lFDI=None if registration.lfdi is None else bytes.fromhex(registration.lfdi),
        deviceCategory=registration.category,
    )
