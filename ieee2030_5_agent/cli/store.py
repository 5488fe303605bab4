"""``ieee2030-5 store``: what the agent keeps, seen and moved without the agent."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TextIO

import click

from ..store.archive import ArchiveError, bring_back, export, sizes_of
from ..store.database import Database
from ..store.errors import StoreError
from ..store.files import is_own


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
    with _told(), _standard_output() as stream:
        found = sizes_of(file)
        found["all"] = sum(n for n, _ in found.values()), sum(n for _, n in found.values())
        stream.write(f"{'kind':16}{'records':>10}{'kB':>10}\n")
        for kind, (count, size) in found.items():
            stream.write(f"{kind:16}{count:>10}{size / 1000:>10.1f}\n")
        stream.write(f"{file}: {file.stat().st_size / 1000:.1f} kB\n")


@store.command("export")
@click.argument(
    "output", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-"
)
@click.pass_obj
def export_(file: Path, output: Path) -> None:
    """Writes everything as lines of JSON to OUTPUT, or to the standard output.

    It holds PINs of devices: keep it as carefully as the file itself. A new OUTPUT is readable for
    its owner only; one that is there is replaced when all is written, and not before.
    """
    _refuse_own(output, file)
    with _told(), _written(output) as stream:
        stream.writelines(export(file))


@store.command("import")
@click.argument("source", type=click.File("r", encoding="utf-8"), default="-")
@click.option(
    "--replace",
    is_flag=True,
    help="Instead of what the file holds; a damaged file is kept under another name.",
)
@click.pass_obj
def import_(file: Path, source: TextIO, replace: bool) -> None:
    """Brings back what was exported: all of SOURCE, or nothing when a line of it is wrong."""
    with _told():
        brought = bring_back(file, source, time.time(), replace)
    click.echo(f"{file}: {brought.records} records")
    if brought.set_aside:
        click.echo(f"it was damaged, and is kept as {brought.set_aside.name}")


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


def _refuse_own(output: Path, file: Path) -> None:
    """What the store needs itself must not be replaced, least of all while an agent has it open."""
    with _told():
        if is_own(output, file):
            raise click.ClickException(f"{output} belongs to the store itself")


@contextmanager
def _written(output: Path) -> Iterator[IO[str]]:
    """What is written goes there: to a file as a whole or not at all. Raises OSError."""
    if output == Path("-"):
        with _standard_output() as stream:
            yield stream
    elif output.exists() and not output.is_file():  # a pipe, which must stay one
        with output.open("w", encoding="utf-8") as stream:
            yield stream
    else:
        with _naming(output), _replaced(output.resolve()) as stream:
            yield stream


@contextmanager
def _naming(output: Path) -> Iterator[None]:
    """What goes wrong is told of the file that was given, not of the one that is written first."""
    try:
        yield
    except StoreError:
        raise
    except OSError as problem:
        raise OSError(problem.errno, problem.strerror, str(output)) from problem


@contextmanager
def _replaced(target: Path) -> Iterator[IO[str]]:
    """A file for its owner only, which takes the place of another when the block ends well."""
    with NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, delete=False) as stream:
        new = Path(stream.name)
        try:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            if target.exists():
                shutil.copymode(target, new)
            new.replace(target)
        except BaseException:
            new.unlink()
            raise


@contextmanager
def _standard_output() -> Iterator[IO[str]]:
    try:
        with click.open_file("-", "w", encoding="utf-8") as stream:
            yield stream
            stream.flush()
    except StoreError:
        raise
    except OSError:
        # Python would try once more to write what is left, and fail with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


@contextmanager
def _told() -> Iterator[None]:
    """What went wrong, in one line and with the exit code of a failure."""
    try:
        yield
    except BrokenPipeError:
        raise  # nobody reads on, which click takes for an end
    except OSError as problem:
        raise click.ClickException(_line(problem)) from problem
    except (ArchiveError, UnicodeDecodeError) as problem:
        raise click.ClickException(str(problem)) from problem


def _line(problem: OSError) -> str:
    if isinstance(problem, StoreError) or not problem.strerror:
        return str(problem)
    return ": ".join(filter(None, (problem.filename, problem.strerror)))
