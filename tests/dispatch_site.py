"""A fleet and the brute-force model of it side by side: each act is done to both."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

from ieee2030_5_agent.model.changes import Changed
from ieee2030_5_agent.model.controls import Control
from ieee2030_5_agent.model.drafts import Draft
from ieee2030_5_agent.model.end_device import EndDevice, Registration
from ieee2030_5_agent.model.fleet import Fleet
from ieee2030_5_agent.model.points import PointMap
from ieee2030_5_agent.model.programs import Assignment, Program
from ieee2030_5_agent.model.telling import AT_ONCE
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.sep.editions import Edition
from tests.brute_force import BruteForce, PlainControl, PlainDevice, PlainProgram

START = 1_780_000_000
# Modes whose values are plain numbers, which is all that matters here.
MODES = ("opModFixedW", "opModMaxLimW", "opModFixedV", "opModMaxLimPctWAbsorb")
ROWS = [
    {"Volttron Point Name": mode, "Resource": "DERControl", "Field": f"DERControlBase.{mode}"}
    for mode in MODES
]


def sfdi(number: int) -> str:
    """A valid SFDI: the sum of all digits is a multiple of ten."""
    digits = f"{number + 1:011d}"
    return digits + str(-sum(map(int, digits)) % 10)


class Pair:
    """The program and the model of it."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        """``at_once``: how many devices are told at once of what became of their controls."""
        self.now: float = START
        self._mrids = count(1)
        self.changes: list[Changed] = []
        self.fleet = Fleet(lambda: self.now, PointMap.from_rows(ROWS), self._new_mrid, "run")
        self.fleet.dispatch.telling.at_once = at_once
        self.fleet.listen(self.changes.append)
        self.model = BruteForce([])
        self.programs: list[tuple[Program, PlainProgram]] = []
        self.devices: list[tuple[EndDevice, PlainDevice]] = []
        self.controls: list[tuple[Control, PlainControl]] = []

    def _new_mrid(self) -> bytes:
        return next(self._mrids).to_bytes(16)

    # --- who is there --------------------------------------------------------------------------

    def add_device(
        self,
        groups: frozenset[str] = frozenset(),
        resumes: bool = False,
        category: int | None = None,
    ) -> None:
        octets = None if category is None else category.to_bytes(4)
        registration = Registration(sfdi(len(self.devices)), groups=groups, category=octets)
        device = self.fleet.register(registration, "config")
        self.fleet.heard(device, Edition.E2023 if resumes else Edition.E2018)
        self.devices.append((device, PlainDevice(device.sfdi, [], resumes, category)))
        self.model.devices = [plain for _, plain in self.devices]

    def add_program(
        self, primacy: int, assignment: Assignment, default: dict[str, int] | None = None
    ) -> None:
        """To be called when all devices are there."""
        program = self.fleet.programming.create("", primacy, assignment, "rpc")
        plain = PlainProgram(program.mrid.hex(), primacy, default or {})
        base = models.DERControlBase(**plain.default)
        self.fleet.contents.set_default(program, models.DefaultDERControl(DERControlBase=base))
        self.programs.append((program, plain))
        for device, follower in self.devices:
            groups = device.registration.groups
            named = device.sfdi in assignment.devices or groups & assignment.groups
            if assignment.everyone or named:
                follower.programs.append(plain)

    # --- what happens --------------------------------------------------------------------------

    def create(
        self,
        program: int,
        start: int,
        duration: int,
        values: dict[str, int],
        random_start: int = 0,
        random_duration: int = 0,
        category: int | None = None,
    ) -> None:
        """A control whose period is not over yet, in both."""
        real, plain = self.programs[program]
        draft = Draft(
            base=models.DERControlBase(**values),
            start=start,
            duration=duration,
            randomize_start=random_start,
            randomize_duration=random_duration,
            device_category=None if category is None else category.to_bytes(4),
        )
        control = self.fleet.dispatch.create(real, draft)
        twin = PlainControl(
            int.from_bytes(control.mrid),
            plain,
            0,
            start,
            duration,
            random_start,
            random_duration,
            values,
            category,
        )
        self.model.create(twin, int(self.now))
        self.controls.append((control, twin))

    def cancel(self, number: int, at_once: bool) -> None:
        """Cancels one that is not gone or superseded; without effect on others."""
        control, twin = self.controls[number]
        self.model.move(int(self.now))
        self.fleet.advance(self.now)
        if twin.status in (0, 1):
            self.fleet.dispatch.cancel(control.mrid, randomize=False if at_once else None)
            self.model.cancel(twin, at_once, int(self.now))

    def pass_time(self) -> None:
        self.fleet.advance(self.now)
        self.model.move(int(self.now))

    # --- what they say -------------------------------------------------------------------------

    def check_in_force(self) -> None:
        expected = self.model.all_in_force()
        for device, plain in self.devices:
            assert dict(self._in_force(device)) == expected[plain.name], (device.sfdi, self.now)

    def check_points(self) -> None:
        """The points read what is commanded, defaults left out."""
        for device, plain in self.devices:
            commanded = self.model.commanded(plain)
            values = {mode: commanded[mode].values[mode] for mode in commanded}
            control: Any = device.resources.get(("DERControl", 1))
            read = {} if control is None else _values(control.DERControlBase)
            assert read == values, (device.sfdi, self.now)
            points = {name: device.points.get(name) is not None for name in MODES}
            assert points == {name: name in values for name in MODES}

    def check_lists(self) -> None:
        """Every control that is listed, with all that clients read of its life."""
        listed: dict[PlainProgram, list[PlainControl]] = {}
        for twin in self.model.controls:
            listed.setdefault(twin.program, []).append(twin)
        for program, plain in self.programs:
            twins = listed.get(plain, [])
            twins.sort(key=lambda one: (one.start, -one.created, -one.mrid))
            assert [_life(control) for control in program.listed] == [_plain(one) for one in twins]
            active = [control.mrid for control in program.listed if int(control.status) == 1]
            assert [control.mrid for control in program.active] == active

    def _in_force(self, device: EndDevice) -> Iterator[tuple[str, tuple[str, int]]]:
        for mode, holds in self.fleet.dispatch.in_force(device).items():
            if holds.control is None:
                yield mode, (f"default of {holds.program.mrid.hex()}", holds.value)
            else:
                yield mode, (f"{int.from_bytes(holds.control.mrid):x}", holds.value)


def _values(base: models.DERControlBase) -> dict[str, int]:
    return {mode: getattr(base, mode) for mode in MODES if getattr(base, mode) is not None}


def _life(control: Control) -> tuple[Any, ...]:
    model = control.model("")
    status: Any = model.EventStatus
    return (
        int.from_bytes(control.mrid),
        model.creationTime,
        status.currentStatus,
        status.dateTime,
        status.potentiallySuperseded,
        status.potentiallySupersededTime,
        model.version,
    )


def _plain(twin: PlainControl) -> tuple[Any, ...]:
    return (
        twin.mrid,
        twin.created,
        twin.status,
        twin.since,
        twin.flagged is not None,
        twin.flagged,
        twin.version,
    )


everybody = partial(Assignment, everyone=True)
