"""Which rows may be written: what the server itself says to a device, and nothing else."""

from __future__ import annotations

from .fields import FieldError, FieldPath, resolve, suggestion
from .point_rows import MAPPING, RESOURCES, WRITABLE, CellError, Row
from .row_mapping import RowMapping

_BASE = "DERControlBase"
# What the server says of itself: numbers, times and names that no one else may set.
_OF_THE_SERVER = frozenset({"mRID", "href", "version", "creationTime", "curveType", "updatedTime"})
# Of a DERControl, beside its DERControlBase.
_EVENT = ("interval.duration", "randomizeStart")


def check_writable(row: Row, path: FieldPath, mapping: RowMapping) -> None:
    """Raises CellError for a row marked Writable that no order could carry."""
    if "writes" in mapping.keys:
        for target in map(str.strip, mapping.keys["writes"].split("|")):
            resource, _, dotted = target.partition(".")
            try:
                if resource not in RESOURCES:
                    near = suggestion(resource, RESOURCES)
                    raise FieldError(f"{resource} is no resource that feeds points{near}")
                path = resolve(resource, dotted)
            except FieldError as error:
                raise CellError(MAPPING, row.mapping, f"writes={target}: {error}") from error
            _check(path)
    else:
        _check(path)


def _check(path: FieldPath) -> None:
    reason = ""
    if path.resource == "DERControl":
        if _BASE not in path.owners and path.element.type != _BASE and path.dotted not in _EVENT:
            reason = f"{path} is set by the server; only fields of {_BASE} can be written"
    elif path.resource in ("DefaultDERControl", "DERCurve"):
        if path.name in _OF_THE_SERVER:
            reason = f"{path} is set by the server"
    else:
        reason = f"{path.resource} belongs to the device and can only be read"
    if reason:
        raise CellError(WRITABLE, "TRUE", reason)
