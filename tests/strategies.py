"""Hypothesis strategies: any valid resource, straight from the facets of the schemas."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ieee2030_5_agent.sep import models
from ieee2030_5_agent.sep.codec import BITMAP_OCTETS
from ieee2030_5_agent.sep.facets import ELEMENTS, SIMPLE
from ieee2030_5_agent.sep.schema_types import Element

DEEPEST = 4
WIDEST = 3


def text(octets: int | None) -> st.SearchStrategy[str]:
    """Text that XML can carry, as it is after the white space around it is dropped."""
    most = 12 if octets is None else octets // 4
    letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"))
    words = st.text(letters, max_size=most)
    lines = st.text("a\t\n\r\x7f\x85", max_size=most)
    return (words | lines).map(str.strip)


def hexadecimal(octets: int | None) -> st.SearchStrategy[bytes]:
    most = octets or 8
    if most <= BITMAP_OCTETS:
        return st.integers(0, 256**most - 1).map(
            lambda flags: flags.to_bytes(max(1, (flags.bit_length() + 7) // 8))
        )
    return st.binary(min_size=1, max_size=most)


def simple(type_name: str) -> st.SearchStrategy[Any]:
    facets = SIMPLE[type_name]
    if facets.base == "int":
        return st.integers(facets.minimum, facets.maximum)
    if facets.base == "bool":
        return st.booleans()
    return hexadecimal(facets.octets) if facets.base == "hex" else text(facets.octets)


def in_edition(element: Element, year: int) -> bool:
    return (element.since or 0) <= year and element.namespace is None


@st.composite
def resources(draw: st.DrawFn, class_name: str, year: int = 2018, depth: int = 0) -> Any:
    """A model of a class with all that is mandatory and some of what is not."""
    values: dict[str, Any] = {}
    for name, element in ELEMENTS[class_name].items():
        if not in_edition(element, year):
            continue
        wanted = element.required or (depth < DEEPEST and draw(st.booleans()))
        if not wanted:
            continue
        member = (
            simple(element.type)
            if element.type in SIMPLE
            else resources(element.type, year, depth + 1)
        )
        if element.many:
            least = 1 if element.required else 0
            most = min(element.max_occurs or WIDEST, WIDEST)
            values[name] = draw(st.lists(member, min_size=least, max_size=most))
        else:
            values[name] = draw(member)
    return getattr(models, class_name)(**values)
