"""Fleet: all devices, mirrors and programs, and the one door through which they change.

Every accepted change emits one Changed to the listeners (RPC delta reads, bus topics, store,
subscriptions): nothing else may change state, and no handler calls a listener.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from ..sep.editions import Edition
from .answering import Answering
from .change_log import ChangeLog
from .changes import Changed, PointValue, Record
from .contents import Contents
from .device_points import DevicePoints, drop_staged
from .dispatch import Dispatch
from .door import Door
from .end_device import REPEATED, EndDevice, Registration
from .errors import StillManages, UnknownDevice, UnknownPoint
from .filling import without_collection
from .granting import Granting
from .log_keeping import LogKeeping
from .mirroring import Mirroring
from .mirrors import Mirrors
from .own_registries import OwnRegistries
from .points import PointMap, PointMapError
from .programming import Programming
from .programs import Programs
from .rating import Rating
from .registry import Registry
from .reservations import Reservations
from .responses import ResponseSets
from .set_points import SetPoints
from .standings import resumes
from .subscriptions import Subscriptions

DEVICE_NUMBERS: Record = ("counter", "device")


class Fleet:
    """The state of everything. All methods are synchronous and either succeed or change nothing.

    Its parts change what they are named after, through the same door: ``mirroring``,
    ``programming``, ``dispatch``, ``contents``, ``set_points``, ``answering``, ``logs``,
    ``rating``, ``granting``, ``subscriptions``.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        point_map: PointMap,
        new_mrid: Callable[[], bytes],
        epoch: str,
    ) -> None:
        self.registry = Registry()
        self.mirrors = Mirrors()
        self.programs = Programs(new_mrid)
        self._door = Door(clock, new_mrid)
        self.response_sets = ResponseSets(self._door)
        self.reservations = Reservations(self._door)
        # LFDIs whose access an operator withdrew.
        self.withdrawn: set[str] = set()
        self.own_registries = OwnRegistries()
        self._points = DevicePoints(clock)
        self._default_points = point_map
        self._has_defaults = False
        # Registries of devices that were removed: a device that comes back finds its own again,
        # because its driver does not notice that it was away.
        self.kept_registries: dict[str, str] = {}
        self._counted_at: int | None = None
        self._log = ChangeLog(epoch)
        self._door.listen(self._log)
        self.mirroring = Mirroring(self._door, self.registry, self._points, self.mirrors)
        self.dispatch = Dispatch(
            self._door, self.registry, self.programs, self._points, self.response_sets
        )
        self.contents = Contents(self._door, self.dispatch)
        self.set_points = SetPoints(
            self._door, self.programs, self.dispatch, self.contents, self._points
        )
        self.programming = Programming(self._door, self.programs, self.dispatch, self.response_sets)
        self.answering = Answering(self._door, self.registry, self.programs, self.response_sets)
        self.logs = LogKeeping(self._door, self.registry, self._points)
        self.rating = Rating(self._door, self.registry, self.mirroring, self.set_post_rate)
        self.granting = Granting(self._door, self.registry, self.reservations, self.response_sets)
        self.subscriptions = Subscriptions(self._door, self.registry)

    # --- what comes from the store and may not go there ----------------------------------------

    @property
    def closed(self) -> str | None:
        """Why nothing is taken that would have to be kept; None: all is."""
        return self._door.closed

    def close(self, reason: str | None) -> None:
        """Takes no change any more that would have to be kept, or (None) takes them again."""
        self._door.closed = reason

    def check_open(self) -> None:
        """Raises StoreUnavailable while nothing can be kept."""
        self._door.check_open()

    def restore_device(self, device: EndDevice) -> None:
        """Lists a device that comes from the store, with the registry that it had."""
        if device.registry is not None:
            device.point_map = self.own_registries.point_map(device.registry)
        device.resources["EndDevice", 1] = device.identity
        self.registry.add(device)

    def replace_lost_programs(self) -> list[Record]:
        """Gives devices a program of their own where the store has lost it; what changed so."""
        changed: list[Record] = []
        for device in self.registry.listed:
            if self.programs.by_number(device.program) is None:
                program = self.programming.create_own(device.sfdi)
                device.program = program.number
                changed += (device.record, *program.records)
        return changed

    def drop_unused(self) -> list[Record]:
        """Forgets registries that no device has, or had when it was removed, and
        FunctionSetAssignments that no program uses; what is to be stored of that."""
        fsas = self.programming.drop_unused_fsas(list(self.programs.fsas.by_name))
        return [*fsas, *self._drop_unused_registries(self.own_registries.digests)]

    def _drop_unused_registries(self, digests: Iterable[str]) -> list[Record]:
        used = {device.registry for device in self.registry.listed}
        used |= set(self.kept_registries.values())
        unused = [digest for digest in digests if digest not in used]
        for digest in unused:
            self.own_registries.drop(digest)
        return [("registry", digest) for digest in unused]

    @property
    def default_points(self) -> PointMap:
        """The points of devices that have no registry of their own."""
        return self._default_points

    def resume(self, point_times: Mapping[str, Mapping[str, float]]) -> None:
        """All has come from the store: points read it, with the times of their receipt."""
        self.programs.name_missing()
        for device in self.registry.listed:
            self.logs.resume(device)
            self._points.configure(device, device.point_map)
            self.dispatch.refresh(device)
            times = point_times.get(device.sfdi, {})
            device.former_times = {
                name: at for name, at in times.items() if name not in device.points
            }
            device.points.set_times(times)
            device.renewed = frozenset()

    def apply_limits(self) -> None:
        """Brings what there is within the limits, which may be others than before."""
        now = self._door.now
        for device in self.registry.listed:
            self.logs.review(device, now)
        for program in self.programs.all:
            self.dispatch.make_room(program, now)
        for response_set in self.response_sets.all:
            self.response_sets.review(response_set, now)

    # --- questions -----------------------------------------------------------------------------

    def device(self, sfdi: str) -> EndDevice:
        """The device with this SFDI (12 digits). Raises UnknownDevice."""
        return self.registry.device(sfdi)

    def get_point(self, sfdi: str, name: str) -> PointValue:
        """The value of a point, None until received. Raises UnknownDevice, UnknownPoint."""
        device = self.device(sfdi)
        self._catch_up([device])
        if name not in device.point_map.rows:
            raise UnknownPoint(f"device {sfdi} has no point {name!r}")
        return device.points.get(name)

    def get_points(self, sfdi: str) -> dict[str, PointValue]:
        """All configured points of a device. Raises UnknownDevice."""
        device = self.device(sfdi)
        self._catch_up([device])
        return device.all_points

    @property
    def cursor(self) -> str:
        """The position of ``get_changes`` after the newest change."""
        return self._log.cursor

    def get_changes(
        self, cursor: str | None, sfdis: Container[str] | None = None
    ) -> dict[str, Any]:
        """What changed since a cursor: ``{"cursor", "points": {sfdi: {point: value}}, "whole",
        "registries"}``.

        A device that was removed has ``None`` instead of points. ``whole`` names the devices whose
        points are all there, because their set is another one, ``registries`` whose points those
        are: what config_points returned, or ``None`` for the default. An unknown cursor reads all.
        What a control has just brought may come with a later cursor for some devices.
        """
        self._catch_up(())
        changed = self._log.since(cursor, sfdis)
        if changed is None:
            changed = {sfdi: None for sfdi in self.registry.sfdis if sfdis is None or sfdi in sfdis}
        points: dict[str, dict[str, PointValue] | None] = {}
        whole = sorted(sfdi for sfdi, names in changed.items() if names is None)
        for sfdi, names in changed.items():
            device = self.registry.by_sfdi(sfdi)
            if device is None:
                points[sfdi] = None
            elif names is None:
                points[sfdi] = device.all_points
            else:
                points[sfdi] = {name: device.points.get(name) for name in names}
        registries = {
            sfdi: device.registry for sfdi in whole if (device := self.registry.by_sfdi(sfdi))
        }
        return {
            "cursor": self._log.cursor,
            "points": points,
            "whole": whole,
            "registries": registries,
        }

    def listen(
        self,
        listener: Callable[[Changed], None],
        *,
        keeps: bool = False,
        before: Callable[[], object] | None = None,
    ) -> None:
        """Calls ``listener`` after each change, in order; ``keeps``: also after those that are
        news for nobody but who stores them. ``before``: before one that may have to be undone."""
        self._door.listen(listener, keeps=keeps, before=before)

    def advance(self, now: float) -> float | None:
        """Applies all that has become due; returns when to be called next (None: never)."""
        return self._door.advance(now)

    # --- registration --------------------------------------------------------------------------

    def register(self, registration: Registration, origin: str) -> EndDevice:
        """Adds a device, with a DERProgram of its own. Raises DuplicateDevice, UnknownDevice."""
        self.registry.refuse_duplicate(registration)
        self._check_manager(registration)
        now = self._door.now
        program = self.programming.create_own(registration.sfdi)
        device = EndDevice(
            number=self.registry.new_number(),
            registration=registration,
            origin=origin,
            registered_at=now,
            changed_time=now,
            program=program.number,
            point_map=self._default_points,
            registry=self.kept_registries.pop(registration.sfdi, None),
        )
        if device.registry is not None:
            device.point_map = self.own_registries.point_map(device.registry)
        device.resources["EndDevice", 1] = device.identity
        self.registry.add(device)
        self._points.configure(device, device.point_map)
        self.dispatch.refresh(device)
        kept = ("kept_registry", registration.sfdi)
        self._registered(device, DEVICE_NUMBERS, kept, *program.records)
        return device

    def update(self, registration: Registration) -> EndDevice:
        """Changes the registration of a device.

        Raises UnknownDevice, DuplicateDevice.
        """
        device = self.device(registration.sfdi)
        if registration == device.registration:
            return device
        self.dispatch.catch_up([device])
        self.registry.refuse_duplicate(registration, device)
        self._check_manager(registration)
        moved = registration.membership != device.registration.membership
        self.registry.remove(device)
        device.registration = registration
        device.changed_time = self._door.now
        device.resources["EndDevice", 1] = device.identity
        self.registry.add(device)
        self.mirrors.hand_over(device.sfdi, device.owners)
        self.response_sets.hand_over(device)
        if moved:
            self.programs.forget(device)
        self.dispatch.refresh(device)
        self._points.configure(device, device.point_map)
        self._registered(device)
        return device

    def set_origin(self, device: EndDevice, origin: str) -> None:
        """Says who answers for a registration from now on."""
        if device.origin != origin:
            device.origin = origin
            self._door.keep(device.record)

    def remove(self, sfdi: str) -> None:
        """Removes a device with all that belongs to it. Raises UnknownDevice, StillManages."""
        device = self.device(sfdi)
        if managed := self.registry.managed_by(sfdi):
            raise StillManages(f"aggregator {sfdi} still manages {len(managed)} devices")
        self.subscriptions.forget_device(device)
        gone = [device.record]
        for mirror in list(self.mirrors.of(sfdi)):
            gone.append(mirror.record)
            self.mirrors.remove(mirror)
        program = self.programs.by_number(device.program)
        if program is not None:
            self.dispatch.close(program)
        self.reservations.forget_device(sfdi)
        self.response_sets.forget_device(sfdi)
        self.dispatch.forget(sfdi)
        if device.registry is not None:
            self.kept_registries[sfdi] = device.registry
        self.registry.remove(device)
        self._points.forget(device)
        self.programs.forget(device)
        if program is not None:
            self.programming.remove_own(program)
        detail: dict[str, PointValue] = {"number": device.number, "registered": False}
        kept = ("kept_registry", sfdi)
        self._door.emit("removal", device, detail, records=[kept], gone=gone)

    def set_post_rate(self, device: EndDevice, seconds: int | None) -> None:
        """The EndDevice.postRate that a device proposes; without effect once an operator ruled."""
        if not device.post_rate_ruled and seconds != device.post_rate:
            device.post_rate = seconds
            self._touch(device)
            device.resources["EndDevice", 1] = device.identity
            self._points.refresh(device, "EndDevice")
            self._registered(device)

    def set_access(self, lfdi: str, granted: bool) -> None:
        """Withdraws the access of a client at run time, or grants it again."""
        if granted:
            self.withdrawn.discard(lfdi)
        else:
            self.withdrawn.add(lfdi)
        detail: dict[str, PointValue] = {"lFDI": lfdi, "granted": granted}
        self._door.emit("access", None, detail, records=[("access", lfdi)])

    def configured(self) -> None:
        """A configuration is in force: whatever clients read may be another than before."""
        self._door.emit("configuration", None, {})

    def heard(self, device: EndDevice, edition: Edition | None) -> None:
        """Notes a contact; a request with a body tells which edition the device speaks."""
        device.last_contact = self._door.clock()
        self._door.keep(latest=[("contact", device.sfdi)])
        if edition is None:
            return
        resumed, device.edition = resumes(device), edition
        if resumes(device) != resumed:
            self.dispatch.review([device])

    # --- what devices send ---------------------------------------------------------------------

    def put_resource(self, device: EndDevice, key: tuple[str, int], model: Any) -> bool:
        """Stores the latest of a resource and updates its points; True when it is the first."""
        fields = device.resources.put(key, model)
        changed = self._points.refresh(device, *key, fields, model)
        record = ("resource", device.sfdi, *key)
        self._door.emit(
            "resource",
            device,
            {"resource": key[0], "instance": key[1]},
            changed,
            records=() if key[0] in REPEATED else [record],
            latest=[record] if key[0] in REPEATED else (),
        )
        return fields is None

    # --- points --------------------------------------------------------------------------------

    @without_collection()
    def set_default_points(self, point_map: PointMap) -> None:
        """The points of devices that have no registry of their own.

        The first ones are those that what comes from the store was staged under.
        """
        started, self._has_defaults = self._has_defaults, True
        self._default_points = point_map
        for device in self.registry.listed:
            if device.registry is None:
                if started:
                    drop_staged(device, point_map)
                self._points.configure(device, point_map)
                device.former_times = {}
                device.renewed = frozenset()
                self._door.emit(
                    "points", device, {}, device.points.as_dict(), records=[device.record]
                )

    def config_points(self, sfdi: str, rows: Iterable[Mapping[str, Any]]) -> str:
        """Gives a device a registry of its own; the digest of its rows.

        Raises UnknownDevice, PointMapError.
        """
        device = self.device(sfdi)
        former = device.registry
        try:
            device.registry = self.own_registries.take(rows)
        except PointMapError as error:
            problems = [f"device {sfdi}: {problem}" for problem in error.problems]
            raise PointMapError(problems) from error
        point_map = self.own_registries.point_map(device.registry)
        drop_staged(device, point_map)
        self._points.configure(device, point_map)
        records = [device.record, ("registry", device.registry)]
        if former not in (None, device.registry):
            records += self._drop_unused_registries([former])
        self._door.emit("points", device, {}, device.points.as_dict(), records=records)
        return device.registry

    def set_point(self, sfdi: str, name: str, value: PointValue) -> PointValue:
        """Commands, stages or puts into the default; returns what the point reads then, or the
        value where it is not in force yet.

        Raises UnknownDevice, UnknownPoint, NotWritable, BadValue, BaseUnknown.
        """
        return self.set_points.set(self.device(sfdi), name, value)

    def revert_point(self, sfdi: str, name: str) -> None:
        """Takes back what set_point did through this point; without effect if that is nothing.

        Raises UnknownDevice, UnknownPoint, NotWritable.
        """
        self.set_points.revert(self.device(sfdi), name)

    def _catch_up(self, devices: Iterable[EndDevice]) -> None:
        """Brings points up to date before they are read, those that controls rule for devices."""
        self.dispatch.catch_up(devices)
        now = self._door.now
        if now == self._counted_at:
            return
        self._counted_at = now
        for device in self._points.counting():
            changed = self._points.count(device)
            if changed:
                self._door.emit("time", device, {}, changed)

    # --- inside --------------------------------------------------------------------------------

    def _check_manager(self, registration: Registration) -> None:
        if registration.manager is None:
            return
        manager = self.device(registration.manager)
        if not manager.registration.aggregator:
            raise UnknownDevice(f"device {registration.manager} is no aggregator")

    def _registered(self, device: EndDevice, *records: Record) -> None:
        detail = {"number": device.number, "registered": True}
        self._door.emit(
            "registration",
            device,
            detail,
            device.points.as_dict(),
            records=[device.record, *records],
        )

    def _touch(self, device: EndDevice) -> None:
        """The EndDevice resource is another now: new changedTime, new place in the list."""
        self.registry.remove(device)
        device.changed_time = self._door.now
        self.registry.add(device)
