"""The `Mapping` of coded values: `2030.5 code=SunSpec value:SYMBOL;...`, both directions.

For an enumeration the codes are its values (`true`, `false` for a boolean), for a bitmap they are
bit numbers on both sides. A code that is not listed gives None, a bit that is not listed is
dropped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import BadValue

_ENTRY = re.compile(r"(true|false|-?[0-9]{1,18})=(-?[0-9]{1,18})(?::([^:]+))?", re.ASCII)
# Of 8 octets, the longest set of bits of the standard and of SunSpec (bitfield64).
_LAST_BIT = 63
_WORDS = {"true": 1, "false": 0}


class CodesError(ValueError):
    """A mapping that cannot be read; the text names the entry."""


@dataclass(frozen=True, slots=True)
class Code:
    """One entry: a 2030.5 code, the SunSpec value, the SunSpec symbol ("" if not given)."""

    wire: int
    value: int
    symbol: str = ""


def parse_codes(text: str) -> tuple[Code, ...]:
    """The entries of a mapping. Raises CodesError."""
    codes = []
    for part in filter(None, map(str.strip, text.split(";"))):
        match = _ENTRY.fullmatch(part)
        if match is None:
            raise CodesError(f"{part!r} is not like 1=4:STANDBY (2030.5 code=SunSpec value:SYMBOL)")
        wire, value, symbol = match.groups()
        codes.append(Code(_WORDS[wire] if wire in _WORDS else int(wire), int(value), symbol or ""))
    for wire_code, count in Counter(code.wire for code in codes).items():
        if count > 1:
            raise CodesError(f"code {wire_code} is mapped {count} times")
    return tuple(codes)


def schema_codes(codes: Mapping[int, str]) -> tuple[Code, ...]:
    """The schema's own code names, for a row that wants symbols and maps nothing."""
    return tuple(Code(code, code, name) for code, name in codes.items())


class EnumCodes:
    """An enumeration's codes. Writing needs one 2030.5 code per SunSpec value."""

    def __init__(self, codes: tuple[Code, ...]) -> None:
        self._values = {code.wire: code.value for code in codes}
        self._symbols = {code.wire: code.symbol for code in codes}
        self._codes = {code.value: code.wire for code in codes}
        self._by_symbol = {code.symbol: code.wire for code in codes if code.symbol}
        self.one_to_one = len(self._codes) == len(codes)

    def value(self, wire: int) -> int | None:
        return self._values.get(wire)

    def symbol(self, wire: int) -> str | None:
        return self._symbols.get(wire)

    def wire(self, value: object) -> int:
        """The 2030.5 code of a SunSpec value or symbol. Raises BadValue."""
        if isinstance(value, str):
            code = self._by_symbol.get(value)
            known = ", ".join(self._by_symbol) or "no symbols"
        else:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            code = self._codes.get(value) if number else None  # type: ignore[call-overload]
            known = ", ".join(map(str, sorted(self._codes)))
        if code is None:
            raise BadValue(f"{value!r} is not one of {known}")
        return int(code)


class BitCodes:
    """A bitmap's bits; several 2030.5 bits may set the same SunSpec bit."""

    def __init__(self, codes: tuple[Code, ...]) -> None:
        for code in codes:
            if code.wire < 0 or code.value < 0:
                raise CodesError(f"{code.wire}={code.value}: bit numbers start at 0")
            if max(code.wire, code.value) > _LAST_BIT:
                raise CodesError(f"{code.wire}={code.value}: bit numbers go up to {_LAST_BIT}")
        self._bits = tuple((1 << code.wire, 1 << code.value, code.symbol) for code in codes)

    def value(self, wire: int) -> int:
        value = 0
        for wire_bit, bit, _ in self._bits:
            if wire & wire_bit:
                value |= bit
        return value

    def symbols(self, wire: int) -> str:
        """The symbols of the bits that are set, in the mapping's order; "" for none."""
        set_bits = (symbol for wire_bit, _, symbol in self._bits if wire & wire_bit)
        return ",".join(dict.fromkeys(set_bits))
