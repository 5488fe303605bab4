"""XML of IEEE 2030.5 to and from the generated models.

Liberal where clients differ harmlessly: unknown elements and attributes are skipped, the order of
children is free, white space around values is dropped, every edition's namespace and names are
understood. Strict where a mistake would become wrong data: root, types, ranges, cardinality and
mandatory elements. One plan per class is compiled from the schema's facets, once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from . import models, renumbered
from .editions import NAMESPACES, Edition
from .facets import ELEMENTS, ROOT_NAMESPACES, ROOTS, SIMPLE
from .schema_types import Element, SimpleType

CSIPAUS_NAMESPACES = (
    "https://csipaus.org/ns",
    "https://csipaus.org/ns/v1.3",
    "https://csipaus.org/ns/v1.3-beta/storage",
)
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSI_TYPE = f"{{{XSI}}}type"
# Types that are there to be extended: a document names the subtype that it holds instead.
EXTENDED = frozenset({"Resource", "Response"})

# A bitmap means the same with or without leading zero bytes; identifiers (mRID, LFDI) do not.
BITMAP_OCTETS = 8

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_HEX = re.compile(r"[0-9A-Fa-f]*")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
# Characters that XML 1.0 cannot carry, not even escaped.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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


@dataclass(frozen=True, slots=True)
class Document:
    """A decoded body: the model, and the edition that it was written in (None: no namespace)."""

    model: Any
    edition: Edition | None


def decode(body: bytes) -> Any:
    """The model that an XML document holds. Raises CodecError."""
    return parse(body).model


def parse(body: bytes) -> Document:
    """The model and the edition of an XML document. Raises CodecError, never anything else."""
    root = _parse_safely(body)
    name = etree.QName(root)
    edition = Edition.of_document(name.namespace, root.get("schemaVer"))
    if name.namespace in CSIPAUS_NAMESPACES:
        if name.localname not in ROOT_NAMESPACES:
            raise CodecError("this root element is not one of CSIP-AUS", name.localname)
    elif edition is None and name.namespace is not None:
        raise CodecError(f"namespace {name.namespace!r} is not one of IEEE 2030.5", name.localname)
    class_name = ROOTS.get(name.localname)
    if class_name is None:
        raise CodecError("this root element is not one of IEEE 2030.5", name.localname)
    dialect = Dialect(
        strict=edition is None or edition.year >= Edition.E2018.year,
        interim=edition is Edition.INTERIM_2013,
    )
    try:
        return Document(_decode_element(root, _plan(class_name, dialect), dialect), edition)
    except CodecError as error:
        error.steps.insert(0, name.localname)
        error.edition = edition
        raise


def encode(
    model: Any, edition: Edition = Edition.E2018, csipaus_namespace: str | None = None
) -> bytes:
    """A model as an XML document of an edition: its namespace, its names, only its elements.

    CSIP-AUS elements are written only when a namespace for them is given.
    Raises ValueError for text that XML cannot carry.
    """
    writer = _writer(type(model).__name__, edition, csipaus_namespace is not None)
    parts: list[str] = []
    writer.write(model, "", parts)
    content = "".join(parts)
    name = writer.root_name
    own_namespace = csipaus_namespace if name in ROOT_NAMESPACES else None
    declarations = [f' xmlns="{own_namespace or edition.namespace}"']
    if " xsi:type=" in content:
        declarations.append(f' xmlns:xsi="{XSI}"')
    if csipaus_namespace is not None and "<csipaus:" in content:
        declarations.append(f" xmlns:csipaus={quoteattr(csipaus_namespace)}")
    if edition is Edition.E2023:
        declarations.append(' schemaVer="2.2"')
    opened = content[len(name) + 1 :]
    return f"<{name}{''.join(declarations)}{opened}".encode()


def is_complete(model: Any) -> bool:
    """Whether a model has all that is mandatory today: one of a 2013-era client may not."""
    for name, element in ELEMENTS[type(model).__name__].items():
        value = getattr(model, name)
        if element.required and not element.attribute and (value is None or value == []):
            return False
        if value is None or element.type in SIMPLE:
            continue
        if not all(map(is_complete, value if element.many else (value,))):
            return False
    return True


def read_text(type_name: str, text: str) -> Any:
    """The value of a simple type's text. Raises CodecError that names the type's limits."""
    return _reader(type_name)(text)


def write_text(type_name: str, value: Any) -> str:
    """The text of a simple type's value, not yet escaped for XML where it is a string."""
    return value if isinstance(value, str) else _text_writer(type_name)(value)


def _parse_safely(body: bytes) -> etree._Element:
    # One parser a call: lxml's parsers are not safe to share between greenlets that may switch.
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise CodecError(f"not well-formed XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise CodecError("a document type declaration is not allowed")
    return root


# --- reading -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a document is read: ``strict`` about mandatory elements, ``interim`` in its numbers."""

    strict: bool
    interim: bool


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    convert: Callable[[str], Any] | None
    class_name: str
    many: bool
    max_occurs: int | None


@dataclass(frozen=True, slots=True)
class _Plan:
    model: type
    attributes: dict[str, _Field]
    children: dict[str, _Field]
    required: tuple[str, ...]


@cache
def _plan(class_name: str, dialect: Dialect) -> _Plan:
    attributes: dict[str, _Field] = {}
    children: dict[str, _Field] = {}
    required: list[str] = []
    for name, element in ELEMENTS[class_name].items():
        field = _Field(
            name,
            _dialect_reader(element.type, dialect) if element.type in SIMPLE else None,
            element.type,
            element.many,
            element.max_occurs,
        )
        if element.attribute:
            attributes[name] = field
            continue
        if element.required:
            required.append(name)
        for tag in _tags(name, element):
            children[tag] = field
    return _Plan(getattr(models, class_name), attributes, children, tuple(required))


def _tags(name: str, element: Element) -> Iterable[str]:
    namespaces = CSIPAUS_NAMESPACES if element.namespace else NAMESPACES
    for spelling in (name, *(element.old_name or "").split()):
        yield spelling
        for namespace in namespaces:
            yield f"{{{namespace}}}{spelling}"


def _decode_element(element: etree._Element, plan: _Plan, dialect: Dialect) -> Any:
    values: dict[str, Any] = {}
    step: Any = ""
    try:
        # Only known attributes are asked for: walking all of a hostile element is quadratic.
        for step, field in plan.attributes.items():
            text = element.get(step)
            if text is not None and field.convert is not None:
                values[step] = field.convert(str(text))
        for child in element:
            step = child.tag
            known = plan.children.get(step)
            if known is not None:
                _take(child, known, values, dialect)
    except CodecError as error:
        error.steps.insert(0, etree.QName(step).localname)
        raise
    if dialect.strict:
        for name in plan.required:
            if name not in values:
                raise CodecError("mandatory element is missing", name)
    return plan.model(**values)


def _take(child: etree._Element, field: _Field, values: dict[str, Any], dialect: Dialect) -> None:
    """Reads one child into the values of its parent."""
    if field.convert is not None:
        if len(child):
            raise CodecError("has child elements, a plain value is expected")
        value = field.convert(child.text or "")
    else:
        value = _decode_element(child, _member_plan(child, field.class_name, dialect), dialect)
    if field.many:
        members = values.setdefault(field.name, [])
        if len(members) == field.max_occurs:
            raise CodecError(f"occurs more than {field.max_occurs} times")
        members.append(value)
    elif field.name in values:
        raise CodecError("occurs more than once")
    else:
        values[field.name] = value


def _member_plan(child: etree._Element, declared: str, dialect: Dialect) -> _Plan:
    """The plan of an element's ``xsi:type`` where it names a subtype of the declared type."""
    plan = _plan(declared, dialect)
    named = child.get(XSI_TYPE) if declared in EXTENDED else None
    if named is not None:
        actual = getattr(models, named.rpartition(":")[2], None)
        if isinstance(actual, type) and issubclass(actual, plan.model):
            return _plan(actual.__name__, dialect)
    return plan


def _dialect_reader(type_name: str, dialect: Dialect) -> Callable[[str], Any]:
    read = _reader(type_name)
    if dialect.interim and type_name in renumbered.VALUES:
        return lambda text: renumbered.number(type_name, read(text))
    if dialect.interim and type_name in renumbered.BITS:
        return lambda text: renumbered.bits(type_name, read(text))
    return read


@cache
def _reader(type_name: str) -> Callable[[str], Any]:
    """Text of the wire to a Python value; raises CodecError naming the type's limits."""
    simple = SIMPLE[type_name]
    if simple.base == "int":
        return _integer_reader(type_name, simple)
    if simple.base == "hex":
        return _hex_reader(type_name, simple.octets)
    if simple.base == "bool":
        return _read_boolean
    return _string_reader(type_name, simple.octets)


def _integer_reader(type_name: str, simple: SimpleType) -> Callable[[str], int]:
    low, high = simple.minimum, simple.maximum

    def read(text: str) -> int:
        text = text.strip()
        if _INTEGER.fullmatch(text) is None:
            raise CodecError(f"{_shown(text)} is not a whole number ({type_name})")
        value = int(text)
        if (low is not None and value < low) or (high is not None and value > high):
            raise CodecError(f"{value} is outside {low}..{high} ({type_name})")
        return value

    return read


def _hex_reader(type_name: str, octets: int | None) -> Callable[[str], bytes]:
    def read(text: str) -> bytes:
        text = text.strip()
        if _HEX.fullmatch(text) is None:
            raise CodecError(f"{_shown(text)} is not hexadecimal ({type_name})")
        value = bytes.fromhex(text if len(text) % 2 == 0 else "0" + text)
        if octets is not None:
            if octets <= BITMAP_OCTETS:
                value = _shortest(value)
            elif not value:
                raise CodecError(f"is empty, hexadecimal digits are expected ({type_name})")
            elif len(value) > octets:
                value = value.lstrip(b"\0")
            if len(value) > octets:
                raise CodecError(f"{_shown(text)} is longer than {octets * 2} digits ({type_name})")
        return value

    return read


def _string_reader(type_name: str, octets: int | None) -> Callable[[str], str]:
    def read(text: str) -> str:
        text = text.strip()
        _refuse_unprintable(text)
        if octets is not None and len(text.encode()) > octets:
            raise CodecError(f"{_shown(text)} is longer than {octets} octets ({type_name})")
        return text

    return read


def _read_boolean(text: str) -> bool:
    value = _BOOLEANS.get(text.strip())
    if value is None:
        raise CodecError(f"{_shown(text)} is not true or false (boolean)")
    return value


def _shortest(value: bytes) -> bytes:
    return value.lstrip(b"\0") or b"\0"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")


# --- writing -----------------------------------------------------------------------------------


class _Writer:
    """Writes one class in one edition; children's writers are looked up when first needed."""

    __slots__ = ("_attributes", "_children", "_csipaus", "_edition", "root_name")

    def __init__(self, class_name: str, edition: Edition, csipaus: bool) -> None:
        self._edition = edition
        self._csipaus = csipaus
        self.root_name = class_name
        self._attributes: list[tuple[str, Callable[[Any], str]]] = []
        self._children: list[tuple[str, str, str, Callable[[Any], str] | None, bool]] = []
        for name, element in ELEMENTS[class_name].items():
            if (element.since or 0) > edition.year or (element.namespace and not csipaus):
                continue
            text = _edition_writer(element.type, edition) if element.type in SIMPLE else None
            if element.attribute:
                self._attributes.append((name, text or str))
            else:
                tag = _tag_in(edition, name, element)
                self._children.append((name, tag, element.type, text, element.many))

    def write(self, model: Any, tag: str, parts: list[str], declared: str = "") -> None:
        parts.append(f"<{tag or self.root_name}")
        if declared and type(model).__name__ != declared:
            parts.append(f' xsi:type="{type(model).__name__}"')
        for name, text in self._attributes:
            value = getattr(model, name)
            if value is not None:
                parts.append(f' {name}="{text(value).replace(chr(34), "&quot;")}"')
        parts.append(">")
        before = len(parts)
        for name, child_tag, class_name, to_text, many in self._children:
            value = getattr(model, name)
            if value is None:
                continue
            for item in value if many else (value,):
                if to_text is not None:
                    parts.append(f"<{child_tag}>{to_text(item)}</{child_tag}>")
                else:
                    writer = _writer(type(item).__name__, self._edition, self._csipaus)
                    writer.write(item, child_tag, parts, class_name)
        if len(parts) == before:
            parts[-1] = "/>"
        else:
            parts.append(f"</{tag or self.root_name}>")


@cache
def _writer(class_name: str, edition: Edition, csipaus: bool) -> _Writer:
    return _Writer(class_name, edition, csipaus)


def _tag_in(edition: Edition, name: str, element: Element) -> str:
    if element.namespace:
        return f"csipaus:{name}"
    if element.old_name and edition.year < Edition.E2018.year:
        return element.old_name.split()[0]
    return name


def _edition_writer(type_name: str, edition: Edition) -> Callable[[Any], str]:
    write = _text_writer(type_name)
    if edition is Edition.INTERIM_2013 and type_name in renumbered.VALUES:
        return lambda value: write(renumbered.number(type_name, value, to_interim=True))
    if edition is Edition.INTERIM_2013 and type_name in renumbered.BITS:
        return lambda value: write(renumbered.bits(type_name, value, to_interim=True))
    return write


def _text_writer(type_name: str) -> Callable[[Any], str]:
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


def _escaped(text: str) -> str:
    _refuse_unprintable(text)
    return escape(text)


def _refuse_unprintable(text: str) -> None:
    if _UNPRINTABLE.search(text):
        raise CodecError(f"{_shown(text)} holds a character that XML cannot carry")
