"""Fields that formulas and percent bases refer to: `DERSettings.setMaxW`.

A device has one resource of each class, except for what belongs to a DER: of that it has one for
each of its DERs, and a reference means that of the DER which the point is about.
"""

from __future__ import annotations

from .fields import FieldError, resolve, suggestion
from .formula import Number, Reference, Resolve, Resources
from .point_rows import DER_RESOURCES, READINGS, RESOURCES
from .scaling import Kind, field_of

ResourceKey = tuple[str, int]

_KINDS = (Kind.NUMBER, Kind.INTEGER, Kind.TIME, Kind.BITMAP)


def resource_key(resource: str, der: int) -> ResourceKey:
    """Where a device keeps the resource that a point of one of its DERs reads."""
    return resource, der if resource in DER_RESOURCES else 1


def references(der: int) -> Resolve:
    """Finds fields for the points of one DER: resource and reader. Raises FieldError."""

    def reference(text: str) -> tuple[str, Reference]:
        resource, _, dotted = text.partition(".")
        if resource not in RESOURCES or resource == READINGS:
            raise FieldError(
                f"{resource} is no resource with fields{suggestion(resource, RESOURCES)}"
            )
        field = field_of(resolve(resource, dotted))
        if field.kind not in _KINDS:
            raise FieldError(f"{text} is {field.kind.value}, not a number")
        key, read = resource_key(resource, der), field.read

        def value(resources: Resources) -> Number | None:
            found = resources.get(key)
            return None if found is None else read(found)

        return resource, value

    return reference
