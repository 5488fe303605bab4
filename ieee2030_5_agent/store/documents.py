"""Objects of the model as documents, which are JSON, and back.

The fields of dataclasses by name, octets as hex digits, what is at its default left out. What is
read was written here, so it is not held to the rules of the schema once more: what a client of
2013 left out is left out again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from cattrs import BaseValidationError, Converter, transform_error

from ..model.changes import PointValue
from ..sep import models

Document = dict[str, Any]
Thing = TypeVar("Thing")


def to_document(thing: object) -> Document:
    """The document of a dataclass."""
    document: Document = _CONVERTER.unstructure(thing)
    return document


def from_document(kind: type[Thing], document: Mapping[str, Any]) -> Thing:
    """The object of a document that ``to_document`` made of one of this class.

    Raises ValueError for anything else.
    """
    try:
        return _CONVERTER.structure(document, kind)
    except BaseValidationError as error:
        raise ValueError("; ".join(transform_error(error))) from error


def of_model(model: object) -> Document:
    """The document of a resource of the standard, with the name of its class."""
    return {"class": type(model).__name__, "fields": to_document(model)}


def to_model(document: Mapping[str, Any]) -> Any:
    """The resource of a document that ``of_model`` made."""
    return from_document(getattr(models, document["class"]), document["fields"])


def _converter() -> Converter:
    converter = Converter(
        omit_if_default=True,
        unstruct_collection_overrides={frozenset: sorted},
    )
    converter.register_unstructure_hook(bytes, bytes.hex)
    converter.register_structure_hook(bytes, lambda text, _: bytes.fromhex(text))
    converter.register_structure_hook(PointValue, lambda value, _: value)
    # As it was: a clock may count in whole seconds.
    converter.register_structure_hook(float, lambda number, _: number)
    return converter


_CONVERTER = _converter()
