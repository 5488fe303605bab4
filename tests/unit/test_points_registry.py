"""Registries as users bring them: spellings that are taken, mistakes that are named."""

from __future__ import annotations

import csv
import io
import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ieee2030_5_agent.model.changes import PointValue
from ieee2030_5_agent.model.point_rows import COLUMNS
from ieee2030_5_agent.model.points import PointMap, PointMapError
from tests.vectors import rules

GOOD = {
    "Volttron Point Name": "p",
    "Point Name": "b802_SoC",
    "Resource": "DERStatus",
    "Field": "readingTime",
    "Units": "",
    "Type": "",
    "Mapping": "",
    "Writable": "FALSE",
    "Default": "",
    "Notes": "",
}


def problems(rows: Any) -> list[str]:
    with pytest.raises(PointMapError) as caught:
        PointMap.from_rows(rows)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_the_good_row_is_good() -> None:
    one = PointMap.from_rows([GOOD]).rows["p"]
    assert (one.name, one.row.sunspec, one.type, one.path) == (
        "p",
        "b802_SoC",
        "int",
        "readingTime",
    )


@pytest.mark.parametrize("rule", rules("points/bad_rows.toml", "row"))
def test_bad_row(rule: dict[str, Any]) -> None:
    text = "\n".join(problems([GOOD | rule["cells"]]))
    for part in rule["says"]:
        assert part in text
    assert all(line.startswith("line 2") for line in text.splitlines())


def test_every_bad_row_is_named_in_one_error() -> None:
    rows = [
        GOOD | {"Volttron Point Name": "a"},
        GOOD | {"Volttron Point Name": "b", "Field": "readingTme"},
        GOOD | {"Volttron Point Name": "c", "Resource": "DERStats", "Type": "number"},
        GOOD | {"Volttron Point Name": "a"},
        GOOD | {"Volttron Point Name": "d", "Writable": "TRUE"},
    ]
    assert [problem.split(" ", 3)[:4] for problem in problems(rows)] == [
        [
            "line",
            "3",
            "(b):",
            "Field 'readingTme': DERStatus has no field readingTme; nearest: readingTime",
        ],
        [
            "line",
            "4",
            "(c):",
            "Resource 'DERStats': is no resource that feeds points; nearest: DERStatus",
        ],
        ["line", "4", "(c):", "Type 'number': is no type of a point"],
        ["line", "5", "(a):", "Volttron Point Name 'a': is the point of line 2 already"],
        [
            "line",
            "6",
            "(d):",
            "Writable 'TRUE': DERStatus belongs to the device and can only be read",
        ],
    ]


def test_a_point_three_times_is_named_twice() -> None:
    assert problems([GOOD, GOOD, GOOD]) == [
        "line 3 (p): Volttron Point Name 'p': is the point of line 2 already",
        "line 4 (p): Volttron Point Name 'p': is the point of line 2 already",
    ]


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (None, "a registry is a list of rows, not NoneType"),
        ("text", "a registry is a list of rows, not str"),
        (GOOD, "a registry is a list of rows, not dict"),
        (7, "a registry is a list of rows, not int"),
        ([GOOD, "text"], "line 3: a str is not a row of named cells"),
        ([None], "line 2: a NoneType is not a row of named cells"),
        ([[1]], "line 2: a list is not a row of named cells"),
    ],
    ids=["none", "text", "row", "number", "text-row", "none-row", "list-row"],
)
def test_what_is_no_registry(rows: Any, text: str) -> None:
    assert problems(rows) == [text]


@pytest.mark.parametrize(
    ("cells", "attribute", "value"),
    [
        ({"Field": " readingTime "}, "path", "readingTime"),
        ({"Type": "TIME"}, "type", "time"),
        ({"Units": "NA"}, "units", ""),
        ({"Units": None}, "units", ""),
        ({"Units": " s "}, "units", "s"),
        ({"Type": "NA", "Mapping": "NA", "Writable": "NA", "Default": "NA"}, "type", "int"),
        ({"Writable": ""}, "writable", False),
        ({"Writable": "No"}, "writable", False),
        ({"Writable": False}, "writable", False),
        ({"Writable": 0}, "writable", False),
        ({"Another Column": "something"}, "path", "readingTime"),
    ],
    ids=str,
)
def test_spellings_of_cells(cells: dict[Any, Any], attribute: str, value: object) -> None:
    one = PointMap.from_rows([{**GOOD, **cells}]).rows["p"]
    assert getattr(one, attribute) == value


@pytest.mark.parametrize("writable", ["TRUE", "true", "True", "yes", "1", True, 1])
def test_spellings_of_writable(writable: object) -> None:
    row = GOOD | {"Resource": "DERControl", "Field": "DERControlBase.opModMaxLimW"}
    assert PointMap.from_rows([row | {"Writable": writable}]).rows["p"].writable


@pytest.mark.parametrize(
    ("resource", "field", "units"),
    [
        ("DERSettings", "setMaxW", "W"),
        ("DERSettings", "setMaxW", "w"),
        ("DERSettings", "setMaxW", "Watts"),
        ("DERSettings", "setMaxW", ""),
        ("DERSettings", "setMaxW", "of the plant"),
        ("DERSettings", "setMaxVar", "VAr"),
        ("DERSettings", "setGradW", "% WMax/s"),
        ("DERStatus", "stateOfChargeStatus", "%WHRtg"),
        ("DERStatus", "inverterStatus", "W"),
        ("DERStatus", "=DERSettings.setMaxW/1000", "kW"),
        ("MirrorMeterReading", "uom=38|63", "VA"),
        ("MirrorMeterReading", "uom=65", "%"),
        ("MirrorMeterReading", "SomePower", "kW"),
    ],
)
def test_units_that_do_not_contradict_the_field(resource: str, field: str, units: str) -> None:
    row = GOOD | {"Resource": resource, "Field": field, "Units": units}
    assert PointMap.from_rows([row]).rows["p"].units == units


def test_sunspec_name_is_the_name_unless_given() -> None:
    row = {key: cell for key, cell in GOOD.items() if key != "Point Name"}
    assert PointMap.from_rows([row]).rows["p"].row.sunspec == "p"


def test_titles_of_the_original() -> None:
    row = {
        "Volttron Point Name": "b1_SN",
        "IEEE2030_5 Resource Name": "DeviceInformation",
        "IEEE2030_5 Field Name": "sFDI",
        "Units": "NA",
        "Writable": "FALSE",
        "Default": "NA",
    }
    one = PointMap.from_rows([row]).rows["b1_SN"]
    assert (one.row.resource, one.path) == ("EndDevice", "sFDI")


def test_formula_needs_no_resource() -> None:
    row = GOOD | {"Resource": "", "Field": "=DERSettings.setMaxW/DERCapability.rtgMaxW"}
    assert PointMap.from_rows([row]).rows["p"].resources == {"DERSettings", "DERCapability"}


def test_empty_rows_are_skipped_and_still_counted() -> None:
    empty = dict.fromkeys(GOOD, "")
    assert problems([empty, GOOD, empty, GOOD | {"Volttron Point Name": "q", "Type": "x"}]) == [
        "line 5 (q): Type 'x': is no type of a point"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the registry has no rows"),
        ("Volttron Point Name,Field\n", "the registry has no rows"),
        ("Volttron Point Name;Resource;Field\nx;EndDevice;sFDI\n", "separated by commas?"),
        ("Name,Resource,Field\nx,EndDevice,sFDI\n", "there is no column 'Volttron Point Name'"),
        (
            "Volttron Point Name,Resource,Field,Writeable\nx,EndDevice,sFDI,\n",
            "line 1: column 'Writeable' is unknown; nearest: Writable",
        ),
        (
            "Volttron Point Name,Resource,Field,WRITABLE\nx,EndDevice,sFDI,\n",
            "line 1: column 'WRITABLE' is unknown; nearest: Writable",
        ),
        (
            "Volttron Point Name,Resource,Field,Field\nx,EndDevice,sFDI,lFDI\n",
            "line 1: column 'Field' occurs 2 times",
        ),
        (
            "Volttron Point Name,Resource,Field,IEEE2030_5 Field Name\nx,EndDevice,sFDI,lFDI\n",
            "line 1: column 'Field' occurs 2 times",
        ),
    ],
)
def test_titles_that_cannot_be_used(text: str, problem: str) -> None:
    with pytest.raises(PointMapError) as refused:
        PointMap.from_csv(text)
    assert problem in str(refused.value)


def test_titles_of_ones_own_and_empty_ones_are_left_alone() -> None:
    text = "Volttron Point Name,Resource,Field,Remarks,Remarks 2,,\nx,EndDevice,sFDI,a,b,,\n"
    assert list(PointMap.from_csv(text).rows) == ["x"]


def test_a_title_twice_in_a_row_of_cells() -> None:
    assert problems([GOOD | {" Units": "W"}]) == ["line 1: column 'Units' occurs 2 times"]


SHIFTED = "has more cells than there are titles: put a cell with a comma in it into quotes"


@pytest.mark.parametrize(
    "line",
    [
        "w,b701_W,MirrorMeterReading,uom=38,phase=128,",
        "w,b701_W,MirrorMeterReading,uom=38,phase=128,W",
        "w,b701_W,MirrorMeterReading,uom=38,W,,,,,",
    ],
)
@pytest.mark.parametrize("titles", [COLUMNS[:5], (*COLUMNS[:5], "")], ids=["plain", "untitled"])
def test_surplus_cells_are_named(line: str, titles: tuple[str, ...]) -> None:
    text = ",".join(titles) + f"\na,a,DERStatus,readingTime,\n{line}x\n"
    with pytest.raises(PointMapError) as refused:
        PointMap.from_csv(text)
    assert refused.value.problems == [f"line 3 (w): {SHIFTED}"]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert problems(rows) == [f"line 3 (w): {SHIFTED}"]
    assert problems(json.loads(json.dumps(rows))) == [f"line 3 (w): {SHIFTED}"]


def test_an_empty_surplus_cell_tells_of_a_shifted_row_too() -> None:
    with pytest.raises(PointMapError, match=SHIFTED):
        PointMap.from_csv(",".join(COLUMNS[:4]) + "\na,a,DERStatus,readingTime,\n")


def test_long_cells_are_abridged_in_what_is_said() -> None:
    long = "x" * 50_000
    rows = [GOOD | {title: long, "Volttron Point Name": long} for title in COLUMNS[2:]]
    assert all(len(problem) < 700 for problem in problems(rows))


def test_csv_with_a_byte_order_mark() -> None:
    text = "\ufeff" + ",".join(COLUMNS[:4]) + "\np,p,DERStatus,readingTime\n"
    assert list(PointMap.from_csv(text).rows) == ["p"]


def test_row_with_a_byte_order_mark_in_its_title() -> None:
    row = {key: cell for key, cell in GOOD.items() if key != "Volttron Point Name"}
    assert list(PointMap.from_rows([{"\ufeffVolttron Point Name": "p", **row}]).rows) == ["p"]


def test_csv_row_numbers_are_those_of_the_file() -> None:
    text = ",".join(COLUMNS[:4]) + "\na,a,DERStatus,readingTime\nb,b,DERStatus,nothing\n"
    with pytest.raises(PointMapError, match=r"^line 3 \(b\): "):
        PointMap.from_csv(text)


def test_csv_lines_are_counted_as_an_editor_shows_them() -> None:
    title = ",".join((*COLUMNS[:4], "Notes"))
    text = f'{title}\n\na,a,DERStatus,readingTime,"two\nlines"\n\nb,b,DERStatus,nothing,\n'
    with pytest.raises(PointMapError, match=r"^line 6 \(b\): "):
        PointMap.from_csv(text)


def test_csv_that_is_none() -> None:
    with pytest.raises(PointMapError, match="not a CSV file"):
        PointMap.from_csv("Volttron Point Name\n" + "x" * 200_000)


CELLS = st.one_of(
    st.text(alphabet=string.printable, max_size=20),
    st.sampled_from(["DERStatus", "DERControl", "MirrorMeterReading", "TRUE", "enum", "symbol"]),
    st.sampled_from(["DERControlBase.opModFixedW", "storConnectStatus", "=1", "uom=38", "1=1:A"]),
    st.none(),
    st.integers(),
)


def outcome(rows: list[dict[str, Any]]) -> list[str] | dict[str, PointValue]:
    """What is wrong with the rows, or the values of their points when nothing was received."""
    try:
        point_map = PointMap.from_rows(rows)
    except PointMapError as error:
        return error.problems
    return point_map.evaluate(point_map.rows.values(), {})


@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), CELLS), max_size=4))
def test_any_rows_are_taken_or_refused_by_name(rows: list[dict[str, Any]]) -> None:
    result = outcome(rows)
    if isinstance(result, list):
        assert result
        assert all(problem.startswith("line ") for problem in result)


@given(st.text(alphabet="0123456789.+-*/()_, DERSettings.maxWdefault[]=", max_size=60))
def test_any_formula_is_taken_or_refused(text: str) -> None:
    result = outcome([GOOD | {"Field": "=" + text}])
    assert result
    assert isinstance(result, list) or isinstance(result["p"], float | None)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("1" + "+1" * 99, {"p": 100.0}),
        ("-" * 198 + "1", {"p": 1.0}),
        ("(" * 99 + "1" + ")" * 99, {"p": 1.0}),
        ("(" * 199, "is not a formula"),
        ("1" + "+1" * 100, "more than 200 characters besides the fields"),
    ],
    ids=["sum", "signs", "nested", "not-closed", "too-long"],
)
def test_large_formula(formula: str, expected: dict[str, float] | str) -> None:
    result = outcome([GOOD | {"Field": "=" + formula}])
    if isinstance(expected, str):
        assert isinstance(result, list)
        assert expected in result[0]
    else:
        assert result == expected


def test_formula_with_many_long_names_is_not_too_long() -> None:
    field = "=" + "+".join(["DERAvailability.availabilityDuration"] * 30)
    assert outcome([GOOD | {"Field": field}]) == {"p": None}
