"""An independent model of DERControls: what is listed and in force, by loops over all controls.

It shares no code with the program and knows nothing of indexes, agendas or caches. Where the
program is quick, this is obvious: at each moment at which anything can change every control is
looked at. Between two such moments nothing changes, so who agrees with it at all of them (and
right after what operators do) agrees with it at every second.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

SCHEDULED, ACTIVE, CANCELLED, CANCELLED_RANDOMIZED, SUPERSEDED, COMPLETED, GONE = range(7)
NEVER = 2**62


@dataclass(eq=False)
class PlainProgram:
    name: str
    primacy: int
    default: dict[str, int] = field(default_factory=dict)
    last_created: int = -1
    controls: list[PlainControl] = field(default_factory=list)


@dataclass(eq=False)
class PlainDevice:
    name: str
    programs: list[PlainProgram]
    resumes: bool = False
    category: int | None = None
    lost: set[tuple[int, str]] = field(default_factory=set)


@dataclass(eq=False)
class PlainControl:
    mrid: int
    program: PlainProgram
    created: int
    start: int
    duration: int
    random_start: int
    random_duration: int
    values: dict[str, int]
    category: int | None
    status: int = SCHEDULED
    since: int = 0
    version: int = 0
    flagged: int | None = None
    # When time next changes something.
    next: int = 0

    def plan(self) -> None:
        scheduled_end = self.start + self.duration
        last = scheduled_end
        for extra in (self.random_start, self.random_duration):
            if extra > 0:
                last += extra
        first = self.start if self.random_start > 0 else self.start + self.random_start
        self.next = {
            SCHEDULED: first,
            ACTIVE: last,
            CANCELLED: max(scheduled_end, self.since + 60),
            CANCELLED_RANDOMIZED: max(last, self.since + 60),
            SUPERSEDED: last,
            COMPLETED: last + 10,
            GONE: NEVER,
        }[self.status]

    def become(self, status: int, at: int) -> None:
        self.status = status
        self.since = at
        self.version += 1
        self.plan()


def meet(one: PlainControl, other: PlainControl) -> bool:
    return max(one.start, other.start) < min(one.start + one.duration, other.start + other.duration)


class BruteForce:
    """All controls of all programs, and what each device has lost."""

    def __init__(self, devices: Iterable[PlainDevice]) -> None:
        self.devices = list(devices)
        self.controls: list[PlainControl] = []
        # Everything up to here has happened.
        self.moved = -NEVER

    def create(self, control: PlainControl, now: int) -> None:
        self.move(now)
        program = control.program
        control.created = program.last_created = max(now, program.last_created + 1)
        control.since = now
        control.plan()
        self.moved = min(self.moved, now)
        self.controls.append(control)
        program.controls.append(control)
        for other in self._older_rivals(control):
            if set(other.values) != set(control.values) and other.flagged is None:
                other.flagged = now
                other.version += 1
        if control.next <= now:
            control.status = ACTIVE
            control.plan()
            self._supersede(control, now)
            self._settle()

    def cancel(self, control: PlainControl, at_once: bool, now: int) -> None:
        self.move(now)
        if control.status in (SCHEDULED, ACTIVE):
            randomized = control.random_start or control.random_duration
            control.become(CANCELLED if at_once or not randomized else CANCELLED_RANDOMIZED, now)
        self._settle()

    def move(self, now: int) -> None:
        """Time passes, moment by moment; going back undoes nothing."""
        while now > self.moved:
            moment = min((control.next for control in self.controls), default=NEVER)
            if moment > now:
                self.moved = now
                return
            for control in [one for one in self.controls if one.next == moment]:
                if control.next != moment:
                    continue  # another one's start has just changed it
                if control.status == SCHEDULED:
                    control.become(ACTIVE, moment)
                    self._supersede(control, moment)
                elif control.status == ACTIVE:
                    control.become(COMPLETED, moment)
                else:
                    control.become(GONE, moment)
                    control.program.controls.remove(control)
            self.controls = [one for one in self.controls if one.status != GONE]
            self._settle()

    def commanded(self, device: PlainDevice) -> dict[str, PlainControl]:
        """For each mode the control that the device is to follow."""
        return self._winners(device, self._active())

    def in_force(self, device: PlainDevice) -> dict[str, tuple[str, int]]:
        """For each mode the value, and whose it is."""
        return self._with_defaults(device, self.commanded(device))

    def all_in_force(self) -> dict[str, dict[str, tuple[str, int]]]:
        """The same for all devices by name."""
        active = self._active()
        return {
            device.name: self._with_defaults(device, self._winners(device, active))
            for device in self.devices
        }

    def addresses(self, control: PlainControl, device: PlainDevice) -> bool:
        """Whether the categories of both have a bit in common, where both are known."""
        if control.category is None or device.category is None:
            return True
        return control.category & device.category != 0

    def _with_defaults(
        self, device: PlainDevice, commanded: dict[str, PlainControl]
    ) -> dict[str, tuple[str, int]]:
        found = {}
        for program in sorted(device.programs, key=lambda one: -one.primacy):
            for mode, value in program.default.items():
                found[mode] = (f"default of {program.name}", value)
        for mode, control in commanded.items():
            found[mode] = (f"{control.mrid:x}", control.values[mode])
        return found

    def _active(self) -> dict[PlainProgram, list[PlainControl]]:
        active: dict[PlainProgram, list[PlainControl]] = {}
        for control in self.controls:
            if control.status == ACTIVE:
                active.setdefault(control.program, []).append(control)
        return active

    def _older_rivals(self, control: PlainControl) -> list[PlainControl]:
        return [
            other
            for other in control.program.controls
            if other.created < control.created
            and other.status in (SCHEDULED, ACTIVE)
            and other.category == control.category
            and set(other.values) & set(control.values)
            and meet(other, control)
        ]

    def _supersede(self, control: PlainControl, at: int) -> None:
        for other in self._older_rivals(control):
            if set(other.values) == set(control.values):
                other.become(SUPERSEDED, at)

    def _settle(self) -> None:
        active = self._active()
        for device in self.devices:
            for mode, contenders in self._contenders(device, active).items():
                standing: list[PlainControl] = []
                for control in contenders:
                    if (control.mrid, mode) in device.lost:
                        continue
                    if any(meet(control, better) for better in standing):
                        device.lost.add((control.mrid, mode))
                    else:
                        standing.append(control)

    def _winners(
        self, device: PlainDevice, active: dict[PlainProgram, list[PlainControl]]
    ) -> dict[str, PlainControl]:
        winners = {}
        for mode, contenders in self._contenders(device, active).items():
            for control in contenders:
                if device.resumes or (control.mrid, mode) not in device.lost:
                    winners[mode] = control
                    break
        return winners

    def _contenders(
        self, device: PlainDevice, active: dict[PlainProgram, list[PlainControl]]
    ) -> dict[str, list[PlainControl]]:
        """The active controls of a device by mode, the best first."""
        found: dict[str, list[PlainControl]] = {}
        for program in device.programs:
            for control in active.get(program, ()):
                if not self.addresses(control, device):
                    continue
                for mode in control.values:
                    found.setdefault(mode, []).append(control)
        for contenders in found.values():
            contenders.sort(key=lambda one: (one.program.primacy, -one.created, -one.mrid))
        return found
