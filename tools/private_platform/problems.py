"""What can go wrong with a private platform, in words for the person who runs it."""

from __future__ import annotations


class PlatformProblem(Exception):
    """The platform or a command to it failed; the text says what and where to look."""
