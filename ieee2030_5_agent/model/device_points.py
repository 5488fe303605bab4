"""The points of devices, kept up to date when a resource arrives, not when somebody reads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..sep import models
from .changes import PointValue
from .end_device import EndDevice, without
from .errors import NotWritable, UnknownPoint
from .formula import Resources
from .meter_readings import MeterReading
from .point import Point
from .point_rows import READINGS, Row
from .point_values import PointValues
from .points import PointMap
from .received import Received
from .references import TIME
from .state_points import ADOPTION


class DevicePoints:
    """Evaluates points. A point knows when it was received, also when its value is the same."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # Devices with a control in force that some of their points count the time of.
        self._counting: dict[str, EndDevice] = {}

    def configure(self, device: EndDevice, point_map: PointMap) -> None:
        """Gives a device another registry, and all its points their values."""
        received = _received(device)
        device.point_map = point_map
        frame = device.registration.direction_frame
        resources = self._resources(device, bool(point_map.timed_by))
        values = point_map.evaluate_all(resources, device.mirrors, frame)
        self._watch(device)
        younger = {
            point.name
            for resource, der in device.renewed
            for point in point_map.dependents(resource, der)
        }
        former = {name: at for name, at in device.former_times.items() if name not in younger}
        times = _times_of(point_map, received) | former | device.point_times
        device.points = PointValues(point_map.places)
        device.points.update(values, self._clock())
        device.points.set_times(times)

    def refresh(
        self,
        device: EndDevice,
        resource: str,
        der: int = 1,
        fields: Collection[str] | None = None,
        written: Any = None,
    ) -> dict[str, PointValue]:
        """Updates the points that read a resource; returns those that have another value now.

        ``der``: whose resource, if each DER has one. ``fields``: those that have another value
        now; None: perhaps all. Points of fields that are the same as before keep their values.
        ``written``: the resource, from whoever has it at hand, so that nobody unpacks it.
        """
        point_map = device.point_map
        if device.former_times:
            device.renewed |= {(resource, der)}
        timed = resource in point_map.timed_by
        if timed:
            self._watch(device)
        points: Iterable[Point] = point_map.dependents(resource, der)
        if fields is not None:
            device.points.touch(point_map.kept_at(resource, der), self._clock())
            points = point_map.readers(resource, der, fields)
        resources = self._resources(device, timed)
        if written is not None:
            resources = resources.beside((resource, der), written)
        return self._evaluate(device, points, resources)

    def refresh_readings(
        self, device: EndDevice, again: Iterable[MeterReading] | None
    ) -> dict[str, PointValue]:
        """Updates the points that read readings; returns those that have another value now.

        ``again``: all that is new are values of these, which were there before: the usual case,
        that can only change the points that read them. None: anything may be new.
        """
        if again is None:
            return self.refresh(device, READINGS)
        if device.former_times:
            device.renewed |= {(READINGS, 1)}
        fed = {point.name: point for reading in again for point in device.point_map.fed_by(reading)}
        return self._evaluate(device, fed.values(), device.resources)

    def count(self, device: EndDevice) -> dict[str, PointValue]:
        """Updates the points that read the time; returns those that have another value now. The
        others were not received again."""
        points = device.point_map
        frame = device.registration.direction_frame
        resources = self._resources(device, True)
        values = points.evaluate(points.dependents(TIME), resources, device.mirrors, frame)
        others = {name: value for name, value in values.items() if value != device.points.get(name)}
        return device.points.update(others, self._clock())

    def counting(self) -> list[EndDevice]:
        """The devices that have points which change with the time alone just now."""
        return list(self._counting.values())

    def forget(self, device: EndDevice) -> None:
        """A device is gone."""
        self._counting.pop(device.sfdi, None)

    def _evaluate(
        self, device: EndDevice, points: Iterable[Point], resources: Resources
    ) -> dict[str, PointValue]:
        """Gives points their values; returns those that have another one now."""
        frame = device.registration.direction_frame
        values = device.point_map.evaluate(points, resources, device.mirrors, frame)
        return device.points.update(values, self._clock())

    def _watch(self, device: EndDevice) -> None:
        if device.point_map.timed_by and any(key[0] == "DERControl" for key in device.resources):
            self._counting[device.sfdi] = device
        else:
            self.forget(device)

    def _resources(self, device: EndDevice, timed: bool) -> Received:
        """What points read; also the time, if some of them do."""
        if not timed:
            return device.resources
        time = models.Time(currentTime=int(self._clock()))
        return device.resources.beside((TIME, 1), time)


def _received(device: EndDevice) -> dict[tuple[str, int], float]:
    """When resources were received, as points tell that read nothing else."""
    times = device.point_times
    return {
        (name, der): times[point.name]
        for name, der in device.resources
        if isinstance(der, int)
        for point in device.point_map.dependents(name, der)
        if len(point.resources) == 1 and point.name in times
    }


def _times_of(point_map: PointMap, received: Mapping[tuple[str, int], float]) -> dict[str, float]:
    """The times of points that read nothing else than these resources: those of the newest."""
    times: dict[str, list[float]] = {}
    for key, at in received.items():
        for point in point_map.dependents(*key):
            times.setdefault(point.name, []).append(at)
    return {
        name: max(each)
        for name, each in times.items()
        if len(each) == len(point_map.rows[name].resources)
    }


def drop_staged(device: EndDevice, point_map: PointMap) -> None:
    """Forgets what was staged and adopted under rows that another registry has otherwise.

    60 that were percent would else be watts.
    """

    def same(name: str) -> bool:
        former, now = device.point_map.rows.get(name), point_map.rows.get(name)
        return former is not None and now is not None and _meaning(former) == _meaning(now)

    if device.staged:
        device.staged = {name: value for name, value in device.staged.items() if same(name)}
    for group, commit in device.commits.items():
        if not all(map(same, commit.values)):
            device.commits = without(device.commits, group)
            del device.resources[ADOPTION, group]


def _meaning(point: Point) -> Row:
    """What a row says of a value, and not of itself."""
    return replace(point.row, sunspec="", default="", notes="")


def writable(device: EndDevice, name: str) -> Point:
    """The row of a point that can be written. Raises UnknownPoint, NotWritable."""
    row = device.point_map.rows.get(name)
    if row is None:
        raise UnknownPoint(f"device {device.sfdi} has no point {name!r}")
    if not row.writable:
        raise NotWritable(f"point {name} of device {device.sfdi} can only be read")
    return row
