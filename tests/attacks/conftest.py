"""A listener with a real server behind it, a device that belongs there, and raw connections."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ieee2030_5_agent.pki import Issued
from ieee2030_5_agent.rest.messages import Request, Response
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.listening import LIMIT_S, Files, Hosted, hosted

# Short, so that what is slow is found out soon; long enough for a busy machine.
TIMES = {"handshake_s": 1.0, "header_s": 1.0, "body_s": 1.0, "idle_s": 1.5, "answer_s": 1.0}
MAX_BODY = 2**16


def until(condition: Callable[[], Any], what: str) -> Any:
    """Waits for a condition, and gives its value."""
    limit = time.monotonic() + LIMIT_S
    while not (found := condition()):
        assert time.monotonic() < limit, f"waited {LIMIT_S} s for {what}"
        time.sleep(0.01)
    return found


class Raw:
    """A connection on which a test writes what no client would; answers are read by http.client."""

    def __init__(
        self,
        port: int,
        context: ssl.SSLContext,
        source: str = "127.0.0.1",
        session: ssl.SSLSession | None = None,
    ) -> None:
        self.plain = socket.create_connection(
            ("127.0.0.1", port), timeout=LIMIT_S, source_address=(source, 0)
        )
        self.tls = context.wrap_socket(self.plain, server_hostname="localhost", session=session)
        self._reader = self.tls.makefile("rb")

    def send(self, data: bytes | str) -> None:
        self.tls.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def makefile(self, mode: str) -> Any:
        """http.client reads each answer from what this gives."""
        return _Unclosed(self._reader)

    def answer(self, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
        """The next answer."""
        response = http.client.HTTPResponse(self, method=method)  # type: ignore[arg-type]
        response.begin()
        return response, response.read()

    def ended(self) -> bool:
        """Waits for the server to close in order; False when it says something instead."""
        return self._reader.read(1) == b""

    def close(self) -> None:
        self._reader.close()
        self.tls.close()


@dataclass
class _Unclosed:
    """A reader that survives the answer that was read from it."""

    reader: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.reader, name)

    def close(self) -> None:
        return None


@dataclass
class Target:
    """What is attacked."""

    files: Files
    server: Server
    device: Issued
    host: Hosted
    trusted: ssl.SSLContext
    reached: list[Request] = field(default_factory=list)
    opened: list[Any] = field(default_factory=list)

    def plain(self, source: str = "127.0.0.1") -> socket.socket:
        """A connection without TLS."""
        plain = socket.create_connection(
            ("127.0.0.1", self.host.port), timeout=LIMIT_S, source_address=(source, 0)
        )
        self.opened.append(plain)
        return plain

    def raw(
        self,
        context: ssl.SSLContext | None = None,
        source: str = "127.0.0.1",
        session: ssl.SSLSession | None = None,
    ) -> Raw:
        """A connection of the device, or with another certificate."""
        raw = Raw(self.host.port, context or self.trusted, source, session)
        self.opened.append(raw)
        return raw

    def get(self, path: str = "/dcap") -> tuple[int, bytes]:
        """What the device gets on a connection of its own."""
        raw = self.raw()
        raw.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer, body = raw.answer()
        raw.close()
        return answer.status, body

    def close(self) -> None:
        """Ends what the test has left open."""
        for connection in self.opened:
            connection.close()
        self.opened.clear()


def attacked(files: Files, device: Issued, **changes: Any) -> Iterator[Target]:
    reached: list[Request] = []

    def handle(request: Request) -> Response:
        reached.append(request)
        return server.handle(request)

    server = Server(
        Settings.load({"devices": [{"lfdi": device.lfdi}], "access": "certificate"}),
    )
    settings = files.settings(**(TIMES | changes))
    with hosted(handle, settings, MAX_BODY) as host:
        trusted = files.client("device", device)
        target = Target(files, server, device, host, trusted, reached)
        yield target
        target.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files.make(tmp_path_factory.mktemp("attacks"))


@pytest.fixture(scope="session")
def device(files: Files) -> Issued:
    return files.ca.issue_device("good")


@pytest.fixture(scope="session")
def one_target(files: Files, device: Issued) -> Iterator[Target]:
    yield from attacked(files, device)


@pytest.fixture
def target(one_target: Target) -> Iterator[Target]:
    """A running listener; after the attack the device must be served, and nothing be logged as
    a fault of ours."""
    one_target.reached.clear()
    yield one_target
    one_target.close()
    status, body = one_target.get()
    assert (status, b"<DeviceCapability" in body) == (200, True)


@pytest.fixture(autouse=True)
def nothing_is_logged_as_our_fault(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record for record in caplog.records if record.levelname in ("ERROR", "WARNING")] == []


@pytest.fixture
def make_target(files: Files, device: Issued) -> Iterator[Callable[..., Target]]:
    """Makes a listener of its own for a test; keyword arguments change its configuration."""
    running: list[Iterator[Target]] = []

    def make(**changes: Any) -> Target:
        made = attacked(files, device, **changes)
        running.append(made)
        return next(made)

    yield make
    for made in running:
        assert next(made, None) is None
