"""The process that loads a server: keep-alive connections, each one request after the other.

It takes contests (some orders, how many turns) as lines of JSON and answers each with one. It reads
no more of an answer than it must, so that it is not what is measured.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import cycle
from typing import Any

import gevent
from gevent import socket, ssl

from .load import Order, Result

SOCKET_TIMEOUT_S = 30.0


class Connection:
    """One keep-alive connection."""

    def __init__(self, port: int, context: Any) -> None:
        plain = socket.create_connection(("127.0.0.1", port), timeout=SOCKET_TIMEOUT_S)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(plain) if context else plain

    def ask(self, request: bytes) -> str:
        """Sends a request and reads the whole answer; its status."""
        self._socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._receive()
        head, _, body = answer.partition(b"\r\n\r\n")
        missing = _content_length(head) - len(body)
        while missing > 0:
            missing -= len(self._receive())
        return head[9:12].decode()

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> bytes:
        received: bytes = self._socket.recv(65536)
        if not received:
            raise ConnectionError("the server closed the connection")
        return received


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r")[0]) if found else 0


class Run:
    """One order on its way; its connections are there before its first turn, and stay."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._contexts = [tls_context(order.authority, each) for each in order.certificates]
        self._requests = [self._share(number) for number in range(order.connections)]
        self._connections: list[Connection | None] = [None] * order.connections
        if not order.handshakes:
            made = [gevent.spawn(self._connect, number) for number in range(order.connections)]
            self._connections = [each.get() for each in made]
        self._statuses: Counter[str] = Counter()
        self._latencies: list[float] = []

    def turn(self) -> Result:
        """Loads as ordered, once."""
        self._statuses, self._latencies = Counter(), []
        begin = time.monotonic()
        gevent.joinall(
            [
                gevent.spawn(self._keep_on, number, begin)
                for number in range(self._order.connections)
            ]
        )
        took = time.monotonic() - begin
        return Result(len(self._latencies) / took, dict(self._statuses), self._latencies)

    def close(self) -> None:
        for connection in self._connections:
            if connection is not None:
                connection.close()

    def _connect(self, number: int) -> Connection:
        contexts = self._contexts
        return Connection(self._order.port, contexts[number % len(contexts)] if contexts else None)

    def _keep_on(self, number: int, begin: float) -> None:
        """Does one thing after the other; a connection that breaks is a status of its own."""
        order = self._order
        connection, requests = self._connections[number], self._requests[number]
        # Spread over the pause, so that they do not all come at once.
        due = begin + order.pause_s * number / order.connections
        try:
            while max(due, started := time.monotonic()) < begin + order.seconds:
                if due > started:
                    gevent.sleep(due - started)
                    started = time.monotonic()
                if connection is None:
                    self._connect(number).close()
                    self._statuses["2xx"] += 1
                else:
                    self._statuses[connection.ask(next(requests))] += 1
                self._latencies.append(time.monotonic() - started)
                due += order.pause_s
        except OSError as broken:
            self._statuses[f"{type(broken).__name__}: {broken}"] += 1

    def _share(self, number: int) -> Iterator[bytes]:
        shares = self._order.requests
        return cycle([each.encode() for each in shares[number % len(shares)]] if shares else ())


def tls_context(authority: str | None, certificate: str) -> Any:
    """TLS 1.2 with the one cipher suite of the standard, as a device."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")
    context.load_cert_chain(certificate)
    context.load_verify_locations(authority)
    return context


def take_turns(runs: Sequence[Run], turns: int) -> list[list[Result]]:
    """The results of each run: A B, B A, A B, so that what grows or fades favours none."""
    results: list[list[Result]] = [[] for _ in runs]
    places = list(range(len(runs)))
    for _ in range(turns):
        for place in places:
            results[place].append(runs[place].turn())
        places.reverse()
    return results


def main() -> None:
    """Answers contests until its input ends."""
    for line in sys.stdin:
        contest = json.loads(line)
        runs = [Run(Order(**order)) for order in contest["orders"]]
        results = take_turns(runs, contest["turns"])
        for run in runs:
            run.close()
        sys.stdout.write(json.dumps([[asdict(each) for each in one] for one in results]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
