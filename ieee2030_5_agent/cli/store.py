"""``ieee2030-5 store``: what the agent keeps, seen and moved without the agent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from ..store.archive import ArchiveError, bring_back, export, sizes_of
from ..store.database import Database
from ..store.errors import StoreError


def _default_file() -> Path:
    """That of an agent that was installed under its own name."""
    home = Path(os.environ.get("VOLTTRON_HOME", "~/.volttron")).expanduser()
    return home / "agents" / "ieee2030_5" / "data" / "ieee2030_5.sqlite"


@click.group()
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=_default_file,
    show_default="$VOLTTRON_HOME/agents/ieee2030_5/data/ieee2030_5.sqlite",
    help="The store's file.",
)
@click.pass_context
def store(context: click.Context, file: Path) -> None:
    """Shows, exports, imports and compacts the agent's store.

    It can be looked at and exported while the agent runs; for the rest stop the agent first.
    """
    context.obj = file


@store.command()
@click.pass_obj
def sizes(file: Path) -> None:
    """Prints how many records of each kind there are, and how large they are."""
    with _told():
        found = sizes_of(file)
    click.echo(f"{'kind':16}{'records':>10}{'kB':>10}")
    for kind, (count, size) in found.items():
        click.echo(f"{kind:16}{count:>10}{size / 1000:>10.1f}")
    records, characters = sum(n for n, _ in found.values()), sum(n for _, n in found.values())
    click.echo(f"{'all':16}{records:>10}{characters / 1000:>10.1f}")
    click.echo(f"{file}: {file.stat().st_size / 1000:.1f} kB")


@store.command("export")
@click.argument("output", type=click.File("w", encoding="utf-8", atomic=True), default="-")
@click.pass_obj
def export_(file: Path, output: TextIO) -> None:
    """Writes everything as lines of JSON to OUTPUT, or to the standard output.

    It holds PINs of devices: keep it as carefully as the file itself. A new OUTPUT is readable for
    its owner only.
    """
    with _told(), _private():
        for line in export(file):
            output.write(f"{line}\n")


@store.command("import")
@click.argument("source", type=click.File("r", encoding="utf-8"), default="-")
@click.option("--replace", is_flag=True, help="Instead of what the file holds.")
@click.pass_obj
def import_(file: Path, source: TextIO, replace: bool) -> None:
    """Brings back what was exported: all of SOURCE, or nothing when a line of it is wrong."""
    with _told():
        count = bring_back(file, source, replace)
    click.echo(f"{file}: {count} records")


@store.command()
@click.pass_obj
def compact(file: Path) -> None:
    """Gives the room of what was removed back to the disk; needs as much of it while it runs."""
    with _told():
        before = file.stat().st_size
        database = Database(file)
        try:
            database.compact()
        finally:
            database.close()
    click.echo(f"{file}: {before / 1000:.1f} kB -> {file.stat().st_size / 1000:.1f} kB")


@contextmanager
def _private() -> Iterator[None]:
    """Files that are made meanwhile are for their owner only, from their first moment."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _told() -> Iterator[None]:
    """What went wrong, in one line and with the exit code of a failure."""
    try:
        yield
    except (StoreError, ArchiveError, FileNotFoundError) as problem:
        raise click.ClickException(str(problem)) from problem
