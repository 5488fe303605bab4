"""Whoever has much to do does it in pieces, and lets others go on between them."""

from __future__ import annotations

import gevent

# Other than sleep(0), after which gevent looks at the sockets only once in fifty times.
MOMENT_S = 1e-9


def let_others_go_on() -> None:
    """Lets the loop look at sockets and timers, and run who waited for them."""
    gevent.sleep(MOMENT_S)
