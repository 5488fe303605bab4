"""The listener follows the configuration, and what cannot be done now is tried again."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from cryptography.hazmat.primitives import serialization

from ieee2030_5_agent.refusals import Refusals
from ieee2030_5_agent.rest.messages import Request, Response
from ieee2030_5_agent.settings import Listener
from ieee2030_5_agent.tls_listener.keeper import ListenerKeeper
from tests.listening import Files

MAX_BODY = 2**20


def handle(request: Request) -> Response:
    return Response(200, (), request.path.encode())


class Kept:
    """A keeper, what it reported, and a client in another thread, as both would block."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.reports: list[str | None] = []
        self.keeper = ListenerKeeper(handle, Refusals(lambda: 0.0), self.reports.append)

    def want(self, settings: Listener | None) -> bool:
        self.keeper.want(settings, MAX_BODY)
        return self.keeper.check()

    def get(self, port: int) -> tuple[int, bytes]:
        """A request, and the certificate that the server has shown."""
        return self._elsewhere(lambda: self._get(port))

    def _get(self, port: int) -> tuple[int, bytes]:
        context = self.files.client("device")
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=10)
        connection.request("GET", "/dcap")
        shown: Any = connection.sock
        certificate = shown.getpeercert(binary_form=True)
        status = connection.getresponse().status
        connection.close()
        return status, certificate

    def refuses(self, port: int) -> bool:
        with pytest.raises(ConnectionRefusedError):
            self._elsewhere(lambda: socket.create_connection(("127.0.0.1", port)).close())
        return True

    def _elsewhere(self, task: Callable[[], Any]) -> Any:
        found: list[Any] = []

        def run() -> None:
            try:
                found.append(task())
            except OSError as failure:
                found.append(failure)

        thread = threading.Thread(target=run)
        thread.start()
        with gevent.Timeout(20):
            while thread.is_alive():
                gevent.sleep(0.01)
        if isinstance(found[0], OSError):
            raise found[0]
        return found[0]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(Files.make(tmp_path))
    yield kept
    kept.keeper.stop()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found: int = server.getsockname()[1]
        return found


def at(kept: Kept, port: int, **changes: Any) -> Listener:
    return kept.files.settings(address=f"127.0.0.1:{port}", **changes)


def test_starts_moves_and_stops(kept: Kept, port: int) -> None:
    assert kept.want(None)
    assert kept.refuses(port)
    assert kept.want(at(kept, port))
    assert kept.get(port)[0] == 200
    with socket.create_server(("127.0.0.1", 0)) as server:
        other = server.getsockname()[1]
    assert kept.want(at(kept, other))
    assert kept.get(other)[0] == 200
    assert kept.refuses(port)
    assert kept.want(None)
    assert kept.refuses(other)
    assert set(kept.reports) == {None}
    assert kept.keeper.connections == 0


def test_it_stays_closed_once_it_was_stopped(kept: Kept, port: int) -> None:
    assert kept.want(at(kept, port))
    kept.keeper.stop()
    assert kept.keeper.check()
    assert kept.refuses(port)


def test_a_port_in_use_is_a_problem_until_it_is_free(kept: Kept) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert not kept.want(at(kept, port))
        assert kept.reports[-1] == f"127.0.0.1:{port}: Address already in use"
    assert kept.keeper.check()
    assert kept.reports[-1] is None
    assert kept.get(port)[0] == 200


def test_a_renewed_certificate_is_in_force_without_a_restart(kept: Kept, port: int) -> None:
    assert kept.want(at(kept, port))
    old = kept.get(port)[1]
    new = kept.files.issue_server()
    assert kept.keeper.check()
    assert kept.get(port)[1] == ssl.PEM_cert_to_DER_cert(new.cert_pem.decode()) != old


def test_a_ca_file_that_changes_decides_who_gets_in(kept: Kept, port: int, tmp_path: Path) -> None:
    assert kept.want(at(kept, port))
    assert kept.get(port)[0] == 200
    (tmp_path / "other").mkdir()
    other = Files.make(tmp_path / "other")
    os.replace(other.folder / "ca.crt", kept.files.folder / "ca2.crt")
    assert kept.want(at(kept, port, ca=str(kept.files.folder / "ca2.crt")))
    with pytest.raises(OSError, match=r"(?i)unknown.ca"):
        kept.get(port)


def test_a_key_that_does_not_fit_leaves_the_former_in_force(kept: Kept, port: int) -> None:
    """As while a tool replaces both files, one after the other."""
    assert kept.want(at(kept, port))
    old = kept.get(port)[1]
    key = kept.files.folder / "server.key"
    former = key.read_bytes()
    kept.files.keep("other", b"", kept.files.ca.issue_device("x").key_pem)
    key.write_bytes((kept.files.folder / "other.key").read_bytes())
    assert not kept.keeper.check()
    assert "server.key" in str(kept.reports[-1])
    assert kept.get(port) == (200, old)
    key.write_bytes(former)
    assert kept.keeper.check()
    assert kept.reports[-1] is None


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("server.crt", None, "server.crt"),
        ("server.key", b"", "server.key"),
        ("ca.crt", b"nothing", "ca.crt"),
        ("ca.crt", None, "No such file"),
    ],
    ids=["no certificate", "an empty key", "no CA in the file", "no CA file"],
)
def test_files_that_cannot_be_used(
    kept: Kept, port: int, name: str, content: bytes | None, said: str
) -> None:
    path = kept.files.folder / name
    former = path.read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert not kept.want(at(kept, port))
    assert said in str(kept.reports[-1])
    assert kept.refuses(port)
    path.write_bytes(former)
    assert kept.keeper.check()
    assert kept.get(port)[0] == 200


def test_an_encrypted_key_is_not_asked_for_at_the_terminal(kept: Kept, port: int) -> None:
    path = kept.files.folder / "server.key"
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    assert not kept.want(at(kept, port))
    assert "the private key is encrypted" in str(kept.reports[-1])


@pytest.fixture
def open_files(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, int]]:
    """This process's limits of open files, soft and hard, in a place of the test's own."""
    limits = {"now": (256, 4096)}
    where = "ieee2030_5_agent.tls_listener.listener.resource."
    monkeypatch.setattr(where + "getrlimit", lambda which: limits["now"])
    monkeypatch.setattr(where + "setrlimit", lambda which, new: limits.update(now=new))
    return limits


def test_a_running_listener_gets_the_files_for_more_connections(
    kept: Kept, port: int, open_files: dict[str, tuple[int, int]]
) -> None:
    assert kept.want(at(kept, port, max_connections=100))
    assert open_files["now"] == (300, 4096)
    assert kept.want(at(kept, port, max_connections=2000))
    assert open_files["now"] == (2200, 4096)
    assert not kept.want(at(kept, port, max_connections=10_000))
    assert "10200 open files" in str(kept.reports[-1])
    assert kept.keeper._running is not None
    assert kept.keeper._running.census.limits.total == 2000
    assert kept.get(port)[0] == 200
    assert kept.want(at(kept, port, max_connections=100))
    assert kept.reports[-1] is None


def test_too_few_open_files(kept: Kept, port: int, open_files: dict[str, tuple[int, int]]) -> None:
    assert not kept.want(at(kept, port, max_connections=10_000))
    assert "10200 open files" in str(kept.reports[-1])
    assert kept.want(at(kept, port, max_connections=2000))
    assert open_files["now"] == (2200, 4096)


def test_what_is_being_answered_is_answered_before_it_stops(kept: Kept, port: int) -> None:
    """And what is idle does not delay the stop."""
    started, may_end = gevent.event.Event(), gevent.event.Event()

    def slow(request: Request) -> Response:
        started.set()
        assert may_end.wait(20)
        return Response(200)

    kept.keeper = ListenerKeeper(slow, Refusals(lambda: 0.0), kept.reports.append)
    assert kept.want(at(kept, port))
    answer: list[Any] = []
    client = threading.Thread(target=lambda: answer.append(kept._get(port)))
    client.start()
    assert started.wait(20)
    stopping = gevent.spawn(kept.keeper.stop)
    gevent.sleep(0)
    assert not stopping.dead
    may_end.set()
    stopping.join(20)
    assert stopping.dead
    client.join(20)
    assert answer[0][0] == 200


@pytest.mark.parametrize("fault", [ZeroDivisionError("secret"), gevent.Timeout(1)], ids=repr)
def test_a_fault_of_ours_is_a_bare_500_and_logged(
    kept: Kept, port: int, caplog: pytest.LogCaptureFixture, fault: BaseException
) -> None:
    def faulty(request: Request) -> Response:
        raise fault

    kept.keeper = ListenerKeeper(faulty, Refusals(lambda: 0.0), kept.reports.append)
    assert kept.want(at(kept, port))
    assert kept.get(port)[0] == 500
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.exc_info is not None
    assert record.exc_info[1] is fault
