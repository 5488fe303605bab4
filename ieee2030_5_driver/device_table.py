"""Which devices one agent serves to this platform.driver, and who polls each of them."""

from __future__ import annotations

import hashlib
import json
import weakref
from collections.abc import Iterator
from typing import Protocol

from .device_cache import DeviceCache
from .registry import Row
from .rpc import AgentRefused
from .settings import DEFAULT_RPC_TIMEOUT_S


class Owner(Protocol):
    """The Interface of a device, as far as its cache must know it."""

    @property
    def topic(self) -> str: ...

    @property
    def alive(self) -> bool:
        """Whether the device is still configured."""


class DeviceTable:
    """The caches of an agent's devices; iterating over it goes through them.

    Nobody tells when platform.driver deletes a device, and to ask it for all of them is too much
    for each refresh. So a device is asked for when it is needed, and forgotten if it is gone.
    """

    def __init__(self, identity: str) -> None:
        self._identity = identity
        self._devices: dict[str, DeviceCache] = {}
        self._owners: dict[str, weakref.ref[Owner]] = {}
        # The device with the longest time-out; None when that is to be found out.
        self._slowest: DeviceCache | None = None

    def __iter__(self) -> Iterator[DeviceCache]:
        return filter(None, map(self.get, list(self._devices)))

    def get(self, sfdi: str) -> DeviceCache | None:
        """The device's cache; None if it is not configured (any more)."""
        owner = self._owner(sfdi)
        if owner is None or not owner.alive:
            self._drop(sfdi)
            return None
        return self._devices[sfdi]

    def device(self, sfdi: str) -> DeviceCache:
        """The device's cache. Raises AgentRefused if it is not configured (any more)."""
        device = self.get(sfdi)
        if device is None:
            raise AgentRefused(f"device {sfdi} is not configured any more")
        return device

    def topic(self, sfdi: str) -> str:
        """The device as a log names it."""
        owner = self._owner(sfdi)
        return owner.topic if owner else f"device {sfdi}"

    @property
    def longest_timeout(self) -> float:
        """How long the agent may take for a call that is made for all devices, in seconds."""
        while self._devices:
            if self._slowest is None:
                self._slowest = max(self._devices.values(), key=lambda each: each.rpc_timeout_s)
            if self.get(self._slowest.sfdi) is not None:
                return self._slowest.rpc_timeout_s
        return DEFAULT_RPC_TIMEOUT_S

    def claim(
        self,
        sfdi: str,
        owner: Owner,
        rows: list[Row],
        rpc_timeout_s: float = DEFAULT_RPC_TIMEOUT_S,
    ) -> list[Row]:
        """Makes ``owner`` the only one that polls the device, with this registry.

        Returns the registry, in the one copy that devices with an equal one share. The agent gets
        it when the device is read. A second owner is refused with a ``ValueError`` for as long as
        the first one is configured.
        """
        holder = self._owner(sfdi)
        if holder is not owner:
            if holder is not None and holder.alive:
                raise ValueError(
                    f"device {sfdi} of agent {self._identity!r} is already configured as"
                    f" {holder.topic}"
                )
            self._drop(sfdi)
            self._devices[sfdi] = DeviceCache(sfdi)
            self._owners[sfdi] = weakref.ref(owner)
            self._slowest = None
        device = self._devices[sfdi]
        if device.rpc_timeout_s != rpc_timeout_s:
            device.rpc_timeout_s = rpc_timeout_s
            self._slowest = None
        if device.rows is not rows:
            fingerprint = _fingerprint(rows)
            if device.fingerprint != fingerprint:
                device.configure(self._shared(rows, fingerprint), fingerprint)
        return device.rows

    def release(self, sfdi: str, owner: Owner) -> None:
        """Forgets the device, if it is ``owner`` that polls it."""
        if self._owner(sfdi) is owner:
            self._drop(sfdi)

    def _drop(self, sfdi: str) -> None:
        self._owners.pop(sfdi, None)
        if self._devices.pop(sfdi, None) is self._slowest:
            self._slowest = None

    def _owner(self, sfdi: str) -> Owner | None:
        owner = self._owners.get(sfdi)
        return owner() if owner else None

    def _shared(self, rows: list[Row], fingerprint: bytes) -> list[Row]:
        """A thousand devices with one registry keep one copy of it."""
        same = (each.rows for each in self._devices.values() if each.fingerprint == fingerprint)
        return next(same, rows)


def _fingerprint(rows: list[Row]) -> bytes:
    """The same for rows that the agent gets as the same JSON: 1, 1.0 and true are not."""
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).digest()
