"""What is wrong with the titles of a registry's columns."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .point_rows import COLUMNS, NAME, OTHER_TITLES, clean_title

# difflib's measure of likeness, above which a title is taken for a misspelt one.
_SIMILAR = 0.8


def title_problems(rows: Sequence[Any]) -> list[str]:
    """What is wrong with the titles of these rows: then no cell can be trusted.

    Titles that are near no known one are the user's own.
    """
    named = [raw for raw in rows if isinstance(raw, Mapping)]
    if len(named) != len(rows):
        return []  # each of the others is reported as a row
    titles = {clean_title(title) for raw in named for title in raw} - {""}
    if not titles:
        return ["the registry has no rows"]
    problems = []
    if NAME not in titles:
        found = ", ".join(sorted(titles))[:100]
        problems.append(f"there is no column {NAME!r} (separated by commas?); there is {found}")
    for title in sorted(titles - set(COLUMNS) - set(OTHER_TITLES.values())):
        near = _near(title)
        if near:
            problems.append(f"column {title[:60]!r} is unknown; nearest: {near}")
    for titled in {tuple(raw): raw for raw in named}:
        problems += [each for each in repeated_titles(titled) if each not in problems]
    return problems


def repeated_titles(titles: Sequence[object]) -> list[str]:
    """Titles that stand over two columns, so that nobody knows which counts."""
    today = {other: column for column, other in OTHER_TITLES.items()}
    counts = Counter(today.get(title, title) for title in map(clean_title, titles) if title)
    return [f"column {title[:60]!r} occurs {n} times" for title, n in counts.items() if n > 1]


def _near(title: str) -> str:
    by_lower = {column.lower(): column for column in COLUMNS}
    close = difflib.get_close_matches(title.lower(), by_lower, n=1, cutoff=_SIMILAR)
    return by_lower[close[0]] if close else ""
