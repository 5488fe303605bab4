"""What an operator asks for when creating a control: one object, read into drafts for programs.

One order gives one control in a program or for a group, and one in the own program of each device
that it names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..model import capability
from ..model.controls import Control
from ..model.drafts import HOUR_S, LONGEST_S, Draft
from ..model.end_device import EndDevice
from ..model.errors import BadValue, ModelError, UnknownControl
from ..model.programs import Program
from ..sep.identity import derived_mrid
from ..server import Server
from .arguments import hex_bits, moment, mrid_of, near, shown, text32, whole
from .modes import Modes
from .part import RPC, Part, named

KEYS = (
    "program",
    "group",
    "device",
    "devices",
    "start",
    "duration",
    "modes",
    "randomize_start",
    "randomize_duration",
    "response_required",
    "device_category",
    "description",
    "mRID",
)
TARGETS = KEYS[:4]
_RESPONSE_BITS = 0x07
_CATEGORY_BITS = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Target:
    """Where a control goes, and who is to follow it.

    Without ``program``: to one that is yet to be made for ``group``. ``own``: the device whose
    own program it is.
    """

    program: Program | None
    devices: Callable[[], Sequence[EndDevice]]
    group: str = ""
    own: EndDevice | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One control to create."""

    target: Target
    draft: Draft


class Orders(Part):
    """Reads orders; nothing is changed by it."""

    def __init__(self, server: Server, now: int) -> None:
        super().__init__(server)
        self._now = now

    @cached_property
    def _groups(self) -> dict[str, list[EndDevice]]:
        """The devices of each group; a whole schedule looks through the fleet once."""
        groups: dict[str, list[EndDevice]] = {}
        for device in self._fleet.registry.listed:
            if not device.registration.aggregator:
                for group in device.registration.groups:
                    groups.setdefault(group, []).append(device)
        return groups

    @cached_property
    def _programs(self) -> dict[str, Program]:
        """The operator's program for exactly one group, the oldest if there are several."""
        programs: dict[str, Program] = {}
        for program in self._fleet.programs.all:
            who = program.assignment
            others = who.devices or who.everyone
            if program.origin == RPC and len(who.groups) == 1 and not others:
                (group,) = who.groups
                programs.setdefault(group, program)
        return programs

    def read(self, order: Mapping[str, Any]) -> list[Order]:
        """The controls of one order. Raises ValueError that names the argument."""
        given = {key: value for key, value in order.items() if value is not None}
        for key in given:
            if key not in KEYS:
                raise ModelError(f"{key}: unknown argument{near(key, KEYS)}")
        for key in ("duration", "modes"):
            if key not in given:
                raise ModelError(f"{key}: is missing")
        targets = self._targets(given)
        return [Order(target, self._draft(target, given, "devices" in given)) for target in targets]

    # --- where ---------------------------------------------------------------------------------

    def _targets(self, given: Mapping[str, Any]) -> list[Target]:
        named_targets = [key for key in TARGETS if key in given]
        if len(named_targets) != 1:
            found = " and ".join(named_targets) or "none"
            raise ModelError(f"one of {', '.join(TARGETS)} is expected, given is {found}")
        (key,) = named_targets
        if key == "program":
            return [self._of_program(self._program(given[key], key))]
        if key == "group":
            return [self._of_group(given[key])]
        if key == "device":
            return [self._of_device(given[key], key)]
        return self._of_devices(given[key])

    def _of_program(self, program: Program) -> Target:
        if program.is_own:
            (sfdi,) = program.assignment.devices
            return self._of_device(sfdi, "program")
        return Target(program, lambda: self._fleet.dispatch.followers(program))

    def _of_group(self, group: object) -> Target:
        if not isinstance(group, str) or group not in self._groups:
            raise ModelError(f"group: no device is in {shown(group)}{near(group, self._groups)}")
        return Target(self._programs.get(group), lambda: self._groups[group], group)

    def _of_device(self, sfdi: object, name: str) -> Target:
        device = self._device(sfdi, name)
        if device.registration.aggregator:
            raise ModelError(f"{name}: {device.sfdi} is an aggregator, which follows no control")
        program = named(name, lambda: self._fleet.set_points.own_program(device))
        return Target(program, lambda: [device], own=device)

    def _of_devices(self, sfdis: object) -> list[Target]:
        if not isinstance(sfdis, list | tuple) or not sfdis:
            raise ModelError(f"devices is {shown(sfdis)}, a list of SFDIs is expected")
        targets = [self._of_device(sfdi, f"devices[{n}]") for n, sfdi in enumerate(sfdis)]
        seen = [target.own for target in targets]
        for number, device in enumerate(seen):
            if device in seen[:number]:
                raise ModelError(f"devices[{number}]: {sfdis[number]} is named twice")
        return targets

    # --- what ----------------------------------------------------------------------------------

    def _draft(self, target: Target, given: Mapping[str, Any], several: bool) -> Draft:
        mrid = mrid_of(given["mRID"]) if "mRID" in given else None
        if mrid is not None and several and target.own is not None:
            mrid = derived_mrid(mrid, target.own.sfdi)
        former = self._former(mrid)
        duration = whole("duration", given["duration"], 1, LONGEST_S)
        return Draft(
            base=self._base(target, given["modes"]),
            start=self._start(given, duration, former),
            duration=duration,
            description=text32("description", given.get("description", "")),
            mrid=mrid,
            randomize_start=_within_an_hour(given, "randomize_start"),
            randomize_duration=_within_an_hour(given, "randomize_duration"),
            device_category=_bits(given, "device_category", _CATEGORY_BITS),
            response_required=_bits(given, "response_required", _RESPONSE_BITS),
        )

    def _former(self, mrid: bytes | None) -> Control | None:
        """The control that this order made when it was given before."""
        if mrid is None:
            return None
        try:
            return self._fleet.dispatch.find(mrid)[1]
        except UnknownControl:
            return None

    def _base(self, target: Target, modes: object) -> Any:
        base = Modes(self._server, target.program, target.devices).read(modes)
        if target.own is not None:
            try:
                capability.check(base, target.own.resources)
            except BadValue as error:
                raise BadValue(f"modes: device {target.own.sfdi}: {error}") from error
        return base

    def _start(self, given: Mapping[str, Any], duration: int, former: Control | None) -> int:
        """When it begins; what is over already is refused, unless it is only asked for again."""
        if "start" not in given:
            return self._now if former is None else former.start
        start = moment("start", given["start"])
        if former is None and start + duration <= self._now:
            raise BadValue(
                f"start: a control of {duration} s from {shown(given['start'])} on is over since"
                f" {self._now - start - duration} s"
            )
        return start


def _within_an_hour(given: Mapping[str, Any], name: str) -> int:
    return whole(name, given.get(name, 0), -HOUR_S, HOUR_S)


def _bits(given: Mapping[str, Any], name: str, high: int) -> bytes | None:
    return hex_bits(name, given[name], high) if name in given else None
