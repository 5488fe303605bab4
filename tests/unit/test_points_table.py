"""Every row of the shipped registry: a document as it is on the wire in, the value out.

The documents are written by hand, and the values are worked out from the standard's definitions
(tests/data/points/README.md), not by the program.
"""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest

from ieee2030_5_agent.model.state_points import ADOPTION
from tests.point_cases import POINTS, REPOSITORY, Resources, received, registry

TABLE = POINTS / "table"
REGISTRY = "ieee2030_5.csv"


def rows() -> list[dict[str, str]]:
    with (POINTS / "table.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def parameters() -> list[Any]:
    return [pytest.param(row, id=f"{row['point']}-{row['documents']}") for row in rows()]


def inputs(names: str, group: str) -> tuple[Resources, Any]:
    """The documents; Adoption is no document but what the server remembers of a group."""
    paths = [TABLE / f"{name}.xml" for name in names.split() if name != ADOPTION]
    resources, readings = received(paths)
    if ADOPTION in names.split():
        resources[ADOPTION, group] = 1
    return resources, readings


@pytest.mark.parametrize("row", parameters())
def test_value_of_the_documents(row: dict[str, str]) -> None:
    point_map = registry(REGISTRY)
    point = point_map.rows[row["point"]]
    resources, readings = inputs(row["documents"], point.row.group)
    value = point_map.evaluate([point], resources, readings)[point.name]
    wanted = json.loads(row["value"])
    assert value == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)
    assert type(value) is type(wanted)


@pytest.mark.parametrize("row", parameters())
def test_without_the_documents_there_is_no_value(row: dict[str, str]) -> None:
    """The server knows itself that nothing is commanded; everything else is unknown, not 0."""
    point_map = registry(REGISTRY)
    point = point_map.rows[row["point"]]
    wanted = json.loads(row["nothing"]) if row["nothing"] else None
    assert point_map.evaluate([point], {}) == {point.name: wanted}


def test_the_table_has_every_row_of_the_registry() -> None:
    assert {row["point"] for row in rows()} == set(registry(REGISTRY).rows)


def test_every_document_is_used() -> None:
    used = {name for row in rows() for name in row["documents"].split()}
    assert {path.stem for path in TABLE.glob("*.xml")} == used - {ADOPTION}


def test_a_type_of_the_table_is_the_type_of_the_row() -> None:
    with (REPOSITORY / "config" / REGISTRY).open(newline="", encoding="utf-8") as file:
        cells = {row["Volttron Point Name"]: row for row in csv.DictReader(file)}
    assert all(cells[name]["Type"] == point.type for name, point in registry(REGISTRY).rows.items())
