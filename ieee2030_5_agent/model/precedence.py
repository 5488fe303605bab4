"""Which of several controls a device is to follow, mode by mode.

Among active controls with the same mode the lowest primacy counts, then the latest creation. In
2018 and before, a control that had to give up a mode does not come back to it when the other one
ends; in 2023 it resumes. Source: IEEE 2030.5-2018 and -2023, rules for events.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..sep import models
from .controls import BASE_FIELDS, MODES, Control
from .end_device import EndDevice
from .programs import Program
from .writing import DEFAULT_FIELDS

Candidate = tuple[Program, Control]
# The modes that controls have lost for good.
Lost = dict[Control, set[str]]

RESUMES_SINCE = 2023


@dataclass(frozen=True, slots=True)
class InForce:
    """What a device is to follow in one mode; ``control``: None for the program's default."""

    program: Program
    control: Control | None
    value: Any


def addresses(control: Control, device: EndDevice) -> bool:
    """Whether a control is meant for devices of this category; one of which none is known is
    taken to be."""
    category = device.registration.category
    if control.device_category is None or category is None:
        return True
    return int.from_bytes(control.device_category) & int.from_bytes(category) != 0


def ranked(programs: Iterable[Program], device: EndDevice) -> list[Candidate]:
    """The active controls that are meant for a device, the one that counts most first."""
    candidates = [
        (program, control)
        for program in programs
        for control in program.active
        if addresses(control, device)
    ]
    if len(candidates) > 1:
        candidates.sort(key=_rank)
    return candidates


def settle(candidates: Sequence[Candidate], lost: Lost) -> bool:
    """Notes which controls lose which modes now, and forgets those that are not active any more;
    whether that was anything.

    Only controls whose scheduled periods overlap compete: one that follows the other waits until
    the randomised end of the other.
    """
    active = {control for _, control in candidates}
    over = [control for control in lost if control not in active]
    for control in over:
        del lost[control]
    changed = bool(over)
    standing: dict[str, list[Control]] = {}
    for _, control in candidates:
        for mode in control.modes - lost.get(control, frozenset()):
            above = standing.setdefault(mode, [])
            if any(control.overlaps(other) for other in above):
                lost.setdefault(control, set()).add(mode)
                changed = True
            else:
                above.append(control)
    return changed


def by_mode(candidates: Iterable[Candidate], lost: Lost) -> dict[str, Candidate]:
    """For each mode the control that counts, in the order of the standard's modes."""
    first: dict[str, Candidate] = {}
    for program, control in candidates:
        for mode in control.modes - lost.get(control, frozenset()):
            first.setdefault(mode, (program, control))
    return {mode: first[mode] for mode in MODES if mode in first}


def defaults(programs: Iterable[Program]) -> dict[str, InForce]:
    """For each mode the default of the lowest primacy that has it."""
    found: dict[str, InForce] = {}
    for program in programs:
        base = program.default.DERControlBase
        for mode in MODES:
            value = getattr(base, mode, None)
            if value is not None:
                found.setdefault(mode, InForce(program, None, value))
    return found


def combined_default(programs: Iterable[Program]) -> models.DefaultDERControl | None:
    """What holds without any control, field by field as ``defaults``; None for nothing at all."""
    base, rest = models.DERControlBase(), models.DefaultDERControl()
    for program in programs:
        _fill(base, program.default.DERControlBase, BASE_FIELDS)
        _fill(rest, program.default, DEFAULT_FIELDS)
    if base == models.DERControlBase() and rest == models.DefaultDERControl():
        return None
    rest.DERControlBase = base
    return rest


def _fill(target: Any, source: Any, names: Iterable[str]) -> None:
    for name in names:
        if getattr(target, name) is None:
            setattr(target, name, getattr(source, name, None))


def _rank(candidate: Candidate) -> tuple[int, int, int]:
    program, control = candidate
    return (program.primacy, -control.creation_time, -int.from_bytes(control.mrid))
