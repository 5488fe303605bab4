"""Test vectors: tables in tests/data, one named rule per row."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent / "data"


def rules(name: str, table: str = "rule") -> list[Any]:
    """The rows of a TOML file's table as pytest parameters, named by their ``name``."""
    rows = tomllib.loads((DATA / name).read_text(encoding="utf-8"))[table]
    names = [row["name"] for row in rows]
    doubled = {name for name in names if names.count(name) > 1}
    assert not doubled, f"two rules share a name: {doubled}"
    return [pytest.param(row, id=row["name"].replace(" ", "-")) for row in rows]
