"""Names of what is written behind: nobody waits for it, so one batch takes only some of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..model.changes import Record


class Behind:
    """Names in the order in which they were noted, those of one device together.

    The values of points and the times of their receipt are different records: if a batch took the
    one without the other and were the last one, a value would come back with another's time.
    """

    def __init__(self) -> None:
        self._of_device: dict[str | int, dict[Record, None]] = {}
        self._device: dict[Record, str | int] = {}

    def __len__(self) -> int:
        return len(self._device)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._device)

    def __contains__(self, record: object) -> bool:
        return record in self._device

    def __or__(self, later: Behind) -> Behind:
        """Both, what is of ``later`` behind."""
        both = Behind()
        for names in (self, later):
            for record, device in names._device.items():
                both._add(record, both._device.get(record, device))
        return both

    def add(self, records: Iterable[Record], sfdi: str | None) -> None:
        """Notes records of a device; None: their keys begin with it."""
        for record in records:
            if record not in self._device:
                self._add(record, record[1] if sfdi is None else sfdi)

    def discard(self, record: Record) -> bool:
        """Forgets one; whether it was there."""
        device = self._device.pop(record, None)
        if device is None:
            return False
        del self._of_device[device][record]
        if not self._of_device[device]:
            del self._of_device[device]
        return True

    def due(self, most: int, taken: Iterable[Record]) -> list[Record]:
        """What goes with the next batch: all of the devices whose records are in it already, and
        of others until there are so many."""
        devices = dict.fromkeys(self._device[record] for record in taken if record in self._device)
        room = most - sum(len(self._of_device[device]) for device in devices)
        for device, names in self._of_device.items():
            if room <= 0:
                break
            if device not in devices:
                devices[device] = None
                room -= len(names)
        return [record for device in devices for record in self._of_device[device]]

    def take(self, records: Iterable[Record]) -> Behind:
        """Takes some out, those that are there."""
        taken = Behind()
        for record in records:
            device = self._device.get(record)
            if device is not None:
                taken._add(record, device)
                self.discard(record)
        return taken

    def _add(self, record: Record, device: str | int) -> None:
        self._device[record] = device
        self._of_device.setdefault(device, {})[record] = None
