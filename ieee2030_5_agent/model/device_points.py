"""The points of devices, kept up to date when a resource arrives, not when somebody reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .changes import PointValue
from .end_device import EndDevice
from .errors import NotWritable, UnknownPoint
from .point import Point
from .points import PointMap


class DevicePoints:
    """Evaluates points. A point knows when it was received, also when its value is the same."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def configure(self, device: EndDevice, point_map: PointMap) -> None:
        """Gives a device another registry, and all its points their values."""
        device.point_map = point_map
        values = self._evaluate(device, point_map.rows.values())
        device.points = {name: value for name, value in values.items() if value is not None}
        now = self._clock()
        device.point_times = {name: device.point_times.get(name, now) for name in device.points}

    def refresh(self, device: EndDevice, resource: str) -> dict[str, PointValue]:
        """Updates the points that read a resource; returns those that have another value now."""
        now = self._clock()
        changed: dict[str, PointValue] = {}
        for name, value in self._evaluate(device, device.point_map.dependents(resource)).items():
            before = device.points.get(name)
            if value is None:
                device.points.pop(name, None)
                device.point_times.pop(name, None)
            else:
                device.points[name] = value
                device.point_times[name] = now
            if value != before or type(value) is not type(before):
                changed[name] = value
        return changed

    def _evaluate(self, device: EndDevice, points: Iterable[Point]) -> dict[str, PointValue]:
        return device.point_map.evaluate(
            points, device.resources, device.readings, device.registration.direction_frame
        )


def writable(device: EndDevice, name: str) -> Point:
    """The row of a point that can be written. Raises UnknownPoint, NotWritable."""
    row = device.point_map.rows.get(name)
    if row is None:
        raise UnknownPoint(f"device {device.sfdi} has no point {name!r}")
    if not row.writable:
        raise NotWritable(f"point {name} of device {device.sfdi} can only be read")
    return row
