"""The vectors of writing, tests/data/points/writing: what each writable row sends, and its recipe.

`rows.csv`: a value of a point, what the device is sent then (`Class.path=value`, blank separated;
`on`: the mode is commanded, `default on`: it is in the default, `commit`: it is whole, `count=n`: a
curve has n points; `refused`), and what the point reads. `recipes.toml`: what else has to be set.
"""

from __future__ import annotations

import csv
import tomllib
from collections import defaultdict
from typing import Any

from ieee2030_5_agent.server import shipped_points
from tests.vectors import DATA

WRITING = DATA / "points" / "writing"
RECIPES = tomllib.loads((WRITING / "recipes.toml").read_text(encoding="utf-8"))
ROWS = shipped_points().rows
WRITABLE = [name for name, point in ROWS.items() if point.writable]


def _vectors() -> dict[str, list[dict[str, str]]]:
    vectors = defaultdict(list)
    with (WRITING / "rows.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            vectors[row["point"]].append(row)
    return vectors


VECTORS = _vectors()


def recipe_of(name: str) -> dict[str, Any]:
    """What else has to be set so that the device is sent something."""
    group: dict[str, Any] = RECIPES["group"].get(ROWS[name].row.group, {})
    return group | RECIPES["point"].get(name, {})


def curve(value: Any) -> Any:
    """The points of a curve that a recipe names; other values as they are."""
    return RECIPES["curves"].get(value, value) if isinstance(value, str) else value


def is_of_2023(name: str) -> bool:
    return any(vector["edition"] == "2023" for vector in VECTORS[name])
