"""Changes on their way to those outside, who hear only of what is on disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ..model.changes import Changed


class Outgoing:
    """Tells listeners of changes, in order. While it ``holds``, a change waits until what it rests
    on is on disk, and so does whatever comes after it."""

    def __init__(self) -> None:
        self.holds = False
        # Called when something waits.
        self.held: Callable[[], object] = lambda: None
        self._listeners: list[Callable[[Changed], None]] = []
        self._waiting: deque[Changed] = deque()
        # How many have waited and do not any more.
        self._done = 0

    @property
    def newest(self) -> int:
        """The number of the newest change that waits; those after it have greater ones."""
        return self._done + len(self._waiting)

    def listen(self, listener: Callable[[Changed], None]) -> None:
        self._listeners.append(listener)

    def tell(self, change: Changed) -> None:
        """A listener of the fleet."""
        if self.holds and (self._waiting or not _is_repeated(change)):
            self._waiting.append(change)
            self.held()
        else:
            self._pass_on(change)

    def release(self, newest: int) -> None:
        """Changes up to this number are on disk; with them goes what waited only behind them."""
        while self._waiting and (self._done < newest or _is_repeated(self._waiting[0])):
            self._done += 1
            self._pass_on(self._waiting.popleft())

    def drop(self) -> None:
        """What waits is not kept, but for what devices repeat. What time brought comes again."""
        waiting, self._waiting = self._waiting, deque()
        self._done += len(waiting)
        for change in waiting:
            if _is_repeated(change):
                self._pass_on(change)

    def _pass_on(self, change: Changed) -> None:
        for listener in self._listeners:
            listener(change)


def _is_repeated(change: Changed) -> bool:
    """Whether nobody waits for it to be on disk. The records of others may be named by themselves,
    before or after the change is told."""
    return bool(change.latest) and not (change.records or change.gone)
