"""What all simulated devices do: find themselves on the server, describe themselves, report."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from xml.etree.ElementTree import Element

from .client import Client, ServerClock, Unanswered, link, text
from .documents import (
    CHANNELS,
    device_information,
    meter_readings,
    mirror_usage_point,
)

PERIOD_S = 1.0
REPORT_EVERY = 2  # periods


class Device(ABC):
    """A device with its links; kinds of devices add a physical model and their documents."""

    model = "device"
    role = 0

    def __init__(self, client: Client, sfdi: str, lfdi: str) -> None:
        self.client = client
        self.clock = ServerClock()
        self.sfdi = int(sfdi)
        self.lfdi = lfdi.upper()
        self.registered: Element | None = None
        self.der: Element | None = None
        self.mirror = ""

    # --- what kinds of devices tell -------------------------------------------------------------

    @abstractmethod
    def advance(self, seconds: float) -> None:
        """Lets the device live for a while."""

    @abstractmethod
    def nameplate(self) -> dict[str, str]:
        """Documents that seldom change, by the name of the DER's link to them."""

    @abstractmethod
    def state(self) -> dict[str, str]:
        """Documents that change all the time, by the name of the DER's link to them."""

    @abstractmethod
    def readings(self) -> dict[str, float]:
        """Measurements by description."""

    def power_status(self) -> str | None:
        """The PowerStatus document, for devices that have one."""
        return None

    def read_controls(self) -> None:  # noqa: B027 - optional, not abstract
        """Looks for commands; a device that cannot be controlled has nothing to do here."""

    # --- what all do ----------------------------------------------------------------------------

    def run(self) -> None:
        """Lives until it is interrupted; a server that goes away is waited for."""
        before = time.monotonic()
        period = 0
        while True:
            now = time.monotonic()
            self.advance(now - before)
            before = now
            try:
                if self.registered is None:
                    self.introduce()
                self.read_controls()
                if period % REPORT_EVERY == 0:
                    self.report()
            except Unanswered as problem:
                # The server may have been restarted and have forgotten what it was told.
                self.registered = None
                say(f"{problem}; trying again")
            period += 1
            time.sleep(PERIOD_S)

    def introduce(self) -> None:
        """From DeviceCapability to its own EndDevice, then all documents about itself."""
        capability = self.client.get("/dcap")
        current_time = text(self.client.get(link(capability, "TimeLink")), "currentTime")
        self.clock.set(int(current_time))
        registered = self._find_itself(link(capability, "EndDeviceListLink"))
        say(f"is {registered.get('href')} on the server")
        self.client.put(
            link(registered, "DeviceInformationLink"),
            device_information(self.lfdi, self.model, f"demo-{self.sfdi}", self.clock.now()),
        )
        self.der = next(self.client.members(link(registered, "DERListLink"), "DER"), None)
        if self.der is None:
            raise Unanswered(f"{registered.get('href')} has no DER")
        for name, document in self.nameplate().items():
            self.client.put(link(self.der, name), document)
        channels = [CHANNELS[description] for description in self.readings()]
        self.mirror = self.client.post(
            link(capability, "MirrorUsagePointListLink"),
            mirror_usage_point(self.lfdi, self.role, channels),
        )
        self.registered = registered

    def _find_itself(self, path: str) -> Element:
        for member in self.client.members(path, "EndDevice"):
            if text(member, "lFDI").upper() == self.lfdi or text(member, "sFDI") == str(self.sfdi):
                return member
        raise Unanswered(f"{path}: the server knows no device {self.sfdi}")

    def report(self) -> None:
        """Sends the present state and measurements."""
        if self.registered is None or self.der is None:
            return
        for name, document in self.state().items():
            self.client.put(link(self.der, name), document)
        status = self.power_status()
        if status is not None:
            self.client.put(link(self.registered, "PowerStatusLink"), status)
        self.client.post(self.mirror, meter_readings(self.lfdi, self.readings(), self.clock.now()))


def say(what: str) -> None:
    """One line with the time into the device's log."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {what}\n")
    sys.stdout.flush()
