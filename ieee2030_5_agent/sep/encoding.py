"""The generated models to XML text.

For each class one function is made from the schema's facets, when it is first needed. That of
``InverterStatusType`` looks like this::

    def encode(model, tag):
        head = tag
        body = ""
        if (v := model.dateTime) is not None:
            body += f"<dateTime>{v}</dateTime>"
        if (v := model.value) is not None:
            body += f"<value>{v}</value>"
        return f"<{head}>{body}</{tag}>" if body else f"<{head}/>"
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from . import models, renumbered
from .editions import Edition
from .facets import ELEMENTS, SIMPLE
from .generated import define
from .schema_types import Element
from .texts import text_writer

Encode = Callable[[Any, str], str]


class Encoder(dict[str, Encode]):
    """Writes one edition, with or without the elements of CSIP-AUS.

    As a dictionary it holds the functions by class name. A function returns a model as the element
    ``tag``, without any declaration of namespaces; it raises CodecError for text that XML cannot
    carry.
    """

    def __init__(self, edition: Edition, csipaus: bool) -> None:
        super().__init__()
        self._edition = edition
        self._csipaus = csipaus

    def __missing__(self, class_name: str) -> Encode:
        encode = self[class_name] = self._make(class_name)
        return encode

    def _make(self, class_name: str) -> Encode:
        elements = {
            name: element
            for name, element in ELEMENTS[class_name].items()
            if (element.since or 0) <= self._edition.year
            and (self._csipaus or not element.namespace)
        }
        known = {f"w_{name}": self._writer(element) for name, element in elements.items()}
        return define("encode", self._source(elements), known)

    def _source(self, elements: dict[str, Element]) -> Iterator[str]:
        yield "def encode(model, tag):"
        yield "    head = tag"
        for name, element in elements.items():
            if element.attribute:
                yield f"    if (v := model.{name}) is not None:"
                yield f"        head += f' {name}=\"{self._value(name, element)}\"'"
        yield "    body = ''"
        for name, element in elements.items():
            if element.attribute:
                continue
            tag = self._tag(name, element)
            written = f"f'<{tag}>{self._value(name, element)}</{tag}>'"
            if element.type not in SIMPLE:
                written = f"w_{name}(v, {tag!r})"
            condition = "for v in" if element.many else "if (v :="
            yield f"    {condition} model.{name}" + (
                " or ():" if element.many else ") is not None:"
            )
            yield f"        body += {written}"
        yield "    return f'<{head}>{body}</{tag}>' if body else f'<{head}/>'"

    def _value(self, name: str, element: Element) -> str:
        """The replacement field for a value; whole numbers need no function."""
        renumbering = self._edition is Edition.INTERIM_2013 and element.type in renumbered.VALUES
        plain = element.type in SIMPLE and SIMPLE[element.type].base == "int" and not renumbering
        return "{v}" if plain else f"{{w_{name}(v)}}"

    def _writer(self, element: Element) -> Callable[..., str]:
        if element.type not in SIMPLE:
            return self._member_writer(element.type)
        write = self._text_writer(element.type)
        if element.attribute:
            return lambda value: write(value).replace('"', "&quot;")
        return write

    def _member_writer(self, class_name: str) -> Encode:
        """Writes members of a class; those of a subtype name it by ``xsi:type``."""
        declared = getattr(models, class_name)
        if not declared.__subclasses__():
            return self[class_name]

        def encode(model: Any, tag: str) -> str:
            written = self[type(model).__name__](model, tag)
            if type(model) is declared:
                return written
            return f'<{tag} xsi:type="{type(model).__name__}"{written[len(tag) + 1 :]}'

        return encode

    def _text_writer(self, type_name: str) -> Callable[[Any], str]:
        write = text_writer(type_name)
        if self._edition is Edition.INTERIM_2013 and type_name in renumbered.VALUES:
            return lambda value: write(renumbered.number(type_name, value, to_interim=True))
        if self._edition is Edition.INTERIM_2013 and type_name in renumbered.BITS:
            return lambda value: write(renumbered.bits(type_name, value, to_interim=True))
        return write

    def _tag(self, name: str, element: Element) -> str:
        if element.namespace:
            return f"csipaus:{name}"
        if element.old_name and self._edition.year < Edition.E2018.year:
            return element.old_name.split()[0]
        return name
