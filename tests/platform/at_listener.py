"""A device at the agent's own HTTPS listener, and that listener's configuration."""

from __future__ import annotations

import copy
import http.client
import socket

from tests.listening import Files

TIMEOUT_S = 20.0


class Device:
    """A device with a certificate, that speaks HTTPS.

    By http.client: urllib3, and so requests, has kept the ssl of before VOLTTRON patched it.
    """

    def __init__(self, files: Files, name: str, port: int, trust: Files | None = None) -> None:
        self.issued = files.ca.issue_device(name)
        self.entry = {"sfdi": self.issued.sfdi, "lfdi": self.issued.lfdi}
        context = (trust or files).anonymous()
        context.load_cert_chain(*files.keep(name, self.issued.cert_pem, self.issued.key_pem))
        self._context, self._port = context, port
        self._connection = self._new_connection()

    def _new_connection(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            "localhost", self._port, context=self._context, timeout=TIMEOUT_S
        )

    def another(self) -> Device:
        """The same device with a connection of its own."""
        other = copy.copy(self)
        other._connection = self._new_connection()
        return other

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        """Status and body of an answer; the connection is kept."""
        status, text, _ = self._ask(method, path, body)
        return status, text

    def post(self, path: str, body: str) -> str:
        """The Location of what is made by a POST that must be taken."""
        status, text, location = self._ask("POST", path, body)
        assert status == 201, (path, status, text)
        assert location is not None
        return location

    def _ask(self, method: str, path: str, body: str) -> tuple[int, str, str | None]:
        sent = {"Content-Type": "application/sep+xml"} if body else {}
        self._connection.request(method, path, body=body or None, headers=sent)
        answer = self._connection.getresponse()
        return answer.status, answer.read().decode(), answer.getheader("Location")

    def close(self) -> None:
        self._connection.close()


def listener(files: Files, port: int) -> dict[str, object]:
    return {
        "address": f"127.0.0.1:{port}",
        "certificate": str(files.folder / "server.crt"),
        "key": str(files.folder / "server.key"),
        "ca": str(files.folder / "ca.crt"),
    }


def listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True
