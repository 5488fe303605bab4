"""Points that tell the state of a field, whatever its value: commanded or not, how many, which.

Source: IEEE 2030.5-2018 DERControlBase, DERCurve.CurveData.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..sep.facets import ELEMENTS
from .changes import PointValue
from .curve_drafts import curve_pairs
from .fields import FieldError, FieldPath, Getter, resolve
from .formula import Resources
from .places import Place
from .point import Evaluate, Point
from .point_rows import FIELD, MAPPING, TYPE, CellError, Row
from .point_types import Finish, conversion, type_of
from .readings import Frame, Readings
from .row_mapping import ABOVE, ABSENT, BELOW, PRESENT, RowMapping, State
from .scaling import field_of

_BASE = "DERControlBase"
# Of these the server knows itself that there is nothing; of others only when they were received.
_OF_THE_SERVER = ("DERControl", "DefaultDERControl", "DERCurve")
_TYPES = ("enum", "int", "bitmap", "symbol")
_SIGNS = (BELOW, ABOVE)
CURVE_TYPE = "curve"
# What became of the curve or settings that were put in force last; kept by group of rows.
ADOPTION = "Adoption"
# Which side of zero a switch put in force, which 0 itself does not tell; kept by group of rows.
SWITCHED = "Switched"


def state_point(row: Row, mapping: RowMapping, place: Place) -> Point:
    """`present=1:ENABLED;absent=0:DISABLED`, `below=..;above=..`, `opModTargetW=1:WATTS`.

    Raises CellError.
    """
    path = _path(row)
    type_name = row.type or "enum"
    if type_name not in _TYPES:
        raise CellError(TYPE, row.type, f"a state is one of {', '.join(_TYPES)}")
    if any(state.word.startswith("opMod") for state in mapping.states):
        return _choice_point(row, mapping, path)
    shown = _shown(mapping.states, type_name)
    nothing: PointValue = 0 if type_name == "bitmap" else None
    state_of = _state_of(row, mapping, path, place)
    find = Place(place.der).finder(row.resource)
    known = row.resource in _OF_THE_SERVER
    sided = any(state.word in _SIGNS for state in mapping.states)

    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        found = find(resources)
        if found is None and not known:
            return None
        word = ABSENT if found is None else state_of(found)
        if word == PRESENT and sided:
            word = _switched_side(row.group, path, resources)
        return shown.get(word, nothing)

    return Point(row, type_name, path.dotted, frozenset((row.resource,)), evaluate)


def index_point(row: Row, mapping: RowMapping, place: Place) -> Point:
    """`value=index`: 1 while what the field links is commanded, else 0. Raises CellError."""
    states = (State(PRESENT, 1), State(ABSENT, 0))
    return state_point(row, RowMapping("", states, mapping.keys), place)


def count_point(row: Row, mapping: RowMapping, place: Place) -> Point:
    """`value=count`: the points of a curve, or of the curve that a mode links. Raises CellError."""
    path = _path(row)
    type_name = row.type or "int"
    if type_name != "int":
        raise CellError(TYPE, row.type, "a count is an int")
    if path.element.many:
        return Point(row, type_name, path.dotted, *_length(row.resource, path, place))
    if path.element.type != "DERCurveLink":
        raise CellError(FIELD, row.field, f"{path} is neither a list nor the link to a curve")
    linked = Place(place.der, (path.name,))
    points = resolve("DERCurve", "CurveData", listed=True)
    depends, count = _length("DERCurve", points, linked)

    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        found = count(resources, readings, frame)
        return 0 if found is None else found

    return Point(row, type_name, path.dotted, depends | {row.resource}, evaluate)


def curve_point(row: Row, mapping: RowMapping, place: Place) -> Point:
    """Type `curve`: all points of a curve as [x, y] in engineering units. Raises CellError."""
    path = _path(row)
    if path.resource != "DERCurve" or path.dotted != "CurveData":
        raise CellError(TYPE, row.type, "a curve is DERCurve.CurveData")
    find = place.finder(row.resource)

    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        found = find(resources)
        return None if found is None else curve_pairs(found)

    return Point(row, CURVE_TYPE, path.dotted, frozenset((row.resource,)), evaluate)


def commit_point(row: Row, mapping: RowMapping) -> Point:
    """`commit=request` and `commit=result`: what became of the last adoption. Raises CellError."""
    path = _path(row)
    if not row.group:
        raise CellError(MAPPING, row.mapping, "commit= needs a Group")
    what = mapping.keys["commit"]
    if what not in ("request", "result"):
        raise CellError(MAPPING, row.mapping, f"commit={what} is neither request nor result")
    key = (ADOPTION, row.group)

    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        result: int | None = resources.get(key)
        return result if result is None or what == "result" else 1

    return Point(row, row.type or "int", path.dotted, frozenset((ADOPTION,)), evaluate)


def _path(row: Row) -> FieldPath:
    try:
        return resolve(row.resource, row.field, listed=True)
    except FieldError as error:
        raise CellError(FIELD, row.field, str(error)) from error


def _length(resource: str, path: FieldPath, place: Place) -> tuple[frozenset[str], Evaluate]:
    find, get = place.finder(resource), path.getter()

    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        found = find(resources)
        return None if found is None else len(get(found) or ())

    return frozenset((resource,)), evaluate


def _shown(states: tuple[State, ...], type_name: str) -> dict[str, PointValue]:
    """What each state reads; for a bitmap the value is a bit number."""
    shown: dict[str, PointValue] = {}
    for state in states:
        if type_name == "symbol":
            shown[state.word] = state.symbol or str(state.value)
        else:
            shown[state.word] = 1 << state.value if type_name == "bitmap" else state.value
    return shown


def _state_of(row: Row, mapping: RowMapping, path: FieldPath, place: Place) -> Callable[[Any], str]:
    """Tells the state of the first of the row's fields that is there."""
    getters = [path.getter()]
    if mapping.modes:
        getters = [resolve(row.resource, f"{_BASE}.{mode}").getter() for mode in mapping.modes]
    if any(state.word in _SIGNS for state in mapping.states):
        return _sign_state(row, path)

    def state_of(resource: Any) -> str:
        return ABSENT if all(get(resource) is None for get in getters) else PRESENT

    return state_of


def _sign_state(row: Row, path: FieldPath) -> Callable[[Any], str]:
    try:
        read = field_of(path).read
    except FieldError as error:
        raise CellError(FIELD, row.field, str(error)) from error

    def state_of(resource: Any) -> str:
        value = read(resource)
        if value is None or value == 0:
            return ABSENT if value is None else PRESENT
        return BELOW if value < 0 else ABOVE

    return state_of


def _switched_side(group: str, path: FieldPath, resources: Resources) -> str:
    """On which side of zero the control is that commands a field with 0 now."""
    switched = resources.get((SWITCHED, group))
    control = resources.get(("DERControl", path.name))
    if switched is None or control is None or control.mRID != switched.mrid:
        return PRESENT
    side: str = switched.side
    return side


def _no_code(resource: Any) -> Any:
    return None


def _as_it_is(value: Any) -> PointValue:
    result: PointValue = value
    return result


def _choice_point(row: Row, mapping: RowMapping, path: FieldPath) -> Point:
    """Which of several modes is commanded; codes before them say more about the field itself."""
    type_name = row.type or "enum"
    read: Getter = _no_code
    finish: Finish = _as_it_is
    if mapping.codes:
        try:
            field = field_of(path)
        except FieldError as error:
            raise CellError(FIELD, row.field, str(error)) from error
        finish, _ = conversion(row, field, type_of(row, field, mapping.codes), mapping.codes)
        read = field.read
    elif path.element.type != _BASE:
        raise CellError(FIELD, row.field, f"modes as states are for {_BASE} or beside codes")
    shown = _shown(mapping.states, type_name)
    modes = []
    for state in mapping.states:
        if state.word not in ELEMENTS[_BASE]:
            raise CellError(MAPPING, row.mapping, f"{state.word} is no mode of {_BASE}")
        modes.append((resolve(row.resource, f"{_BASE}.{state.word}").getter(), shown[state.word]))
    key = (row.resource, 1)

    def evaluate(resources: Resources, readings: Readings, frame: Frame) -> PointValue:
        found = resources.get(key)
        if found is None:
            return None
        value = read(found)
        if value is not None:
            return finish(value)
        return next((value for get, value in modes if get(found) is not None), None)

    return Point(row, type_name, path.dotted, frozenset((row.resource,)), evaluate)
