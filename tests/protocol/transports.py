"""The ways by which the protocol tests reach the server: the same tests run over each of them.

A transport carries a Request to ``handle`` and the Response back. The server, its clock and its
fleet stay in the test's process, so that tests can look behind the answers.
"""

from __future__ import annotations

import http
import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import pytest

from ieee2030_5_agent.rest.messages import NOBODY, Client, Request, Response
from tests.listening import LIMIT_S, Files, Hosted, hosted

Handle = Callable[[Request], Response]

# What every answer over HTTP has besides what the server said.
_OF_HTTP = frozenset({"connection", "date"})


class Transport(Protocol):
    """One way to the server."""

    def ask(self, handle: Handle, request: Request) -> Response:
        """Carries one request to ``handle``. Of HEAD the body may be missing."""


class InProcess:
    """No transport at all."""

    def ask(self, handle: Handle, request: Request) -> Response:
        return handle(request)


class Identities:
    """Certificates for the LFDIs that tests use: no certificate can be made for a given LFDI.

    The harness of a transport gives each wanted client a certificate of its own, and translates
    what the product read from it back to the client that the test means.
    """

    def __init__(self, files: Files) -> None:
        self.files = files
        self._clients: dict[str, Client] = {}

    def issue(self, client: Client) -> tuple[str, str]:
        """A certificate that stands for a client, possibly for nobody: its two files."""
        name = client.lfdi or "nobody"
        issued = self.files.ca.issue_device(name)
        self._clients[issued.lfdi] = client
        return self.files.keep(name, issued.cert_pem, issued.key_pem)

    def translate(self, request: Request) -> Request:
        """The request as the test means it; a KeyError for a certificate that nobody issued."""
        if request.client == NOBODY:
            return request
        assert request.client.lfdi is not None
        return replace(request, client=self._clients[request.client.lfdi])


class OverHTTPS:
    """HTTP by the standard library's client, with client certificates, one connection each."""

    def __init__(self, identities: Identities, port: int, idle_s: float = LIMIT_S) -> None:
        """``idle_s``: a connection that was quiet for longer is not used again."""
        self._identities = identities
        self._port = port
        self._idle_s = idle_s
        self._used: dict[Client, float] = {}
        self._connections: dict[Client, http.client.HTTPSConnection] = {}

    def exchange(self, request: Request) -> Response:
        connection = self._connection(request.client)
        connection.putrequest(request.method, target(request), skip_accept_encoding=True)
        for name, value in (("Content-Type", request.content_type), ("Accept", request.accept)):
            if value is not None:
                connection.putheader(name, value)
        if request.body or request.method in ("PUT", "POST"):
            connection.putheader("Content-Length", str(len(request.body)))
        try:
            with suppress(OSError):  # refused before all of the body was sent: there is an answer
                connection.endheaders(request.body or None)
            return response_of(connection.getresponse())
        except (OSError, http.client.HTTPException):
            connection.close()  # the next request begins anew
            raise

    def _connection(self, client: Client) -> http.client.HTTPSConnection:
        known = self._connections.get(client)
        if known is None:
            context = self._identities.files.anonymous()
            context.load_cert_chain(*self._identities.issue(client))
            known = http.client.HTTPSConnection(
                "localhost", self._port, timeout=LIMIT_S, context=context
            )
            self._connections[client] = known
        now = time.monotonic()
        if now - self._used.get(client, now) > self._idle_s:
            known.close()
        self._used[client] = now
        return known

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()


class OwnListener:
    """The agent's own listener."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._handle: Handle | None = None
        self._client: OverHTTPS | None = None

    @contextmanager
    def running(self) -> Iterator[OwnListener]:
        with hosted(self._answer, self._identities.files.settings()) as host:
            self._client = OverHTTPS(self._identities, host.port)
            yield self
            self._client.close()
            self._check(host)

    def _check(self, host: Hosted) -> None:
        # What a test asked was never lost on the way to the server, but for what is too large.
        assert set(host.refused()) <= {"body too large"}

    def _answer(self, request: Request) -> Response:
        assert self._handle is not None
        return self._handle(self._identities.translate(request))

    def ask(self, handle: Handle, request: Request) -> Response:
        assert self._client is not None
        if request.method not in list(http.HTTPMethod):
            pytest.skip("the listener does not ask the server: tests/data/attacks/http.toml")
        self._handle = handle
        return self._client.exchange(request)


def response_of(answer: http.client.HTTPResponse) -> Response:
    """What the server has said, without what HTTP has added."""
    body = answer.read()
    headers = [pair for pair in answer.getheaders() if pair[0].lower() not in _OF_HTTP]
    return Response(answer.status, tuple(headers), body)


def target(request: Request) -> str:
    """The request target that means a request's path and query."""
    return quote(request.path) + (f"?{request.query}" if request.query else "")


@contextmanager
def own_listener(folder: Path) -> Iterator[Transport]:
    with OwnListener(Identities(Files.make(folder))).running() as transport:
        yield transport
