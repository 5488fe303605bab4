"""DERPrograms: lists of controls with a priority, and which devices are to follow them.

A program is assigned to single devices, to groups (system, feeder or any name), or to all. A
device finds its programs through its FunctionSetAssignments, one per name that its programs use.
Source: IEEE 2030.5-2018 DERProgram, FunctionSetAssignments; CSIP 2.1 groups.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from ..sep import models
from .controls import VERSIONS
from .end_device import EndDevice
from .errors import DuplicateProgram, UnknownProgram
from .fsas import Fsas
from .program import DEFAULT_ASSIGNMENTS, Assignment, Program
from .registry import Registry

__all__ = ["DEFAULT_ASSIGNMENTS", "Assignment", "Assignments", "Program", "Programs"]

# What defaults say that say nothing: one for all, as nobody changes a default.
_NO_MODES = models.DERControlBase()


@dataclass(frozen=True, slots=True)
class Assignments:
    """One FunctionSetAssignments as a device sees it: the programs that it lists."""

    number: int
    mrid: bytes
    name: str
    programs: tuple[Program, ...]


class Programs:
    """All programs by number and mRID, and the assignments that devices see."""

    def __init__(self, new_mrid: Callable[[], bytes]) -> None:
        self._new_mrid = new_mrid
        self._by_number: dict[int, Program] = {}
        self._by_mrid: dict[int, Program] = {}
        self._shared: dict[int, Program] = {}
        self.next_number = 0
        # Counts what may change who sees which program, for those who keep an answer to that.
        self.generation = 0
        self.fsas = Fsas(new_mrid)
        # What each device sees, until a program or an assignment changes.
        self._seen: dict[str, tuple[Assignments, ...]] = {}
        self._ordered: dict[str, tuple[tuple[Assignments, ...], list[Program]]] = {}
        # By number of a program, until the generation changes: who follows it, and the SFDIs of the
        # aggregators that manage them.
        self._followers: dict[int, list[EndDevice]] = {}
        self._managers: dict[int, frozenset[str]] = {}

    @property
    def all(self) -> list[Program]:
        return list(self._by_number.values())

    def by_number(self, number: int) -> Program | None:
        return self._by_number.get(number)

    def find(self, mrid: bytes) -> Program | None:
        """The program with this mRID, compared as a number."""
        return self._by_mrid.get(int.from_bytes(mrid))

    def by_mrid(self, mrid: bytes) -> Program:
        """The program with this mRID. Raises UnknownProgram."""
        program = self.find(mrid)
        if program is None:
            raise UnknownProgram(f"there is no program with mRID {mrid.hex().upper()}")
        return program

    def add(
        self,
        description: str,
        primacy: int,
        assignment: Assignment,
        origin: str,
        mrid: bytes | None = None,
    ) -> Program:
        """Adds a program. Raises DuplicateProgram for an mRID that is in use."""
        mrid = mrid or self._new_mrid()
        if int.from_bytes(mrid) in self._by_mrid:
            raise DuplicateProgram(f"a program with mRID {mrid.hex().upper()} exists already")
        default = models.DefaultDERControl(
            mRID=self._new_mrid(), version=0, DERControlBase=_NO_MODES
        )
        program = Program(self.next_number, mrid, description, primacy, assignment, origin, default)
        self.next_number += 1
        self.fsas.give(assignment.fsa)
        self.put(program)
        return program

    def put(self, program: Program) -> None:
        """Lists a program that has its number, as one from the store has."""
        self._by_number[program.number] = program
        self._by_mrid[int.from_bytes(program.mrid)] = program
        self._renew()
        if not program.is_own:
            self._shared[program.number] = program
            self._seen.clear()

    def name_missing(self) -> None:
        """Makes the FunctionSetAssignments that programs from the store use and it does not have,
        because their records were damaged."""
        for program in self.all:
            self.fsas.give(program.assignment.fsa)

    def remove(self, program: Program) -> None:
        del self._by_number[program.number]
        del self._by_mrid[int.from_bytes(program.mrid)]
        self._shared.pop(program.number, None)
        self._renew()
        self._seen.clear()

    def forget(self, device: EndDevice) -> None:
        """To be called when a device's groups or manager changed, or it is gone."""
        self._renew()
        self._seen.pop(device.sfdi, None)
        self._ordered.pop(device.sfdi, None)

    def change(
        self, program: Program, description: str, primacy: int, assignment: Assignment
    ) -> bool:
        """Changes a program; whether anything was different."""
        new = (description, primacy, assignment)
        if new == (program.description, program.primacy, program.assignment):
            return False
        self.fsas.give(assignment.fsa)
        program.description, program.primacy, program.assignment = new
        program.version = (program.version + 1) % VERSIONS
        self._renew()
        self._seen.clear()
        return True

    def of(self, device: EndDevice) -> Sequence[Program]:
        """The programs of a device: lowest primacy first, then highest mRID."""
        assignments = self.assignments(device)
        if len(assignments) == 1:
            return assignments[0].programs
        known = self._ordered.get(device.sfdi)
        if known is None or known[0] is not assignments:
            programs = [program for fsa in assignments for program in fsa.programs]
            known = self._ordered[device.sfdi] = (assignments, sorted(programs, key=_program_order))
        return known[1]

    def followers(self, program: Program, registry: Registry) -> Sequence[EndDevice]:
        """The devices that follow a program."""
        if not program.assignment.everyone and not program.assignment.groups:
            named = [registry.by_sfdi(sfdi) for sfdi in sorted(program.assignment.devices)]
            return [device for device in named if device and program.applies_to(device)]
        devices = self._followers.get(program.number)
        if devices is None:
            devices = [device for device in registry.listed if program.applies_to(device)]
            self._followers[program.number] = devices
        return devices

    def managers(self, program: Program, registry: Registry) -> Collection[str]:
        """The SFDIs of the aggregators that manage a device which follows a program."""
        managers = self._managers.get(program.number)
        if managers is None:
            followed_for = (d.registration.manager for d in self.followers(program, registry))
            managers = frozenset(manager for manager in followed_for if manager is not None)
            self._managers[program.number] = managers
        return managers

    def assignments(self, device: EndDevice) -> tuple[Assignments, ...]:
        """The FunctionSetAssignments of a device, highest mRID first."""
        seen = self._seen.get(device.sfdi)
        if seen is None:
            seen = self._seen[device.sfdi] = self._compute(device)
        return seen

    def _compute(self, device: EndDevice) -> tuple[Assignments, ...]:
        by_name: dict[str, list[Program]] = {}
        own = self._by_number.get(device.program)
        candidates = [*self._shared.values(), *([own] if own else [])]
        for program in candidates:
            if program.applies_to(device):
                by_name.setdefault(program.assignment.fsa, []).append(program)
        listed = [
            Assignments(*self.fsas.by_name[name], name, tuple(sorted(programs, key=_program_order)))
            for name, programs in by_name.items()
        ]
        return tuple(sorted(listed, key=lambda fsa: -int.from_bytes(fsa.mrid)))

    def _renew(self) -> None:
        """Who follows which program, and who sees it, may be another from now on."""
        self.generation += 1
        self._followers.clear()
        self._managers.clear()


def _program_order(program: Program) -> tuple[int, int]:
    return (program.primacy, -int.from_bytes(program.mrid))
