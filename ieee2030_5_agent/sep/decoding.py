"""Elements of lxml to the generated models.

For each class one function is made from the schema's facets, when it is first needed. That of
``DateTimeInterval`` looks like this, for a namespace ``ns``::

    def decode(element):
        v_duration = v_start = None
        again = False
        step = ""
        try:
            for child in element:
                step = child.tag
                if step == "{ns}duration":
                    if v_duration is not None or len(child):
                        raise misplaced(child)
                    text = child.text or ""
                    if not (len(text) < 20 and text.isdigit() and text.isascii()
                            and 0 <= (v_duration := int(text)) <= 4294967295):
                        v_duration = r_duration(text)
                elif step == "{ns}start":
                    ...
                elif step in aliases:
                    child.tag = aliases[step]
                    again = True
        except CodecError as error:
            error.steps.insert(0, local_name(step))
            raise
        if again:
            return decode(element)
        if v_duration is None:
            raise missing("duration")
        ...
        model = new(DateTimeInterval)
        model.duration = v_duration
        model.start = v_start
        return model

Plain digits are read on the spot; everything else is the business of the type's reader. An element
in another namespace or by its old name is given the name that the function knows, and read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from . import models, renumbered
from .editions import NAMESPACES
from .facets import ELEMENTS, SIMPLE
from .generated import define
from .schema_types import Element
from .texts import CodecError, is_small, shown, text_reader

CSIPAUS_NAMESPACES = (
    "https://csipaus.org/ns",
    "https://csipaus.org/ns/v1.3",
    "https://csipaus.org/ns/v1.3-beta/storage",
)
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSI_TYPE = f"{{{XSI}}}type"
# Types that are there to be extended: a document names the subtype that it holds instead.
EXTENDED = frozenset({"Resource", "Response"})

Decode = Callable[[etree._Element], Any]


class Decoder(dict[str, Decode]):
    """Reads documents of one namespace: ``strict`` about mandatory elements, ``interim`` in its
    numbers. As a dictionary it holds the functions by class name.

    A function returns the model that an element holds, and raises CodecError with the path below
    the element.
    """

    def __init__(self, namespace: str, *, strict: bool, interim: bool) -> None:
        super().__init__()
        self._namespace = namespace
        self._strict = strict
        self._interim = interim

    def __missing__(self, class_name: str) -> Decode:
        decode = self[class_name] = self._make(class_name)
        return decode

    def _make(self, class_name: str) -> Decode:
        elements = ELEMENTS[class_name]
        aliases = {
            tag: self._tag(name, element)
            for name, element in elements.items()
            if not element.attribute
            for tag in _all_tags(name, element)
        }
        known: dict[str, Any] = {
            "Model": getattr(models, class_name),
            "CodecError": CodecError,
            "aliases": {tag: own for tag, own in aliases.items() if tag != own},
            "local_name": local_name,
            "misplaced": _misplaced,
            "missing": _missing,
            "new": object.__new__,
        }
        for name, element in elements.items():
            simple = element.type in SIMPLE
            make = self._text_reader if simple else self.reader
            known[f"r_{name}"] = make(element.type)
        return define("decode", self._source(elements), known)

    def _source(self, elements: dict[str, Element]) -> Iterator[str]:
        attributes = {name: each for name, each in elements.items() if each.attribute}
        children = {name: each for name, each in elements.items() if not each.attribute}
        yield "def decode(element):"
        for name in elements:
            yield f"    v_{name} = None"
        yield "    again = False"
        yield "    step = ''"
        yield "    try:"
        # Only known attributes are asked for: walking all of a hostile element is quadratic.
        if attributes:
            yield "        if element.keys():"
        for name in attributes:
            yield f"            step = {name!r}"
            yield "            text = element.get(step)"
            yield f"            if text is not None: v_{name} = r_{name}(text)"
        yield "        for child in element:"
        yield "            step = child.tag"
        word = "if"
        # What every document has is compared first.
        for name, element in sorted(children.items(), key=lambda child: not child[1].required):
            yield f"            {word} step == {self._tag(name, element)!r}:"
            yield from (" " * 16 + line for line in _taken(name, element))
            word = "elif"
        yield f"            {word} step in aliases:"
        yield "                child.tag = aliases[step]"
        yield "                again = True"
        yield "    except CodecError as error:"
        yield "        error.steps.insert(0, local_name(step))"
        yield "        raise"
        yield "    if again: return decode(element)"
        for name, element in children.items():
            if element.required and self._strict:
                yield f"    if v_{name} is None: raise missing({name!r})"
        yield "    model = new(Model)"
        for name, element in elements.items():
            yield f"    model.{name} = v_{name}" + (" or []" if element.many else "")
        yield "    return model"

    def _tag(self, name: str, element: Element) -> str:
        """The tag that an element most likely has in a document of the namespace."""
        namespace = CSIPAUS_NAMESPACES[0] if element.namespace else self._namespace
        spelling = name if self._strict or not element.old_name else element.old_name.split()[0]
        return f"{{{namespace}}}{spelling}" if namespace else spelling

    def _text_reader(self, type_name: str) -> Callable[[str], Any]:
        read = text_reader(type_name)
        if self._interim and type_name in renumbered.VALUES:
            return lambda text: renumbered.number(type_name, read(text))
        if self._interim and type_name in renumbered.BITS:
            return lambda text: renumbered.bits(type_name, read(text))
        return read

    def reader(self, class_name: str) -> Decode:
        """Reads elements of a class, or of the subtype that one names by ``xsi:type``."""
        if class_name not in EXTENDED:
            return self[class_name]

        def decode(element: etree._Element) -> Any:
            named = element.get(XSI_TYPE)
            return self[class_name if named is None else _subtype(class_name, named)](element)

        return decode


def _subtype(class_name: str, named: str) -> str:
    """The class that a value of ``xsi:type`` names, whatever prefix its namespace has."""
    name = named.strip().rpartition(":")[2]
    if name in ELEMENTS and issubclass(getattr(models, name), getattr(models, class_name)):
        return name
    raise CodecError(f"{shown(named)} is no {class_name} of IEEE 2030.5", "xsi:type")


def local_name(tag: str) -> str:
    """A tag of lxml, ``{namespace}name``, without its namespace."""
    return tag.rpartition("}")[2]


def _all_tags(name: str, element: Element) -> Iterator[str]:
    namespaces = CSIPAUS_NAMESPACES if element.namespace else NAMESPACES
    for spelling in (name, *(element.old_name or "").split()):
        yield spelling
        for namespace in namespaces:
            yield f"{{{namespace}}}{spelling}"


def _taken(name: str, element: Element) -> Iterator[str]:
    """The lines that take one child into its variable."""
    variable, read = f"v_{name}", f"r_{name}"
    if element.many:
        yield f"if {variable} is None: {variable} = []"
        if element.max_occurs is not None:
            yield f"if len({variable}) == {element.max_occurs}:"
            yield f"    raise CodecError('occurs more than {element.max_occurs} times')"
        yield f"{variable}.append({read}(child))"
        return
    if element.type not in SIMPLE:
        yield f"if {variable} is not None: raise CodecError('occurs more than once')"
        yield f"{variable} = {read}(child)"
        return
    yield f"if {variable} is not None or len(child): raise misplaced(child)"
    yield "text = child.text or ''"
    simple = SIMPLE[element.type]
    if simple.base != "int" or is_small(simple):
        yield f"{variable} = {read}(text)"
        return
    yield "if not (len(text) < 20 and text.isdigit() and text.isascii()"
    yield f"        and {simple.minimum} <= ({variable} := int(text)) <= {simple.maximum}):"
    yield f"    {variable} = {read}(text)"


def _misplaced(child: etree._Element) -> CodecError:
    if len(child):
        return CodecError("has child elements, a plain value is expected")
    return CodecError("occurs more than once")


def _missing(name: str) -> CodecError:
    return CodecError("mandatory element is missing", name)
