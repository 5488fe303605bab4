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
    year = device.edition.year if device.edition is not None else Edition.E2018.year
    for mode in sorted(modes_of(base)):
        since = _since(ELEMENTS["DERControlBase"][mode].since, year)
        if since is None:
            _refuse_newer_parts(mode, getattr(base, mode), year)
        elif year < since:
            raise BadValue(
                f"{mode} is of IEEE 2030.5-{since}, the device speaks no more than {year}"
            )
        elif not _lists(device, mode):
            raise BadValue(f"{mode} is not among the modes that the device lists as supported")


def _refuse_newer_parts(mode: str, value: Any, year: int) -> None:
    for name, element in ELEMENTS.get(type(value).__name__, {}).items():
        part = getattr(value, name)
        if part is None:
            continue
        simple = SIMPLE.get(element.type)
        of_code = simple.codes_since.get(part) if simple is not None and simple.codes else None
        since = max(element.since or 0, of_code or 0)
        if since > year:
            raise BadValue(
                f"{mode}.{name} {part if of_code else ''}".rstrip()
                + f" is of IEEE 2030.5-{since}, the device speaks no more than {year}"
            )


def _since(since: int | None, year: int) -> int | None:
    """The edition of a mode that is not in all of them."""
    return since if since is not None and since > Edition.E2018.year else None


def _lists(device: EndDevice, mode: str) -> bool:
    field, bit = _LISTED.get(mode, ("", 0))
    listed = getattr(device.resources.get(_CAPABILITY), field, None)
    return listed is not None and bool(int.from_bytes(listed) >> bit & 1)
