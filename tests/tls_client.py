"""A client of mutual TLS that is not ours: Python's ssl and http.client, and raw octets."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
TIMEOUT_S = 20.0
# How long after an answer another one is waited for, which should not come.
QUIET_S = 0.5

CCM8 = "ECDHE-ECDSA-AES128-CCM8"
GCM = "ECDHE-ECDSA-AES128-GCM-SHA256"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def context(folder: Path, name: str | None, ciphers: str = CCM8) -> ssl.SSLContext:
    """A client of one suite that trusts ``ca.crt`` in a folder, with the certificate ``name``."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(folder / "ca.crt")
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    if name is not None:
        made.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    return made


def connect(port: int, tls: ssl.SSLContext, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
    """A connection after its handshake. Raises OSError (ssl.SSLError) when it is refused."""
    plain = socket.create_connection((HOST, port), timeout=TIMEOUT_S)
    try:
        return tls.wrap_socket(plain, server_hostname=HOST, session=session)
    except BaseException:
        plain.close()
        raise


class Connection(http.client.HTTPConnection):
    """A persistent connection."""

    def __init__(
        self, port: int, tls: ssl.SSLContext, session: ssl.SSLSession | None = None
    ) -> None:
        super().__init__(HOST, port, timeout=TIMEOUT_S)
        self.tls = connect(port, tls, session)
        self.sock = self.tls

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A body of several parts is sent in chunks."""
        self.request(method, path, body, headers or {})
        response = self.getresponse()
        return Answer(response.status, response.headers, response.read())


def ask(port: int, tls: ssl.SSLContext, method: str, path: str, **more: object) -> Answer:
    """One request on a connection of its own."""
    connection = Connection(port, tls)
    try:
        return connection.ask(method, path, **more)  # type: ignore[arg-type]
    finally:
        connection.close()


def exchange(port: int, tls: ssl.SSLContext, octets: bytes) -> bytes:
    """Sends octets as they are; all that comes back until the other side closes or is quiet."""
    received = bytearray()
    with connect(port, tls) as connection:
        with suppress(OSError):  # answered and closed before all was sent
            connection.sendall(octets)
        with suppress(OSError):  # quiet, or cut off after what was received
            limit = time.monotonic() + TIMEOUT_S
            while time.monotonic() < limit:
                connection.settimeout(QUIET_S if received else TIMEOUT_S)
                part = connection.recv(65536)
                if not part:
                    break
                received += part
    return bytes(received)
