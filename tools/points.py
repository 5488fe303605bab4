"""The tables of points in docs/registries.md and docs/points.md, and the starter registries.

All follow from ``config/ieee2030_5.csv``: ``make points`` writes them, ``--check`` fails when one
is not up to date. A starter file says itself which points it has: its rows are taken anew.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from ieee2030_5_agent.model.point import Point
from ieee2030_5_agent.model.point_rows import NAME
from ieee2030_5_agent.model.point_table import Line, lines, model_of, resources_of
from ieee2030_5_agent.model.points import PointMap

ROOT = Path(__file__).parents[1]
SUMMARY = ROOT / "docs" / "registries.md"
MANUAL = ROOT / "docs" / "points.md"
REGISTRY = ROOT / "config" / "ieee2030_5.csv"
STARTERS = ROOT / "config" / "points"
BEGIN = "<!-- points: written by make points -->"
END = "<!-- end of points -->"

# What a model is about. Models with the same words are one line of the summary.
_INVERTER, _TRIP, _SETTINGS = "inverter", "must trip curve", "settings"
MODELS = {
    "1": "common",
    **dict.fromkeys(("101", "102", "103", "111", "112", "113"), _INVERTER),
    "120": "nameplate",
    "121": _SETTINGS,
    "122": "status and counters",
    "123": "immediate controls",
    "124": "storage controls",
    "126": "volt-var curve",
    **dict.fromkeys(("129", "130", "135", "136"), _TRIP),
    "131": "watt-power factor curve",
    "132": "volt-watt curve",
    "134": "frequency-watt curve",
    "145": "extended settings",
    "403": "string combiner",
    "404": "string combiner, advanced",
    "701": "AC measurement",
    "702": "ratings and settings",
    "703": "enter service",
    "704": "AC controls",
    "705": "volt-var curve, new",
    "706": "volt-watt curve, new",
    **dict.fromkeys(("707", "708"), "voltage trip curves"),
    **dict.fromkeys(("709", "710"), "frequency trip curves"),
    "711": "frequency droop",
    "712": "watt-var curve",
    "713": "storage capacity",
    "714": "DC measurement",
    "715": "DER control",
    "802": "battery",
    "803": "lithium-ion battery",
}
# What points read besides resources of a device.
_OF_THE_SERVER = {"Time", "Adoption"}
PREAMBLE = """# All points

Written by `make points` from [config/ieee2030_5.csv](../config/ieee2030_5.csv). RW: can be
written. What the columns of a registry mean stands in [registries.md](registries.md);
`ieee2030-5 points list` shows the same table. Where it differs from the reference that it was made
from, and why: [points-corrections.md](points-corrections.md).
"""


def summary(points: PointMap) -> str:
    """The table of docs/registries.md: what there is of each model."""
    kinds: dict[tuple[str, int, int, str], list[str]] = {}
    for title, group in _groups(points):
        read = {resource for point in group for resource in point.resources} - _OF_THE_SERVER
        model, writable = model_of(group[0]), sum(point.writable for point in group)
        about = MODELS[model] if model else title
        kinds.setdefault((about, len(group), writable, ", ".join(sorted(read))), []).append(model)
    rows = ["| Models | | Points | Can be written | From |", "|---|---|---|---|---|"]
    for (about, count, writable, read_from), models in kinds.items():
        each = " each" if len(models) > 1 else ""
        rows.append(
            f"| {', '.join(models) or '-'} | {about} | {count}{each} | {writable or ''} |"
            f" {read_from} |"
        )
    return "\n".join(rows)


def manual(points: PointMap) -> str:
    """docs/points.md: every point, several that differ only in a number in one line."""
    parts = [PREAMBLE]
    for title, group in _groups(points):
        rows = "\n".join(map(_row, lines(group)))
        parts.append(
            f"## {title}\n\n| Point | Units | Type | | Resource | Field | |\n"
            f"|---|---|---|---|---|---|---|\n{rows}\n"
        )
    return "\n".join(parts)


def starter(names: list[str], table: str) -> str:
    """A registry with these rows of the table, in their order."""
    reader = csv.DictReader(io.StringIO(table, newline=""))
    rows = {row[NAME]: row for row in reader}
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, reader.fieldnames or [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[name] for name in names)
    return text.getvalue()


def _groups(points: PointMap) -> Iterator[tuple[str, list[Point]]]:
    """The points by model, those without a model by resource."""
    groups: dict[str, list[Point]] = {}
    for point in points.rows.values():
        model = model_of(point)
        title = f"{model} {MODELS[model]}" if model else f"{resources_of(point)} of IEEE 2030.5"
        groups.setdefault(title, []).append(point)
    yield from groups.items()


def _row(line: Line) -> str:
    row = line.first.row
    field = f"`{row.field}`"
    name = f"`{line.first.name}`" + (f" .. `{line.last.name}`" if line.count > 1 else "")
    cells = (
        name,
        row.units,
        line.first.type,
        "RW" if row.writable else "",
        row.resource,
        field,
        row.notes,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _names(text: str) -> list[str]:
    return [row[NAME] for row in csv.DictReader(io.StringIO(text, newline=""))]


def wanted() -> dict[Path, str]:
    """Every file that follows from the registry, as it should be."""
    table = REGISTRY.read_text(encoding="utf-8")
    points = PointMap.from_csv(table)
    written = SUMMARY.read_text(encoding="utf-8")
    before, _, rest = written.partition(BEGIN)
    _, _, after = rest.partition(END)
    files = {
        SUMMARY: f"{before}{BEGIN}\n{summary(points)}\n{END}{after}",
        MANUAL: manual(points),
    }
    for path in sorted(STARTERS.glob("*.csv")):
        files[path] = starter(_names(path.read_text(encoding="utf-8")), table)
    return files


def main() -> int:
    """Writes the files, or compares them with ``--check``."""
    stale = [
        path
        for path, text in wanted().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not up to date: run make points", file=sys.stderr)
        return int(bool(stale))
    for path, text in wanted().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
