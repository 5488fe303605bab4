"""The listening socket: who connects gets a greenlet of its own."""

from __future__ import annotations

import resource
import socket
import ssl
from typing import Any

import gevent.socket
from gevent.pool import Pool
from gevent.server import StreamServer

from ..refusals import Refusals
from ..settings import Listener
from .census import Census, Limits
from .connection import Connection, Handle
from .context import make_context
from .handshake import Chains
from .turns import Turns

# Connections that the kernel completes while we are busy.
BACKLOG = 1024
# How long requests that are being answered may take when the listener is stopped.
STOP_S = 5.0
# Files besides connections: VOLTTRON's sockets, logs, libraries, the store.
OTHER_FILES = 200


class CannotListen(Exception):
    """The listener cannot run as it is configured; the text says why."""


class TLSListener:
    """HTTPS with client certificates on one address."""

    def __init__(
        self, handle: Handle, settings: Listener, max_body: int, refusals: Refusals
    ) -> None:
        """Raises BadFiles, CannotListen. ``handle`` answers requests; ``max_body`` in octets."""
        self._handle = handle
        self._refusals = refusals
        self.census = Census(Limits(0, 0, 0))
        self._turns = Turns()
        self._chains = Chains()
        self._server: Any = None
        self.change(settings, max_body)

    def change(self, settings: Listener, max_body: int) -> None:
        """Other limits and files. Raises BadFiles and CannotListen, without effect.

        Connections that are open, under the former ones, end: those that are idle or in their
        handshake at once, others when their request is answered. Clients that may come back do.
        The address stays that with which the listener was started.
        """
        context = make_context(settings)
        need_files(settings.max_connections + OTHER_FILES)
        self._context: ssl.SSLContext = context
        self._settings, self._max_body = settings, max_body
        self.census.limits = Limits(
            settings.max_connections,
            settings.max_connections_per_client,
            settings.max_handshakes_per_address,
        )
        for connection in self.census:
            connection.dismiss("listener changed")

    def start(self) -> None:
        """Begins to listen. Raises CannotListen."""
        self._server = StreamServer(
            listening_socket(*self._settings.address), self._accept, spawn=Pool()
        )
        self._server.start()

    @property
    def port(self) -> int:
        """The port, also where 0 was configured."""
        return int(self._server.server_port)

    def stop(self) -> None:
        """Ends idle connections at once, others when their request is answered."""
        for connection in self.census.idle:
            connection.dismiss("listener stopped")
        self._server.stop(timeout=STOP_S)
        self._turns.close()

    def _accept(self, sock: Any, address: tuple[Any, ...]) -> None:
        Connection(
            sock,
            address[0],
            self._handle,
            self._settings,
            self._max_body,
            self.census,
            self._refusals,
            self._turns,
            self._chains,
        ).serve(self._context)


def listening_socket(host: str, port: int) -> gevent.socket.socket:
    """A socket on which clients may connect. Raises CannotListen."""
    try:
        found = gevent.socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, address = found[0]
        sock = gevent.socket.socket(family, socket.SOCK_STREAM)
        try:
            # Else the port stays in use for a minute after the listener was closed.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # What is accepted inherits it: no answer waits for an acknowledgement.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.bind(address)
            sock.listen(BACKLOG)
        except OSError:
            sock.close()
            raise
    except OSError as problem:
        raise CannotListen(f"{host}:{port}: {problem.strerror or problem}") from None
    return sock


def need_files(count: int) -> None:
    """Raises this process's limit of open files where it is lower. Raises CannotListen."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= count:
        return
    if hard != resource.RLIM_INFINITY and hard < count:
        raise CannotListen(
            f"{count} open files are needed for max_connections, the limit of this process is"
            f" {hard}"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
