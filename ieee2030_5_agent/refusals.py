"""Who was turned away, and why: counted for get_status, told in the log without flooding it.

For what is refused before a request has a device: a TLS handshake that fails, a client whose
access was withdrawn, a connection too many. Whoever attacks decides how often that happens, so
neither the log nor the memory may grow with it.
"""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .rest.one_line import one_line

_log = logging.getLogger(__name__)

# The same refusal of the same client is told again after this time, with how often it was.
REPEAT_S = 3600.0
# Pairs of reason and client that are remembered; the one that was quiet for longest is forgotten.
MAX_PAIRS = 1000
# Lines in any minute: an attacker with a thousand addresses gets no thousand lines.
LINES_A_MINUTE = 30
# Clients by reason that get_status names: those that were refused last.
SHOWN_CLIENTS = 10


@dataclass(slots=True)
class _Pair:
    """One reason and client. ``untold``: how often since the last line."""

    count: int = 0
    untold: int = 0
    told_at: float | None = None


class Refusals:
    """Refusals by reason and client: a number for each, one line in the log for the first."""

    def __init__(self, timer: Callable[[], float]) -> None:
        """``timer``: seconds, of any beginning, that never go back as the clock may."""
        self._timer = timer
        self._pairs: OrderedDict[tuple[str, str], _Pair] = OrderedDict()
        self._totals: Counter[str] = Counter()
        self._minute_began = timer()
        self._lines = 0

    def note(self, reason: str, client: str, detail: str = "") -> None:
        """One refusal. ``reason`` is one of few; ``client`` an LFDI or an address."""
        self._totals[reason] += 1
        pair = self._pairs.setdefault((reason, client), _Pair())
        self._pairs.move_to_end((reason, client))
        if len(self._pairs) > MAX_PAIRS:
            self._pairs.popitem(last=False)
        pair.count += 1
        pair.untold += 1
        now = self._timer()
        if pair.told_at is None or now - pair.told_at >= REPEAT_S:
            self._tell(pair, now, reason, client, detail)

    def _tell(self, pair: _Pair, now: float, reason: str, client: str, detail: str) -> None:
        if now - self._minute_began >= 60:
            self._minute_began, self._lines = now, 0
        self._lines += 1
        if self._lines > LINES_A_MINUTE:
            if self._lines == LINES_A_MINUTE + 1:
                _log.info("more is refused than the log tells, see refusals of get_status")
            return
        often = f" ({pair.untold} times)" if pair.untold > 1 else ""
        _log.info(
            "refused %s: %s%s%s", client, reason, often, f": {one_line(detail)}" if detail else ""
        )
        pair.told_at, pair.untold = now, 0

    def summary(self) -> dict[str, Any]:
        """``{reason: {"count": n, "clients": {client: n}}}``; the clients refused last."""
        found: dict[str, Any] = {
            reason: {"count": count, "clients": {}}
            for reason, count in sorted(self._totals.items())
        }
        for (reason, client), pair in reversed(self._pairs.items()):
            clients = found[reason]["clients"]
            if len(clients) < SHOWN_CLIENTS:
                clients[client] = pair.count
        return found
