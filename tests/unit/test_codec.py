"""The codec: what is taken, what is refused, and that what is written is read back."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
from lxml import etree

from ieee2030_5_agent.sep import models
from ieee2030_5_agent.sep.codec import CodecError, decode, encode, parse
from ieee2030_5_agent.sep.editions import Edition
from tests.vectors import rules


@pytest.mark.parametrize("rule", rules("codec/accepted.toml"))
def test_accepts(rule: dict[str, Any]) -> None:
    document = parse(rule["xml"].encode())
    assert document.edition is (Edition[rule["edition"]] if rule["edition"] else None)
    expected = bytes.fromhex(rule["hex"]) if "hex" in rule else rule.get("value")
    assert ("none" in rule) == (expected is None)
    actual = at(document.model, rule["path"])
    assert (actual, type(actual)) == (expected, type(expected))


@pytest.mark.parametrize("rule", rules("codec/refused.toml"))
def test_refuses(rule: dict[str, Any]) -> None:
    with pytest.raises(CodecError) as refused:
        decode(rule["xml"].encode())
    assert rule["error"] in str(refused.value)
    assert "\n" not in str(refused.value)


def at(model: Any, path: str) -> Any:
    return reduce(
        lambda value, step: value[int(step)] if step.isdigit() else getattr(value, step),
        path.split("."),
        model,
    )


def test_refuses_more_members_than_the_schema_allows() -> None:
    point = "<CurveData><xvalue>1</xvalue><yvalue>1</yvalue></CurveData>"
    body = f'<DERCurve xmlns="http://zigbee.org/sep">{point * 11}</DERCurve>'
    with pytest.raises(CodecError, match="more than 10 times"):
        decode(body.encode())


@pytest.mark.parametrize(("depth", "taken"), [(200, True), (100_000, False)])
def test_deep_nesting_is_harmless(depth: int, taken: bool) -> None:
    nested = "<a>" * depth + "</a>" * depth
    body = f"<DERStatus><readingTime>5</readingTime>{nested}</DERStatus>"
    if taken:
        assert decode(body.encode()).readingTime == 5
    else:
        with pytest.raises(CodecError, match="not well-formed"):
            decode(body.encode())


def test_huge_text_is_refused() -> None:
    body = b"<DERStatus><alarmStatus>" + b"0" * 11_000_000 + b"</alarmStatus></DERStatus>"
    with pytest.raises(CodecError):
        decode(body)


def in_encoding(encoding: str, codec: str) -> bytes:
    text = f'<?xml version="1.0"  encoding = "{encoding}" ?><DERStatus><readingTime>5</readingTime>'
    return (text + "</DERStatus>").encode(codec)


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-16", "us-ascii", "ISO-8859-1", "utf8"])
def test_takes_encodings_in_which_tags_can_be_counted(encoding: str) -> None:
    body = in_encoding(encoding, encoding)
    assert decode(body).readingTime == 5
    assert body.count(b"<") == 5


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        ("UTF-7", "utf-7"),
        ("UTF-7", "ascii"),
        ("UTF-7", "utf-8-sig"),
        ("UTF-7", "utf-16"),
        ("UTF-7", "utf-32"),
        ("IBM037", "cp037"),
        ("ISO-2022-JP", "ascii"),
        ("of tomorrow", "ascii"),
        ("", "ascii"),
    ],
)
def test_refuses_other_encodings_before_they_are_parsed(encoding: str, codec: str) -> None:
    with pytest.raises(CodecError, match=r"the encoding '.*' is not taken"):
        decode(in_encoding(encoding, codec))


STATUS = models.DERStatus(
    href="/dcap/edev/0/der/1/ders",
    alarmStatus=b"\0",
    connectStatus=models.ConnectStatusType2(dateTime=1, value=b"\x01"),
    inverterStatus=models.InverterStatusType(dateTime=1, value=0),
    readingTime=0,
)


@pytest.mark.parametrize("edition", Edition, ids=lambda edition: edition.name)
def test_reads_back_what_it_writes(edition: Edition) -> None:
    document = parse(encode(STATUS, edition))
    assert document.edition is edition
    assert document.model.readingTime == 0
    assert document.model.inverterStatus == STATUS.inverterStatus


@pytest.mark.parametrize(
    ("edition", "expected"),
    [
        (Edition.ZIGBEE_2013, False),
        (Edition.INTERIM_2013, False),
        (Edition.E2018, False),
        (Edition.E2023, True),
    ],
)
def test_writes_an_element_of_2023_only_for_2023(edition: Edition, expected: bool) -> None:
    assert (b"connectStatus" in encode(STATUS, edition)) is expected


def test_writes_the_names_of_2013_for_2013() -> None:
    base = models.DERControlBase(opModFixedW=-4000)
    control = models.DERControl(mRID=b"\x01", DERControlBase=base)
    assert b"<opModFixedFlow>-4000</opModFixedFlow>" in encode(control, Edition.ZIGBEE_2013)
    assert b"<opModFixedW>-4000</opModFixedW>" in encode(control, Edition.E2018)


def test_writes_zero_and_false_and_leaves_out_none() -> None:
    text = encode(models.EndDevice(sFDI=0, changedTime=0, enabled=False)).decode()
    assert text == (
        '<EndDevice xmlns="urn:ieee:std:2030.5:ns"><sFDI>0</sFDI>'
        "<changedTime>0</changedTime><enabled>false</enabled></EndDevice>"
    )


def test_writes_hex_upper_case_and_bitmaps_shortest() -> None:
    status = models.DERStatus(readingTime=1, alarmStatus=b"\x00\x00\x00\xab")
    assert b"<alarmStatus>AB</alarmStatus>" in encode(status)
    mirror = models.MirrorMeterReading(mRID=b"\x00\xcd")
    assert b"<mRID>00CD</mRID>" in encode(mirror)


def test_escapes_text() -> None:
    mirror = models.MirrorMeterReading(mRID=b"\x01", description='<a & "b">')
    assert decode(encode(mirror)).description == '<a & "b">'


@pytest.mark.parametrize("control", ["\t", "\n", "\r", "\r\n", "\x7f", "\x85"])
def test_any_parser_reads_back_the_control_characters_that_xml_can_carry(control: str) -> None:
    text = f"/a{control}<b>"
    root = etree.fromstring(encode(models.MirrorMeterReading(href=text, description=text)))
    assert (root.get("href"), root.findtext("{*}description")) == (text, text)


def test_refuses_text_that_xml_cannot_carry() -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        encode(models.MirrorMeterReading(mRID=b"\x01", description="a\0b"))


def test_declares_the_instance_namespace_where_a_member_has_a_subtype() -> None:
    responses = models.ResponseList(
        all=1,
        results=1,
        Response=[models.DERControlResponse(endDeviceLFDI=b"\x01", status=1, subject=b"\x02")],
    )
    text = encode(responses)
    assert b'xsi:type="DERControlResponse"' in text
    assert decode(text) == responses


def test_writes_csipaus_elements_only_when_asked() -> None:
    base = models.DERControlBase(opModExpLimW=models.ActivePower(multiplier=0, value=5))
    control = models.DERControl(mRID=b"\x01", DERControlBase=base)
    assert b"opModExpLimW" not in encode(control)
    text = encode(control, csipaus_namespace="https://csipaus.org/ns")
    assert b'xmlns:csipaus="https://csipaus.org/ns"' in text
    assert b"<csipaus:opModExpLimW><multiplier>0</multiplier><value>5</value>" in text


def test_reads_csipaus_elements() -> None:
    text = encode(
        models.DERSettings(setGradW=0, doeModesEnabled=b"\x0f"),
        Edition.ZIGBEE_2013,
        csipaus_namespace="https://csipaus.org/ns/v1.3",
    )
    assert decode(text).doeModesEnabled == b"\x0f"


def test_unknown_attributes_are_not_even_walked() -> None:
    """Walking tens of thousands of them is quadratic in lxml and would hold up everybody."""
    attributes = " ".join(f'a{number}="1"' for number in range(30_000))
    body = f'<DERStatus {attributes} href="/x"><readingTime>1</readingTime></DERStatus>'
    assert decode(body.encode()).href == "/x"
