"""``ieee2030-5 points`` as an operator uses it, and the files that follow from the registry."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from ieee2030_5_agent.cli.main import main
from ieee2030_5_agent.model.points import PointMap
from ieee2030_5_agent.model.row_mapping import read_mapping
from ieee2030_5_agent.server import shipped_points

CONFIG = Path(__file__).parents[2] / "config"
TABLE = CONFIG / "ieee2030_5.csv"
STARTERS = sorted((CONFIG / "points").glob("*.csv"))
TITLES = "Volttron Point Name,Resource,Field,Type,Writable\n"


def run(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(main, ["points", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.parametrize("file", [TABLE, CONFIG / "ieee2030_5_original.csv", *STARTERS], ids=str)
def test_what_we_ship_passes_the_check(file: Path) -> None:
    found = PointMap.from_csv(file.read_text(encoding="utf-8")).rows
    writable = sum(point.writable for point in found.values())
    assert run("check", file) == f"{file}: {len(found)} points, {writable} can be written\n"


def test_every_bad_row_is_named_with_line_column_value_and_nearest_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(
        TITLES + "\n"
        "soc,DERStatus,stateOfChargeStatus,,\n"
        "state,DERStats,inverterStatus,,\n"
        "alarm,DERStatus,alarmStats,bitmap,\n"
        "alarm,DERStatus,alarmStatus,float,\n"
        "watts,DERSettings,setMaxW,,TRUE\n",
        encoding="utf-8",
    )
    assert run("check", file, code=1).splitlines() == [
        f"Error: {file} cannot be used:",
        "  line 4 (state): Resource 'DERStats': is no resource that feeds points;"
        " nearest: DERStatus",
        "  line 5 (alarm): Field 'alarmStats': DERStatus has no field alarmStats;"
        " nearest: alarmStatus",
        "  line 6 (alarm): Volttron Point Name 'alarm': is the point of line 5 already",
        "  line 6 (alarm): Type 'float': DERStatus.alarmStatus is a set of bits:"
        " bitmap or int or string or symbol",
        "  line 7 (watts): Writable 'TRUE': DERSettings belongs to the device and can only be read",
    ]


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_bytes(b"\xff\xfe\x00")
    assert "Error" in run("check", file, code=1)
    assert "does not exist" in run("check", tmp_path / "none.csv", code=2)


def test_all_points_are_listed() -> None:
    assert run("list", "--csv").split() == list(shipped_points().rows)
    last = run("list").splitlines()[-1]
    assert last.startswith(f"{len(shipped_points().rows)} points, ")


def test_points_of_a_model() -> None:
    listed = run("list", "--model", 715).splitlines()
    assert listed[0].split() == ["Point", "Units", "Type", "Access", "Resource", "Field", "Notes"]
    assert listed[1].startswith(
        "b715_LocRemCtl         enum  R       DERStatus  localControlModeStatus.value  "
    )
    assert listed[2:] == ["1 points, 0 can be written"]


def test_points_that_differ_only_in_their_number_are_one_line() -> None:
    listed = run("list", "--model", 705).splitlines()
    assert sum(line.startswith("b705_Crv_Pt1_V .. (10)") for line in listed) == 1
    assert not any("Pt2_V" in line for line in listed)


def test_points_of_a_resource() -> None:
    names = set(run("list", "--resource", "DERAvailability", "--csv").split())
    assert {"b122_WAval", "b404_DCWh", "sep_DERAvailability_readingTime"} <= names
    assert "b802_SoC" not in names


def test_points_of_another_registry() -> None:
    names = run("list", "--csv", "--file", CONFIG / "points" / "legacy.csv").split()
    assert len(names) == 26


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--model", 7010), "no point of model 7010; nearest: 710"),
        (("--resource", "DERStats"), "no point of DERStats; nearest: DERStatus"),
        (("--model", 715, "--resource", "LogEvent"), "no point of model 715 reads LogEvent"),
    ],
)
def test_what_is_not_there_is_said(arguments: tuple[object, ...], text: str) -> None:
    assert text in run("list", *arguments, code=1)


def test_a_starter_is_a_part_of_the_table() -> None:
    with TABLE.open(newline="", encoding="utf-8") as file:
        table = {row["Volttron Point Name"]: row for row in csv.DictReader(file)}
    assert {path.stem for path in STARTERS} == {"battery", "evse", "legacy", "pv"}
    for path in STARTERS:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert rows == [table[row["Volttron Point Name"]] for row in rows]
        assert len(rows) <= 100


def test_a_group_is_whole_in_a_starter() -> None:
    """A value without its switch could never be sent."""
    table = shipped_points().rows
    for path in STARTERS:
        shown = PointMap.from_csv(path.read_text(encoding="utf-8")).rows
        switches = {
            point.row.group: name
            for name, point in table.items()
            if point.row.resource == "DERControl"
            and point.writable
            and read_mapping(point.row.mapping).states
        }
        for point in shown.values():
            if point.writable and point.row.group in switches:
                assert switches[point.row.group] in shown, point.name
