"""The shape of the tables in ``facets``: what the schemas know and the generated classes do not.

xsdata flattens simple types: a ``PerCent`` becomes an ``int`` and loses its name and range. The
tables keep both, and for each element what the codec needs to read and write it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class SimpleType(NamedTuple):
    """A type whose value is one word of text (IEEE 2030.5-2018 base types and what restricts them).

    ``codes`` gives the documented values of a coded type, or the bit numbers when ``base`` is
    "hex"; other values stay legal on the wire. ``codes_since`` names the edition of those codes
    that 2018 does not have.
    """

    base: str
    """"int", "str", "hex" or "bool"."""
    minimum: int | None = None
    maximum: int | None = None
    octets: int | None = None
    """Most octets: of the UTF-8 text of a string, of the bytes of a hexadecimal value."""
    codes: Mapping[int, str] = {}
    codes_since: Mapping[int, int] = {}


class Element(NamedTuple):
    """A field of a class: an element or an attribute of the schema."""

    type: str
    """A key of ``facets.SIMPLE`` or a class of ``models``."""
    many: bool = False
    required: bool = False
    max_occurs: int | None = 1
    """None: without limit."""
    attribute: bool = False
    since: int | None = None
    """Year of the edition that brought the field; None: it is in all of them."""
    old_name: str | None = None
    """Names in 2013 documents, separated by a space."""
    namespace: str | None = None
    """"csipaus" for the Australian extension; None for IEEE 2030.5 itself."""
