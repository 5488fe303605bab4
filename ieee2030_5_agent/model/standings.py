"""Standings: what is in force for each device, and what its control points read.

The points of a device read a DERControl that is made of what active controls command, mode by
mode; defaults are not commands and are not read by them. Beside it there are the control that
commands each mode (`("DERControl", mode)`), the curve that it links (`("DERCurve", mode)`), and one
DefaultDERControl made of the defaults in force.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..sep import models
from .changes import PointValue
from .controls import MODES, Control
from .device_points import DevicePoints
from .door import Door
from .drafts import CURVE_MODES, CurveAt
from .end_device import EndDevice
from .precedence import (
    RESUMES_SINCE,
    Candidate,
    InForce,
    Lost,
    by_mode,
    combined_default,
    defaults,
    ranked,
    settle,
)
from .programs import Program, Programs
from .received import Received, ResourceKey

CONTROL: ResourceKey = ("DERControl", 1)
DEFAULT: ResourceKey = ("DefaultDERControl", 1)
# What a device's resources of these classes say follows from programs and controls.
IN_FORCE = ("DERControl", "DERCurve", "DefaultDERControl")


class Standings:
    """Keeps for each device which controls have lost which modes."""

    def __init__(
        self, door: Door, programs: Programs, points: DevicePoints, curve_at: CurveAt
    ) -> None:
        self._door = door
        self._programs = programs
        self._points = points
        self._curve_at = curve_at
        self._lost: dict[str, Lost] = {}
        # The default of each device, and those that it is made of.
        self._defaults: dict[str, tuple[object, models.DefaultDERControl | None]] = {}

    def refresh(self, device: EndDevice) -> dict[str, PointValue]:
        """To be called after each moment that changed something; returns the points that did."""
        programs = self._programs.of(device)
        candidates = ranked(programs, device)
        if candidates:
            if settle(candidates, self._lost.setdefault(device.sfdi, {})):
                self._door.keep(("standing", device.sfdi))
        elif self._lost.pop(device.sfdi, None):
            self._door.keep(("standing", device.sfdi))
        standing = self._standing(self._commanded(device, candidates))
        default = self._default(device, programs)
        if default is not None:
            standing[DEFAULT] = default
        points: dict[str, PointValue] = {}
        for resource in _replace(device.resources, standing):
            points |= self._points.refresh(device, resource)
        return points

    def in_force(self, device: EndDevice) -> dict[str, InForce]:
        """What holds in each mode: an active control, or else a default."""
        programs = self._programs.of(device)
        found = defaults(programs)
        for mode, (program, control) in self._commanded(device, ranked(programs, device)).items():
            found[mode] = InForce(program, control, getattr(control.base, mode))
        return {mode: found[mode] for mode in MODES if mode in found}

    def lost(self, device: EndDevice, control: Control) -> Collection[str]:
        """The modes of a control that a device will not take up again."""
        return () if resumes(device) else self._lost.get(device.sfdi, {}).get(control, ())

    def forget(self, sfdi: str) -> None:
        """A device is gone."""
        self._lost.pop(sfdi, None)
        self._defaults.pop(sfdi, None)

    def all_lost(self, sfdi: str) -> Lost:
        """The modes that controls have lost for a device, whatever its edition."""
        return self._lost.get(sfdi, {})

    def restore(self, sfdi: str, lost: Lost) -> None:
        """Takes back what controls had lost."""
        self._lost[sfdi] = lost

    def _commanded(self, device: EndDevice, candidates: list[Candidate]) -> dict[str, Candidate]:
        lost = {} if resumes(device) else self._lost.get(device.sfdi, {})
        return by_mode(candidates, lost)

    def _standing(self, commanded: Mapping[str, Candidate]) -> dict[ResourceKey, Any]:
        """What active controls command, as the resources that points read."""
        control = _combined(commanded)
        if control is None:
            return {}
        standing: dict[ResourceKey, Any] = {CONTROL: control}
        for mode, (_, each) in commanded.items():
            standing["DERControl", mode] = each.model("")
            value = getattr(each.base, mode)
            curve = self._curve_at(value.href or "") if mode in CURVE_MODES else None
            if curve is not None:
                standing["DERCurve", mode] = curve
        return standing

    def _default(
        self, device: EndDevice, programs: Sequence[Program]
    ) -> models.DefaultDERControl | None:
        """One DefaultDERControl with each field of the program of lowest primacy that has it."""
        made_of = tuple(program.default for program in programs)
        known = self._defaults.get(device.sfdi)
        if known is None or known[0] != made_of:
            known = self._defaults[device.sfdi] = (made_of, combined_default(programs))
        return known[1]


def resumes(device: EndDevice) -> bool:
    """Whether a device takes up a control again when the one that displaced it ends."""
    return device.edition is not None and device.edition.year >= RESUMES_SINCE


def _replace(resources: Received, standing: Mapping[ResourceKey, Any]) -> list[str]:
    """Puts what stands now into a device's resources; returns the classes that changed."""
    changed: dict[str, None] = {}
    for key in [key for key in resources if key[0] in IN_FORCE and key not in standing]:
        del resources[key]
        changed[key[0]] = None
    for key, model in standing.items():
        if resources.get(key) != model:
            resources[key] = model
            changed[key[0]] = None
    return list(changed)


def _combined(commanded: Mapping[str, Candidate]) -> models.DERControl | None:
    """One DERControl with all that is commanded; the rest is of the control that counts most."""
    if not commanded:
        return None
    _, first = min(commanded.values(), key=_weight)
    base = models.DERControlBase(rampTms=first.base.rampTms)
    for mode, (_, control) in commanded.items():
        setattr(base, mode, getattr(control.base, mode))
    return replace(first.model(""), DERControlBase=base)


def _weight(candidate: Candidate) -> tuple[int, int]:
    program, control = candidate
    return (program.primacy, -control.creation_time)
