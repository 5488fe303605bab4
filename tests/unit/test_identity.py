"""LFDI, SFDI, PIN and mRID against published vectors."""

from __future__ import annotations

import base64
import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from ieee2030_5_agent.sep import identity
from ieee2030_5_agent.sep.identity import IdentityError

DATA = Path(__file__).parents[1] / "data"


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


VECTORS = table("identity.csv")
PINS = table("identity_pins.csv")


def certificate() -> bytes:
    lines = (DATA / "identity_certificate.pem").read_text(encoding="ascii").split("\n")
    return base64.b64decode("".join(line for line in lines if not line.startswith("-")))


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: row["lfdi"])
def test_sfdi_of_lfdi(row: dict[str, str]) -> None:
    number = identity.sfdi_of_lfdi(row["lfdi"])
    assert number // 10 == int(row["number"])
    assert identity.format_sfdi(number) == row["sfdi"]
    assert identity.sfdi_of_lfdi(bytes.fromhex(row["lfdi"])) == number


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: row["lfdi"])
def test_parse_sfdi_accepts_every_spelling(row: dict[str, str]) -> None:
    text, number = row["sfdi"], int(row["sfdi"])
    grouped = "-".join(text[at : at + 3] for at in range(0, 12, 3))
    for spelling in (text, number, str(number), grouped, f" {grouped.replace('-', ' ')} "):
        assert identity.parse_sfdi(spelling) == number


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: row["lfdi"])
def test_parse_sfdi_refuses_every_other_check_digit(row: dict[str, str]) -> None:
    number = int(row["sfdi"])
    wrong = {number - number % 10 + digit for digit in range(10)} - {number}
    for value in wrong:
        with pytest.raises(IdentityError, match=f"but {number % 10} is expected|out of range"):
            identity.parse_sfdi(value)
    assert identity.parse_sfdi(min(wrong), check=False) == min(wrong)


def test_check_digit_is_not_luhn() -> None:
    luhn = [row for row in VECTORS if row["luhn"] and row["luhn"] != row["sfdi"][-1]]
    assert luhn
    for row in luhn:
        with pytest.raises(IdentityError):
            identity.parse_sfdi(row["sfdi"][:-1] + row["luhn"])


def test_lfdi_of_certificate() -> None:
    lfdi = identity.lfdi_of_certificate(certificate())
    assert lfdi == "5E0561BF9E2A2826012D5F51F0A12FAEBCFA6854"
    assert identity.sfdi_of_lfdi(lfdi) == 252385761218


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("247bd68e3378fe57ba604e3c8bdf9e3f78a3d743", "247BD68E3378FE57BA604E3C8BDF9E3F78A3D743"),
        (" 247B-D68E-3378-FE57-BA60-4E3C-8BDF-9E3F-78A3-D743 ",
         "247BD68E3378FE57BA604E3C8BDF9E3F78A3D743"),
        ("24:7b:d6:8e:33:78:fe:57:ba:60:4e:3c:8b:df:9e:3f:78:a3:d7:43",
         "247BD68E3378FE57BA604E3C8BDF9E3F78A3D743"),
        (b"\x24\x7b", "000000000000000000000000000000000000247B"),
        (b"", "0" * 40),
    ],
    ids=str,
)  # fmt: skip
def test_normalise_lfdi(value: str | bytes, expected: str) -> None:
    assert identity.normalise_lfdi(value) == expected


@pytest.mark.parametrize("row", PINS, ids=lambda row: row["pin"])
def test_pin(row: dict[str, str]) -> None:
    pin = int(row["pin"])
    for spelling in (row["pin"], pin, str(pin), f"{row['pin'][:3]}-{row['pin'][3:]}"):
        assert identity.parse_pin(spelling) == pin
    assert identity.complete_pin(row["digits"]) == pin
    for digit in range(10):
        other = int(f"{row['digits']}{digit}")
        assert identity.has_check_digit(other) is (other == pin)
        assert identity.parse_pin(other, check=False) == other


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0b", "0000000000000000000000000000000B"),
        ("F1E2 d3c4-0000-0000-0000-0000-0000 9188", "F1E2D3C4000000000000000000009188"),
        (b"\x01\xff", "000000000000000000000000000001FF"),
        (b"\xff" * 16, "F" * 32),
        (0, "0" * 32),
        (2**128 - 1, "F" * 32),
    ],
    ids=str,
)
def test_mrid_text(value: str | bytes | int, expected: str) -> None:
    assert identity.mrid_text(value) == expected


@pytest.mark.parametrize("pen", [0, 37244, 2**32 - 1])
def test_new_mrid_ends_with_the_enterprise_number(pen: int) -> None:
    made = {identity.new_mrid(pen) for _ in range(100)}
    assert len(made) == 100
    assert {len(mrid) for mrid in made} == {16}
    assert {int.from_bytes(mrid[-4:]) for mrid in made} == {pen}


@pytest.mark.parametrize(
    ("function", "value", "text"),
    [
        (identity.normalise_lfdi, "", "LFDI has 0 hex digits, 40 are expected"),
        (identity.normalise_lfdi, "24", "LFDI has 2 hex digits, 40 are expected"),
        (identity.normalise_lfdi, "Z" * 40, "is not hexadecimal, 40 hex digits are expected"),
        (identity.normalise_lfdi, "\u0661" * 40, "is not hexadecimal"),
        (identity.normalise_lfdi, "AB" * 32, "whole SHA-256 fingerprint"),
        (identity.normalise_lfdi, b"\0" * 21, "LFDI has 21 octets, at most 20 are expected"),
        (identity.normalise_lfdi, None, "LFDI is NoneType, text of 40 hex digits is expected"),
        (identity.normalise_lfdi, 12, "LFDI is int, text of 40 hex digits is expected"),
        (identity.parse_sfdi, "", "SFDI '' is not a number of up to 12 digits"),
        (identity.parse_sfdi, "foo", "SFDI 'foo' is not a number of up to 12 digits"),
        (identity.parse_sfdi, "-19", "SFDI '-19' is not a number of up to 12 digits"),
        (identity.parse_sfdi, "\u0661\u0669", "is not a number of up to 12 digits"),
        (identity.parse_sfdi, "1" * 5000, "is not a number of up to 12 digits"),
        (identity.parse_sfdi, -19, "SFDI -19 is out of range, 0 to 687194767359 is expected"),
        (identity.parse_sfdi, 687194767360, "SFDI 687194767360 is out of range"),
        (identity.parse_sfdi, 10**100, "SFDI of more than 60 digits is out of range"),
        (identity.parse_sfdi, True, "SFDI is bool, a number of up to 12 digits is expected"),
        (identity.parse_sfdi, 19.0, "SFDI is float, a number of up to 12 digits is expected"),
        (identity.parse_sfdi, None, "SFDI is NoneType"),
        (identity.parse_pin, 111114, "PIN 111114 has the check digit 4, but 5 is expected"),
        (identity.parse_pin, 1000009, "PIN 1000009 is out of range, 0 to 999999 is expected"),
        (identity.parse_pin, "x", "PIN 'x' is not a number of up to six digits"),
        (identity.complete_pin, "111115", "PIN 111115 is out of range, 0 to 99999 is expected"),
        (identity.mrid_text, "", "mRID is empty, up to 32 hex digits are expected"),
        (identity.mrid_text, b"", "mRID is empty, up to 32 hex digits are expected"),
        (identity.mrid_text, "0" * 33, "mRID has 33 hex digits, at most 32 are expected"),
        (identity.mrid_text, 2**128, "mRID has 33 hex digits, at most 32 are expected"),
        (identity.mrid_text, -1, "mRID -1 is negative, a 128-bit number is expected"),
        (identity.mrid_text, True, "mRID is bool, up to 32 hex digits are expected"),
        (identity.mrid_text, "0x1F", "is not hexadecimal, up to 32 hex digits are expected"),
        (identity.lfdi_of_certificate, "", "certificate is str, DER octets are expected"),
        (identity.lfdi_of_certificate, b"\n-----BEGIN CERTIFICATE-----", "is PEM text"),
        (identity.lfdi_of_certificate, b"\x31\x82", "does not begin like DER"),
        (identity.lfdi_of_certificate, b"", "does not begin like DER"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)[:20]),
)
def test_refused(function: Callable[[object], object], value: object, text: str) -> None:
    with pytest.raises(IdentityError) as caught:
        function(value)
    assert text in str(caught.value)
    assert len(str(caught.value)) < 300
