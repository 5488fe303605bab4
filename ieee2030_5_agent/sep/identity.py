"""Who a device is: LFDI, SFDI, PIN and mRID as text and numbers.

The long form device identifier (LFDI) is the left-most 160 bits of the SHA-256 digest of the
device's certificate; the short form (SFDI) is 36 bits of it as a decimal number plus a check
digit. The check digit of SFDI and PIN makes the plain sum of all digits a multiple of ten; it
is not the Luhn digit, which agrees often enough to hide the mistake.

Source: IEEE 2030.5-2018, device credentials (LFDI, SFDI, PIN) and IdentifiedObject.mRID.
"""

from __future__ import annotations

import hashlib
import re
import secrets

LFDI_DIGITS = 40
_SFDI_HEX_DIGITS = 9
SFDI_MAX = 687194767359  # the schema's SFDIType; the largest that an LFDI can give ends in 7
SFDI_DIGITS = 12
PIN_MAX = 999999
MRID_DIGITS = 32
_PEN_OCTETS = 4

_SEPARATORS = re.compile(r"[\s:\-]+")
_HEX = re.compile(r"[0-9A-F]*", re.ASCII)
_DECIMAL = re.compile(r"[0-9]+", re.ASCII)
_SHA256_DIGITS = 64
_SHOWN = 60


class IdentityError(ValueError):
    """An identifier that cannot be one; the text says what is wrong and what is expected."""


def normalise_lfdi(value: str | bytes) -> str:
    """The LFDI as 40 upper-case hex digits.

    Text may be grouped by blanks, hyphens or colons, as labels and openssl print it. Octets come
    from a document, where senders drop leading zero octets; they are put back.
    """
    if isinstance(value, bytes):
        if len(value) > LFDI_DIGITS // 2:
            raise IdentityError(
                f"LFDI has {len(value)} octets, at most {LFDI_DIGITS // 2} are expected"
            )
        return value.hex().upper().zfill(LFDI_DIGITS)
    digits = _hex_digits(value, "LFDI", f"{LFDI_DIGITS} hex digits")
    if len(digits) == _SHA256_DIGITS:
        raise IdentityError(
            f"LFDI has {_SHA256_DIGITS} hex digits, the whole SHA-256 fingerprint of a"
            f" certificate; the LFDI is its first {LFDI_DIGITS}: {digits[:LFDI_DIGITS]}"
        )
    if len(digits) != LFDI_DIGITS:
        raise IdentityError(f"LFDI has {len(digits)} hex digits, {LFDI_DIGITS} are expected")
    return digits


def lfdi_of_certificate(der: bytes) -> str:
    """The LFDI of a certificate, from its complete DER encoding (not the PEM text, not the key)."""
    if not isinstance(der, bytes | bytearray):
        raise IdentityError(f"certificate is {type(der).__name__}, DER octets are expected")
    if der.lstrip().startswith(b"-----BEGIN"):
        raise IdentityError("certificate is PEM text, its DER octets are expected")
    if not der.startswith(b"\x30"):
        raise IdentityError("certificate does not begin like DER, which starts with octet 30")
    return hashlib.sha256(der).hexdigest().upper()[:LFDI_DIGITS]


def sfdi_of_lfdi(lfdi: str | bytes) -> int:
    """The SFDI that belongs to an LFDI: its first 36 bits as a number, then the check digit."""
    number = int(normalise_lfdi(lfdi)[:_SFDI_HEX_DIGITS], 16)
    return number * 10 + -_digit_sum(number) % 10


def parse_sfdi(value: str | int, *, check: bool = True) -> int:
    """The SFDI as a number, from a number or from text with or without grouping.

    Leading zeros do not matter: a JSON number and a document's sFDI have none. ``check=False``
    lets a wrong check digit pass.
    """
    expected = f"a number of up to {SFDI_DIGITS} digits"
    number = _number(value, "SFDI", expected, SFDI_MAX)
    if check and not has_check_digit(number):
        right = -_digit_sum(number // 10) % 10
        raise IdentityError(
            f"SFDI {format_sfdi(number)} has the check digit {number % 10}, but {right} is expected"
            " (all digits together must add up to a multiple of 10)"
        )
    return number


def format_sfdi(number: int) -> str:
    """The SFDI as the 12 digits, leading zeros included, that a label shows."""
    return f"{number:0{SFDI_DIGITS}d}"


def parse_pin(value: str | int, *, check: bool = True) -> int:
    """The registration PIN as a number 0..999999, whose last digit is a check digit.

    ``check=False`` lets a wrong check digit pass: some servers in the field issue such PINs.
    """
    number = _number(value, "PIN", "a number of up to six digits", PIN_MAX)
    if check and not has_check_digit(number):
        right = -_digit_sum(number // 10) % 10
        raise IdentityError(
            f"PIN {number:06d} has the check digit {number % 10}, but {right} is expected"
            " (all digits together must add up to a multiple of 10)"
        )
    return number


def complete_pin(digits: str) -> int:
    """The PIN of five free digits: these, then the check digit."""
    number = _number(digits, "PIN", "a number of five digits", PIN_MAX // 10)
    return number * 10 + -_digit_sum(number) % 10


def has_check_digit(number: int) -> bool:
    """True when the digits of an SFDI or PIN add up to a multiple of ten."""
    return _digit_sum(number) % 10 == 0


def mrid_text(value: str | bytes | int) -> str:
    """An mRID as 32 upper-case hex digits, so that equal numbers are equal texts.

    mRIDs compare as unsigned 128-bit numbers; clients send them with leading zero octets dropped.
    """
    if isinstance(value, bool) or not isinstance(value, str | bytes | int):
        raise IdentityError(
            f"mRID is {type(value).__name__}, up to {MRID_DIGITS} hex digits are expected"
        )
    if isinstance(value, int):
        if value < 0:
            raise IdentityError(f"mRID {value} is negative, a 128-bit number is expected")
        digits = f"{value:X}"
    elif isinstance(value, bytes):
        digits = value.hex().upper()
    else:
        digits = _hex_digits(value, "mRID", f"up to {MRID_DIGITS} hex digits")
    if not digits:
        raise IdentityError(f"mRID is empty, up to {MRID_DIGITS} hex digits are expected")
    if len(digits) > MRID_DIGITS:
        raise IdentityError(
            f"mRID has {len(digits)} hex digits, at most {MRID_DIGITS} are expected"
        )
    return digits.zfill(MRID_DIGITS)


def new_mrid(pen: int) -> bytes:
    """An mRID that no other object has: 96 random bits, then the enterprise number (PEN).

    Source: IEEE 2030.5-2018 mRIDType, whose low 32 bits are the PEN of whoever makes the mRID.
    """
    return secrets.token_bytes(MRID_DIGITS // 2 - _PEN_OCTETS) + pen.to_bytes(_PEN_OCTETS)


def _digit_sum(number: int) -> int:
    return sum(int(digit) for digit in str(number))


def _hex_digits(value: object, what: str, expected: str) -> str:
    if not isinstance(value, str):
        raise IdentityError(f"{what} is {type(value).__name__}, text of {expected} is expected")
    digits = _SEPARATORS.sub("", value).upper()
    if not _HEX.fullmatch(digits):
        raise IdentityError(f"{what} {_shown(value)} is not hexadecimal, {expected} are expected")
    return digits


def _number(value: object, what: str, expected: str, maximum: int) -> int:
    """A whole number within 0..maximum from an int or from decimal digits, grouping allowed."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise IdentityError(f"{what} is {type(value).__name__}, {expected} is expected")
    if isinstance(value, str):
        # A sign is not grouping: "-19" must not become 19.
        digits = _SEPARATORS.sub("", value)
        if value.strip()[:1] == "-" or not _DECIMAL.fullmatch(digits) or len(digits) > _SHOWN:
            raise IdentityError(f"{what} {_shown(value)} is not {expected}")
        value = int(digits)
    if not 0 <= value <= maximum:
        shown = value if abs(value) < 10**_SHOWN else "of more than 60 digits"
        raise IdentityError(f"{what} {shown} is out of range, 0 to {maximum} is expected")
    return value


def _shown(value: str) -> str:
    """The value as it may stand in an error text: quoted and not endless."""
    return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "...")


def derived_mrid(mrid: bytes, name: str) -> bytes:
    """The mRID of something that belongs to another object: always the same for the same two.

    The end stays that of the object, where the enterprise number of its maker stands.
    """
    digest = hashlib.sha256(mrid.rjust(MRID_DIGITS // 2, b"\0") + name.encode()).digest()
    return digest[:12] + mrid.rjust(4, b"\0")[-4:]
