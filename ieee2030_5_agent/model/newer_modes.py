"""Modes that only devices of a newer edition know: set points are not written past a device.

Source: IEEE 2030.5-2023 DERControlBase, DERControlType (modesSupported), DERControlType2.
"""

from __future__ import annotations

from typing import Any

from ..sep import models
from ..sep.editions import Edition
from ..sep.facets import ELEMENTS, SIMPLE
from .controls import modes_of
from .end_device import EndDevice
from .errors import BadValue

_CAPABILITY = ("DERCapability", 1)
# Which field of DERCapability lists a mode, and at which bit.
_LISTED = {
    mode: (field, bit)
    for field, type_name in (
        ("modesSupported", "DERControlType"),
        ("modesSupported2", "DERControlType2"),
    )
    for bit, mode in SIMPLE[type_name].codes.items()
}


def refuse_newer(base: models.DERControlBase, device: EndDevice) -> None:
    """Raises BadValue for what the device does not know by its edition, or does not list."""
    for mode in sorted(modes_of(base)):
        since = ELEMENTS["DERControlBase"][mode].since or 0
        _refuse_since(since, mode, device)
        if since > Edition.E2018.year and not _lists(device, mode):
            raise BadValue(f"{mode} is not among the modes that the device lists as supported")
        refuse_newer_parts(mode, getattr(base, mode), device)


def refuse_newer_parts(name: str, value: Any, device: EndDevice) -> None:
    """Raises BadValue for a field or a code of a model that is newer than the device's edition."""
    for field, element in ELEMENTS.get(type(value).__name__, {}).items():
        part = getattr(value, field)
        if part is None:
            continue
        _refuse_since(element.since or 0, f"{name}.{field}", device)
        simple = SIMPLE.get(element.type)
        if simple is not None and simple.base == "int":
            _refuse_since(simple.codes_since.get(part, 0), f"{name}.{field} {part}", device)


def _refuse_since(since: int, what: str, device: EndDevice) -> None:
    year = (device.edition or Edition.E2018).year
    if year < since:
        raise BadValue(f"{what} is of IEEE 2030.5-{since}, the device speaks no more than {year}")


def _lists(device: EndDevice, mode: str) -> bool:
    field, bit = _LISTED.get(mode, ("", 0))
    listed = getattr(device.resources.get(_CAPABILITY), field, None)
    return listed is not None and bool(int.from_bytes(listed) >> bit & 1)
