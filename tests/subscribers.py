"""Subscribers of all kinds, as a program of their own: what a POST gets depends on its path.

    python tests/subscribers.py FILE [CERTIFICATE KEY CA]

Each notification that arrived is a line of JSON in FILE: path, Content-Type, body, moment, and the
port of the sender. On stdout first the port; with certificate files it speaks TLS and asks for the
client's. Standard library only: nothing of ours is used to judge what is ours.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

FOR_EVER_S = 3600.0


class Subscriber(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    lock = threading.Lock()
    counts: ClassVar[dict[str, int]] = {}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.lock:
            self.counts[self.path] = self.counts.get(self.path, 0) + 1
            with open(sys.argv[1], "a", encoding="utf-8") as file:
                line = {
                    "path": self.path,
                    "content_type": self.headers["Content-Type"],
                    "host": self.headers["Host"],
                    "body": body.decode(),
                    "at": time.time(),
                    "port": self.client_address[1],
                }
                file.write(json.dumps(line) + "\n")
        behaviour = BEHAVIOURS.get(self.path.strip("/").partition("/")[0], good)
        behaviour(self)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def raw(self, octets: bytes) -> None:
        self.wfile.write(octets)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        pass


def good(subscriber: Subscriber) -> None:
    subscriber.answer(201)


def slow(subscriber: Subscriber) -> None:
    time.sleep(0.7)
    subscriber.answer(204)


def hang(subscriber: Subscriber) -> None:
    time.sleep(FOR_EVER_S)


def redirect(subscriber: Subscriber) -> None:
    port = subscriber.server.server_address[1]
    subscriber.answer(307, Location=f"http://127.0.0.1:{port}/secret")


def trickle(subscriber: Subscriber) -> None:
    """One octet at a time, each in time for a limit of a single read."""
    for octet in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000:
        subscriber.raw(bytes([octet]))
        time.sleep(0.1)


def endless_body(subscriber: Subscriber) -> None:
    subscriber.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
    while True:
        subscriber.raw(b"x" * 65536)


def endless_header(subscriber: Subscriber) -> None:
    subscriber.raw(b"HTTP/1.1 200 OK\r\n")
    while True:
        subscriber.raw(b"X-Padding: " + b"y" * 1000 + b"\r\n")


def endless_line(subscriber: Subscriber) -> None:
    while True:
        subscriber.raw(b"HTTP/1.1 200 " + b"y" * 65536)


def always_continue(subscriber: Subscriber) -> None:
    while True:
        subscriber.raw(b"HTTP/1.1 100 Continue\r\n\r\n")


def bomb(subscriber: Subscriber) -> None:
    subscriber.raw(
        b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    while True:
        subscriber.raw(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def garbage(subscriber: Subscriber) -> None:
    subscriber.raw(b"SSH-2.0-OpenSSH_9.2\r\n")
    subscriber.close_connection = True


def no_status(subscriber: Subscriber) -> None:
    subscriber.answer(999)


def cut(subscriber: Subscriber) -> None:
    subscriber.connection.shutdown(socket.SHUT_RDWR)
    subscriber.close_connection = True


def short(subscriber: Subscriber) -> None:
    """More is announced than comes."""
    subscriber.raw(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nshort")
    subscriber.connection.shutdown(socket.SHUT_RDWR)
    subscriber.close_connection = True


def odd_header(subscriber: Subscriber) -> None:
    subscriber.raw(b"HTTP/1.1 201 Created\r\nnot a header\r\nContent-Length: 0\r\n\r\n")


def first_503(subscriber: Subscriber) -> None:
    subscriber.answer(503 if subscriber.counts[subscriber.path] == 1 else 201)


def status(number: int) -> Callable[[Subscriber], None]:
    return lambda subscriber: subscriber.answer(number, b"some words")


BEHAVIOURS: dict[str, Callable[[Subscriber], None]] = {
    "good": good,
    "slow": slow,
    "hang": hang,
    "redirect": redirect,
    "trickle": trickle,
    "endless_body": endless_body,
    "endless_header": endless_header,
    "endless_line": endless_line,
    "always_continue": always_continue,
    "bomb": bomb,
    "garbage": garbage,
    "no_status": no_status,
    "cut": cut,
    "short": short,
    "odd_header": odd_header,
    "first_503": first_503,
    **{f"status_{number}": status(number) for number in (200, 204, 301, 400, 404, 429, 500)},
}


class Server(ThreadingHTTPServer):
    """Says nothing of connections that end in the middle."""

    daemon_threads = True
    request_queue_size = 1024
    context: ssl.SSLContext | None = None

    def get_request(self) -> tuple[socket.socket, object]:
        sock, address = super().get_request()
        if self.context is not None:
            # The handshake is done by the connection's own thread, with its first read.
            sock = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return sock, address

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def main() -> None:
    server = Server(("127.0.0.1", 0), Subscriber)
    if len(sys.argv) > 2:
        certificate, key, ca = sys.argv[2:]
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.set_ciphers("ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")
        server.context.maximum_version = ssl.TLSVersion.TLSv1_2
        server.context.load_cert_chain(certificate, key)
        server.context.load_verify_locations(ca)
        server.context.verify_mode = ssl.CERT_REQUIRED
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
