"""Standings: what is in force for each device, and what its control points read.

The points of a device read a DERControl that is made of what active controls command, mode by
mode; defaults are not commands and are not read by them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from ..sep import models
from .changes import PointValue
from .controls import MODES, Control
from .device_points import DevicePoints
from .end_device import EndDevice, ResourceKey
from .precedence import (
    RESUMES_SINCE,
    Candidate,
    InForce,
    Lost,
    by_mode,
    defaults,
    ranked,
    settle,
)
from .programs import Programs

CONTROL: ResourceKey = ("DERControl", 1)


class Standings:
    """Keeps for each device which controls have lost which modes."""

    def __init__(self, programs: Programs, points: DevicePoints) -> None:
        self._programs = programs
        self._points = points
        self._lost: dict[str, Lost] = {}

    def refresh(self, device: EndDevice) -> dict[str, PointValue]:
        """To be called after each moment that changed something; returns the points that did."""
        candidates = ranked(self._programs.of(device), device)
        if candidates:
            settle(candidates, self._lost.setdefault(device.sfdi, {}))
        else:
            self.forget(device.sfdi)
        control = _combined(self._commanded(device, candidates))
        if control == device.resources.get(CONTROL):
            return {}
        if control is None:
            del device.resources[CONTROL]
        else:
            device.resources[CONTROL] = control
        return self._points.refresh(device, CONTROL[0])

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
        """A device is gone, or has no control any more that could lose a mode."""
        self._lost.pop(sfdi, None)

    def _commanded(self, device: EndDevice, candidates: list[Candidate]) -> dict[str, Candidate]:
        lost = {} if resumes(device) else self._lost.get(device.sfdi, {})
        return by_mode(candidates, lost)


def resumes(device: EndDevice) -> bool:
    """Whether a device takes up a control again when the one that displaced it ends."""
    return device.edition is not None and device.edition.year >= RESUMES_SINCE


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
