"""The greenlets that carry notifications out: one looks whose turn it is, one per POST waits.

What a subscriber is told is built here in the one greenlet, one after another with a pause after
each, so that a thousand of them do not keep anybody else waiting.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import gevent
from gevent.event import Event
from gevent.lock import BoundedSemaphore

from .fairness import let_others_go_on
from .notification_post import Barred, Poster, Unreached, Withdrawn, tls_context
from .notifying.notices import SubscriptionOver
from .notifying.outbox import Turn
from .rest.targets import parse_target
from .server import Server
from .tls_files import BadFiles

_log = logging.getLogger(__name__)

# Connecting and TLS cost time of ours, waiting for an answer does not. So few begin at once, the
# next when one of them is done or has been at it for so long that it waits for its subscriber.
AT_ONCE = 8
BEGINNING_S = 0.05
# A subscriber that is asked too much, too early, or that is out of order, may take it later.
LATER = frozenset({408, 425, 429})


class Notifier:
    """Serves the outbox of a server for ever, in a greenlet that runs ``keep``."""

    def __init__(
        self,
        server: Server,
        report: Callable[[str | None], None],
        settled: Callable[[], str | None] = lambda: None,
    ) -> None:
        """``report`` hears of files that cannot be used, None when they can. ``settled`` waits
        until all that was changed is on disk; the reason when it is not kept."""
        self._server = server
        self._outbox = server.outbox
        self._report = report
        self._settled = settled
        self._wake = Event()
        self._beginning = BoundedSemaphore(AT_ONCE)
        self._outbox.wake = self._wake.set
        self._poster = Poster(server.settings, None)
        self.configure()

    def configure(self) -> None:
        """Takes the server's configuration; certificates are read again."""
        settings = self._server.settings
        context, problem = None, None
        try:
            context = tls_context(settings)
        except BadFiles as bad:
            problem = str(bad)
        self._poster.close()
        self._poster = Poster(settings, context)
        self._report(problem)

    def keep(self) -> None:
        """Gives everybody their turn."""
        while True:
            self._wake.clear()
            while (turn := self._outbox.take()) is not None:
                self._serve(turn)
                let_others_go_on()
            pause = self._outbox.next_in()
            self._wake.wait(timeout=None if pause is None else max(pause, 0.0))

    def _serve(self, turn: Turn) -> None:
        """Builds what is to be told now and lets a greenlet of its own send it.

        It is built after the wait for a place to send from, so that it is not old by then.
        """
        self._beginning.acquire()
        notice = self._notice(turn)
        if notice is None:
            self._beginning.release()
        else:
            gevent.spawn(self._send, turn, *notice)

    def _notice(self, turn: Turn) -> tuple[bytes | None, bytes] | None:
        """The digest and the body of what is to be told; None: nothing, and the turn is over."""
        try:
            self._server.fleet.advance(self._server.clock())
            if not self._outbox.current(turn):
                self._outbox.put_back(turn)
                return None
            notice = self._server.notices.of(turn)
        except SubscriptionOver as over:
            self._outbox.over(turn, over.status)
        except Exception as fault:  # noqa: BLE001 - one subscription must not stop all others
            _log.exception("the notification of %s failed", turn.subscription.path)
            self._outbox.failed(turn, f"internal error: {type(fault).__name__}")
        else:
            if notice.body is not None:
                return notice.digest, notice.body
            self._outbox.unchanged(turn, notice.digest)
        return None

    def _send(self, turn: Turn, digest: bytes | None, body: bytes) -> None:
        waits = gevent.spawn_later(BEGINNING_S, self._beginning.release)
        try:
            self._post(turn, digest, body)
        finally:
            if not waits.ready():
                waits.kill(block=False)
                self._beginning.release()

    def _post(self, turn: Turn, digest: bytes | None, body: bytes) -> None:
        subscription = turn.subscription
        if self._settled() is not None:
            self._outbox.put_back(turn)  # it may tell of what was refused: it is built anew
            return
        try:
            target = parse_target(subscription.notification_uri)
            status = self._poster.post(target, body, lambda: self._outbox.current(turn))
        except Withdrawn:
            self._outbox.put_back(turn)
        except Unreached as problem:
            _log.debug("%s not notified: %s", subscription.notification_uri, problem)
            self._outbox.failed(turn, str(problem))
        except Barred as problem:
            self._outbox.refused(turn, digest, str(problem), answered=None)
        except Exception as fault:  # noqa: BLE001 - its turn has to end whatever fails
            _log.exception("a notification to %s failed", subscription.notification_uri)
            self._outbox.failed(turn, f"internal error: {type(fault).__name__}")
        else:
            if 200 <= status < 300:
                self._outbox.delivered(turn, digest)
            elif 500 <= status < 600 or status in LATER:
                self._outbox.failed(turn, f"the answer is {status}")
            else:
                self._outbox.refused(turn, digest, f"the answer is {status}")
