"""Commits: what was staged point by point becomes a whole: a DERCurve, or a set of parameters.

Devices see a curve only when it is whole, always as a new DERCurve with a new mRID. A group of
points keeps one curve per mode. Source: IEEE 2030.5-2018 DERCurve, FreqDroopType.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..sep import models
from .contents import Contents
from .device_points import DevicePoints
from .door import Door
from .end_device import Commit, EndDevice, without
from .errors import BadValue, BaseUnknown
from .newer_modes import refuse_newer_parts
from .point_groups import Group, refuse_missing
from .program import Program
from .state_points import ADOPTION
from .writing import CONTROL, Role

# AdptCrvRslt of SunSpec 705 to 712.
COMPLETED, FAILED = 1, 2


class Commits:
    """Makes wholes and remembers them with the device."""

    def __init__(self, door: Door, contents: Contents, points: DevicePoints) -> None:
        # Whoever knows the URIs tells the one of a program's curve.
        self.curve_href: Callable[[Program, int], str] = lambda program, number: ""
        self._door = door
        self._contents = contents
        self._points = points

    def make(self, device: EndDevice, program: Program, group: Group) -> None:
        """Makes all that is staged in a group a whole. Raises BadValue for half of it.

        The parts of several curves are independent: one of which nothing is set stays as it was.
        """
        try:
            curves = self._curves(device, group)
            values = group.values(device.staged, device.resources, CONTROL)
            refuse_missing(values)
            if not curves and not values:
                modes = [mode for _, w in group.of(Role.COMMIT) for mode in w.modes]
                raise BadValue(f"nothing is set for {' or '.join(modes or group.curve_modes)}")
        except (BadValue, BaseUnknown):
            before = device.commits.get(group.name, Commit(FAILED))
            self._note(device, group, replace(before, result=FAILED))
            raise
        former = device.commits.get(group.name)
        numbers = dict(former.curves) if former else {}
        numbers = {mode: number for mode, number in numbers.items() if curves.get(mode, True)}
        made = {mode: curve for mode, curve in curves.items() if curve is not None}
        numbers |= self._publish(device, program, made, numbers)
        values = {name: value for name, value in device.staged.items() if name in group.points}
        self._note(device, group, Commit(COMPLETED, values, numbers))

    def forget(self, device: EndDevice, group: Group) -> None:
        """What was made a whole can no longer be switched on; what is in force stays."""
        if group.name in device.commits:
            device.commits = without(device.commits, group.name)
            del device.resources[ADOPTION, group.name]
            self._tell(device)

    def links(
        self, device: EndDevice, program: Program, group: Group
    ) -> dict[str, models.DERCurveLink]:
        """The links to the curves of a group, by mode."""
        commit = device.commits.get(group.name)
        return {
            mode: models.DERCurveLink(href=self.curve_href(program, number))
            for mode, number in (commit.curves if commit else {}).items()
            if number in program.curves
        }

    def _curves(self, device: EndDevice, group: Group) -> dict[str, models.DERCurve | None]:
        """The curves of which something is staged; None for one that is to have no points."""
        drafts = group.drafts(device.staged, device.resources)
        curves = {
            mode: None if draft.count == 0 else draft.finished() for mode, draft in drafts.items()
        }
        for mode, curve in curves.items():
            refuse_newer_parts(mode, curve, device)
        return curves

    def _publish(
        self,
        device: EndDevice,
        program: Program,
        curves: Mapping[str, models.DERCurve],
        former: Mapping[str, int],
    ) -> dict[str, int]:
        """The numbers of curves in the program, by mode; the same curve is not made anew."""
        same = {
            mode: former[mode]
            for mode, curve in curves.items()
            if mode in former and _content(program.curves[former[mode]]) == curve
        }
        new = {mode: curve for mode, curve in curves.items() if mode not in same}
        if new:
            before = set(program.curves)
            kept = self._still_needed(device, program)
            self._contents.set_curves(program, [*kept, *new.values()])
            added = sorted(set(program.curves) - before)
            same |= dict(zip(new, added, strict=True))
        return same

    def _still_needed(self, device: EndDevice, program: Program) -> list[models.DERCurve]:
        """The curves that may be switched on, or that devices may have to read."""
        used = {number for commit in device.commits.values() for number in commit.curves.values()}
        used |= set(self._contents.linked_curves(program))
        return [curve for number, curve in program.curves.items() if number in used]

    def _note(self, device: EndDevice, group: Group, commit: Commit) -> None:
        device.commits = {**device.commits, group.name: commit}
        device.resources[ADOPTION, group.name] = commit.result
        self._tell(device)

    def _tell(self, device: EndDevice) -> None:
        changed = self._points.refresh(device, ADOPTION)
        self._door.emit("staged", device, {}, changed, records=[device.record])


def _content(curve: models.DERCurve) -> models.DERCurve:
    """A curve without what the server gave it."""
    return replace(curve, mRID=None, creationTime=None)
