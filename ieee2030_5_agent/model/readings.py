"""Which meter reading feeds a point, and what it is worth.

A row of the registry selects by ReadingType codes and role flags, `uom=38;flowDirection=19|-1|0;
phase=0|224;roleFlags=-isDC`, or by the description of the reading, as the original did. Commas
separate keys as well.

1. A reading with exactly the row's description binds, whatever its ReadingType.
2. Otherwise the reading that fulfils every key; of several
   - the one whose uom, phase and flowDirection come first in the alternatives (keys in the order
     written): these are different quantities, and a point does not flip between them. One that is
     more than three post rates older than the newest counts as sent no more;
   - then the one with the later time; then the other codes that come first in the alternatives.

A device may have several usage points (meters, DC ports): `usagePoint=2` takes readings of the
second of those with the row's role flags, in the order in which they were made.

Source: IEEE 2030.5-2018 MirrorMeterReading, ReadingType, RoleFlagsType.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple, TypeVar

from ..sep.facets import ELEMENTS, SIMPLE
from ..sep.units import scaled
from .fields import suggestion
from .meter_readings import MeterReading, Value
from .mirrors import Mirror

Number = int | float
Ranks = tuple[float, ...]
Key = TypeVar("Key")
Found = tuple[Mirror, MeterReading]

ROLE_FLAGS = {name: bit for bit, name in SIMPLE["RoleFlagsType"].codes.items()}
FORWARD, REVERSE = 1, 19
UOM_COS_PHI = 65
USAGE_POINT = "usagePoint"
# Commas also stand between role flags and in descriptions.
_SEPARATOR = re.compile(r";|,(?=\s*[A-Za-z]+\s*=)", re.ASCII)
_DESCRIPTION_OCTETS = 32
# Readings that differ in these measure different things, though a point takes either.
_QUANTITY = frozenset({"uom", "phase", "flowDirection"})
# After how many post rates without a reading a better one counts as sent no more, and the least
# seconds for that: the readings of one round are posted one after the other.
_MISSED_POSTS, _ONE_ROUND_S = 3, 60


class Frame(Enum):
    """From whose side a device counts flowDirection.

    2018: 1 is delivered to the customer, 19 received from the customer. The 2023 text counts from
    the generator: 1 is injected. The selectors are written for the customer.
    """

    CUSTOMER = "customer"
    GENERATOR = "generator"


class Chosen(NamedTuple):
    """The reading that binds, its newest value, and the sign that it counts with."""

    reading: MeterReading
    newest: Value
    sign: int = 1

    @property
    def age(self) -> tuple[float, float, float]:
        """When it was taken, and when it came: what is newer is greater."""
        return self.newest.order


class Readings:
    """The meter readings of a device with their mirrors, as selectors look for them."""

    def __init__(self, mirrors: Collection[Mirror]) -> None:
        self.mirrors = mirrors

    @cached_property
    def by_uom(self) -> dict[int, list[Found]]:
        return self._by(lambda reading: reading.uom)

    @cached_property
    def described(self) -> dict[str | None, list[Found]]:
        return self._by(lambda reading: reading.description)

    def _by(self, key: Callable[[MeterReading], Key]) -> dict[Key, list[Found]]:
        found: dict[Key, list[Found]] = {}
        for mirror in self.mirrors:
            for reading in mirror.meter_readings.values():
                found.setdefault(key(reading), []).append((mirror, reading))
        return found


class SelectorError(ValueError):
    """A selector that cannot be read; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Selector:
    """A compiled selector: per ReadingType field the accepted codes with rank and sign.

    ``uoms``: the accepted codes of uom, by which most readings are passed over at once.
    """

    description: str | None
    codes: tuple[tuple[str, dict[int, tuple[int, int]]], ...] = ()
    flags_set: int = 0
    flags_clear: int = 0
    usage_point: int | None = None
    uoms: frozenset[int] = frozenset()

    def choose(self, readings: Readings, frame: Frame = Frame.CUSTOMER) -> Chosen | None:
        """The reading that binds, of all that a device has."""
        if self.usage_point is not None:
            readings = self._of_usage_point(readings, self.usage_point)
        if self.description is not None:
            found = readings.described.get(self.description, ())
            named = [Chosen(reading, newest) for _, reading in found if (newest := reading.newest)]
            if named:
                return max(named, key=attrgetter("age"))
        matches = [
            match
            for uom in self.uoms
            for mirror, reading in readings.by_uom.get(uom, ())
            if (match := self._match(mirror, reading, frame)) is not None
        ]
        if len(matches) > 1:
            latest = max(match.chosen.age[0] for match in matches)
            matches = [match for match in matches if _sent_at(latest, match)]
        best = max(matches, key=self._order) if len(matches) > 1 else next(iter(matches), None)
        return None if best is None else best.chosen

    def may_choose(self, reading: MeterReading) -> bool:
        """Whether a reading of this description and unit could be the one that binds."""
        if self.description is not None and reading.description == self.description:
            return True
        return reading.uom in self.uoms

    def _order(self, match: _Match) -> tuple[Ranks, Ranks, Ranks, float]:
        """What binds rather is greater; ranks count from 0, the best."""
        *time, received = match.chosen.age
        named = list(zip(self.codes, match.ranks, strict=True))
        quantity = tuple(-rank for (name, _), rank in named if name in _QUANTITY)
        quality = tuple(-rank for (name, _), rank in named if name not in _QUANTITY)
        return quantity, tuple(time), quality, received

    def _match(self, mirror: Mirror, reading: MeterReading, frame: Frame) -> _Match | None:
        """The rank of each code of a reading that fulfils every key, and its value and sign."""
        if not self._has_flags(mirror):
            return None
        sign = 1
        ranks = []
        for name, accepted in self.codes:
            code = getattr(reading.reading_type, name, None) or 0
            if name == "flowDirection" and frame is Frame.GENERATOR:
                code = {FORWARD: REVERSE, REVERSE: FORWARD}.get(code, code)
            if code not in accepted:
                return None
            rank, factor = accepted[code]
            ranks.append(rank)
            sign *= factor
        newest = reading.newest
        if newest is None:
            return None
        return _Match(Chosen(reading, newest, sign), tuple(ranks), mirror.post_rate)

    def _has_flags(self, mirror: Mirror) -> bool:
        flags = mirror.role_flags
        return flags & self.flags_set == self.flags_set and not flags & self.flags_clear

    def _of_usage_point(self, readings: Readings, place: int) -> Readings:
        """One usage point: the first (1), second, ... that has the flags."""
        mirrors = readings.mirrors
        fitting = sorted({mirror.number for mirror in mirrors if self._has_flags(mirror)})
        named = fitting[place - 1 : place]
        return Readings([mirror for mirror in mirrors if mirror.number in named])


class _Match(NamedTuple):
    """``ranks``: of its codes among the accepted ones. ``post_rate``: in which seconds it is to
    send."""

    chosen: Chosen
    ranks: Ranks
    post_rate: int


def _sent_at(moment: float, match: _Match) -> bool:
    """Whether the device was still sending a reading when another one was taken."""
    patience = max(_MISSED_POSTS * match.post_rate, _ONE_ROUND_S)
    return moment - match.chosen.age[0] <= patience


def reading_value(chosen: Chosen, *, in_percent: bool = False) -> Number:
    """A reading in its unit; ``in_percent`` turns a power factor (uom 65, cos phi) into percent."""
    kind = chosen.reading.reading_type
    value = chosen.sign * chosen.newest.value
    if kind is None:
        return value
    if in_percent and kind.uom == UOM_COS_PHI:
        # The significand, not the result: 98 x 10^-2 is then exactly 98 %.
        value *= 100
    return scaled(value, kind.powerOfTenMultiplier)


def parse_selector(text: str, usage_point: int | None = None) -> Selector:
    """A selector, or a bare text, which is a description. Raises SelectorError.

    ``usage_point``: the usage point that the row's name says.
    """
    if "=" not in text:
        return Selector(_description(text), usage_point=usage_point)
    description = None
    codes: list[tuple[str, dict[int, tuple[int, int]]]] = []
    flags = (0, 0)
    seen: set[str] = set()
    for part in filter(None, map(str.strip, _SEPARATOR.split(text))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        _check_key(key, bool(equals), seen)
        seen.add(key)
        if key == "description":
            description = _description(value)
        elif key == USAGE_POINT:
            usage_point = _place(value, usage_point)
        elif key == "roleFlags":
            flags = _role_flags(value)
        else:
            codes.append((key, _accepted(key, value)))
    if description is None and "uom" not in dict(codes):
        raise SelectorError("the selector names neither uom nor description: any reading would do")
    uoms = frozenset(dict(codes).get("uom", ()))
    return Selector(description, tuple(codes), *flags, usage_point, uoms)


def _place(text: str, named: int | None) -> int:
    if not re.fullmatch("[1-9][0-9]{0,3}", text, re.ASCII):
        raise SelectorError(f"{USAGE_POINT}={text}: usage points are counted from 1")
    if named not in (None, int(text)):
        raise SelectorError(f"{USAGE_POINT}={text} is not mup[{named}] of the name")
    return int(text)


def _description(text: str) -> str:
    if not text.strip() or len(text.encode()) > _DESCRIPTION_OCTETS:
        raise SelectorError(f"{text!r} is no description: 1 to {_DESCRIPTION_OCTETS} octets")
    return text.strip()


def _check_key(key: str, has_value: bool, seen: set[str]) -> None:
    known = ["description", "roleFlags", USAGE_POINT, *_code_fields()]
    if key not in known:
        raise SelectorError(f"{key!r} is no key of a reading selector{suggestion(key, known)}")
    if not has_value:
        raise SelectorError(f"{key} has no value")
    if key in seen:
        raise SelectorError(f"{key} is given twice")


def _code_fields() -> list[str]:
    """The fields of ReadingType that hold a code or a number."""
    return [
        name
        for name, element in ELEMENTS["ReadingType"].items()
        if element.type in SIMPLE and SIMPLE[element.type].base == "int" and not element.attribute
    ]


def _accepted(key: str, text: str) -> dict[int, tuple[int, int]]:
    """The accepted codes with rank and sign. `-1` is flowDirection 1 with its sign turned."""
    accepted: dict[int, tuple[int, int]] = {}
    for rank, alternative in enumerate(map(str.strip, text.split("|"))):
        turned = key == "flowDirection" and alternative == f"-{FORWARD}"
        if not turned and not re.fullmatch("[0-9]{1,18}", alternative, re.ASCII):
            hint = "; a key that is left out does not count" if alternative == "*" else ""
            raise SelectorError(f"{key}={text}: {alternative!r} is not a code{hint}")
        code = FORWARD if turned else int(alternative)
        if code in accepted:
            raise SelectorError(f"{key}={text}: code {code} is given twice")
        accepted[code] = (rank, -1 if turned else 1)
    return accepted


def _role_flags(text: str) -> tuple[int, int]:
    """The bits that must be set and those that must be clear."""
    masks = {"+": 0, "-": 0}
    for flag in map(str.strip, text.split(",")):
        sign, name = flag[:1], flag[1:]
        if sign not in masks:
            raise SelectorError(f"roleFlags={text}: write +{flag} (set) or -{flag} (clear)")
        if name not in ROLE_FLAGS:
            raise SelectorError(f"there is no role flag {name}{suggestion(name, ROLE_FLAGS)}")
        masks[sign] |= 1 << ROLE_FLAGS[name]
    return masks["+"], masks["-"]
