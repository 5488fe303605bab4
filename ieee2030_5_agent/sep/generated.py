"""Functions written at run time: the codec's hot path, one function per class and dialect.

A function that knows its class's elements by name reads and writes three times as fast as a loop
over a table of them. The table stays the only description: the source is made from ``facets``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def define(name: str, lines: Iterable[str], known: Mapping[str, Any]) -> Callable[..., Any]:
    """The function ``name`` that the source defines; ``known`` are the globals that it uses."""
    namespace = dict(known)
    # Made of the names and limits in facets alone, never of anything that was received.
    exec("\n".join(lines), namespace)  # noqa: S102
    function: Callable[..., Any] = namespace[name]
    return function
