"""The modes of a control as operators name them: fields of DERControlBase, or points.

A field carries its wire value (hundredths of a percent, a JSON object); a field that links a curve
carries the curve's mRID. A point carries engineering units; the registry row of the device converts
it, so watts become percent of that device's own rating.
Source: IEEE 2030.5-2018 DERControlBase, DERCurve.curveType.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..model.controls import RAMP_TIME
from ..model.drafts import CURVE_MODES
from ..model.end_device import EndDevice
from ..model.errors import BadValue, BaseUnknown, ModelError
from ..model.immediate_controls import control_base
from ..model.point import Point
from ..model.point_groups import filled, missing
from ..model.programs import Program
from ..model.row_mapping import ABSENT
from ..model.writing import CONTROL, Role, Writing
from ..sep import models
from ..sep.facets import ELEMENTS, SIMPLE
from ..sep.json_form import from_json
from ..server import Server
from .arguments import mrid_of, near, shown
from .meaning import check_meaning

BASE = "DERControlBase"
_FIELDS = ELEMENTS[BASE]
_CURVE_MODES = SIMPLE["DERCurveType"].codes
_OLD_NAMES = {element.old_name: name for name, element in _FIELDS.items() if element.old_name}
# Points that say what an argument of its own says.
_ELSEWHERE = {
    "interval.duration": "give duration instead",
    "randomizeStart": "give randomize_start instead",
}
_NO_ORDER = "commands nothing by itself; for a curve use create_curve and name its mode"


class Modes:
    """Reads the modes of one control. ``devices``: whose points may be named."""

    def __init__(
        self,
        server: Server,
        program: Program | None,
        devices: Callable[[], Sequence[EndDevice]],
    ) -> None:
        self._server = server
        self._program = program
        self._devices = devices

    def read(self, modes: object, path: str = "modes", *, empty: bool = False) -> Any:
        """The DERControlBase. Raises ValueError that names the mode; ``empty``: none will do."""
        if not isinstance(modes, Mapping):
            raise ModelError(f"{path} is {shown(modes)}, an object of modes is expected")
        values: dict[str, Any] = {}
        for name, value in modes.items():
            for field, wire in self._one(str(name), value, f"{path}.{name}").items():
                values[field] = _together(values.get(field), wire, field, f"{path}.{name}")
        for field, wire in values.items():
            lacking = field if wire is None else missing({field: wire})
            if lacking:
                raise BadValue(f"{path}: {lacking} is missing")
        if not empty and not values.keys() - {RAMP_TIME}:
            raise BadValue(f"{path}: at least one mode is expected, such as opModMaxLimW")
        return control_base(values)

    def _one(self, name: str, value: object, path: str) -> dict[str, Any]:
        field = _OLD_NAMES.get(name, name)
        if field not in _FIELDS:
            return self._point(name, value, path)
        if value is None:
            raise BadValue(f"{path} is None, a value is expected")
        if _FIELDS[field].type == "DERCurveLink" and isinstance(value, str):
            return {field: self._curve(field, value, path)}
        base = from_json(BASE, {field: value}, path.removesuffix(f".{name}"))
        wire = getattr(base, field)
        if _FIELDS[field].type == "DERCurveLink":
            self._check_link(wire, path)
        check_meaning("DERControl", f"{BASE}.{field}", wire, path)
        return {field: wire}

    # --- curves --------------------------------------------------------------------------------

    def _curve(self, field: str, mrid: str, path: str) -> models.DERCurveLink:
        """The link to a curve of the control's program, which is all that a device sees of it."""
        wanted = int.from_bytes(mrid_of(mrid, path))
        for number, curve in self._program.curves.items() if self._program else ():
            if int.from_bytes(curve.mRID or b"") == wanted:
                _check_curve(field, curve, path)
                assert self._program is not None  # noqa: S101 - it has a curve
                href = self._server.href("DERCurve", derp=self._program.number, dc=number)
                return models.DERCurveLink(href=href)
        raise BadValue(f"{path}: {mrid} is no curve of the control's program (create_curve)")

    def _check_link(self, link: models.DERCurveLink, path: str) -> None:
        """Raises BadValue for a curve of another program, which a device may not be shown."""
        curve = self._server.fleet.dispatch.curve_at(link.href or "")
        own = self._program.curves.values() if self._program else ()
        if curve is not None and not any(curve is known for known in own):
            raise BadValue(f"{path}: {link.href} is no curve of the control's program")

    # --- points --------------------------------------------------------------------------------

    def _point(self, name: str, value: object, path: str) -> dict[str, Any]:
        """What a point gives, by field, which must be the same for all devices."""
        found: dict[str, Any] | None = None
        for device in self._devices():
            converted = self._convert(device, name, value, path)
            if found is not None and converted != found:
                fields = ", ".join(converted)
                raise BadValue(
                    f"{path}: is not the same {fields} for all devices, since each converts"
                    f" it by its own rating: name {fields}, or give devices"
                )
            found = converted
        if found is None:
            raise BadValue(f"{path}: {BASE} has no {name}{near(name, _FIELDS)}")
        return found

    def _convert(self, device: EndDevice, name: str, value: object, path: str) -> dict[str, Any]:
        rows = device.point_map.rows
        row = rows.get(name) or next((r for r in rows.values() if r.row.sunspec == name), None)
        if row is None or row.writing is None:
            writable = [point for point, candidate in rows.items() if candidate.writable]
            raise BadValue(
                f"{path}: is neither a field of {BASE} nor a point of device {device.sfdi} that"
                f" can be written{near(name, [*_FIELDS, *writable])}"
            )
        try:
            wire = row.to_wire(value, device.resources)
            return self._fields(device, row, row.writing, wire)
        except (BadValue, BaseUnknown) as error:
            raise type(error)(f"{path}: device {device.sfdi}: {error}") from error

    def _fields(self, device: EndDevice, row: Point, writing: Writing, wire: Any) -> dict[str, Any]:
        """What a written point means in one control. Raises BadValue."""
        if writing.field in _FIELDS:
            return {writing.field: wire}
        if writing.role is Role.CHOICE:
            mode, part = wire
            return {mode: part}
        if writing.role is Role.SWITCH and CONTROL in writing.targets and wire != ABSENT:
            own = self._program is not None and self._program.number == device.program
            fields = self._server.fleet.set_points.switched_on(device, row, wire)
            if own or fields.keys().isdisjoint(CURVE_MODES):
                return fields
            raise BadValue(f"{row.name}: its curve is in the program of the device alone")
        raise BadValue(f"{row.name}: {_ELSEWHERE.get(writing.field, _NO_ORDER)}")


def _together(known: Any, wire: Any, field: str, path: str) -> Any:
    """A field of which several points each set a part. Raises BadValue for a second value."""
    if wire is None:
        return known
    both = filled(wire, known)
    if known is not None and (both == wire or filled(known, wire) != both):
        raise BadValue(f"{path}: sets {field}, which is set already")
    return both


def _check_curve(field: str, curve: models.DERCurve, path: str) -> None:
    kind = None if curve.curveType is None else _CURVE_MODES.get(curve.curveType)
    if kind != field:
        raise BadValue(f"{path}: the curve is for {kind} (curveType {curve.curveType})")
