"""The latest resource of each kind that a device has, as its points and its clients read it."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from ..sep.facets import ELEMENTS
from ..sep.packing import differing, pack, unpack

# (class name of the resource, instance): a DER's resources carry its number, all others 1; what is
# in force in one mode carries the name of the mode.
ResourceKey = tuple[str, int | str]

# These are the objects of programs and logs: packed they would be held twice.
_HELD_ELSEWHERE = frozenset({"DERControl", "DERCurve", "DefaultDERControl"})
_HELD_ELSEWHERE |= {"LogEvent", "LogEventList"}
# Each key once for all devices.
_KEYS: dict[ResourceKey, ResourceKey] = {}


class Received(MutableMapping[ResourceKey, Any]):
    """Resources by key. What a device wrote is packed, so nobody changes what he reads here."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[ResourceKey, Any] = {}

    def __getitem__(self, key: ResourceKey) -> Any:
        held = self._held[key]
        return unpack(key[0], held) if type(held) is bytes else held

    def get(self, key: ResourceKey, default: Any = None) -> Any:
        """The resource, or ``default`` until it is there: what points ask all the time."""
        held = self._held.get(key, default)
        return unpack(key[0], held) if type(held) is bytes else held

    def put(self, key: ResourceKey, written: Any) -> frozenset[str] | None:
        """Takes what a device wrote; the fields that it has otherwise now, None if it is new."""
        former, latest = self._held.get(key), pack(written)
        self._held[_KEYS.setdefault(key, key)] = latest
        return None if former is None else differing(key[0], former, latest)

    def beside(self, key: ResourceKey, resource: Any) -> Received:
        """These, and one more that is not the device's own."""
        both = Received()
        both._held = self._held | {key: resource}
        return both

    def __setitem__(self, key: ResourceKey, resource: Any) -> None:
        packed = key[0] in ELEMENTS and key[0] not in _HELD_ELSEWHERE
        self._held[_KEYS.setdefault(key, key)] = pack(resource) if packed else resource

    def __delitem__(self, key: ResourceKey) -> None:
        del self._held[key]

    def __contains__(self, key: object) -> bool:
        return key in self._held

    def __iter__(self) -> Iterator[ResourceKey]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)
