"""Arguments of RPC calls: JSON values checked one by one, each refusal naming its argument."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

from ..model.drafts import LATEST
from ..model.errors import ModelError
from ..sep.codec import CodecError, read_text
from ..sep.identity import IdentityError, format_sfdi, mrid_text, parse_sfdi

_Quantity = TypeVar("_Quantity")


def sfdi_of(value: Any) -> str:
    """An SFDI as its 12 digits. Raises IdentityError."""
    return format_sfdi(parse_sfdi(value))


def mrid_of(value: Any, name: str = "mRID") -> bytes:
    """An mRID as 16 octets."""
    try:
        return bytes.fromhex(mrid_text(value))
    except IdentityError as error:
        text = str(error)
        raise IdentityError(text if text.startswith(name) else f"{name}: {text}") from error


def whole(name: str, value: object, low: int, high: int) -> int:
    """A whole number within a range."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ModelError(
            f"{name} is {shown(value)}, a whole number from {low} to {high} is expected"
        )
    return value


def quantity(name: str, value: object, make: Callable[[float], _Quantity]) -> _Quantity:
    """A number that ``make`` takes."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ModelError(f"{name} is {shown(value)}, a number is expected")
    try:
        return make(value)
    except ValueError as error:
        raise ModelError(f"{name}: {error}") from error


def yes_or_no(name: str, value: object) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise ModelError(f"{name} is {shown(value)}, true or false is expected")
    return value


def text32(name: str, value: object) -> str:
    """A String32 of the standard."""
    if not isinstance(value, str):
        raise ModelError(f"{name} is {shown(value)}, text is expected")
    try:
        text: str = read_text("String32", value)
    except CodecError as error:
        raise ModelError(f"{name}: {error}") from error
    return text


def moment(name: str, value: object) -> int:
    """A time as seconds since 1970 (UTC): a number of them, or an ISO 8601 text with its zone."""
    if isinstance(value, str):
        return _iso(name, value)
    if isinstance(value, int):
        return whole(name, value, 0, LATEST)
    if not isinstance(value, float) or not math.isfinite(value):
        raise ModelError(
            f"{name} is {shown(value)}, seconds since 1970 (UTC) or an ISO 8601 text is expected"
        )
    return whole(name, math.floor(value), 0, LATEST)


def _iso(name: str, value: str) -> int:
    try:
        time = datetime.fromisoformat(value.strip())
    except ValueError:
        raise ModelError(
            f"{name} is {shown(value)}, no time such as 2026-06-01T12:00:00Z"
        ) from None
    if time.tzinfo is None:
        raise ModelError(f"{name} is {shown(value)} without a zone: add Z (UTC) or +hh:mm")
    try:
        return whole(name, math.floor(time.astimezone(UTC).timestamp()), 0, LATEST)
    except OverflowError:
        raise ModelError(f"{name} is {shown(value)}, which is out of range") from None


def hex_bits(name: str, value: object, high: int) -> bytes:
    """Some bits as the shortest octets: a number, or hex digits in quotes."""
    bits = value
    if isinstance(value, str) and re.fullmatch(r"[0-9A-Fa-f]{1,8}", value.strip(), re.ASCII):
        bits = int(value, 16)
    if isinstance(bits, bool) or not isinstance(bits, int) or not 0 <= bits <= high:
        raise ModelError(f'{name} is {shown(value)}, "00" to "{high:02X}" is expected (hex)')
    return bits.to_bytes(max((bits.bit_length() + 7) // 8, 1))


def one_of(name: str, value: object, known: Collection[str]) -> str:
    """One of some words."""
    if not isinstance(value, str) or value not in known:
        raise ModelError(
            f"{name} is {shown(value)}, one of {', '.join(known)} is expected{near(value, known)}"
        )
    return value


def near(name: object, known: Iterable[str]) -> str:
    """`` (did you mean X?)`` when a known name looks similar, else nothing."""
    names = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(str(name).lower(), names, n=1, cutoff=0.5)
    return f" (did you mean {names[close[0]]}?)" if close else ""


def shown(value: object) -> str:
    """A value as it may stand in an error text: not endless."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
