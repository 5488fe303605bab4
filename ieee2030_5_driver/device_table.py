"""Which devices one agent serves to this platform.driver, and who polls each of them."""

from __future__ import annotations

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
    """The caches of an agent's devices; iterating over it goes through them."""

    def __init__(self, identity: str) -> None:
        self._identity = identity
        self._devices: dict[str, DeviceCache] = {}
        self._owners: dict[str, weakref.ref[Owner]] = {}

    def __iter__(self) -> Iterator[DeviceCache]:
        return iter(self._devices.values())

    def get(self, sfdi: str) -> DeviceCache | None:
        """The device's cache; None if it is not configured (any more)."""
        return self._devices.get(sfdi)

    def device(self, sfdi: str) -> DeviceCache:
        """The device's cache. Raises AgentRefused if it is not configured (any more)."""
        try:
            return self._devices[sfdi]
        except KeyError:
            raise AgentRefused(f"device {sfdi} is not configured any more") from None

    def topic(self, sfdi: str) -> str:
        """The device as a log names it."""
        owner = self._owner(sfdi)
        return owner.topic if owner else f"device {sfdi}"

    @property
    def longest_timeout(self) -> float:
        """How long the agent may take for a call that is made for all devices, in seconds."""
        return max((device.rpc_timeout_s for device in self), default=DEFAULT_RPC_TIMEOUT_S)

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
            self._devices[sfdi] = DeviceCache(sfdi)
            self._owners[sfdi] = weakref.ref(owner)
        device = self._devices[sfdi]
        device.rpc_timeout_s = rpc_timeout_s
        if device.rows is not rows and device.rows != rows:
            device.configure(self._shared(rows))
        return device.rows

    def release(self, sfdi: str, owner: Owner) -> None:
        """Forgets the device, if it is ``owner`` that polls it."""
        if self._owner(sfdi) is owner:
            del self._devices[sfdi], self._owners[sfdi]

    def drop_deleted(self) -> None:
        """Nobody tells when platform.driver deletes a device; another one may have it by now."""
        for sfdi in list(self._devices):
            owner = self._owner(sfdi)
            if owner is None or not owner.alive:
                del self._devices[sfdi], self._owners[sfdi]

    def _owner(self, sfdi: str) -> Owner | None:
        owner = self._owners.get(sfdi)
        return owner() if owner else None

    def _shared(self, rows: list[Row]) -> list[Row]:
        """A thousand devices with one registry keep one copy of it."""
        return next((each.rows for each in self if each.rows == rows), rows)
