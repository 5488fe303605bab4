"""The names of FunctionSetAssignments: each has a number and an mRID while a program uses it.

Source: IEEE 2030.5-2018 FunctionSetAssignments.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from .changes import Record
from .program import DEFAULT_ASSIGNMENTS


class Fsas:
    """FunctionSetAssignments by name. Their numbers are never used again."""

    def __init__(self, new_mrid: Callable[[], bytes]) -> None:
        self._new_mrid = new_mrid
        self.next_number = 0
        # Number and mRID.
        self.by_name: dict[str, tuple[int, bytes]] = {}

    def give(self, name: str) -> None:
        """A program uses a name: it has a number and an mRID from now on."""
        if name not in self.by_name:
            self.by_name[name] = (self.next_number, self._new_mrid())
            self.next_number += 1

    def drop(self, names: Iterable[str], used: Container[str]) -> list[Record]:
        """Forgets those of some names that are not used; what is to be stored of that.

        The default one stays, which a program of the next device will use.
        """
        known = self.by_name.keys() & names
        unused = sorted(name for name in known if name not in used and name != DEFAULT_ASSIGNMENTS)
        for name in unused:
            del self.by_name[name]
        # A file of an earlier version does not say yet up to where numbers were used.
        numbers: list[Record] = [("counter", "fsa")] if unused else []
        return [*numbers, *(("fsa", name) for name in unused)]
