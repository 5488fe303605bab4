"""``ieee2030-5 points``: what points there are, and whether a registry can be used."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from ..model.fields import suggestion
from ..model.point import Point
from ..model.point_table import Line, lines, model_of, resources_of
from ..model.points import PointMap, PointMapError
from ..server import shipped_points

_COLUMNS = ("Point", "Units", "Type", "Access", "Resource", "Field", "Notes")
_WIDEST = 44


@click.group()
def points() -> None:
    """Shows points and checks registries (the CSV files that define them)."""


@points.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Checks the registry FILE; names each bad row with line, column, value and nearest name."""
    found = _read(file)
    every = found.rows.values()
    click.echo(f"{file}: {len(every)} points, {_writable(every)} can be written")


@points.command("list")
@click.option("--model", help="Only points of this SunSpec model, such as 701.")
@click.option("--resource", help="Only points of this resource, such as DERStatus.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A registry other than the one that the agent ships.",
)
@click.option("--csv", "as_csv", is_flag=True, help="The points alone, one per line, unabridged.")
def show(model: str | None, resource: str | None, file: Path | None, as_csv: bool) -> None:
    """Shows the points, several that differ only in a number in one line."""
    every = list((shipped_points() if file is None else _read(file)).rows.values())
    chosen = [
        point
        for point in every
        if model in (None, model_of(point))
        and (resource is None or resource in (resources_of(point), *point.resources))
    ]
    if not chosen:
        models = {model_of(point) for point in every} - {""}
        resources = {name for point in every for name in point.resources}
        raise click.ClickException(
            f"no point of model {model}{suggestion(model, models)}"
            if model is not None and model not in models
            else f"no point of {resource}{suggestion(resource or '', resources)}"
            if resource is not None and resource not in resources
            else f"no point of model {model} reads {resource}"
        )
    if as_csv:
        click.echo("\n".join(point.name for point in chosen))
        return
    click.echo(_table(lines(chosen)))
    click.echo(f"{len(chosen)} points, {_writable(chosen)} can be written")


def _writable(points: Iterable[Point]) -> int:
    return sum(point.writable for point in points)


def _read(file: Path) -> PointMap:
    try:
        return PointMap.from_csv(file.read_text(encoding="utf-8"))
    except PointMapError as error:
        problems = "\n".join(f"  {problem}" for problem in error.problems)
        raise click.ClickException(f"{file} cannot be used:\n{problems}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file}: {error}") from None


def _table(shown: list[Line]) -> str:
    rows = [_COLUMNS, *(_cells(line) for line in shown)]
    widths = [min(max(map(len, column)), _WIDEST) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(_fit(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _cells(line: Line) -> tuple[str, ...]:
    row = line.first.row
    access = "RW" if row.writable else "R"
    name = row.name if line.count == 1 else f"{row.name} .. ({line.count})"
    return (name, row.units, line.first.type, access, row.resource, row.field, row.notes)


def _fit(cell: str, width: int) -> str:
    return cell.ljust(width) if len(cell) <= width else cell[: width - 1] + "…"
