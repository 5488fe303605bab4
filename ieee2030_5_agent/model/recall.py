"""When something is looked at again: of all steps that it has on the agenda one counts."""

from __future__ import annotations

from collections.abc import Callable

Step = Callable[[int], None]


class Recall:
    """The earliest time at which something is looked at again; on the agenda, a step itself."""

    __slots__ = ("_at", "_step")

    def __init__(self) -> None:
        self._at: int | None = None
        self._step: Step | None = None

    def by(self, bring: Callable[[int, Step], None], at: int, step: Step) -> None:
        """Brings ``step`` to the agenda at a time, unless it comes before that anyway: it sees
        what holds then, and is brought again. ``bring``: that of the door."""
        if self._at is None or at < self._at:
            self._at, self._step = at, step
            bring(at, self)

    def __call__(self, now: int) -> None:
        """``now`` is the time for which it was brought."""
        if self._at == now and self._step is not None:
            self._at = None
            self._step(now)
