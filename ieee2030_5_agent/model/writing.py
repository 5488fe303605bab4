"""What writing a point does: the part that its row plays in an order to the device.

An order is one DERControl, DERCurve or DefaultDERControl. Rows of one `Group` make one order:
values, their timing, the points of a curve, and the switch that sends it all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..sep.facets import ELEMENTS
from .point_rows import WRITABLE, CellError

# What a DefaultDERControl says besides its modes: ramps and when a device may enter service.
DEFAULT_FIELDS = tuple(name for name in ELEMENTS["DefaultDERControl"] if name.startswith("set"))
CONTROL, DEFAULT, CURVE = "DERControl", "DefaultDERControl", "DERCurve"
Resources = Mapping[tuple[str, int | str], Any]
Encode = Callable[[object, Resources], Any]


class Role(Enum):
    """What ``Writing.encode`` gives for a value, by the role of the row."""

    VALUE = "the field's wire value, or a model with some fields of a mode that has several"
    TIMING = "how long, from when, how fast: a number of the event"
    CURVE = "a function that changes a CurveDraft"
    INDEX = "1 to use the curve that is set, 0 for none"
    CHOICE = "the mode that counts, and its part or None"
    SWITCH = "one of row_mapping.STATES"
    COMMIT = "1 to make what is set a whole, 0 to forget it"


@dataclass(frozen=True, slots=True)
class Writing:
    """How a row writes.

    ``targets``: the classes that carry it. ``modes``: the modes of DERControlBase that it is about;
    empty for a field of DefaultDERControl itself. ``field``: the mode or field of a value or
    timing. ``fixes``: a value that decides a sibling, too, which a choice overrules. ``side``: the
    only side of zero that a value can be on ("": both). ``sided``: a switch that tells the sides.
    """

    role: Role
    targets: tuple[str, ...]
    modes: tuple[str, ...]
    encode: Encode
    field: str = ""
    fixes: bool = False
    side: str = ""
    sided: bool = False


def without_resources(encode: Callable[[object], Any]) -> Encode:
    """For what does not depend on anything that the device reported."""
    return lambda value, resources: encode(value)


def refused(reason: str) -> CellError:
    """A row that is marked Writable and cannot be written."""
    return CellError(WRITABLE, "TRUE", reason)
