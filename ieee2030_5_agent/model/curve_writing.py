"""Rows of a DERCurve: each gives an edit of the draft that a switch or a commit makes a curve of.

Source: IEEE 2030.5-2018 DERCurve, CurveData.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..sep.facets import ELEMENTS, SIMPLE
from .curve_drafts import MOST_POINTS, WATT_PF, CurveDraft, unsigned_power_factor
from .curve_limits import check_number
from .errors import BadValue
from .fields import FieldPath
from .point_rows import Row
from .row_mapping import RowMapping
from .scaling import Number, finite_number
from .writing import CURVE, Encode, Resources, refused, without_resources

_CURVE_FIELDS = frozenset(
    name
    for name, element in ELEMENTS[CURVE].items()
    if not element.required and not element.attribute and name != "version"
) | {"yRefType"}

Edit = Callable[[CurveDraft], None]


def curve_edit(row: Row, mapping: RowMapping, path: FieldPath, encode: Encode | None) -> Encode:
    """From a value to an edit of a CurveDraft. Raises CellError for what the server sets."""
    names = [step.name for step in path.steps]
    if mapping.keys.get("value") == "count":
        # A region of a set may be without a curve; a curve without points is none.
        return without_resources(partial(_count, int(path.resource == CURVE)))
    if names == ["CurveData"] and row.type == "curve":
        return without_resources(partial(_pairs, mapping.modes[0]))
    if names[0] == "CurveData" and len(names) == 2:
        signed = mapping.keys.get("sign") == "excitation"
        return _coordinate(path, mapping.modes[0], signed, encode)
    if len(names) == 1 and names[0] in _CURVE_FIELDS:
        return _curve_field(path, encode)
    raise refused(f"{path} is set by the server")


def _count(least: int, value: object) -> Edit:
    number = finite_number(value)
    if number != int(number) or not least <= number <= MOST_POINTS:
        raise BadValue(f"{number} is not a number of points, {least} to {MOST_POINTS}")
    return lambda draft: setattr(draft, "count", int(number))


def _coordinate(path: FieldPath, mode: str, signed: bool, encode: Encode | None) -> Encode:
    pick, axis = path.steps[0].pick, path.name
    if pick is None or pick.key or not 1 <= pick.value <= MOST_POINTS:
        raise refused(f"{path} is none of CurveData[1] to CurveData[{MOST_POINTS}]")
    number = pick.value
    if axis == "excitation":
        if encode is None:
            raise refused(f"{path} is not written as one value")
        leaf = encode
        return lambda value, resources: partial(
            CurveDraft.put, axis=axis, number=number, value=leaf(value, resources)
        )

    def edit(value: object, resources: Resources) -> Edit:
        values = _signed(value) if signed else {axis: _number(mode, axis, value)}

        def change(draft: CurveDraft) -> None:
            for name, each in values.items():
                draft.put(name, number, each)

        return change

    return edit


def _number(mode: str, axis: str, value: object) -> Number:
    return check_number(mode, axis, finite_number(value))


def _signed(value: object) -> dict[str, Any]:
    number = finite_number(value)
    if not -1 <= number <= 1:
        raise BadValue(f"{number} is out of range, -1 to 1")
    cosine, excitation = unsigned_power_factor(number)
    return {"yvalue": cosine, "excitation": excitation}


def _pairs(mode: str, value: object) -> Edit:
    """The whole curve as a list of [x, y]."""
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_POINTS:
        raise BadValue(f"{value!r} is not a list of 1 to {MOST_POINTS} pairs [x, y]")
    points = []
    for number, pair in enumerate(value, start=1):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise BadValue(f"point {number} is {pair!r}, a pair [x, y] is expected")
        try:
            x = _number(mode, "xvalue", pair[0])
            signed = mode == WATT_PF
            y = _signed(pair[1]) if signed else {"yvalue": _number(mode, "yvalue", pair[1])}
        except BadValue as error:
            raise BadValue(f"point {number}: {error}") from error
        points.append({"xvalue": x, **y})
    return lambda draft: draft.put_all(points)


def _curve_field(path: FieldPath, encode: Encode | None) -> Encode:
    wire = encode
    if SIMPLE[path.element.type].base == "str":
        wire = without_resources(partial(_text, SIMPLE[path.element.type].octets or 0))
    if wire is None:
        raise refused(f"{path} is not written as one value")
    leaf, name = wire, path.name

    def edit(value: object, resources: Resources) -> Edit:
        sent = leaf(value, resources)
        return lambda draft: draft.fields.__setitem__(name, sent)

    return edit


def _text(octets: int, value: object) -> str:
    if not isinstance(value, str) or len(value.encode()) > octets:
        raise BadValue(f"{value!r} is not text of at most {octets} octets")
    return value
