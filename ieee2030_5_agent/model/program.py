"""DERProgram: a list of controls with a priority, a default and curves, and whom it is for.

Source: IEEE 2030.5-2018 DERProgram, DERControlList, DefaultDERControl, DERCurveList.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..sep import models
from .changes import PointValue, Record
from .controls import VERSIONS, Control
from .end_device import EndDevice
from .schedule import Schedule

DEFAULT_ASSIGNMENTS = "default"
# Origin of the programs that devices have for their own set points.
OWN = "own"
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
    """One DERProgram. ``origin``: ``config``, ``rpc``, or ``own`` for a device's set points.

    ``configured``: tells what the configuration said of it last.
    """

    number: int
    mrid: bytes
    description: str
    primacy: int
    assignment: Assignment
    origin: str
    default: models.DefaultDERControl
    version: int = 0
    curves: dict[int, models.DERCurve] = field(default_factory=dict)
    # Made for the first control: most of the programs of devices never have any.
    _schedule: Schedule | None = None
    last_created: int = -1
    next_control: int = 1
    next_curve: int = 1
    configured: str | None = None

    @property
    def record(self) -> Record:
        return ("program", self.number)

    @property
    def is_own(self) -> bool:
        """Whether it holds a device's own set points."""
        return self.origin == OWN

    @property
    def records(self) -> list[Record]:
        """All that it is stored in, besides its curves and events."""
        fsa: list[Record] = [("counter", "fsa"), ("fsa", self.assignment.fsa)]
        return [self.record, ("counter", "program"), *fsa]

    @property
    def schedule(self) -> Schedule:
        """Its controls, to be changed."""
        if self._schedule is None:
            self._schedule = Schedule()
        return self._schedule

    @property
    def controls(self) -> Mapping[int, Control]:
        """Its controls by number."""
        return {} if self._schedule is None else self._schedule.controls

    @property
    def listed(self) -> Sequence[Control]:
        """The DERControlList: by start, of the same start the newest and highest mRID first."""
        return () if self._schedule is None else self._schedule.listed.all

    @property
    def active(self) -> Sequence[Control]:
        """The ActiveDERControlList, in the same order."""
        return () if self._schedule is None else self._schedule.active.all

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

    def detail(self, change: str) -> dict[str, PointValue]:
        """What listeners are told of a change of the program."""
        return {"program": self.number, "mRID": self.mrid.hex().upper(), "change": change}

    def new_number(self) -> int:
        """The number of the next control; numbers are never used again."""
        self.next_control += 1
        return self.next_control - 1

    def new_creation_time(self, now: int) -> int:
        """The time that decides between the controls of a program, so no two have the same."""
        self.last_created = max(now, self.last_created + 1)
        return self.last_created

    def crowded_out(self, now: int, most: int) -> Control | None:
        """The first that ended early, once there are too many; clients had time to see its end."""
        schedule = self._schedule
        return None if schedule is None else schedule.crowded_out(now, self._room(most))

    def crowded_until(self, most: int) -> int | None:
        """When clients have had time to see the first that ended early, if there are too many."""
        schedule = self._schedule
        return None if schedule is None else schedule.crowded_until(self._room(most))

    def _room(self, most: int) -> int:
        return min(most, MOST_ENDED_OWN) if self.is_own else most

    @property
    def has_default(self) -> bool:
        """Whether the DefaultDERControl says anything."""
        return self.default != models.DefaultDERControl(
            mRID=self.default.mRID,
            version=self.default.version,
            updatedTime=self.default.updatedTime,
            DERControlBase=models.DERControlBase(),
        )

    def set_default(
        self, default: models.DefaultDERControl | None, now: int, new_mrid: bytes | None = None
    ) -> bool:
        """Replaces the DefaultDERControl if it differs: a new version with the same mRID, or the
        first one with another mRID."""
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
        if new_mrid is not None:
            new.mRID, new.version = new_mrid, 0
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
                number = self.next_curve
                self.next_curve += 1
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
