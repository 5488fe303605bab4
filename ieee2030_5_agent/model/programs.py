"""DERPrograms: lists of controls with a priority, and which devices are to follow them.

A program is assigned to single devices, to groups (system, feeder or any name), or to all. A
device finds its programs through its FunctionSetAssignments, one per name that its programs use.
Source: IEEE 2030.5-2018 DERProgram, FunctionSetAssignments; CSIP 2.1 groups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from sortedcontainers import SortedKeyList

from ..sep import models
from .controls import CANCELLED_VISIBLE_S, ENDED_EARLY, LIVE, VERSIONS, Control, Status
from .end_device import EndDevice
from .errors import DuplicateProgram, UnknownProgram
from .overlaps import Overlaps
from .registry import Registry

DEFAULT_ASSIGNMENTS = "default"
# How many controls that ended early a program lists, of each origin: what is commanded every few
# seconds for a day must not fill the memory. The first to end goes first.
MOST_ENDED = 1000
MOST_ENDED_OWN = 20


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whom a program is for, and the name of the FunctionSetAssignments that lists it."""

    everyone: bool = False
    groups: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    fsa: str = DEFAULT_ASSIGNMENTS


@dataclass(slots=True, eq=False)
class Program:
    """One DERProgram. ``origin``: ``config``, ``rpc``, or ``own`` for a device's set points."""

    number: int
    mrid: bytes
    description: str
    primacy: int
    assignment: Assignment
    origin: str
    default: models.DefaultDERControl
    version: int = 0
    curves: dict[int, models.DERCurve] = field(default_factory=dict)
    controls: dict[int, Control] = field(default_factory=dict)
    _listed: SortedKeyList = field(default_factory=lambda: SortedKeyList(key=_control_order))
    _active: SortedKeyList = field(default_factory=lambda: SortedKeyList(key=_control_order))
    # Those that may still compete, and those that ended early in the order of their end.
    _live: Overlaps = field(default_factory=Overlaps)
    _ended: dict[int, Control] = field(default_factory=dict)
    _last_created: int = -1
    _next_control: int = 1
    _next_curve: int = 1

    @property
    def listed(self) -> Sequence[Control]:
        """The DERControlList: by start, of the same start the newest and highest mRID first."""
        return self._listed  # type: ignore[no-any-return]

    @property
    def active(self) -> Sequence[Control]:
        """The ActiveDERControlList, in the same order."""
        return self._active  # type: ignore[no-any-return]

    @property
    def listed_curves(self) -> Sequence[tuple[int, models.DERCurve]]:
        """The DERCurveList with the number of each: newest first, then highest mRID."""
        return sorted(
            self.curves.items(),
            key=lambda item: (
                -(item[1].creationTime or 0),
                -int.from_bytes(item[1].mRID or b""),
            ),
        )

    def applies_to(self, device: EndDevice) -> bool:
        """Whether a device is to follow this program; an aggregator itself follows none."""
        registration, assignment = device.registration, self.assignment
        if registration.aggregator:
            return False
        return (
            assignment.everyone
            or registration.sfdi in assignment.devices
            or not assignment.groups.isdisjoint(registration.groups)
        )

    def new_number(self) -> int:
        """The number of the next control; numbers are never used again."""
        self._next_control += 1
        return self._next_control - 1

    def new_creation_time(self, now: int) -> int:
        """The time that decides between the controls of a program, so no two have the same."""
        self._last_created = max(now, self._last_created + 1)
        return self._last_created

    def add(self, control: Control) -> None:
        self.controls[control.number] = control
        self._listed.add(control)
        self._live.add(control)
        if control.status is Status.ACTIVE:
            self._active.add(control)

    def remove(self, control: Control) -> None:
        """Takes a control that has ended out of the lists."""
        del self.controls[control.number]
        self._listed.remove(control)
        self._ended.pop(control.number, None)

    def step(self, control: Control, name: str, now: int) -> None:
        """Takes one step of a control's life. Raises ValueError when its status has none such."""
        before = control.status
        control.step(name, now)
        if before is Status.ACTIVE:
            self._active.remove(control)
        if control.status is Status.ACTIVE:
            self._active.add(control)
        elif before in LIVE:
            self._live.remove(control)
        if control.status in ENDED_EARLY:
            self._ended[control.number] = control

    def rivals(self, control: Control) -> list[Control]:
        """The older controls that a new one takes modes from for some time: they may yet be in
        force, address the same devices, overlap it and have modes of it. Oldest first."""
        return [
            other
            for other in self._live.with_period_of(control)
            if other.creation_time < control.creation_time
            and other.device_category == control.device_category
            and not other.modes.isdisjoint(control.modes)
        ]

    def crowded_out(self, now: int) -> Control | None:
        """The first that ended early, once there are too many; clients had time to see its end."""
        most = MOST_ENDED_OWN if self.origin == "own" else MOST_ENDED
        if len(self._ended) <= most:
            return None
        first = next(iter(self._ended.values()))
        return first if first.status_time + CANCELLED_VISIBLE_S <= now else None

    def set_default(self, default: models.DefaultDERControl | None, now: int) -> bool:
        """Replaces the DefaultDERControl; it keeps its mRID and gets a new version."""
        new = replace(
            default or models.DefaultDERControl(),
            mRID=self.default.mRID,
            version=self.default.version,
            updatedTime=self.default.updatedTime,
        )
        new.DERControlBase = new.DERControlBase or models.DERControlBase()
        if new == self.default:
            return False
        new.version = ((self.default.version or 0) + 1) % VERSIONS
        new.updatedTime = now
        self.default = new
        return True

    def set_curves(
        self, curves: Sequence[models.DERCurve], now: int, new_mrid: Callable[[], bytes]
    ) -> bool:
        """Replaces the curves; a curve that is there already keeps its number."""
        known = {curve.mRID: number for number, curve in self.curves.items()}
        wanted: dict[int, models.DERCurve] = {}
        for curve in curves:
            number = known.get(curve.mRID)
            if number is None:
                number = self._next_curve
                self._next_curve += 1
            before = self.curves.get(number)
            created = now if before is None else before.creationTime
            wanted[number] = replace(
                curve,
                mRID=curve.mRID or new_mrid(),
                creationTime=curve.creationTime if curve.creationTime is not None else created,
            )
        changed = wanted != self.curves
        self.curves = wanted
        return changed


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
        self._next_number = 0
        # Counts what may change who sees which program, for those who keep an answer to that.
        self.generation = 0
        self._fsas: dict[str, tuple[int, bytes]] = {}
        # What each device sees, until a program or an assignment changes.
        self._seen: dict[str, tuple[Assignments, ...]] = {}
        self._ordered: dict[str, tuple[tuple[Assignments, ...], list[Program]]] = {}
        self._followers: dict[int, tuple[int, list[EndDevice]]] = {}

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
            mRID=self._new_mrid(), version=0, DERControlBase=models.DERControlBase()
        )
        program = Program(
            self._next_number, mrid, description, primacy, assignment, origin, default
        )
        self._next_number += 1
        self._by_number[program.number] = program
        self._by_mrid[int.from_bytes(mrid)] = program
        self.generation += 1
        if origin != "own":
            self._shared[program.number] = program
            self._seen.clear()
        return program

    def remove(self, program: Program) -> None:
        del self._by_number[program.number]
        del self._by_mrid[int.from_bytes(program.mrid)]
        self._shared.pop(program.number, None)
        self._followers.pop(program.number, None)
        self.generation += 1
        self._seen.clear()

    def forget(self, device: EndDevice) -> None:
        """To be called when a device's groups changed or it is gone."""
        self.generation += 1
        self._seen.pop(device.sfdi, None)
        self._ordered.pop(device.sfdi, None)

    def change(
        self, program: Program, description: str, primacy: int, assignment: Assignment
    ) -> bool:
        """Changes a program; whether anything was different."""
        new = (description, primacy, assignment)
        if new == (program.description, program.primacy, program.assignment):
            return False
        program.description, program.primacy, program.assignment = new
        program.version = (program.version + 1) % VERSIONS
        self.generation += 1
        self._seen.clear()
        return True

    def of(self, device: EndDevice) -> Sequence[Program]:
        """The programs of a device: lowest primacy first, then highest mRID."""
        assignments = self.assignments(device)
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
        generation, devices = self._followers.get(program.number, (-1, []))
        if generation != self.generation:
            devices = [device for device in registry.listed if program.applies_to(device)]
            self._followers[program.number] = (self.generation, devices)
        return devices

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
            Assignments(*self._fsa(name), name, tuple(sorted(programs, key=_program_order)))
            for name, programs in by_name.items()
        ]
        return tuple(sorted(listed, key=lambda fsa: -int.from_bytes(fsa.mrid)))

    def _fsa(self, name: str) -> tuple[int, bytes]:
        if name not in self._fsas:
            self._fsas[name] = (len(self._fsas), self._new_mrid())
        return self._fsas[name]


def _control_order(control: Control) -> tuple[int, int, int]:
    return (control.start, -control.creation_time, -int.from_bytes(control.mrid))


def _program_order(program: Program) -> tuple[int, int]:
    return (program.primacy, -int.from_bytes(program.mrid))
