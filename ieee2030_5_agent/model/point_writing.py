"""From a registry row to what writing its point does.

Which role a row has follows from its Resource, Field and Mapping alone; nothing depends on the
name of a point. Source: IEEE 2030.5-2018 DERControl, DefaultDERControl, DERCurve.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..sep import models
from ..sep.facets import ELEMENTS, SIMPLE
from .codes import CodesError, parse_codes
from .controls import MODES
from .curve_drafts import unsigned_power_factor
from .curve_writing import curve_edit
from .drafts import CURVE_MODES, HOUR_S
from .errors import BadValue
from .fields import FieldError, FieldPath, resolve, suggestion
from .point_rows import MAPPING, RESOURCES, CellError, Row
from .row_mapping import ABOVE, ABSENT, BELOW, KEYS, STATES, RowMapping
from .scaling import field_of, finite_number
from .writing import (
    CONTROL,
    CURVE,
    DEFAULT,
    DEFAULT_FIELDS,
    Encode,
    Resources,
    Role,
    Writing,
    refused,
    without_resources,
)

BASE = "DERControlBase"
TIMING = {"interval.duration": None, "randomizeStart": (0, HOUR_S), f"{BASE}.rampTms": None}
# Parts that only count together with others of their type: what has them is written as a whole.
_INSEPARABLE = {"multiplier", "displacement"}
_PF_WORTH, _PF_MULTIPLIER = 1000, -3

_BASE_SIDES = {"negative": BELOW, "positive": ABOVE}


def writing_of(row: Row, mapping: RowMapping, encode: Encode | None) -> Writing:
    """How a row that is marked Writable writes. Raises CellError for one that cannot.

    ``encode``: the wire value of the row's own field for a value of the point, None where it has
    none.
    """
    paths = _targets(row, mapping)
    return _writing(row, mapping, paths, encode)


def _targets(row: Row, mapping: RowMapping) -> list[FieldPath]:
    """The fields that carry what is written: the row's own or those that `writes` names."""
    if "writes" not in mapping.keys:
        return [resolve(row.resource, row.field, listed=True)]
    paths = []
    for name in map(str.strip, mapping.keys["writes"].split("|")):
        resource, _, dotted = name.partition(".")
        try:
            if resource not in RESOURCES:
                near = suggestion(resource, RESOURCES)
                raise FieldError(f"{resource} is no resource that feeds points{near}")
            paths.append(resolve(resource, dotted))
        except FieldError as error:
            raise CellError(MAPPING, row.mapping, f"writes={name}: {error}") from error
    return paths


def _writing(
    row: Row, mapping: RowMapping, paths: list[FieldPath], encode: Encode | None
) -> Writing:
    path = paths[0]
    owner = path.resource
    if owner not in (CONTROL, DEFAULT, CURVE):
        raise refused(f"{owner} belongs to the device and can only be read")
    if mapping.keys.get("commit") == "request":
        modes = _modes(path, mapping)
        allowed = (1,) if owner == CURVE else (0, 1)
        return Writing(Role.COMMIT, (owner,), modes, without_resources(partial(_one_of, allowed)))
    if mapping.keys.get("commit"):
        raise refused("what became of a commit is said by the server")
    if owner == CURVE or mapping.keys.get("value") == "count":
        return _curve(row, mapping, path, encode)
    if mapping.keys.get("value") == "index":
        modes = _modes(path, mapping)
        encode_index = without_resources(partial(_one_of, (0, 1)))
        return Writing(Role.INDEX, (owner,), modes, encode_index)
    if any(state.word not in STATES for state in mapping.states):
        return _choice(row, mapping, path)
    if mapping.states:
        return _switch(row, mapping, path)
    if owner == CONTROL and path.dotted in TIMING and (row.group or path.owner != BASE):
        return _timing(path, mapping, encode)
    return _value(row, mapping, paths, encode)


def _modes(path: FieldPath, mapping: RowMapping) -> tuple[str, ...]:
    """The modes that a row is about: those of its Mapping, or the one of its field."""
    if mapping.modes:
        return mapping.modes
    names = [step.name for step in path.steps]
    mode = names[1] if len(names) > 1 and names[0] == BASE else ""
    if mode not in MODES:
        raise CellError(MAPPING, "", f"{path} does not say of which mode: write mode=opMod...")
    return (mode,)


# --- values --------------------------------------------------------------------------------------


def _value(row: Row, mapping: RowMapping, paths: list[FieldPath], encode: Encode | None) -> Writing:
    path = paths[0]
    names = [step.name for step in path.steps]
    if path.resource == DEFAULT and len(names) == 1 and names[0] in DEFAULT_FIELDS:
        modes: tuple[str, ...] = ()
        field, parts = names[0], []
    elif names[0] == BASE and len(names) in (2, 3):
        field, parts = names[1], names[2:]
        modes = (field,) if field in MODES else ()
    else:
        raise refused(f"{path} is set by the server; only fields of {BASE} can be written")
    element = path.element
    if element.namespace:
        raise refused(f"{path} is not in IEEE 2030.5, so most devices would never see it")
    signed = mapping.keys.get("sign") == "excitation"
    wire = encode
    if "excitation" in ELEMENTS.get(element.type, {}):
        wire = without_resources(partial(_power_factor, element.type, signed))
    if wire is None or (parts and (parts[0] in _INSEPARABLE or _scaled(path))):
        raise refused(f"{path} is not written as one value")
    siblings = _siblings(row, mapping, path)
    if parts:
        wire = _part(wire, ELEMENTS[BASE][field].type, parts[0], siblings)
    return Writing(
        Role.VALUE,
        tuple(each.resource for each in paths),
        modes,
        wire,
        field=field,
        fixes=bool(siblings),
        side=_side(mapping),
    )


def _scaled(path: FieldPath) -> bool:
    return path.name == "value" and "multiplier" in ELEMENTS[path.owner]


def _siblings(row: Row, mapping: RowMapping, path: FieldPath) -> dict[str, Any]:
    """The fields beside the row's that a write sets, too (`refType=2`)."""
    found = {}
    for name, text in mapping.keys.items():
        if name in KEYS:
            continue
        try:
            write = field_of(path.sibling(name)).write
            if write is None:
                raise BadValue(f"{name} cannot be written")
            found[name] = write(int(text))
        except (KeyError, ValueError, FieldError) as error:
            raise CellError(MAPPING, row.mapping, f"{name}={text}: {error}") from error
    return found


def _part(wire: Encode, type_name: str, name: str, siblings: Mapping[str, Any]) -> Encode:
    """A mode of several parts with the one that the row writes."""
    model = getattr(models, type_name)
    return lambda value, resources: model(**{name: wire(value, resources)}, **siblings)


def _side(mapping: RowMapping) -> str:
    """On which side of zero a value is whose percentage has a base there only."""
    sides = [side for key, side in _BASE_SIDES.items() if key in mapping.keys]
    return sides[0] if len(sides) == 1 else ""


def _power_factor(type_name: str, signed: bool, value: object) -> Any:
    """cos(phi), with the EEI sign also the excitation."""
    number = finite_number(value)
    low = -1 if signed else 0
    if not low <= number <= 1:
        raise BadValue(f"{number} is out of range, {low} to 1")
    cosine, excitation = unsigned_power_factor(number)
    return getattr(models, type_name)(
        displacement=round(cosine * _PF_WORTH),
        multiplier=_PF_MULTIPLIER,
        excitation=excitation if signed else None,
    )


# --- switches, choices, timing -------------------------------------------------------------------


def _switch(row: Row, mapping: RowMapping, path: FieldPath) -> Writing:
    bits = row.type == "bitmap"
    words: dict[Any, str] = {}
    for state in mapping.states:
        words[1 << state.value if bits else state.value] = state.word
    if bits:
        words.setdefault(0, ABSENT)
    symbols = {state.symbol: state.word for state in mapping.states if state.symbol}
    modes = _modes(path, mapping)
    sided = not {BELOW, ABOVE}.isdisjoint(words.values())
    if sided:
        _refuse_no_number(row, modes)
    return Writing(
        Role.SWITCH,
        (path.resource,),
        modes,
        without_resources(partial(_looked_up, words, symbols)),
        sided=sided,
    )


def _refuse_no_number(row: Row, modes: tuple[str, ...]) -> None:
    """Raises CellError for modes of which below and above zero cannot be told when written."""
    types = [ELEMENTS[BASE][mode].type for mode in modes]
    if len(modes) > 1 or types[0] not in SIMPLE or SIMPLE[types[0]].base != "int":
        what = "are several" if len(modes) > 1 else f"is of type {types[0]}"
        raise CellError(
            MAPPING,
            row.mapping,
            f"a switch with {BELOW} or {ABOVE} is for one mode that is a number;"
            f" {' and '.join(modes)} {what}",
        )


def _choice(row: Row, mapping: RowMapping, path: FieldPath) -> Writing:
    """Which of several modes counts; a code besides says what is chosen within the field's own."""
    choices: dict[Any, Any] = {}
    symbols: dict[str, Any] = {}
    for state in mapping.states:
        choices[state.value] = symbols[state.symbol] = (state.word, None)
    names = [step.name for step in path.steps]
    modes = [state.word for state in mapping.states]
    if mapping.codes:
        _, field, part = names
        modes.insert(0, field)
        model = getattr(models, ELEMENTS[BASE][field].type)
        for code in _codes(row, mapping):
            chosen = (field, model(**{part: code.wire}))
            choices[code.value] = symbols[code.symbol] = chosen
    symbols.pop("", None)
    encode = without_resources(partial(_looked_up, choices, symbols))
    return Writing(Role.CHOICE, (path.resource,), tuple(modes), encode)


def _codes(row: Row, mapping: RowMapping) -> Any:
    try:
        return parse_codes(mapping.codes)
    except CodesError as error:
        raise CellError(MAPPING, row.mapping, str(error)) from error


def _looked_up(values: Mapping[Any, Any], symbols: Mapping[str, Any], value: object) -> Any:
    """What a value or a symbol stands for. Raises BadValue."""
    if isinstance(value, str) and value in symbols:
        return symbols[value]
    if isinstance(value, int | float) and not isinstance(value, bool) and value in values:
        return values[value]
    known: list[Any] = list(symbols) if isinstance(value, str) and symbols else sorted(values)
    raise BadValue(f"{value!r} is not one of {', '.join(map(str, known))}")


def _one_of(allowed: tuple[int, ...], value: object) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool) and value in allowed:
        return int(value)
    raise BadValue(f"{value!r} is not one of {', '.join(map(str, allowed))}")


def _timing(path: FieldPath, mapping: RowMapping, encode: Encode | None) -> Writing:
    if encode is None:
        raise refused(f"{path} is not written as one value")
    limits = TIMING[path.dotted]
    wire = encode if limits is None else _within(encode, *limits)
    modes = mapping.modes
    field = path.dotted.removeprefix(f"{BASE}.")
    return Writing(Role.TIMING, (path.resource,), modes, wire, field=field)


def _within(encode: Encode, low: int, high: int) -> Encode:
    def wire(value: object, resources: Resources) -> Any:
        number = finite_number(value)
        if not low <= number <= high:
            raise BadValue(f"{number} is out of range, {low} to {high}")
        return encode(value, resources)

    return wire


# --- curves --------------------------------------------------------------------------------------


def _curve(row: Row, mapping: RowMapping, path: FieldPath, encode: Encode | None) -> Writing:
    modes = _modes(path, mapping)
    if len(modes) != 1 or modes[0] not in CURVE_MODES:
        raise CellError(MAPPING, row.mapping, "a curve is for exactly one mode that has curves")
    return Writing(Role.CURVE, (CURVE,), modes, curve_edit(row, mapping, path, encode))
