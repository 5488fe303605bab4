"""What a point may be called. The driver refuses the same names in the same words."""

from __future__ import annotations

LONGEST_NAME = 100
_ABRIDGED = 60


def name_problem(name: object) -> str | None:
    """Why a point cannot be called that, if it cannot: the name is part of a topic, a key of JSON
    and a cell of whatever table the values are exported to."""
    if not isinstance(name, str):
        return f"a {type(name).__name__} is not text"
    if not name:
        return "is empty"
    if "/" in name:
        return "a point name cannot contain '/'"
    if not name.isprintable():
        return "a point name has no control characters"
    if name[0] in "=+@":
        return f"a point name does not begin with {name[0]!r}, as formulas of spreadsheets do"
    if len(name) > LONGEST_NAME:
        return f"a point name has at most {LONGEST_NAME} characters"
    return None


def shown(text: str, most: int = _ABRIDGED) -> str:
    """A text for a message: in one line, and not all of it if it is long."""
    line = text if text.isprintable() else repr(text)[1:-1]
    return line if len(line) <= most else line[: most - 3] + "..."
