"""What devices measure: mirrors are made, updated and removed, and their readings feed points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..sep import models
from .changes import PointValue, Record
from .device_points import DevicePoints
from .door import Door
from .end_device import EndDevice
from .errors import LimitReached
from .meter_readings import MeterReading
from .mirrors import Mirror, Mirrors, ReadingKey
from .point_rows import READINGS
from .registry import Registry

MIRROR_NUMBERS: Record = ("counter", "mirror")


class Mirroring:
    """Changes to MirrorUsagePoints, each as a whole or not at all."""

    def __init__(
        self, door: Door, registry: Registry, points: DevicePoints, mirrors: Mirrors
    ) -> None:
        self.post_rate_s = 300
        self.max_mirrors = 1000
        self._door = door
        self._registry = registry
        self._points = points
        self._mirrors = mirrors

    def put(
        self, device: EndDevice, usage_point: models.MirrorUsagePoint, strict: bool
    ) -> tuple[Mirror, bool]:
        """Creates a mirror, or updates the one of the same mRID; True when it is new.

        Raises NotOwner when another device has this mRID or that of a meter reading, BadValue for
        readings (rule h.3), LimitReached, StoreUnavailable.
        """
        self._door.check_open()
        mrid = int.from_bytes(usage_point.mRID or b"")
        known = self._mirrors.known(device.sfdi, mrid, strict)
        mirror = known or self._new(device, usage_point)
        posted = usage_point.MirrorMeterReading
        merged = self._merged(mirror, posted, strict)
        flags, mirror.usage_point = mirror.role_flags, usage_point
        if known is None:
            self._mirrors.add(mirror)
            device.mirrors += (mirror,)
        change = "created" if known is None else "changed"
        # Role flags decide which points the readings feed, also those that were not posted now.
        alike = known is not None and flags == mirror.role_flags
        self._read(device, mirror, merged, merged if strict else (), change, alike)
        return mirror, known is None

    def post(
        self, mirror: Mirror, posted: Sequence[models.MirrorMeterReading], strict: bool
    ) -> bool:
        """Merges meter readings into a mirror, all or none; True when one of them is new.

        Values of what is known are written behind, what is new is a record as the mirror is.
        Raises NotOwner, BadValue, LimitReached, StoreUnavailable.
        """
        merged = self._merged(mirror, posted, strict)
        new = any(key not in mirror.meter_readings for key in merged)
        if new:
            self._door.check_open()
        device = self._registry.device(mirror.sfdi)
        change = "changed" if new else "readings"
        self._read(device, mirror, merged, merged if strict else (), change)
        return new

    def remove(self, mirror: Mirror) -> None:
        """Removes a mirror and its readings; points that only they fed are None again."""
        device = self._registry.device(mirror.sfdi)
        self._mirrors.remove(mirror)
        device.mirrors = tuple(each for each in device.mirrors if each is not mirror)
        changed = self._points.refresh(device, READINGS)
        self._tell(device, mirror, "removed", changed, gone=[mirror.record])

    def set_rate(self, device: EndDevice, seconds: int) -> None:
        """The postRate of all mirrors of a device."""
        for mirror in self._mirrors.of(device.sfdi):
            if mirror.sfdi == device.sfdi and mirror.post_rate != seconds:
                mirror.post_rate = seconds
                self._tell(device, mirror, "changed", records=[mirror.record])

    def _new(self, device: EndDevice, usage_point: models.MirrorUsagePoint) -> Mirror:
        if self._mirrors.count(device.sfdi) >= self.max_mirrors:
            raise LimitReached(f"a device has at most {self.max_mirrors} MirrorUsagePoints")
        ruled = device.post_rate if device.post_rate_ruled else None
        rate = self.post_rate_s if ruled is None else ruled
        return Mirror(-1, device.sfdi, device.owners, usage_point, rate)

    def _merged(
        self, mirror: Mirror, posted: Sequence[models.MirrorMeterReading], strict: bool
    ) -> dict[ReadingKey, MeterReading]:
        """What a post would make of the meter readings. Devices of 2013-era editions share mRIDs,
        so only those of today are held to own theirs."""
        if strict:
            self._mirrors.refuse_foreign(mirror.sfdi, posted)
        return mirror.merged(posted, strict, self._door.clock())

    def _read(
        self,
        device: EndDevice,
        mirror: Mirror,
        merged: dict[ReadingKey, MeterReading],
        claimed: Iterable[ReadingKey],
        change: str,
        alike: bool = True,
    ) -> None:
        """``alike``: the mirror itself is as before."""
        self._mirrors.claim(mirror, claimed)
        touched = list(_touched(mirror, merged))
        known = mirror.meter_readings
        alike = alike and all(
            key in known and reading.binds_as(known[key]) for key, reading in merged.items()
        )
        mirror.meter_readings |= merged
        changed = self._points.refresh_readings(device, merged.values() if alike else None)
        new = change != "readings"
        self._tell(
            device,
            mirror,
            change,
            changed,
            records=[mirror.record, MIRROR_NUMBERS, *touched] if new else (),
            latest=() if new else touched,
        )

    def _tell(
        self,
        device: EndDevice,
        mirror: Mirror,
        change: str,
        points: Mapping[str, PointValue] | None = None,
        **stored: Iterable[Record],
    ) -> None:
        """``change``: created, changed, readings (only what was known has new values), removed."""
        detail: dict[str, PointValue] = {
            "number": mirror.number,
            "change": change,
            "removed": change == "removed",
        }
        self._door.emit("mirror", device, detail, points, **stored)


def _touched(mirror: Mirror, merged: Mapping[ReadingKey, MeterReading]) -> Iterator[Record]:
    """Meter readings and their sets that a post makes other ones than the mirror has."""
    for key, reading in merged.items():
        yield ("meter_reading", mirror.number, reading.number)
        before = mirror.meter_readings.get(key)
        known = {} if before is None else {one.number: one for one in before.sets}
        now = {one.number: one for one in reading.sets}
        for number in known.keys() | now.keys():
            if known.get(number) is not now.get(number):
                yield ("reading_set", mirror.number, reading.number, number)
