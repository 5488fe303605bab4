"""What a row says in `Mapping`: codes of values, and keys that say more about the field.

`1=4:STANDBY` and `true=1:CONNECT` are codes; `present=1:ENABLED;absent=0:DISABLED` are states of a
field, whatever its value; `opModTargetW=1:WATTS` is the state that this mode is commanded.
Everything else is a key, `mode=opModVoltVar`. Keys are:

| key | says |
|---|---|
| `negative`, `positive`, `sign=-` | of which rating the field is a percentage (`percent_base`) |
| `of` | of which number the point is a percentage, where the field is none |
| `mode` | the modes of DERControlBase that the row is about, where its field does not say so |
| `sign=excitation` | the power factor is negative while over-excited (EEI sign) |
| `value=count`, `value=index` | how many points a curve has; 1 while a curve is commanded |
| `commit=request`, `commit=result` | makes a whole of what is set, and says what became of it |
| `writes` | where a write goes, if not to the field: `DefaultDERControl.setGradW` |
| a field beside the last one | the row counts only while that field has this value: `refType=2` |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

# What a switch says of its mode: commanded or not, on which side of zero.
PRESENT, ABSENT, BELOW, ABOVE = STATES = ("present", "absent", "below", "above")
KEYS = ("negative", "positive", "sign", "of", "mode", "value", "commit", "writes")

_CODE = re.compile(r"true|false|[+-]?[0-9]+", re.ASCII)
_MODE = re.compile(r"opMod\w+", re.ASCII)
_STATE_VALUE = re.compile(r"(-?[0-9]{1,18})(?::([^:]+))?", re.ASCII)
_NOTHING: Mapping[str, str] = MappingProxyType({})


class MappingError(ValueError):
    """A mapping that cannot be read; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class State:
    """One state: the word or mode, the SunSpec value, the SunSpec symbol ("" if not given)."""

    word: str
    value: int
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class RowMapping:
    """``codes``: their entries as written. ``states``: in the order written. ``keys``: the rest."""

    codes: str = ""
    states: tuple[State, ...] = ()
    keys: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes that the key names."""
        return tuple(filter(None, map(str.strip, self.keys.get("mode", "").split("|"))))


@lru_cache(maxsize=1024)
def read_mapping(text: str) -> RowMapping:
    """The parts of a mapping. Raises MappingError."""
    codes: list[str] = []
    states: list[State] = []
    keys: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(";"))):
        left, equals, right = (piece.strip() for piece in part.partition("="))
        if not equals or _CODE.fullmatch(left):
            codes.append(part)
        elif left in STATES or _MODE.fullmatch(left):
            states.append(_state(left, right, part))
        elif left in keys:
            raise MappingError(f"{left} is given twice")
        elif not right:
            raise MappingError(f"{left} has no value")
        else:
            keys[left] = right
    words = [state.word for state in states]
    for word in words:
        if words.count(word) > 1:
            raise MappingError(f"{word} is mapped {words.count(word)} times")
    return RowMapping(";".join(codes), tuple(states), MappingProxyType(keys))


def _state(word: str, right: str, part: str) -> State:
    match = _STATE_VALUE.fullmatch(right)
    if match is None:
        raise MappingError(f"{part!r} is not like {word}=1:ENABLED (state=SunSpec value:SYMBOL)")
    return State(word, int(match[1]), match[2] or "")
