"""Paging: the query keys ``s``, ``a`` and ``l`` of a list, and the page that they ask for.

Source: IEEE 2030.5-2018 List, query string parameters.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, overload
from urllib.parse import parse_qsl

from .errors import BadRequest

Member = TypeVar("Member")


class Part(Sequence[Member]):
    """Some consecutive members of a list, which are not copied: a slice costs what it holds."""

    def __init__(self, members: Sequence[Member], places: range) -> None:
        self._members = members
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Member: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Member]: ...

    def __getitem__(self, index: int | slice) -> Member | Sequence[Member]:
        places = self._places[index]
        if isinstance(places, int):
            return self._members[places]
        return self._members[places.start : places.stop]


@dataclass(frozen=True, slots=True)
class TimeKey(Generic[Member]):
    """The primary key of a list that is ordered by a time: what the query key ``a`` looks at."""

    of: Callable[[Member], int]
    descending: bool = False

    def after(self, members: Sequence[Member], time: int) -> Sequence[Member]:
        """The members whose time lies strictly later, in the list's order."""
        if self.descending:
            stop = bisect_left(members, -time, key=lambda member: -self.of(member))
            return Part(members, range(stop))
        return Part(members, range(bisect_right(members, time, key=self.of), len(members)))


@dataclass(frozen=True, slots=True)
class TimeFilter(TimeKey[Member]):
    """A time that the list is not ordered by, for short lists that take ``a`` nevertheless."""

    def after(self, members: Sequence[Member], time: int) -> Sequence[Member]:
        return [member for member in members if self.of(member) > time]


@dataclass(frozen=True, slots=True)
class ListQuery:
    """``start``: ordinal of the first member; ``limit``: most members; ``after``: time key."""

    start: int
    limit: int
    after: int | None

    @classmethod
    def parse(cls, query: str, default_limit: int, max_limit: int) -> ListQuery:
        """Reads a raw query string; the first of repeated keys counts, others are ignored.

        Raises BadRequest for a value that is no whole number, or for a negative ``s`` or ``l``.
        """
        values: dict[str, int] = {}
        for key, text in parse_qsl(query, keep_blank_values=True):
            if key in ("s", "l", "a") and key not in values:
                values[key] = _whole_number(key, text)
        limit = min(values.get("l", default_limit), max_limit)
        return cls(values.get("s", 0), limit, values.get("a"))

    def page(self, members: Sequence[Member]) -> Sequence[Member]:
        """The members of this page; slicing keeps the cost to that of the page."""
        return members[self.start : self.start + self.limit]


def _whole_number(key: str, text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise BadRequest(f"query key {key}={text[:40]!r} is not a whole number")
    value = int(text)
    if value < 0 and key != "a":
        raise BadRequest(f"query key {key}={value} is negative")
    return value
