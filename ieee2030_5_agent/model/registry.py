"""Registry: the EndDevices by number, SFDI and LFDI, and in the order of their list."""

from __future__ import annotations

from collections.abc import Sequence

from .end_device import EndDevice, Registration
from .errors import DuplicateDevice, UnknownDevice
from .listing import Listing


class Registry:
    """Look-ups and order; a number is never given to a second device."""

    def __init__(self) -> None:
        self._listing: Listing[EndDevice] = Listing(_order)
        self._by_number: dict[int, EndDevice] = {}
        self._by_sfdi: dict[str, EndDevice] = {}
        self._by_lfdi: dict[str, EndDevice] = {}
        self.next_number = 0

    def new_number(self) -> int:
        self.next_number += 1
        return self.next_number - 1

    @property
    def listed(self) -> Sequence[EndDevice]:
        """All devices in the order of the EndDeviceList: last changed first, then by SFDI."""
        return self._listing.all

    def managed_by(self, sfdi: str) -> Sequence[EndDevice]:
        """The devices that an aggregator manages, in the same order."""
        return self._listing.of(sfdi)

    @property
    def sfdis(self) -> Sequence[str]:
        return list(self._by_sfdi)

    def by_number(self, number: int) -> EndDevice | None:
        return self._by_number.get(number)

    def by_sfdi(self, sfdi: str) -> EndDevice | None:
        return self._by_sfdi.get(sfdi)

    def by_lfdi(self, lfdi: str) -> EndDevice | None:
        return self._by_lfdi.get(lfdi)

    def device(self, sfdi: str) -> EndDevice:
        """The device with this SFDI (12 digits). Raises UnknownDevice."""
        device = self._by_sfdi.get(sfdi)
        if device is None:
            raise UnknownDevice(f"no device with SFDI {sfdi} is registered")
        return device

    def refuse_duplicate(self, new: Registration, device: EndDevice | None = None) -> None:
        """Raises DuplicateDevice when another device than ``device`` has one of the identities."""
        if self._by_sfdi.get(new.sfdi, device) is not device:
            raise DuplicateDevice(f"a device with SFDI {new.sfdi} is registered already")
        if new.lfdi is not None and self._by_lfdi.get(new.lfdi, device) is not device:
            raise DuplicateDevice(f"a device with LFDI {new.lfdi} is registered already")

    def add(self, device: EndDevice) -> None:
        """Lists a device that has its number."""
        self._by_number[device.number] = device
        self._by_sfdi[device.sfdi] = device
        if device.lfdi is not None:
            self._by_lfdi[device.lfdi] = device
        self._listing.add(device, _manager(device))

    def remove(self, device: EndDevice) -> None:
        """Takes a device out, also before what orders or identifies it changes."""
        self._listing.remove(device, _manager(device))
        del self._by_number[device.number]
        del self._by_sfdi[device.sfdi]
        if device.lfdi is not None:
            del self._by_lfdi[device.lfdi]


def _order(device: EndDevice) -> tuple[int, str]:
    return (-device.changed_time, device.sfdi)


def _manager(device: EndDevice) -> tuple[str, ...]:
    manager = device.registration.manager
    return () if manager is None else (manager,)
