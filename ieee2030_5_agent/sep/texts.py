"""Simple types of the standard as text of the wire: one reader and one writer per type.

Strict about ranges and lengths, liberal about white space around a value and leading zeros.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Callable
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from .editions import Edition
from .facets import SIMPLE
from .schema_types import SimpleType

# A bitmap means the same with or without leading zero bytes; identifiers (mRID, LFDI) do not.
BITMAP_OCTETS = 8

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
# Characters that XML 1.0 cannot carry, not even escaped.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A parser takes a bare carriage return for a line feed, and in an attribute all three for blanks.
_REFERENCES = {"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


class CodecError(ValueError):
    """A document that cannot be taken: where in it, and why."""

    def __init__(self, reason: str, *path: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.steps = list(path)
        # The edition of the document, where its root told it before the mistake.
        self.edition: Edition | None = None

    @property
    def path(self) -> str:
        return "/" + "/".join(self.steps)

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.steps else self.reason


@cache
def text_reader(type_name: str) -> Callable[[str], Any]:
    """Text of the wire to a Python value; raises CodecError naming the type's limits."""
    simple = SIMPLE[type_name]
    if simple.base == "int":
        read = _integer_reader(type_name, simple)
        return _Codes(simple, read).__getitem__ if is_small(simple) else read
    if simple.base == "hex":
        return _hex_reader(type_name, simple.octets)
    if simple.base == "bool":
        return _read_boolean
    return _string_reader(type_name, simple.octets)


def is_small(simple: SimpleType) -> bool:
    """Whether a type is one of whole numbers that fit into an octet, as most codes are."""
    low, high = simple.minimum, simple.maximum
    return simple.base == "int" and low is not None and high is not None and high - low < 256


class _Codes(dict[str, int]):
    """The values of a small type by their usual text; any other text is read with care."""

    def __init__(self, simple: SimpleType, read: Callable[[str], int]) -> None:
        low, high = simple.minimum or 0, simple.maximum or 0
        super().__init__((str(value), value) for value in range(low, high + 1))
        self._read = read

    def __missing__(self, text: str) -> int:
        return self._read(text)


@cache
def text_writer(type_name: str) -> Callable[[Any], str]:
    """A Python value to text of the wire; raises CodecError for text that XML cannot carry."""
    simple = SIMPLE[type_name]
    if simple.base == "int":
        return str
    if simple.base == "bool":
        return lambda value: "true" if value else "false"
    if simple.base == "hex":
        if simple.octets is not None and simple.octets <= BITMAP_OCTETS:
            return lambda value: _shortest(value).hex().upper()
        return lambda value: value.hex().upper()
    return _escaped


def _integer_reader(type_name: str, simple: SimpleType) -> Callable[[str], int]:
    low, high = simple.minimum, simple.maximum

    def read(text: str) -> int:
        text = text.strip()
        if _INTEGER.fullmatch(text) is None:
            raise CodecError(f"{shown(text)} is not a whole number ({type_name})")
        value = int(text)
        if (low is not None and value < low) or (high is not None and value > high):
            raise CodecError(f"{value} is outside {low}..{high} ({type_name})")
        return value

    return read


def _hex_reader(type_name: str, octets: int | None) -> Callable[[str], bytes]:
    if octets is None:
        return lambda text: _octets(text, type_name)
    if octets <= BITMAP_OCTETS:
        return _bitmap_reader(type_name, octets)

    def read(text: str) -> bytes:
        value = _octets(text, type_name)
        if 0 < len(value) <= octets:
            return value
        if not value:
            raise CodecError(f"is empty, hexadecimal digits are expected ({type_name})")
        surplus = len(value) - octets
        if value[:surplus].strip(b"\0"):
            raise _too_long(text, octets, type_name)
        return value[surplus:]

    return read


def _bitmap_reader(type_name: str, octets: int) -> Callable[[str], bytes]:
    def read(text: str) -> bytes:
        value = _shortest(_octets(text, type_name))
        if len(value) > octets:
            raise _too_long(text, octets, type_name)
        return value

    return read


def _octets(text: str, type_name: str) -> bytes:
    try:
        return unhexlify(text)
    except ValueError:
        digits = text.strip()
    try:
        return unhexlify(digits if len(digits) % 2 == 0 else "0" + digits)
    except ValueError:
        raise CodecError(f"{shown(digits)} is not hexadecimal ({type_name})") from None


def _too_long(text: str, octets: int, type_name: str) -> CodecError:
    return CodecError(f"{shown(text.strip())} is longer than {octets * 2} digits ({type_name})")


def _string_reader(type_name: str, octets: int | None) -> Callable[[str], str]:
    def read(text: str) -> str:
        text = text.strip()
        if not text.isprintable():
            _refuse_unprintable(text)
        if octets is not None and not (text.isascii() and len(text) <= octets):
            _refuse_long(text, octets, type_name)
        return text

    return read


def _refuse_long(text: str, octets: int, type_name: str) -> None:
    if len(text.encode()) > octets:
        raise CodecError(f"{shown(text)} is longer than {octets} octets ({type_name})")


def _read_boolean(text: str) -> bool:
    value = _BOOLEANS.get(text.strip())
    if value is None:
        raise CodecError(f"{shown(text)} is not true or false (boolean)")
    return value


def _shortest(value: bytes) -> bytes:
    return value.lstrip(b"\0") or b"\0"


def shown(text: str) -> str:
    """A text of a client in a reason: in quotes, on one line, and not all of a long one."""
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _escaped(text: str) -> str:
    if text.isprintable():
        return escape(text)
    _refuse_unprintable(text)
    return escape(text, _REFERENCES)


def _refuse_unprintable(text: str) -> None:
    """What Python can print, XML can carry; of the rest, it cannot carry some."""
    if _UNPRINTABLE.search(text):
        raise CodecError(f"{shown(text)} holds a character that XML cannot carry")
