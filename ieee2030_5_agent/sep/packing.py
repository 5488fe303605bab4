"""The generated models as octets that take a quarter of their memory, and back.

For what is kept for long and read now and then. The values of a model in the order of the schema,
by `marshal`, so that an absent element costs one octet and a number five; for this process alone,
never for a file. For each class two functions are made from the schema's facets when they are
first needed. Those of ``ActivePower`` look like this::

    def values(model):
        return (model.multiplier, model.value,)

    def model(values):
        model = new(ActivePower)
        model.multiplier, model.value, = values
        return model
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import compress
from operator import ne
from typing import Any

from . import models
from .facets import ELEMENTS, SIMPLE
from .generated import define


def pack(model: Any, *beside: Any) -> bytes:
    """The octets of a model of the standard, and of plain values beside it."""
    octets = marshal.dumps((_VALUES[type(model).__name__](model), *beside))
    # A copy has a block of its own size. `marshal` makes octets smaller where they are, in memory
    # of the C library whose gaps hardly anything fits.
    return bytes(memoryview(octets))


# A request reads the same few resources for one point after the other; what more are kept for
# longer only fills the processor's cache.
@lru_cache(maxsize=8)
def unpack(class_name: str, packed: bytes) -> Any:
    """The model of a class that was packed. It may be given out again, so nobody changes it."""
    return _MODELS[class_name](_loads(packed)[0])


def beside(packed: bytes) -> tuple[Any, ...]:
    """The values that were packed beside a model."""
    return _loads(packed)[1:]


def differing(class_name: str, former: bytes, latest: bytes) -> frozenset[str]:
    """The fields of a class in which two packed models differ."""
    unlike = map(ne, _loads(former)[0], _loads(latest)[0])
    return frozenset(compress(ELEMENTS[class_name], unlike))


def _loads(packed: bytes) -> tuple[Any, ...]:
    values: tuple[Any, ...] = marshal.loads(packed)  # noqa: S302 - made by pack alone
    return values


class _Values(dict[str, Callable[[Any], Any]]):
    """By class name the functions that take a model's values out of it."""

    def __missing__(self, class_name: str) -> Callable[[Any], Any]:
        members = _members(class_name)
        known = {f"f_{name}": self._member(kind) for name, (kind, _) in members.items()}
        values = self[class_name] = define("values", _values_source(class_name), known)
        return values

    def _member(self, class_name: str) -> Callable[[Any], Any]:
        """A member may be of a subtype, whose name is then part of its values."""
        if not getattr(models, class_name).__subclasses__():
            return self[class_name]
        return lambda member: ((name := type(member).__name__), self[name](member))


class _Models(dict[str, Callable[[Any], Any]]):
    """By class name the functions that make a model of its values."""

    def __missing__(self, class_name: str) -> Callable[[Any], Any]:
        members = _members(class_name)
        known = {f"f_{name}": self._member(kind) for name, (kind, _) in members.items()}
        known |= {"Model": getattr(models, class_name), "new": object.__new__}
        model = self[class_name] = define("model", _model_source(class_name), known)
        return model

    def _member(self, class_name: str) -> Callable[[Any], Any]:
        if not getattr(models, class_name).__subclasses__():
            return self[class_name]
        return lambda named: self[named[0]](named[1])


def _members(class_name: str) -> dict[str, tuple[str, bool]]:
    """The fields that hold models: of which class, and whether many of them."""
    return {
        name: (element.type, element.many)
        for name, element in ELEMENTS[class_name].items()
        if element.type not in SIMPLE
    }


def _values_source(class_name: str) -> Iterator[str]:
    members = _members(class_name)
    yield "def values(model):"
    yield "    return ("
    for name in ELEMENTS[class_name]:
        if name not in members:
            yield f"        model.{name},"
        elif members[name][1]:
            yield f"        [f_{name}(each) for each in model.{name}],"
        else:
            yield f"        None if (each := model.{name}) is None else f_{name}(each),"
    yield "    )"


def _model_source(class_name: str) -> Iterator[str]:
    members = _members(class_name)
    taken = (f"v_{name}" if name in members else f"model.{name}" for name in ELEMENTS[class_name])
    yield "def model(values):"
    yield "    model = new(Model)"
    yield f"    {', '.join(taken)}, = values"
    for name, (_, many) in members.items():
        if many:
            yield f"    model.{name} = [f_{name}(each) for each in v_{name}]"
        else:
            yield f"    model.{name} = None if v_{name} is None else f_{name}(v_{name})"
    yield "    return model"


_VALUES, _MODELS = _Values(), _Models()
