"""When something is looked at again: of all steps that it has on the agenda one counts."""

from __future__ import annotations

from collections.abc import Callable

Step = Callable[[int], None]


class Recall:
    """The earliest time at which something is looked at again."""

    __slots__ = ("_at",)

    def __init__(self) -> None:
        self._at: int | None = None

    def by(self, bring: Callable[[int, Step], None], at: int, step: Step) -> None:
        """Brings ``step`` to the agenda at a time, unless it comes before that anyway: it sees
        what holds then, and is brought again. ``bring``: that of the door."""
        if self._at is not None and self._at <= at:
            return
        self._at = at

        def due(now: int) -> None:
            if self._at == now:
                self._at = None
                step(now)

        bring(at, due)
