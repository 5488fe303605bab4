"""Registries that devices were given by config_points: each one kept once, however many have it.

A driver gives the same rows to thousands of devices: they are compiled once and stored once.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from .points import PointMap

Rows = list[dict[str, Any]]


class OwnRegistries:
    """Point maps by a digest of their rows."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Rows, PointMap]] = {}

    def take(self, rows: Iterable[Mapping[str, Any]]) -> str:
        """The digest of a registry, which is compiled when it is new. Raises PointMapError."""
        kept = list(rows) if isinstance(rows, list | tuple) else rows
        text = json.dumps(kept, sort_keys=True, default=str)
        digest = sys.intern(hashlib.sha256(text.encode()).hexdigest()[:32])
        if digest not in self._known:
            point_map = PointMap.from_rows(kept)
            self._known[digest] = ([dict(row) for row in kept], point_map)
        return digest

    def point_map(self, digest: str) -> PointMap:
        return self._known[digest][1]

    def rows(self, digest: str) -> Rows | None:
        """The rows as they were given; None for a digest that is not known."""
        known = self._known.get(digest)
        return None if known is None else known[0]

    def drop(self, digest: str) -> None:
        """Forgets a registry that nobody has any more."""
        del self._known[digest]

    @property
    def digests(self) -> list[str]:
        return list(self._known)
