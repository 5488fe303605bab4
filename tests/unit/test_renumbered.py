"""The numbers of the interim schema, both ways, inside documents."""

from __future__ import annotations

import pytest

from ieee2030_5_agent.sep import models, renumbered
from ieee2030_5_agent.sep.codec import decode, encode
from ieee2030_5_agent.sep.editions import Edition

INTERIM = Edition.INTERIM_2013


@pytest.mark.parametrize("table", [*renumbered.VALUES.values(), *renumbered.BITS.values()])
def test_no_two_codes_share_a_number(table: dict[int, int]) -> None:
    assert len(set(table.values())) == len(table)


@pytest.mark.parametrize(("sent", "meant"), [(4, 4), (80, 80), (81, 82), (82, 83)])
def test_der_type(sent: int, meant: int) -> None:
    body = f'<DERCapability xmlns="{INTERIM.namespace}"><type>{sent}</type></DERCapability>'
    model = decode(body.encode())
    assert model.type == meant
    assert f"<type>{sent}</type>".encode() in encode(model, INTERIM)
    assert f"<type>{meant}</type>".encode() in encode(model, Edition.E2018)


@pytest.mark.parametrize(("sent", "meant"), [(0, 11), (1, 0), (3, 12), (10, 14)])
def test_curve_type(sent: int, meant: int) -> None:
    body = f'<DERCurve xmlns="{INTERIM.namespace}"><curveType>{sent}</curveType></DERCurve>'
    assert decode(body.encode()).curveType == meant
    written = encode(models.DERCurve(curveType=meant), INTERIM)
    assert f"<curveType>{sent}</curveType>".encode() in written


def test_modes_supported() -> None:
    # Bits 0 (volt-var), 13 (maximum power) and 16 (fixed power) of the interim schema.
    body = (
        f'<DERCapability xmlns="{INTERIM.namespace}">'
        "<modesSupported>00012001</modesSupported></DERCapability>"
    )
    model = decode(body.encode())
    assert int.from_bytes(model.modesSupported) == 1 << 23 | 1 << 20 | 1 << 7
    assert b"<modesSupported>012001</modesSupported>" in encode(model, INTERIM)


def test_other_editions_keep_their_numbers() -> None:
    body = b'<DERCapability xmlns="http://zigbee.org/sep"><type>82</type></DERCapability>'
    assert decode(body).type == 82
