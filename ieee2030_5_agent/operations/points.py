"""Points and what devices sent: the calls that the platform driver lives on."""

from __future__ import annotations

import re
from typing import Any

from ..model.changes import PointValue
from ..model.errors import ModelError
from ..sep.codec import encode
from .arguments import sfdi_of, shown
from .part import Part


class Points(Part):
    """Reads and commands points; shows what devices sent."""

    def get_point(self, sfdi: str | int, point_name: str) -> PointValue:
        """The value of a point, None until it was received."""
        return self._fleet.get_point(sfdi_of(sfdi), _text("point_name", point_name))

    def get_points(self, sfdi: str | int) -> dict[str, PointValue]:
        """All configured points of a device: ``{point: value}``."""
        return self._fleet.get_points(sfdi_of(sfdi))

    def set_point(self, sfdi: str | int, point_name: str, value: Any) -> PointValue:
        """Commands a value to a device; the value as set."""
        return self._fleet.set_point(sfdi_of(sfdi), _text("point_name", point_name), value)

    def revert_point(self, sfdi: str | int, point_name: str) -> None:
        """Takes back what set_point commanded through this point."""
        self._fleet.revert_point(sfdi_of(sfdi), _text("point_name", point_name))

    def config_points(self, sfdi: str | int, point_map: list[dict[str, Any]]) -> str:
        """Gives a device a registry of its own: rows with cells by column title; their digest."""
        if not isinstance(point_map, list) or not all(isinstance(row, dict) for row in point_map):
            raise ModelError("point_map: a list of rows is expected, objects by column title")
        return self._fleet.config_points(sfdi_of(sfdi), point_map)

    def get_changes(
        self, cursor: str | None = None, sfdis: list[str | int] | None = None
    ) -> dict[str, Any]:
        """What changed since a cursor:
        ``{"cursor", "points": {sfdi: {point: value}}, "whole": [sfdi], "registries": {sfdi: ..}}``;
        ``whole``: the devices of which all points are there, because their set is another one;
        ``registries``: digests of theirs, None for the default."""
        if cursor is not None and not isinstance(cursor, str):
            raise ModelError(
                f"cursor is {shown(cursor)}, the cursor of an earlier answer is expected"
            )
        return self._fleet.get_changes(cursor, _sfdis(sfdis))

    def get_resource(self, sfdi: str | int, resource: str) -> str:
        """The latest of a device's resources as XML of the edition that the device speaks.

        ``resource`` is the standard's name, with the DER's number behind a colon where there are
        several (``DERStatus:2``). Raises UnknownDevice; ModelError for what was never received.
        """
        device = self._fleet.device(sfdi_of(sfdi))
        self._fleet.dispatch.catch_up([device])
        name, _, instance = _text("resource", resource).partition(":")
        if instance and not re.fullmatch("[0-9]{1,9}", instance):
            raise ModelError(f"{resource!r}: the number of a DER is expected behind the colon")
        model = device.resources.get((name, int(instance or 1)))
        if model is None:
            received = ", ".join(sorted({key for key, _ in device.resources}))
            raise ModelError(f"device {device.sfdi} has no {resource!r}; there is {received}")
        return encode(model, device.edition or self._server.settings.edition).decode()


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ModelError(f"{name} is {shown(value)}, a name is expected")
    return value


def _sfdis(values: object) -> frozenset[str] | None:
    if values is None:
        return None
    if not isinstance(values, list | tuple):
        raise ModelError(f"sfdis is {shown(values)}, a list of SFDIs is expected")
    return frozenset(sfdi_of(value) for value in values)
