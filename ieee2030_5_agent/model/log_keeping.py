"""The logs of devices through the one door: events come, change, grow old and leave.

Source: IEEE 2030.5-2018 LogEvent, LogEventList.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ..sep import models
from .changes import PointValue, Record
from .device_points import DevicePoints
from .door import Door
from .end_device import EndDevice
from .log_events import Entry, describe
from .registry import Registry

# A quarter of a year.
KEEP_LOG_EVENTS_S = 90 * 86400


class LogKeeping:
    """Changes to the log of a device; the points that read it follow."""

    def __init__(self, door: Door, registry: Registry, points: DevicePoints) -> None:
        self.most = 100
        self.keep_s = KEEP_LOG_EVENTS_S
        self._door = door
        self._registry = registry
        self._points = points

    def post(self, device: EndDevice, event: models.LogEvent) -> Entry:
        """Adds an event to the log of a device. Raises BadValue for one that is not complete."""
        entry = device.log.add(event, self._door.clock())
        self._door.keep(*(_record(device, one) for one in device.log.drop(self.most)))
        self._logged(device, entry)
        self.review(device, self._door.now)
        return entry

    def put(self, device: EndDevice, entry: Entry, event: models.LogEvent) -> None:
        """Changes an event of the log. Raises BadValue for one that is not complete."""
        self._logged(device, device.log.replace(entry, event))

    def remove(self, device: EndDevice, entry: Entry) -> None:
        device.log.remove(entry)
        self._removed(device, [entry])

    def resume(self, device: EndDevice) -> None:
        """The log of a device has come from the store."""
        if device.log.total:
            _list(device)

    def review(self, device: EndDevice, at: int) -> None:
        """Events leave that are too many, or whose time is over. The log is looked at again when
        the next one's is."""
        if self._registry.by_sfdi(device.sfdi) is not device:
            return
        gone = device.log.drop(self.most)
        while (first := device.log.oldest) is not None and self._is_old(first, at):
            device.log.remove(first)
            gone.append(first)
        self._removed(device, gone)
        if first is not None:
            end = int(first.received) + self.keep_s + 1
            device.log.recall.by(self._door.bring, end, partial(self.review, device))

    def _is_old(self, entry: Entry, now: int) -> bool:
        return entry.received + self.keep_s <= now

    def _removed(self, device: EndDevice, entries: Sequence[Entry]) -> None:
        """Tells of events that are not in the log of a device any more."""
        changed = self._read(device) if entries else {}
        for entry in entries:
            detail: dict[str, PointValue] = {"number": entry.number}
            records = [_record(device, entry)]
            self._door.emit("log_event_removal", device, detail, changed, records=records)
            changed = {}

    def _logged(self, device: EndDevice, entry: Entry) -> None:
        device.resources["LogEvent", 1] = entry.event
        changed = self._points.refresh(device, "LogEvent") | self._read(device)
        self._door.emit(
            "log_event",
            device,
            describe(entry),
            changed,
            records=[
                _record(device, entry),
                device.record,
                ("resource", device.sfdi, "LogEvent", 1),
            ],
        )

    def _read(self, device: EndDevice) -> dict[str, PointValue]:
        _list(device)
        return self._points.refresh(device, "LogEventList")


def _list(device: EndDevice) -> None:
    events = [entry.event for entry in device.log.listed]
    device.resources["LogEventList", 1] = models.LogEventList(
        all=len(events), results=len(events), LogEvent=events
    )


def _record(device: EndDevice, entry: Entry) -> Record:
    return ("log_event", device.sfdi, entry.number)
