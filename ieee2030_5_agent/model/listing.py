"""Listing: members in the order of a list of the standard, for all and for each owner.

A page costs what the page holds: every order is kept, none is made when somebody asks.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from sortedcontainers import SortedKeyList

Member = TypeVar("Member")


class Listing(Generic[Member]):
    """Sorted members; the same order for everybody and for the members of one owner.

    There are many listings without members and many owners of a single one, so these are small:
    the order for everybody is made for the first member, and that of an owner is a plain list.
    """

    __slots__ = ("_all", "_key", "_owned")

    def __init__(self, key: Callable[[Member], Any]) -> None:
        self._key = key
        self._all: SortedKeyList | None = None
        self._owned: dict[str, list[Member]] | None = None

    @property
    def all(self) -> Sequence[Member]:
        return () if self._all is None else self._all

    def of(self, owner: str) -> Sequence[Member]:
        return () if self._owned is None else self._owned.get(owner, ())

    def add(self, member: Member, owners: Iterable[str] = ()) -> None:
        if self._all is None or self._owned is None:
            self._all, self._owned = SortedKeyList(key=self._key), {}
        self._all.add(member)
        for owner in owners:
            insort(self._owned.setdefault(owner, []), member, key=self._key)

    def remove(self, member: Member, owners: Iterable[str] = ()) -> None:
        """Takes a member out, also before what it is ordered by changes."""
        if self._all is None or self._owned is None:
            raise ValueError("nothing is listed")
        self._all.remove(member)
        for owner in owners:
            members = self._owned[owner]
            place = bisect_left(members, self._key(member), key=self._key)
            del members[members.index(member, place)]
            if not members:
                del self._owned[owner]
