"""Where a point finds the resource that it reads.

A device has one resource of each class, except for what belongs to one of its DERs, and for what
is in force in one mode of DERControlBase: the control that commands it, the curve that it links.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .controls import MODES
from .fields import FieldError, suggestion
from .formula import Resources
from .point_rows import DER_RESOURCES
from .received import ResourceKey

Find = Callable[[Resources], Any]

_BY_MODE = ("DERControl", "DERCurve")


@dataclass(frozen=True, slots=True)
class Place:
    """Which of several resources of a class a row means: of a DER, or in force in a mode."""

    der: int = 1
    modes: tuple[str, ...] = ()

    def keys(self, resource: str) -> list[ResourceKey]:
        """Where to look, in this order. Raises FieldError for a curve of no mode."""
        if resource in DER_RESOURCES:
            return [(resource, self.der)]
        if resource in _BY_MODE and self.modes:
            return [(resource, mode) for mode in self.modes]
        if resource == "DERCurve":
            raise FieldError("say of which curve: mode=opModVoltVar")
        return [(resource, 1)]

    def finder(self, resource: str) -> Find:
        """Finds the resource, None while there is none. Raises FieldError."""
        first, *others = self.keys(resource)
        if not others:
            return lambda resources: resources.get(first)

        def find(resources: Resources) -> Any:
            for key in (first, *others):
                found = resources.get(key)
                if found is not None:
                    return found
            return None

        return find


def check_modes(modes: tuple[str, ...]) -> None:
    """Raises FieldError for what is no mode of DERControlBase."""
    for mode in modes:
        if mode not in MODES:
            raise FieldError(f"{mode} is no mode of DERControlBase{suggestion(mode, MODES)}")
