"""Fields that formulas and percent bases refer to: `DERSettings.setMaxW`.

They read the same DER and the same mode as the point that refers to them.
"""

from __future__ import annotations

from .fields import FieldError, resolve, suggestion
from .formula import Number, Reference, Resolve, Resources
from .places import Place
from .point_rows import READINGS, RESOURCES
from .scaling import Kind, field_of

# Formulas may also refer to the time of the server.
TIME = "Time"
_KINDS = (Kind.NUMBER, Kind.INTEGER, Kind.TIME, Kind.BITMAP)
_KNOWN = tuple(resource for resource in (*RESOURCES, TIME) if resource != READINGS)


def references(place: Place) -> Resolve:
    """Finds fields for the points of a place: resource, field and reader. Raises FieldError."""

    def reference(text: str) -> tuple[str, str, Reference]:
        resource, _, dotted = text.partition(".")
        if resource not in _KNOWN:
            raise FieldError(f"{resource} is no resource with fields{suggestion(resource, _KNOWN)}")
        field = field_of(resolve(resource, dotted))
        if field.kind not in _KINDS:
            raise FieldError(f"{text} is {field.kind.value}, not a number")
        find, read = place.finder(resource), field.read

        def value(resources: Resources) -> Number | None:
            found = find(resources)
            return None if found is None else read(found)

        return resource, field.path.steps[0].name, value

    return reference
