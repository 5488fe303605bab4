"""DERPrograms through the one door: they are made, change for whom they are, and are removed.

Source: IEEE 2030.5-2018 DERProgram; CSIP 5.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from .changes import Record
from .dispatch import Dispatch
from .door import Door
from .errors import DuplicateProgram
from .program import OWN
from .programs import Assignment, Program, Programs
from .responses import ResponseSets

# PrimacyType: the operator's own set points rank as a contracted premises service provider.
OWN_PROGRAM_PRIMACY = 1


class Programming:
    """Changes to programs; the controls in force of those who follow them are looked at again."""

    def __init__(
        self, door: Door, programs: Programs, dispatch: Dispatch, response_sets: ResponseSets
    ) -> None:
        self._door = door
        self._programs = programs
        self._dispatch = dispatch
        self._response_sets = response_sets
        response_sets.forgotten = self._forgotten

    def create(
        self,
        description: str,
        primacy: int,
        assignment: Assignment,
        origin: str,
        mrid: bytes | None = None,
    ) -> Program:
        """Adds a DERProgram. Raises DuplicateProgram for an mRID that is in use."""
        self.check_new(mrid)
        program = self._programs.add(description, primacy, assignment, origin, mrid)
        self._response_sets.open(program)
        self._changed(program, "created")
        return program

    def check_new(self, mrid: bytes | None) -> None:
        """Raises DuplicateProgram for the mRID of an event: devices take it for the same thing."""
        if mrid is not None and self._response_sets.knows(mrid):
            raise DuplicateProgram(f"mRID {mrid.hex().upper()} is that of an event")

    def create_own(self, sfdi: str) -> Program:
        """The program of a device's own set points, which is told of with its registration."""
        own = Assignment(devices=frozenset({sfdi}))
        program = self._programs.add(f"Set points {sfdi}", OWN_PROGRAM_PRIMACY, own, OWN)
        self._response_sets.open(program)
        return program

    def change(
        self, program: Program, description: str, primacy: int, assignment: Assignment
    ) -> None:
        """Changes what a program says and whom it is for; without effect if nothing differs."""
        before, fsa = self._dispatch.followers(program), program.assignment.fsa
        self._dispatch.catch_up()
        if self._programs.change(program, description, primacy, assignment):
            self._changed(program, "changed", self.drop_unused_fsas([fsa]))
            self._dispatch.review(dict.fromkeys([*before, *self._dispatch.followers(program)]))

    def configured(self, program: Program, said: str) -> None:
        """Notes what the configuration says of a program, which is in force now."""
        if program.configured != said:
            program.configured = said
            self._door.keep(program.record)

    def remove(self, program: Program) -> None:
        """Removes a program with its controls; clients take them as cancelled and may answer so."""
        followers = self._dispatch.followers(program)
        self._dispatch.close(program)
        self._programs.remove(program)
        self._response_sets.close(program)
        # Not before one has been made that takes its place, and its FunctionSetAssignments.
        forget = partial(self._response_sets.review, self._response_sets.of(program))
        self._door.bring(self._door.now, forget)
        self._changed(program, "removed")
        self._dispatch.review(followers)

    def remove_own(self, program: Program) -> None:
        """Removes the program of a device that is gone already, with all answers to it."""
        self._programs.remove(program)
        self._response_sets.close(program)
        self._response_sets.drop(program.number)
        self._changed(program, "removed")

    def drop_unused_fsas(self, names: Iterable[str]) -> list[Record]:
        """Forgets those of these FunctionSetAssignments that no program uses, nor one that was
        removed and can be answered; what is to be stored of that."""
        used = {each.program.assignment.fsa for each in self._response_sets.all}
        return self._programs.fsas.drop(names, used)

    def _forgotten(self, program: Program) -> None:
        """The events of a program that was removed cannot be answered any more: so long its
        FunctionSetAssignments stay for one that takes its place."""
        if dropped := self.drop_unused_fsas([program.assignment.fsa]):
            self._door.keep(*dropped)

    def _changed(self, program: Program, what: str, more: Iterable[Record] = ()) -> None:
        records = (*program.records, *more)
        self._door.emit("program", None, program.detail(what), records=records)
