"""The codec, whatever it is given."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ieee2030_5_agent.sep.codec import CodecError, decode, encode, parse
from ieee2030_5_agent.sep.editions import Edition
from ieee2030_5_agent.sep.facets import ROOT_NAMESPACES, ROOTS
from ieee2030_5_agent.sep.json_form import from_json, to_json
from ieee2030_5_agent.sep.packing import pack, unpack
from tests.strategies import resources

CLASSES = sorted({name for root, name in ROOTS.items() if root not in ROOT_NAMESPACES})
QUICK = settings(max_examples=15, deadline=None, derandomize=True)


@pytest.mark.parametrize("class_name", CLASSES)
@pytest.mark.parametrize("edition", [Edition.E2018, Edition.E2023], ids=lambda e: e.name)
def test_any_resource_survives_writing_and_reading(class_name: str, edition: Edition) -> None:
    @QUICK
    @given(resources(class_name, edition.year))
    def survives(model: object) -> None:
        document = parse(encode(model, edition))
        assert (document.model, document.edition) == (model, edition)

    survives()


@pytest.mark.parametrize("class_name", CLASSES)
def test_any_resource_is_read_alike_whatever_namespace_its_elements_have(class_name: str) -> None:
    others = f'xmlns="{Edition.ZIGBEE_2013.namespace}" xmlns:root="{Edition.E2018.namespace}"'

    @QUICK
    @given(resources(class_name))
    def survives(model: object) -> None:
        own = encode(model).decode().replace(f'xmlns="{Edition.E2018.namespace}"', others, 1)
        name = type(model).__name__
        foreign = own.replace(f"<{name}", f"<root:{name}", 1)
        if foreign.endswith(f"</{name}>"):
            foreign = foreign.removesuffix(f"</{name}>") + f"</root:{name}>"
        document = parse(foreign.encode())
        assert (document.model, document.edition) == (model, Edition.E2018)

    survives()


@pytest.mark.parametrize("class_name", CLASSES)
def test_any_resource_survives_json(class_name: str) -> None:
    @QUICK
    @given(resources(class_name))
    def survives(model: object) -> None:
        assert from_json(class_name, to_json(model)) == model

    survives()


@pytest.mark.parametrize("class_name", CLASSES)
def test_any_resource_survives_packing(class_name: str) -> None:
    @QUICK
    @given(resources(class_name))
    def survives(model: object) -> None:
        assert unpack(class_name, pack(model)) == model

    survives()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_by_our_own_error(body: bytes) -> None:
    with suppress(CodecError):
        decode(body)


DOCUMENT = encode(
    from_json(
        "DERStatus",
        {"readingTime": 1, "alarmStatus": "0F", "inverterStatus": {"dateTime": 1, "value": 4}},
    )
)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.integers(0, len(DOCUMENT) - 1), st.binary(max_size=4), st.integers(0, 8))
def test_any_damage_is_read_or_refused_by_our_own_error(at: int, put: bytes, cut: int) -> None:
    with suppress(CodecError):
        decode(DOCUMENT[:at] + put + DOCUMENT[at + cut :])
