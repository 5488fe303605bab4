"""Runs the benchmark: ``python -m tools.bench [--strict] [GROUP...]``.

``BENCH_JSON`` names a file for the figures.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .figures import Figure, as_json
from .groups import GROUPS, Workbench

NAME_WIDTH = 74
HEADING = "  ".join(
    [
        f"{'name':<{NAME_WIDTH}}",
        *(f"{title:>10}" for title in ("ours", "reference", "ratio")),
        "unit",
    ]
)


def main(arguments: Sequence[str]) -> int:
    """The exit code is 0 when everything was measured, whatever goals are met; with ``--strict``
    it is 1 when a goal is not. 2: nothing was measured, because of a group that there is not or a
    file that cannot be written."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench")
    parser.add_argument("groups", metavar="GROUP", nargs="*", help=", ".join(GROUPS))
    parser.add_argument("--strict", action="store_true", help="exit code 1 if a goal is not met")
    options = parser.parse_args(arguments)
    chosen = options.groups
    unknown = [name for name in chosen if name not in GROUPS]
    if unknown:
        sys.stderr.write(f"no group {', '.join(unknown)}; there are {', '.join(GROUPS)}\n")
        return 2
    target = os.environ.get("BENCH_JSON")
    figures: list[Figure] = []
    try:
        _write(target, figures)
    except OSError as problem:
        sys.stderr.write(f"BENCH_JSON cannot be written: {problem}\n")
        return 2
    started = time.monotonic()
    sys.stdout.write(HEADING + "\n")
    try:
        _measure([name for name in GROUPS if not chosen or name in chosen], started, figures)
    finally:  # what was measured before a group failed took minutes
        _write(target, figures)
    met = sum(1 for figure in figures if figure.goal_met)
    stated = sum(1 for figure in figures if figure.goal is not None)
    _print(f"{met} of {stated} goals met, in {time.monotonic() - started:.0f} s")
    return 1 if options.strict and met < stated else 0


def _measure(groups: Sequence[str], started: float, figures: list[Figure]) -> None:
    """Prints each figure and adds it to ``figures`` as soon as it is there."""
    with Workbench() as bench:
        bench.begin(groups)
        for place, name in enumerate(groups, start=1):
            elapsed = time.monotonic() - started
            _progress(f"[{place}/{len(groups)}] measuring {name}, {elapsed:.0f} s so far")
            for figure in GROUPS[name](bench):
                _print(figure.as_line(NAME_WIDTH))
                figures.append(figure)


def _write(target: str | None, figures: Sequence[Figure]) -> None:
    """Writes the file, if one is wanted."""
    if target:
        Path(target).write_text(as_json(figures))


def _print(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _progress(text: str) -> None:
    """A line on stderr that the next one takes the place of; a line each where nobody looks."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
    elif text:
        sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
