"""What is told of a client's mistake: in an answer, in the log, in get_status."""

from __future__ import annotations

MAX_CHARACTERS = 200


def one_line(text: str) -> str:
    """Text in which a client may have put anything, and any amount of it, as one short line."""
    if len(text) > MAX_CHARACTERS:
        text = text[: MAX_CHARACTERS - 3] + "..."
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
