"""Programs: whom they are for, what holds while nothing is active, their curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..configuration import put_program
from ..model.curve_limits import check_points
from ..model.drafts import check_base
from ..model.errors import BadValue, ModelError
from ..model.programs import Program
from ..sep import models
from ..sep.identity import mrid_text
from ..sep.json_form import from_json, to_json
from ..settings import Program as ProgramEntry
from .arguments import shown
from .modes import BASE, Modes
from .part import RPC, Part, refuse_configured


class Programs(Part):
    """DERPrograms, their DefaultDERControls and DERCurves."""

    def create_program(self, **program: Any) -> dict[str, Any]:
        """Creates a DERProgram, or makes the one of the same mRID that an operator made what is
        given: what is left out is at its default then, and curves go that nothing links.

        The keys are those of ``programs`` in the configuration; without ``mRID`` it gets one.
        Returns the program as JSON. Raises ValueError: bad key or value.
        """
        return described(put_program(self._fleet, ProgramEntry.read(program), RPC))

    def get_programs(self) -> list[dict[str, Any]]:
        """All programs but those of the devices' own set points."""
        return [described(program) for program in self._fleet.programs.all if not program.is_own]

    def assign_program(
        self,
        mRID: str,
        devices: list[str | int] | None = None,
        groups: list[str] | None = None,
        all: bool | None = None,
    ) -> dict[str, Any]:
        """Changes whom a program is for; what is not given stays."""
        program = self._shared_program(mRID)
        entry = ProgramEntry.read(
            {
                "primacy": program.primacy,
                "devices": sorted(program.assignment.devices) if devices is None else devices,
                "groups": sorted(program.assignment.groups) if groups is None else groups,
                "all": program.assignment.everyone if all is None else all,
            }
        )
        assignment = replace(
            program.assignment,
            everyone=entry.everyone,
            groups=entry.groups,
            devices=entry.devices,
        )
        self._fleet.programming.change(program, program.description, program.primacy, assignment)
        return described(program)

    def remove_program(self, mRID: str) -> None:
        """Removes a program, unless the configuration names it; clients take its controls as
        cancelled."""
        program = self._shared_program(mRID)
        refuse_configured("mRID", program.mrid.hex().upper(), program.origin)
        self._fleet.programming.remove(program)

    def set_default_control(
        self,
        mRID: str,
        default: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        """Sets a program's DefaultDERControl: the standard's field names and wire values.

        The modes in its DERControlBase may also be named as in ``create_control``.
        """
        program = self._shared_program(mRID)
        self._fleet.contents.set_default(program, self._default(program, default))
        return to_json(program.default)

    def create_curve(self, program: str, curve: Mapping[str, Any]) -> dict[str, Any]:
        """Adds a DERCurve to a program; controls of that program link it by its mRID.

        The same curve with the same mRID is that curve. Returns ``{"mRID", "href"}``. Raises
        ValueError: bad key or value, or another curve has this mRID.
        """
        owner = self._shared_program(program, "program")
        new = _curve(curve)
        number = self._same_curve(owner, new)
        if number is None:
            known = set(owner.curves)
            self._fleet.contents.set_curves(owner, [*owner.curves.values(), new])
            (number,) = set(owner.curves) - known
        mrid = owner.curves[number].mRID or b""
        href = self._server.href("DERCurve", derp=owner.number, dc=number)
        return {"mRID": mrid_text(mrid), "href": href}

    def _default(self, program: Program, default: object) -> models.DefaultDERControl | None:
        if default is None:
            return None
        if not isinstance(default, Mapping):
            raise ModelError(f"default is {shown(default)}, an object with keys is expected")
        fields = {key: value for key, value in default.items() if key != BASE}
        model: models.DefaultDERControl = from_json("DefaultDERControl", fields, "default")
        if default.get(BASE) is not None:
            modes = Modes(self._server, program, lambda: self._fleet.dispatch.followers(program))
            model.DERControlBase = modes.read(default[BASE], f"default.{BASE}", empty=True)
            check_base(model.DERControlBase, self._fleet.dispatch.curve_at)
        return model

    def _same_curve(self, owner: Program, new: models.DERCurve) -> int | None:
        """The number of the curve with this mRID. Raises BadValue when that is another one."""
        if new.mRID is None:
            return None
        wanted = int.from_bytes(new.mRID)
        for program in self._fleet.programs.all:
            for number, curve in program.curves.items():
                if int.from_bytes(curve.mRID or b"") != wanted:
                    continue
                if program is owner and _content(curve) == _content(new):
                    return number
                raise BadValue(f"curve.mRID: {mrid_text(new.mRID)} is another curve's")
        return None


def _curve(data: Mapping[str, Any]) -> models.DERCurve:
    curve: models.DERCurve = from_json("DERCurve", data, "curve")
    check_points(curve, "curve.")
    return curve


def _content(curve: models.DERCurve) -> models.DERCurve:
    """What makes a curve what it is; when it was created is said by the server."""
    return replace(curve, mRID=None, href=None, creationTime=None)


def described(program: Program) -> dict[str, Any]:
    """A program as JSON."""
    assignment = program.assignment
    return {
        "mRID": program.mrid.hex().upper(),
        "description": program.description,
        "primacy": program.primacy,
        "version": program.version,
        "all": assignment.everyone,
        "groups": sorted(assignment.groups),
        "devices": sorted(assignment.devices),
        "fsa": assignment.fsa,
        "controls": len(program.controls),
    }
