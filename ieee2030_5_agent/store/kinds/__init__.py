"""The table of all kinds of records, in the order in which they are restored.

A new kind is a row: a module here says how its objects become documents and come back, and the
model names its records in what it emits through the door.
"""

from __future__ import annotations

from . import devices, fleet_wide, metering, programs, reservations, responses, subscriptions
from .fleet_wide import raise_counters
from .kind import Key, Kind, Restoring, TextKey

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *fleet_wide.KINDS,
        *programs.PROGRAMS,
        *devices.KINDS,
        *programs.EVENTS,
        *reservations.KINDS,
        *responses.KINDS,
        *metering.KINDS,
        *subscriptions.KINDS,
    )
}

_PLACES = {name: place for place, name in enumerate(KINDS)}


def place_of(kind: str) -> int:
    """Where the records of a kind stand in the order; those that nobody knows are last."""
    return _PLACES.get(kind, len(_PLACES))


__all__ = ["KINDS", "Key", "Kind", "Restoring", "TextKey", "place_of", "raise_counters"]
