"""Dispatch: the life of all DERControls, from their creation until they leave their list.

Time comes from the door's agenda alone: each step takes the moment it was due, in order, however
late it is applied, and nothing that has happened is undone when the clock is set back.
Source: IEEE 2030.5-2018 DERControl, EventStatus and the rules for events.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial

from ..sep import models
from ..sep.identity import mrid_text
from .changes import PointValue, Record
from .controls import CANCELLED, LIVE, STEPS, Control, Status
from .device_points import DevicePoints
from .door import Door
from .drafts import CurveAt, Draft, check, check_mrid
from .end_device import EndDevice
from .errors import BadValue, DuplicateControl, NotCancellable, UnknownControl
from .precedence import InForce, addresses
from .program import MOST_ENDED
from .programs import Program, Programs
from .registry import Registry
from .responses import ResponseSets
from .standings import Standings
from .telling import Telling

__all__ = ["Dispatch", "Draft", "InForce"]


class Dispatch:
    """Creates controls, ends them, and lets time pass for them."""

    def __init__(
        self,
        door: Door,
        registry: Registry,
        programs: Programs,
        points: DevicePoints,
        response_sets: ResponseSets,
    ) -> None:
        # Whoever knows the URIs tells which curve is at one.
        self.curve_at: CurveAt = lambda href: None
        # Whether a control that has randomisation is cancelled with it when nobody says.
        self.randomized_cancellation = True
        self.most_ended = MOST_ENDED
        self._door = door
        self._registry = registry
        self._programs = programs
        self._response_sets = response_sets
        self._standings = Standings(door, programs, points, lambda href: self.curve_at(href))
        # To be asked to tell some more after each change of a control, with pauses for others.
        self.telling = Telling(door, registry, programs, self._standings)
        self._by_mrid: dict[int, tuple[Program, Control]] = {}

    # --- questions -----------------------------------------------------------------------------

    def find(self, mrid: bytes) -> tuple[Program, Control]:
        """The listed control with this mRID, and its program. Raises UnknownControl."""
        self.catch_up()
        known = self._by_mrid.get(int.from_bytes(mrid))
        if known is None:
            raise UnknownControl(f"mRID: no DERControl {mrid_text(mrid)} is listed")
        return known

    def known(self, program: Program | None, draft: Draft) -> Control | None:
        """The control that a draft asks for, if it was created before; ``program``: where it is to
        be, None for one that is yet to be made.

        Raises BadValue for what cannot be an mRID, DuplicateControl for the mRID of something else.
        """
        if draft.mrid is None:
            return None
        check_mrid(draft.mrid)
        self._door.advance(self._door.clock())
        known = self._by_mrid.get(int.from_bytes(draft.mrid))
        text = mrid_text(draft.mrid)
        if known is None:
            if self._response_sets.knows(draft.mrid) or self._programs.find(draft.mrid):
                raise DuplicateControl(f"mRID: {text} was used before")
            return None
        holder, control = known
        if holder is not program:
            raise DuplicateControl(f"mRID: {text} is a control of another program")
        if difference := draft.difference(control):
            raise DuplicateControl(f"mRID: {text} is a control with another {difference}")
        return control

    def controls_of(self, device: EndDevice) -> list[tuple[Program, Control]]:
        """The listed controls that are meant for a device, in the order of its programs."""
        self.catch_up([device])
        return [
            (program, control)
            for program in self._programs.of(device)
            for control in program.listed
            if addresses(control, device)
        ]

    def in_force(self, device: EndDevice) -> dict[str, InForce]:
        """What a device is to follow in each mode (field of DERControlBase) that has anything."""
        self.catch_up([device])
        return self._standings.in_force(device)

    def lost(self, device: EndDevice, control: Control) -> Collection[str]:
        """The modes of an active control that a device will not take up again."""
        self.telling.finish([device])
        return self._standings.lost(device, control)

    # --- what operators do ---------------------------------------------------------------------

    def create(
        self,
        program: Program,
        draft: Draft,
        *,
        instead_of: Control | None = None,
        ordered: int | None = None,
    ) -> Control:
        """Creates a control; what is there already under its mRID and equal is returned as it is.

        ``instead_of``: a control of the program that is to end as soon as this one is there,
        whatever its modes. ``ordered``: when it was asked for, if that is not now: one that is over
        since then is still created, and completes. Raises BadValue; DuplicateControl for an mRID
        of something else.
        """
        self._prepare(program)
        known = self.known(program, draft)
        if known is not None:
            return known
        now = self._door.now
        check(draft, now if ordered is None else ordered, self.curve_at)
        control = self._build(program, draft, now)
        self._admit(program, control, now)
        if instead_of is not None and instead_of.status in LIVE:
            covered = instead_of.modes <= control.modes
            self._end(program, instead_of, "supersede" if covered else "cancel", now)
        self._tell(program, control)
        self.telling.settle()
        return control

    def cancel(self, control_mrid: bytes, *, randomize: bool | None = None) -> Control:
        """Cancels a control; without effect on one that is cancelled already.

        ``randomize``: True lets it end within its randomisation, False at once, None as configured.
        Raises UnknownControl; BadValue where there is no randomisation; NotCancellable for one that
        was superseded or is completed.
        """
        program, control = self.find(control_mrid)
        step = _cancelling(control, randomize, self.randomized_cancellation)
        done = CANCELLED if randomize is None else {STEPS[Status.ACTIVE][step]}
        if control.status in done:
            return control
        if step not in STEPS[control.status]:
            raise NotCancellable(
                f"mRID: DERControl {mrid_text(control_mrid)} is {control.status.words} already"
            )
        self._end(program, control, step, self._door.now)
        self.telling.settle()
        return control

    def close(self, program: Program) -> None:
        """A program is about to go: clients take its controls as cancelled."""
        self._prepare(program)
        for control in list(program.controls.values()):
            if control.status in LIVE:
                program.schedule.step(control, "cancel", self._door.now)
                self._tell(program, control)
            del self._by_mrid[int.from_bytes(control.mrid)]
        self.telling.settle()

    # --- what else decides what is in force ----------------------------------------------------

    def followers(self, program: Program) -> list[EndDevice]:
        """The devices that follow a program."""
        return list(self._programs.followers(program, self._registry))

    def refresh(self, device: EndDevice) -> dict[str, PointValue]:
        """A device follows other programs now; returns the points that changed."""
        self.telling.finish([device])
        return self._standings.refresh(device)

    def review(self, devices: Iterable[EndDevice]) -> None:
        """Programs changed for these devices: tells what that did to their points."""
        for device in devices:
            changed = self.refresh(device)
            if changed:
                self._door.emit("points", device, {}, changed)

    def forget(self, sfdi: str) -> None:
        """A device is gone."""
        self.telling.forget(sfdi)
        self._standings.forget(sfdi)

    # --- what comes from the store -------------------------------------------------------------

    @property
    def standings(self) -> Standings:
        """What controls have lost, device by device."""
        return self._standings

    def restore(self, program: Program, control: Control) -> None:
        """Lists a control as it was; what has become due since then comes with time."""
        program.schedule.add(control)
        self._by_mrid[int.from_bytes(control.mrid)] = (program, control)
        self._remember(program, control)

    # --- the life of a control -----------------------------------------------------------------

    def _build(self, program: Program, draft: Draft, now: int) -> Control:
        control = Control(
            number=program.new_number(),
            mrid=draft.mrid or self._door.new_mrid(),
            creation_time=program.new_creation_time(now),
            start=draft.start,
            duration=draft.duration,
            status=Status.SCHEDULED,
            status_time=now,
            description=draft.description,
            base=draft.base,
            randomize_start=draft.randomize_start,
            randomize_duration=draft.randomize_duration,
            device_category=draft.device_category,
            response_required=draft.response_required,
        )
        if control.earliest_start <= now:
            control.status = Status.ACTIVE
        return control

    def _admit(self, program: Program, control: Control, now: int) -> None:
        program.schedule.add(control)
        self._by_mrid[int.from_bytes(control.mrid)] = (program, control)
        self._response_sets.expect(control.mrid, program, models.DERControlResponse, control)
        self._mark(program, control, now)
        if control.status is Status.ACTIVE:
            self._supersede(program, control, now)
        self._remember(program, control)

    def _mark(self, program: Program, control: Control, now: int) -> None:
        """Marks older controls that a new one takes some of their modes from, but not all."""
        for other in program.schedule.rivals(control):
            if other.modes != control.modes and not other.potentially_superseded:
                other.potentially_superseded_time = now
                other.changed()
                record = _record(program, other)
                self._door.emit("control_overlap", None, _detail(program, other), records=[record])

    def _supersede(self, program: Program, control: Control, at: int) -> None:
        """A control begins: older ones of the same modes are over."""
        for other in program.schedule.rivals(control):
            if other.modes == control.modes:
                self._end(program, other, "supersede", at)

    def _end(self, program: Program, control: Control, step: str, at: int) -> None:
        """Ends a control early; it stays listed with its status for a while."""
        program.schedule.step(control, step, at)
        self._remember(program, control)
        self._tell(program, control)
        self.make_room(program, at)

    def make_room(self, program: Program, at: int) -> None:
        """Where too many have ended early, the first leave that clients had time to see, and more
        of them later, when there was time."""
        if self._programs.by_number(program.number) is not program:
            return
        while (first := program.crowded_out(at, self.most_ended)) is not None:
            self._leave(program, first, at)
        if (seen := program.crowded_until(self.most_ended)) is not None:
            again = partial(self.make_room, program)
            program.schedule.recall.by(self._door.bring, seen, again)

    def _remember(self, program: Program, control: Control) -> None:
        self._door.bring(control.due(), partial(self._due, program, control))

    def _due(self, program: Program, control: Control, at: int) -> None:
        known = self._by_mrid.get(int.from_bytes(control.mrid))
        if known is None or known[1] is not control or control.due() != at:
            return
        if control.status in LIVE:
            self.telling.finish_followers(program)
        if control.status is Status.SCHEDULED:
            program.schedule.step(control, "activate", at)
            self._supersede(program, control, at)
            self._remember(program, control)
            self._tell(program, control)
        elif control.status is Status.ACTIVE:
            program.schedule.step(control, "complete", at)
            self._remember(program, control)
            self._tell(program, control)
        else:
            self._leave(program, control, at)
        self.telling.settle_soon(at)

    def _leave(self, program: Program, control: Control, at: int) -> None:
        """A control that has ended leaves its list."""
        detail, record = _detail(program, control), _record(program, control)
        self._door.emit("control_removal", None, detail, records=[record])
        program.schedule.remove(control)
        del self._by_mrid[int.from_bytes(control.mrid)]
        self._response_sets.forget_later(control.mrid, at)

    # --- telling -------------------------------------------------------------------------------

    def catch_up(self, devices: Iterable[EndDevice] | None = None) -> None:
        """Time may have brought something that nobody has asked for yet. All devices are told of
        it then, or only those that are asked for."""
        self._door.advance(self._door.clock())
        if devices is None:
            self.telling.finish_all()
        else:
            self.telling.finish(devices)

    def _prepare(self, program: Program) -> None:
        """A program is about to change: who follows it is told first what was before."""
        self._door.advance(self._door.clock())
        self.telling.finish_followers(program)

    def _tell(self, program: Program, control: Control) -> None:
        self.telling.note(program, control, _detail(program, control))
        self._door.keep(_record(program, control), program.record)


def _cancelling(control: Control, randomize: bool | None, otherwise: bool) -> str:
    """The step that cancels a control. Raises BadValue where there is nothing to randomise."""
    if randomize and not control.randomized:
        raise BadValue("randomize is true, but the control has no randomisation")
    randomized = (control.randomized and otherwise) if randomize is None else randomize
    return "cancel randomized" if randomized else "cancel"


def _record(program: Program, control: Control) -> Record:
    return ("event", program.number, mrid_text(control.mrid))


def _detail(program: Program, control: Control) -> dict[str, PointValue]:
    """What listeners are told of a control, in the standard's field names."""
    return {"program": program.mrid.hex().upper(), **control.detail}
