"""Who sees what. Every handler reaches devices through the scope of the client that asks.

Without a certificate there is no identity to tell clients apart: the laboratory mode of the
original, in which everybody sees everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..model.end_device import EndDevice
from ..model.fleet import Fleet
from ..model.mirrors import Mirror
from .messages import Client


@dataclass(frozen=True, slots=True)
class Scope:
    """What one client may see and change."""

    fleet: Fleet
    client: Client

    def sees(self, device: EndDevice) -> bool:
        """Laboratory mode: every client sees every device of this fleet."""
        return self.fleet.registry.by_number(device.number) is device

    def devices(self) -> Sequence[EndDevice]:
        """The visible EndDevices in the order of the EndDeviceList."""
        return self.fleet.registry.listed

    def mirrors(self) -> Sequence[Mirror]:
        """The visible MirrorUsagePoints in the order of their list."""
        return self.fleet.mirrors.listed
