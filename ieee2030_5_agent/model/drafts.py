"""What an operator asks of a new DERControl, and the rules that it has to meet.

Source: IEEE 2030.5-2018 DERControl, RandomizableEvent, DERControlBase; CSIP-AUS signs of limits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from ..sep import models
from ..sep.facets import ELEMENTS, SIMPLE
from ..sep.json_form import JsonError, from_json, to_json
from .controls import MODES, Control, modes_of
from .errors import BadValue

HOUR_S = 3600  # OneHourRangeType
LONGEST_S = 2**32 - 1  # UInt32
LATEST = 2**63 - 1 - LONGEST_S - 2 * HOUR_S  # so that every end is an Int64 too
CURVE_MODES = frozenset(
    mode for mode in MODES if ELEMENTS["DERControlBase"][mode].type == "DERCurveLink"
)
# CSIP-AUS limits are amounts: what they limit has the direction.
UNSIGNED_MODES = ("opModExpLimW", "opModImpLimW", "opModGenLimW", "opModLoadLimW")

# The curve at a URI of this server; None where there is none.
CurveAt = Callable[[str], models.DERCurve | None]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A DERControl to be. Times in whole seconds; ``start``: since 1970 (UTC).

    ``response_required``: the bits of RespondableResource, None for what the server asks of all.
    """

    base: models.DERControlBase
    start: int
    duration: int
    description: str = ""
    mrid: bytes | None = None
    randomize_start: int = 0
    randomize_duration: int = 0
    device_category: bytes | None = None
    response_required: bytes | None = None

    def difference(self, control: Control) -> str | None:
        """The first argument in which a control is not what this asks for, its mRID aside."""
        for field in fields(self):
            wanted = getattr(self, field.name)
            if field.name != "mrid" and getattr(control, field.name) != wanted:
                return field.name
        return None


# Lowest and highest of each number.
_RANGES = {
    "start": (0, LATEST),
    "duration": (1, LONGEST_S),
    "randomize_start": (-HOUR_S, HOUR_S),
    "randomize_duration": (-HOUR_S, HOUR_S),
}
# Octets of each octet string.
_OCTETS = {"mrid": 16, "device_category": 4, "response_required": 1}


def check_mrid(mrid: object) -> None:
    """Raises BadValue for what cannot be an mRID."""
    _check_octets("mrid", mrid, _OCTETS["mrid"])
    if isinstance(mrid, bytes) and not any(mrid):
        raise BadValue("mrid is zero, which identifies nothing")


def check(draft: Draft, now: int, curve_at: CurveAt) -> None:
    """Raises BadValue, which names the argument and what is expected there."""
    for name, (low, high) in _RANGES.items():
        _check_whole(name, getattr(draft, name), low, high)
    for name, most in _OCTETS.items():
        _check_octets(name, getattr(draft, name), most)
    check_mrid(draft.mrid)
    _check_description(draft.description)
    if -draft.randomize_duration >= draft.duration:
        raise BadValue(
            f"randomize_duration is {draft.randomize_duration}, which may leave nothing of the"
            f" duration of {draft.duration} s: more than {-draft.duration} is expected"
        )
    if draft.start + draft.duration <= now:
        raise BadValue(
            f"start and duration: it would end at {draft.start + draft.duration}, now it is {now}"
        )
    if not modes_of(draft.base):
        raise BadValue("base has no mode, at least one opMod... is expected")
    check_base(draft.base, curve_at)


def _check_whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadValue(f"{name} is {value!r}, a whole number from {low} to {high} is expected")


def _check_octets(name: str, value: object, most: int) -> None:
    if value is None:
        return
    if not isinstance(value, bytes) or not 1 <= len(value) <= most:
        raise BadValue(f"{name} is {value!r}, 1 to {most} octets are expected")


def _check_description(value: object) -> None:
    most = SIMPLE["String32"].octets or 0
    if not isinstance(value, str) or len(value.encode()) > most:
        raise BadValue(f"description is {value!r}, text of at most {most} octets is expected")


def check_base(base: models.DERControlBase, curve_at: CurveAt) -> None:
    """Raises BadValue for a mode out of the range of its type, or a curve that is not there."""
    modes = modes_of(base)
    try:
        from_json("DERControlBase", to_json(base), "base")
    except JsonError as error:
        raise BadValue(str(error)) from error
    for mode in UNSIGNED_MODES:
        limit = getattr(base, mode)
        if limit is not None and (limit.value or 0) < 0:
            raise BadValue(f"base.{mode} is {limit.value}, an amount from 0 on is expected")
    for mode in sorted(modes & CURVE_MODES):
        _check_curve(mode, getattr(base, mode), curve_at)


def _check_curve(mode: str, link: models.DERCurveLink, curve_at: CurveAt) -> None:
    curve = curve_at(link.href or "")
    if curve is None:
        raise BadValue(f"base.{mode}: {link.href!r} is no DERCurve of this server")
    kind = None if curve.curveType is None else SIMPLE["DERCurveType"].codes.get(curve.curveType)
    if kind != mode:
        raise BadValue(f"base.{mode}: {link.href!r} is a curve for {kind}")
