"""The registries that we ship: every point from XML documents, of today and of 2013."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from ieee2030_5_agent.model.point import Point
from ieee2030_5_agent.model.points import PointMap
from tests.point_cases import POINTS, REPOSITORY, point, received, registry, reported, value_of

SHIPPED = "ieee2030_5.csv"
ORIGINAL = "ieee2030_5_original.csv"
# fmt: off
NAMES = {
    "b1_Md", "b1_Opt", "b1_SN", "b1_Vr", "b113_A", "b113_DCA", "b113_DCV", "b113_DCW", "b113_PF",
    "b113_WH", "b120_AhrRtg", "b120_ARtg", "b120_MaxChaRte", "b120_MaxDisChaRte", "b120_WHRtg",
    "b120_WRtg", "b121_WMax", "b122_ActWh", "b122_StorConn", "b124_WChaMax", "b403_Tmp",
    "b404_DCW", "b404_DCWh", "b802_LocRemCtl", "b802_SoC", "b802_State",
}
# fmt: on


def expected() -> list[dict[str, str]]:
    with (POINTS / "expected.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def parameters() -> list[Any]:
    return [
        pytest.param(row, id=f"{Path(row['registry']).stem}-{row['documents']}-{row['point']}")
        for row in expected()
    ]


def documents(row: dict[str, str]) -> list[Path]:
    """The documents that a row of the table needs, and only they."""
    return [POINTS / row["documents"] / f"{name}.xml" for name in row["sources"].split()]


def evaluate(point_map: PointMap, paths: list[Path], points: list[Point]) -> dict[str, object]:
    resources, readings = received(paths)
    return dict(point_map.evaluate(points, resources, readings))


@pytest.mark.parametrize("row", parameters())
def test_value_from_the_documents_that_carry_it(row: dict[str, str]) -> None:
    point_map = registry(row["registry"])
    values = evaluate(point_map, documents(row), [point_map.rows[row["point"]]])
    value, wanted = values[row["point"]], json.loads(row["value"])
    assert value == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)
    assert type(value) is type(wanted)


@pytest.mark.parametrize("row", parameters())
def test_none_until_all_documents_were_received(row: dict[str, str]) -> None:
    point_map = registry(row["registry"])
    one = point_map.rows[row["point"]]
    for missing in documents(row):
        others = [path for path in (POINTS / row["documents"]).glob("*.xml") if path != missing]
        # b124_WChaMax may take its base from DERCapability, and 0 % needs none.
        if row["point"] == "b124_WChaMax" and missing.stem == "DERSettings":
            others = [path for path in others if path.stem != "DERCapability"]
        assert evaluate(point_map, others, [one]) == {one.name: None}, missing.stem


def test_registry_of_the_original_has_its_26_points_and_one_is_writable() -> None:
    point_map = registry(ORIGINAL)
    assert set(point_map.rows) == NAMES
    assert [p.name for p in point_map.rows.values() if p.writable] == ["b124_WChaMax"]


def test_shipped_registry_keeps_the_26_points_of_the_original() -> None:
    rows = registry(SHIPPED).rows
    assert rows.keys() >= NAMES
    assert [name for name in sorted(NAMES) if rows[name].writable] == ["b124_WChaMax"]


@pytest.mark.parametrize(
    ("name", "folder"), [(SHIPPED, "2018"), (SHIPPED, "2013"), (ORIGINAL, "2013")]
)
def test_table_has_every_point(name: str, folder: str) -> None:
    rows = [r["point"] for r in expected() if (r["registry"], r["documents"]) == (name, folder)]
    assert sorted(rows) == sorted(NAMES)


@pytest.mark.parametrize("name", [SHIPPED, ORIGINAL])
def test_nothing_received_gives_none_for_every_point(name: str) -> None:
    point_map = registry(name)
    points = [point_map.rows[point] for point in NAMES]
    assert point_map.evaluate(points, {}, {}) == dict.fromkeys(NAMES)


def test_shipped_rows_say_what_they_are() -> None:
    for one in registry(SHIPPED).rows.values():
        assert one.row.type == one.type, one.name
        assert one.row.sunspec == one.name
        assert one.row.notes


def test_units_of_the_original_are_kept_where_the_point_means_the_same() -> None:
    shipped, original = registry(SHIPPED), registry(ORIGINAL)
    for name, one in original.rows.items():
        # The original's b802_SoC was the inverter status, and still said percent.
        assert one.units in ("", shipped.rows[name].units) or name == "b802_SoC"


def test_dependents_are_the_points_that_a_resource_feeds() -> None:
    point_map = registry(SHIPPED)
    named = {
        resource: {one.name for one in point_map.dependents(resource)} & NAMES
        for resource in ("DERSettings", "DERControl", "DERAvailability", "EndDevice", "Time")
    }
    assert named == {
        "DERSettings": {"b121_WMax", "b404_DCWh", "b124_WChaMax"},
        "DERControl": {"b124_WChaMax"},
        "DERAvailability": {"b404_DCWh"},
        "EndDevice": {"b1_SN"},
        "Time": set(),
    }


@pytest.mark.parametrize("name", [SHIPPED, ORIGINAL])
def test_points_depend_on_nothing_but_what_they_say(name: str) -> None:
    """A point that is not among a resource's dependents never changes with it."""
    point_map = registry(name)
    documents = [*(POINTS / "2018").glob("*.xml"), *(POINTS / "table").glob("*.xml")]
    resources, readings = received(documents)
    before = point_map.evaluate(point_map.rows.values(), resources, readings)
    for class_name in {key[0] for key in resources}:
        rest = {key: model for key, model in resources.items() if key[0] != class_name}
        after = point_map.evaluate(point_map.rows.values(), rest, readings)
        changed = {point for point in point_map.rows if before[point] != after[point]}
        assert changed <= {one.name for one in point_map.dependents(class_name)}


def test_another_der_does_not_feed_the_points_of_the_first() -> None:
    one = point("DERSettings", "setMaxW")
    resources = reported("DERSettings.setMaxW=10")
    assert value_of(one, resources) == 10.0
    assert value_of(one, {("DERSettings", 2): resources["DERSettings", 1]}) is None


def test_equal_rows_share_one_compiled_point() -> None:
    text = (REPOSITORY / "config" / SHIPPED).read_text(encoding="utf-8")
    first, second = PointMap.from_csv(text), PointMap.from_csv(text)
    assert all(first.rows[name] is second.rows[name] for name in NAMES)


def test_registry_of_the_original_is_its_file_as_it_was() -> None:
    text = (REPOSITORY / "config" / ORIGINAL).read_text(encoding="utf-8")
    titles = (
        "Volttron Point Name,IEEE2030_5 Resource Name,IEEE2030_5 Field Name,Units,Writable,Default"
    )
    assert text.splitlines()[0] == titles
