"""OwnDefaults: what written points put into the DefaultDERControl of a device's own program.

It holds while no event is active. Source: IEEE 2030.5-2018 DefaultDERControl.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from ..sep import models
from . import capability
from .contents import Contents
from .contradictions import contradicting
from .controls import BASE_FIELDS
from .dispatch import Dispatch
from .drafts import check_base
from .end_device import EndDevice
from .newer_modes import refuse_newer
from .point_groups import Group
from .program import Program


class OwnDefaults:
    """Puts fields into the default, and takes them out."""

    def __init__(
        self,
        dispatch: Dispatch,
        contents: Contents,
        program_of: Callable[[EndDevice], Program],
    ) -> None:
        self._dispatch = dispatch
        self._contents = contents
        self._program_of = program_of

    def held(self, device: EndDevice, modes: Collection[str]) -> dict[str, Any]:
        """Those of some fields that the default has."""
        default = self._program_of(device).default
        found = {name: getattr(_holder(default, name), name, None) for name in modes}
        return {name: value for name, value in found.items() if value is not None}

    def kept(self, device: EndDevice, group: Group) -> dict[str, Any]:
        """Nothing: what the default has stays there by itself."""
        return {}

    def put(
        self,
        device: EndDevice,
        group: Group,
        values: Mapping[str, Any],
        modes: Collection[str],
        side: str = "",
    ) -> None:
        """Puts values into the default; those of ``modes`` that have none are taken out, and so is
        what contradicts the values. ``side`` says nothing of a default.

        Raises BadValue, and then nothing has changed.
        """
        program = self._program_of(device)
        default = replace(
            program.default,
            DERControlBase=replace(program.default.DERControlBase or models.DERControlBase()),
        )
        for name in {*modes, *values, *contradicting(values)}:
            setattr(_holder(default, name), name, values.get(name))
        base = default.DERControlBase or models.DERControlBase()
        written = models.DERControlBase()
        for name in values.keys() & set(BASE_FIELDS):
            setattr(written, name, values[name])
        capability.check(written, device.resources)
        refuse_newer(written, device)
        check_base(base, self._dispatch.curve_at)
        self._contents.set_default(program, default)

    def take(self, device: EndDevice, modes: Collection[str]) -> None:
        """Takes fields out of the default."""
        if self.held(device, modes):
            self.put(device, Group(""), {}, modes)


def _holder(default: models.DefaultDERControl, name: str) -> Any:
    """Which part of a default has a field."""
    return default.DERControlBase if name in BASE_FIELDS else default
