"""Listing: members in the order of a list of the standard, for all and for each owner.

A page costs what the page holds: every order is kept, none is made when somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from sortedcontainers import SortedKeyList

Member = TypeVar("Member")


class Listing(Generic[Member]):
    """Sorted members; the same order for everybody and for the members of one owner."""

    def __init__(self, key: Callable[[Member], Any]) -> None:
        self._key = key
        self._all: SortedKeyList = SortedKeyList(key=key)
        self._owned: dict[str, SortedKeyList] = {}

    @property
    def all(self) -> Sequence[Member]:
        return self._all  # type: ignore[no-any-return]

    def of(self, owner: str) -> Sequence[Member]:
        members: Sequence[Member] = self._owned.get(owner, ())
        return members

    def add(self, member: Member, owners: Iterable[str] = ()) -> None:
        self._all.add(member)
        for owner in owners:
            self._owned.setdefault(owner, SortedKeyList(key=self._key)).add(member)

    def remove(self, member: Member, owners: Iterable[str] = ()) -> None:
        """Takes a member out, also before what it is ordered by changes."""
        self._all.remove(member)
        for owner in owners:
            members = self._owned[owner]
            members.remove(member)
            if not members:
                del self._owned[owner]
