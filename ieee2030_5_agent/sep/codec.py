"""XML of IEEE 2030.5 to and from the generated models.

Liberal where clients differ harmlessly: unknown elements and attributes are skipped, the order of
children is free, white space around values is dropped, every edition's namespace and names are
understood. Strict where a mistake would become wrong data: root, types, ranges, cardinality and
mandatory elements.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

from lxml import etree

from .decoding import CSIPAUS_NAMESPACES, XSI, Decode, Decoder
from .editions import Edition
from .encoding import Encoder
from .facets import ELEMENTS, ROOT_NAMESPACES, ROOTS, SIMPLE
from .texts import BITMAP_OCTETS, CodecError, text_reader, text_writer

__all__ = [
    "BITMAP_OCTETS",
    "CSIPAUS_NAMESPACES",
    "CodecError",
    "Document",
    "decode",
    "encode",
    "is_complete",
    "parse",
    "read_text",
    "write_text",
]

# One for all calls: making one takes longer than a parse. lxml locks it against other threads, and
# no greenlet can switch within a parse, which calls nothing of Python.
_PARSER = etree.XMLParser(
    resolve_entities=False,
    load_dtd=False,
    no_network=True,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)


# Encodings in which a tag has the octet of "<", so that tags can be counted before they are parsed.
_ENCODINGS = frozenset(
    ("utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii", "iso-8859-1")
)
_DECLARED = re.compile(
    rb"""(?:\xef\xbb\xbf|\xfe\xff|\xff\xfe)?<\?xml\s[^>]*?encoding\s*=\s*["']([^"']{0,40})"""
)
# What the parser knows EBCDIC by, without a declaration: "<?xm".
_EBCDIC = "<?xm".encode("cp037")


class Document(NamedTuple):
    """A decoded body: the model, and the edition that it was written in (None: no namespace)."""

    model: Any
    edition: Edition | None


def decode(body: bytes) -> Any:
    """The model that an XML document holds. Raises CodecError."""
    return parse(body).model


def parse(body: bytes) -> Document:
    """The model and the edition of an XML document. Raises CodecError, never anything else."""
    root = _parse_safely(body)
    name, edition, read = _opening(root.tag, root.get("schemaVer"))
    try:
        return Document(read(root), edition)
    except CodecError as error:
        error.steps.insert(0, name)
        error.edition = edition
        raise


def encode(
    model: Any, edition: Edition = Edition.E2018, csipaus_namespace: str | None = None
) -> bytes:
    """A model as an XML document of an edition: its namespace, its names, only its elements.

    CSIP-AUS elements are written only when a namespace for them is given.
    Raises ValueError for text that XML cannot carry.
    """
    name = type(model).__name__
    content = _encoder(edition, csipaus_namespace is not None)[name](model, name)
    own_namespace = csipaus_namespace if name in ROOT_NAMESPACES else None
    declarations = f' xmlns="{own_namespace or edition.namespace}"'
    if " xsi:type=" in content:
        declarations += f' xmlns:xsi="{XSI}"'
    if csipaus_namespace is not None and "<csipaus:" in content:
        declarations += f" xmlns:csipaus={quoteattr(csipaus_namespace)}"
    if edition is Edition.E2023:
        declarations += ' schemaVer="2.2"'
    return f"<{name}{declarations}{content[len(name) + 1 :]}".encode()


def is_complete(model: Any) -> bool:
    """Whether a model has all that is mandatory today: one of a 2013-era client may not."""
    mandatory, parts = _content(type(model).__name__)
    for name in mandatory:
        value = getattr(model, name)
        if value is None or value == []:
            return False
    for name, many in parts:
        value = getattr(model, name)
        if value is None:
            continue
        if not (all(map(is_complete, value)) if many else is_complete(value)):
            return False
    return True


@cache
def _content(name: str) -> tuple[tuple[str, ...], tuple[tuple[str, bool], ...]]:
    """Of a class: its mandatory elements; those with elements of their own, and whether many."""
    elements = {name: one for name, one in ELEMENTS[name].items() if not one.attribute}
    return (
        tuple(name for name, element in elements.items() if element.required),
        tuple(
            (name, element.many)
            for name, element in elements.items()
            if element.type not in SIMPLE and not element.type.endswith("Link")
        ),
    )


def read_text(type_name: str, text: str) -> Any:
    """The value of a simple type's text. Raises CodecError that names the type's limits."""
    return text_reader(type_name)(text)


def write_text(type_name: str, value: Any) -> str:
    """The text of a simple type's value, not yet escaped for XML where it is a string."""
    return value if isinstance(value, str) else text_writer(type_name)(value)


# Bounded, because the text is the client's; a client uses a handful of roots in one edition.
@lru_cache(maxsize=256)
def _opening(tag: str, version: str | None) -> tuple[str, Edition | None, Decode]:
    """What a root element tells: its name, the edition, and who reads it."""
    namespace, closed, name = tag.rpartition("}")
    namespace = namespace[1:]
    edition = Edition.of_document(namespace, version)
    if namespace in CSIPAUS_NAMESPACES:
        if name not in ROOT_NAMESPACES:
            raise CodecError("this root element is not one of CSIP-AUS", name)
    elif edition is None and closed:
        raise CodecError(f"namespace {namespace!r} is not one of IEEE 2030.5", name)
    class_name = ROOTS.get(name)
    if class_name is None:
        raise CodecError("this root element is not one of IEEE 2030.5", name)
    strict = edition is None or edition.year >= Edition.E2018.year
    decoder = _decoder(
        edition.namespace if edition else "", strict, edition is Edition.INTERIM_2013
    )
    return name, edition, decoder.reader(class_name)


@cache
def _decoder(namespace: str, strict: bool, interim: bool) -> Decoder:
    return Decoder(namespace, strict=strict, interim=interim)


@cache
def _encoder(edition: Edition, csipaus: bool) -> Encoder:
    return Encoder(edition, csipaus)


def _parse_safely(body: bytes) -> etree._Element:
    encoding = _encoding(body)
    if encoding.lower() not in _ENCODINGS:
        raise CodecError(f"the encoding {encoding!r} is not taken: write UTF-8")
    try:
        root = etree.fromstring(body, _PARSER)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise CodecError(f"not well-formed XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise CodecError("a document type declaration is not allowed")
    return root


def _encoding(body: bytes) -> str:
    """What a document says that it is written in; UTF-8 where it says nothing."""
    if body.startswith(_EBCDIC):
        return "EBCDIC"
    # In UTF-16 every other octet of the declaration is 0.
    declared = _DECLARED.match(body.replace(b"\0", b""))
    return "UTF-8" if declared is None else declared[1].decode("ascii", "replace")
