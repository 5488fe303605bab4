"""What the schema's types would carry but the standard cannot mean.

JSON objects are read with the schema's ranges; here is the rest: no more than 100 %, a power factor
up to 1.
"""

from __future__ import annotations

from typing import Any

from ..model.errors import BadValue
from ..model.fields import FieldError, resolve
from ..model.scaling import Field, field_of
from ..sep.facets import ELEMENTS


def check_meaning(resource: str, dotted: str, wire: Any, path: str) -> None:
    """Raises BadValue for a field's wire value; ``path`` is what the caller knows it by."""
    field_path = resolve(resource, dotted)
    try:
        _check_value(field_of(field_path), wire, path)
    except FieldError:  # several values in one
        for name, member in _members(wire):
            check_meaning(resource, f"{dotted}.{name}", member, f"{path}.{name}")


def _check_value(field: Field, wire: Any, path: str) -> None:
    value = field.decode(wire)
    if field.write is not None:
        try:
            field.write(value)
        except BadValue as error:
            raise BadValue(f"{path}: {error}") from error
    elif "displacement" in ELEMENTS.get(field.type, ()) and not 0 <= value <= 1:
        raise BadValue(f"{path}: a power factor of {value} is out of range, 0 to 1")


def _members(model: Any) -> list[tuple[str, Any]]:
    present = ((name, getattr(model, name)) for name in ELEMENTS[type(model).__name__])
    return [(name, value) for name, value in present if value is not None]
