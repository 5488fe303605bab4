"""Devices, their mirrors and their rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..configuration import registration_of
from ..model.end_device import EndDevice
from ..model.errors import ModelError
from ..sep.identity import mrid_text, normalise_lfdi
from ..sep.json_form import to_json
from ..settings import POLLED, WEEK_S, Device
from .arguments import whole, yes_or_no
from .part import RPC, Part, refuse_configured


class Devices(Part):
    """Who may speak to the server, what they mirror, and how often they are to do so."""

    def register_device(self, **registration: Any) -> dict[str, Any]:
        """Registers a device; the keys are those of ``devices`` in the configuration.

        Returns its summary. Raises ValueError: bad key or value, or registered already.
        """
        return self._register(registration, aggregator=False)

    def register_aggregator(self, **registration: Any) -> dict[str, Any]:
        """Registers an aggregator, which then may be named by the devices that it manages."""
        return self._register(registration, aggregator=True)

    def remove_device(self, sfdi: str | int) -> None:
        """Removes a device with its data, mirrors and program, unless the configuration names it:
        then that is where to remove it."""
        device = self._device(sfdi)
        refuse_configured("sfdi", device.sfdi, device.origin)
        self._fleet.remove(device.sfdi)

    def set_access(self, lfdi: str, granted: bool) -> None:
        """Withdraws a client's access, or grants it again."""
        self._fleet.set_access(normalise_lfdi(lfdi), yes_or_no("granted", granted))

    def _register(self, registration: Mapping[str, Any], aggregator: bool) -> dict[str, Any]:
        device = Device.read(registration)
        return self._summary(self._fleet.register(registration_of(device, aggregator), RPC))

    # --- what is known of them -----------------------------------------------------------------

    def get_devices(self) -> list[dict[str, Any]]:
        """A summary of each device, in the order of their numbers."""
        devices = sorted(self._fleet.registry.listed, key=lambda device: device.number)
        return [self._summary(device) for device in devices]

    def _summary(self, device: EndDevice) -> dict[str, Any]:
        """One device: identity, href, last contact, registration, namespace in use."""
        return {
            "sfdi": device.sfdi,
            "lfdi": device.lfdi,
            "href": self._server.href("EndDevice", edev=device.number),
            "registered": device.registered_at,
            "origin": device.origin,
            "enabled": device.registration.enabled,
            "aggregator": device.registration.manager,
            "groups": sorted(device.registration.groups),
            "last_contact": device.last_contact,
            "namespace": device.edition.namespace if device.edition else None,
            "resources": sorted({name for name, _ in device.resources if name != "EndDevice"}),
            "points": len(device.point_map.rows),
        }

    # --- mirrors -------------------------------------------------------------------------------

    def get_mirrors(self, sfdi: str | int | None = None) -> list[dict[str, Any]]:
        """The MirrorUsagePoints of a device (of an aggregator: of all its devices), or of all."""
        mirrors = self._fleet.mirrors
        shown = mirrors.listed if sfdi is None else mirrors.of(self._device(sfdi).sfdi)
        return [
            {
                "sfdi": mirror.sfdi,
                **to_json(mirror.model(self._server.href("MirrorUsagePoint", mup=mirror.number))),
            }
            for mirror in shown
        ]

    def remove_mirror(self, mrid: str) -> None:
        """Removes a MirrorUsagePoint, as its owner could by DELETE."""
        mirrors = list(self._fleet.mirrors.by_mrid(int(mrid_text(mrid), 16)))
        if not mirrors:
            raise ModelError(f"there is no MirrorUsagePoint with mRID {mrid}")
        for mirror in mirrors:
            self._fleet.mirroring.remove(mirror)

    # --- rates ---------------------------------------------------------------------------------

    def set_poll_rate(self, resource: str, seconds: int) -> None:
        """Changes the pollRate of a resource for all clients."""
        if resource not in POLLED:
            raise ModelError(
                f"{resource!r} carries no pollRate; these do: {', '.join(sorted(POLLED))}"
            )
        self._fleet.rating.set_poll(resource, whole("seconds", seconds, 1, WEEK_S))

    def set_post_rate(self, seconds: int, sfdi: str | int | None = None) -> None:
        """Changes the postRate of a device and its mirrors, or of all and of what comes."""
        rate = whole("seconds", seconds, 1, WEEK_S)
        self._fleet.rating.set_post(rate, None if sfdi is None else self._device(sfdi))
