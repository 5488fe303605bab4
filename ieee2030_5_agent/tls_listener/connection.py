"""One connection: its handshake, then request after request until one side ends it."""

from __future__ import annotations

import contextlib
import functools
import logging
import socket
import ssl
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, TypeVar

import gevent
import gevent.socket
import gevent.ssl

from ..fairness import let_others_go_on
from ..refusals import Refusals
from ..rest.failures import failure
from ..rest.messages import Client, Request, Response
from ..sep.editions import Edition
from ..settings import Listener
from . import refused
from .census import Census
from .handshake import BadCertificate, Chains, why_failed
from .http1 import CONTINUE, Incoming, Phase, RequestParser, render
from .turns import Turns

_log = logging.getLogger(__name__)

# The largest record of TLS.
RECEIVE_OCTETS = 16384
# What is still read, and thrown away, of a client that was refused: an answer that arrives before
# the client has sent all would be lost to a reset of the connection.
LINGER_S = 2.0
LINGER_OCTETS = 16 * 2**20
# A client that has the next octets always ready lets others in after so many records.
TURN = 4

Handle = Callable[[Request], Response]
T = TypeVar("T")


class TimedOut(Exception):
    """A time limit of the connection."""


class Connection:
    """A client's connection, from accept to close; ``serve`` runs in a greenlet of its own."""

    def __init__(
        self,
        sock: gevent.socket.socket,
        address: str,
        handle: Handle,
        settings: Listener,
        max_body: int,
        census: Census,
        refusals: Refusals,
        turns: Turns,
        chains: Chains,
    ) -> None:
        self.address = address
        self.lfdi: str | None = None
        self._sock: Any = sock
        self._handle = handle
        self._settings = settings
        self._max_body = max_body
        self._census = census
        self._refusals = refusals
        self._turns = turns
        self._chains = chains
        self._not_after = 0.0
        # Why it has to end.
        self._dismissed: str | None = None
        # The greenlet while it waits for a client that may as well be dismissed.
        self._parked: gevent.Greenlet | None = None
        self._worked = 0

    def dismiss(self, why: str) -> None:
        """Ends the connection at its next pause. Nothing that is being answered is lost."""
        self._dismissed = why
        gevent.get_hub().loop.run_callback(self._wake)

    def _wake(self) -> None:
        """Runs in the hub, so that what is parked is parked still when it is thrown at."""
        if self._parked is not None:
            self._parked.throw(TimedOut)

    def serve(self, context: ssl.SSLContext) -> None:
        """Handles the connection to its end. Never raises for what a client does."""
        try:
            self._census.arrive(self)
            if self._shake_hands(context):
                self._answer_all()
        except refused.Crowded as crowded:
            self._note(crowded.cause, str(crowded))
        except (OSError, TimedOut) as lost:
            _log.debug("%s: connection lost: %r", self._name, lost)
        except Exception:  # noqa: BLE001 - the outermost edge
            _log.exception("the connection of %s failed", self._name)
        finally:
            self._census.leave(self)
            self._say_goodbye()
            self._sock.close()

    @property
    def _name(self) -> str:
        return self.lfdi or self.address

    def _note(self, why: str, detail: str = "") -> None:
        self._refusals.note(why, self._name, detail)

    # --- TLS -----------------------------------------------------------------------------------

    def _shake_hands(self, context: ssl.SSLContext) -> bool:
        """Whether the client is known by a certificate that may be used."""
        try:
            self._sock = context.wrap_socket(
                self._sock, server_side=True, do_handshake_on_connect=False
            )
            self._parked_for(self._settings.handshake_s, self._sock.do_handshake)
            identity = self._chains.identify(self._sock)
            if self._expired(identity.not_after):
                raise BadCertificate(refused.EXPIRED, "the session was resumed")
        except TimedOut:
            self._note(self._dismissed or "handshake too slow")
            return False
        except OSError as failure:  # ssl.SSLError is one
            self._note(*why_failed(failure))
            return False
        except BadCertificate as bad:
            self._note(bad.cause, str(bad))
            return False
        try:
            self._census.identify(self, identity.lfdi)
        except refused.Crowded as crowded:
            if self._dismissed:  # counted no more, so it may not stay for an answer
                raise
            self._refuse(crowded)
            return False
        self._not_after = identity.not_after
        return True

    @staticmethod
    def _expired(not_after: float) -> bool:
        return time.time() > not_after

    # --- HTTP ----------------------------------------------------------------------------------

    def _answer_all(self) -> None:
        limits = self._settings
        parser = RequestParser(Client(self.lfdi), limits.max_header_bytes, self._max_body)
        seconds = {
            Phase.IDLE: limits.idle_s,
            Phase.HEADER: limits.header_s,
            Phase.BODY: limits.body_s,
        }
        awaited: tuple[int, Phase] | None = None
        deadline = 0.0
        while True:
            if awaited != (parser.begun, parser.phase):
                awaited = (parser.begun, parser.phase)
                deadline = time.monotonic() + seconds[parser.phase]
            try:
                data = self._receive(deadline, parser.phase)
            except TimedOut:
                if parser.phase is not Phase.IDLE:
                    what = parser.phase.name.lower()
                    self._refuse(refused.Overdue(f"the rest of the {what} did not come in time"))
                return
            if not data or not self._take(parser, data):
                return

    def _take(self, parser: RequestParser, data: bytes) -> bool:
        """Answers what has become complete; whether the connection goes on."""
        for incoming in parser.feed(data):
            if self._expired(self._not_after):
                self._refuse(refused.Expired("a certificate of the client's chain has expired"))
                return False
            if not self._answer(incoming):
                return False
        if parser.refusal is not None:
            self._refuse(parser.refusal)
            return False
        if parser.expects_continue:
            self._send(CONTINUE)
        if parser.phase is not Phase.IDLE:
            self._let_others_in()
        return True

    def _receive(self, deadline: float, phase: Phase) -> bytes:
        """What came next, nothing at the end of the connection. Raises TimedOut."""
        # Not the socket's own time limit: it begins anew with each octet of a record.
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise TimedOut
        if phase is not Phase.IDLE:
            with gevent.Timeout(seconds, TimedOut):
                return self._read()
        if self._dismissed is not None:
            return b""
        self._census.rest(self)
        try:
            return self._parked_for(seconds, self._read)
        finally:
            self._census.work(self)

    def _read(self) -> bytes:
        data: bytes = self._sock.recv(RECEIVE_OCTETS)
        return data

    def _parked_for(self, seconds: float, wait: Callable[[], T]) -> T:
        """Waits with a time limit, and so that ``dismiss`` ends the wait. Raises TimedOut."""
        self._parked = gevent.getcurrent()
        try:
            with gevent.Timeout(seconds, TimedOut):
                return wait()
        finally:
            self._parked = None

    def _answer(self, incoming: Incoming) -> bool:
        """Whether the connection goes on."""
        self._turns.take(self.lfdi or "")
        response = self._response(incoming.request)
        head = incoming.request.method == "HEAD"
        goes_on = incoming.keep_alive and self._dismissed is None
        self._send(_octets(response, incoming.version, head, goes_on))
        return goes_on

    def _let_others_in(self) -> None:
        """Called after each part of a request: there may be more at once, without any waiting."""
        self._worked += 1
        if self._worked % TURN == 0:
            let_others_go_on()

    def _response(self, request: Request) -> Response:
        try:
            return self._handle(request)
        except (Exception, gevent.Timeout):  # noqa: BLE001 - the outermost edge
            _log.exception("a request from %s failed", self._name)
            return Response(500)

    def _send(self, data: bytes) -> None:
        if len(data) <= RECEIVE_OCTETS and self._sent_at_once(data):
            return
        try:
            with gevent.Timeout(self._settings.answer_s, TimedOut):
                self._sock.sendall(data)
        except TimedOut:
            self._note("answer not taken")
            raise

    def _sent_at_once(self, record: bytes) -> bool:
        """Whether one record, as nearly every answer is, went without waiting: then no time limit
        was needed. If not, nothing of it went that would not be sent again."""
        self._sock.settimeout(0)
        sent = self._sock.send(record)
        self._sock.settimeout(None)
        return bool(sent)

    def _refuse(self, refusal: refused.Refused) -> None:
        """The last answer of the connection, to what is not for the server."""
        self._note(refusal.cause, str(refusal))
        self._send(_octets(failure(refusal, Edition.E2018), "1.1"))
        self._linger()

    def _linger(self) -> None:
        """Waits for the client to have received the answer and to close."""
        self._say_goodbye()
        # Below TLS, which has ended.
        twin = gevent.socket.fromfd(self._sock.fileno(), self._sock.family, socket.SOCK_STREAM)
        with twin, gevent.Timeout(LINGER_S, TimedOut):
            twin.shutdown(socket.SHUT_WR)
            left = LINGER_OCTETS
            while left > 0 and (data := twin.recv(RECEIVE_OCTETS)):
                left -= len(data)

    def _say_goodbye(self) -> None:
        """Tells the client that nothing was cut off; does not wait for it to say the same."""
        if not isinstance(self._sock, ssl.SSLSocket | gevent.ssl.SSLSocket):
            return
        self._sock.settimeout(0)
        with contextlib.suppress(OSError, ValueError):
            # Wants to read the client's goodbye, or the connection is no more.
            self._sock.unwrap()


def _octets(
    response: Response, version: str, head: bool = False, keep_alive: bool = False
) -> bytes:
    return render(
        response,
        head=head,
        keep_alive=keep_alive,
        version=version,
        date=_http_date(int(time.time())),
    )


@functools.lru_cache(maxsize=1)
def _http_date(second: int) -> str:
    """The time as HTTP writes it, made once a second."""
    return formatdate(second, usegmt=True)
