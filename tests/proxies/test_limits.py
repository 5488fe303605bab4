"""What the proxies of config/tls keep away from platform.web; a plain server stands for it here."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

import gevent
import gevent.server
import pytest

from ieee2030_5_agent import pki
from tests import tls_client
from tools.private_platform import until
from tools.proxies import PROXIES, ProxyUnavailable, RunningProxy, start

# Not VOLTTRON, but programs as real as it, and as slow.
pytestmark = pytest.mark.platform
SECRET = "the-secret-of-the-tests-0123456789"
LIMIT = 2**20
# What HAProxy's file allows from one address.
PER_ADDRESS = 256
# Linux does not tell Apache of a connection at once, but of its first octets, or after half a
# minute without any.
HANDSHAKE_S = {"haproxy": 30, "nginx": 10, "apache": 10 + 30}
SLACK_S = 10


class Behind:
    """What stands in the place of platform.web: takes requests whole, counts the octets."""

    def __init__(self) -> None:
        self.octets = 0
        self._server = gevent.server.StreamServer((tls_client.HOST, 0), self._serve)
        self._server.start()
        self.address = f"{tls_client.HOST}:{self._server.server_port}"

    def close(self) -> None:
        self._server.stop()

    def _serve(self, connection: socket.socket, _address: object) -> None:
        received = bytearray()
        with suppress(OSError):
            while not complete(bytes(received)):
                part = connection.recv(65536)
                if not part:
                    return
                received += part
                self.octets += len(part)
            connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")


def complete(request: bytes) -> bool:
    """Whether all of a request is there, its body with a length or in chunks."""
    head, end, body = request.partition(b"\r\n\r\n")
    if not end:
        return False
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
    if b"transfer-encoding" in fields:
        return body.endswith(b"0\r\n\r\n")
    return len(body) >= int(fields.get(b"content-length", b"0"))


@pytest.fixture(scope="module")
def behind() -> Iterator[Behind]:
    server = Behind()
    yield server
    server.close()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    ca = pki.make_ca("CA of the tests")
    server = ca.issue_server(["localhost", tls_client.HOST])
    for name, made in {"ca": ca, "server": server, "device": ca.issue_device("1")}.items():
        pki.save(folder, name, made)
    return folder


@pytest.fixture(scope="module")
def proxies(
    tls: Path, behind: Behind, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, RunningProxy | ProxyUnavailable]]:
    found: dict[str, RunningProxy | ProxyUnavailable] = {}
    with ExitStack() as running:
        for name in PROXIES:
            folder = tmp_path_factory.mktemp(name)
            try:
                found[name] = running.enter_context(
                    start(name, folder, tls=tls, secret=SECRET, platform_web=behind.address)
                )
            except ProxyUnavailable as reason:
                found[name] = reason
        yield found


@pytest.fixture(params=PROXIES)
def proxy(
    request: pytest.FixtureRequest, proxies: Mapping[str, RunningProxy | ProxyUnavailable]
) -> RunningProxy:
    found = proxies[request.param]
    if isinstance(found, ProxyUnavailable):
        pytest.skip(f"{request.param} is not to be had: {found}")
    return found


@pytest.fixture
def device(tls: Path) -> ssl.SSLContext:
    return tls_client.context(tls, "device")


def hello(tls: ssl.SSLContext) -> bytes:
    """The first octets of a handshake."""
    outgoing = ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        tls.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=tls_client.HOST).do_handshake()
    return outgoing.read()


@pytest.fixture(scope="module", autouse=True)
def silent(
    proxies: Mapping[str, RunningProxy | ProxyUnavailable], tls: Path
) -> dict[tuple[str, str], gevent.Greenlet]:
    """Clients that stop within the handshake; they wait while other tests run."""
    greeting = hello(tls_client.context(tls, "device"))

    def lasts(port: int, octets: bytes) -> float:
        began = time.monotonic()
        with socket.create_connection((tls_client.HOST, port), timeout=90) as connection:
            connection.sendall(octets)
            with suppress(ConnectionError):
                while connection.recv(65536):
                    pass
        return time.monotonic() - began

    return {
        (name, stop): gevent.spawn(lasts, proxy.port, octets)
        for name, proxy in proxies.items()
        if isinstance(proxy, RunningProxy)
        for stop, octets in (("at once", b""), ("half", greeting[:20]), ("hello", greeting))
    }


def chunked(size: int, chunk: int) -> bytes:
    one = f"{chunk:x}\r\n".encode() + b"x" * chunk + b"\r\n"
    return one * (size // chunk) + b"0\r\n\r\n"


def post(*fields: str) -> bytes:
    return "\r\n".join(("POST /dcap/mup HTTP/1.1", "Host: x", *fields, "", "")).encode()


REFUSED = (b"400", b"411", b"413", b"414", b"431")
CHUNKED = "Transfer-Encoding: chunked"
LONG_HEADER = f"X-A: {'a' * 12000}"
MANY_FIELDS = [f"a{number}:" for number in range(80)]
FLOODS: dict[str, Callable[[], bytes]] = {
    "a length": lambda: post(f"Content-Length: {4 * LIMIT}") + bytes(4 * LIMIT),
    "chunks": lambda: post(CHUNKED) + chunked(4 * LIMIT, 65536),
    "tiny chunks": lambda: post(CHUNKED) + chunked(2 * LIMIT, 1),
    "chunks and a length": lambda: post(CHUNKED, "Content-Length: 5") + chunked(4 * LIMIT, 4096),
    "chunks after a long header": lambda: post(LONG_HEADER, CHUNKED) + chunked(4 * LIMIT, 65536),
    "chunks after two long fields": lambda: (
        post(LONG_HEADER, LONG_HEADER, CHUNKED) + chunked(4 * LIMIT, 65536)
    ),
    "chunks after a long URI": lambda: (
        post(CHUNKED).replace(b"mup", b"mup?" + b"a" * 12000) + chunked(4 * LIMIT, 65536)
    ),
    "chunks after many fields": lambda: post(*MANY_FIELDS, CHUNKED) + chunked(4 * LIMIT, 1000),
    "chunks of HTTP/1.0": lambda: (
        post(CHUNKED).replace(b"HTTP/1.1", b"HTTP/1.0") + chunked(4 * LIMIT, 65536)
    ),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_body_above_the_limit_is_refused_also_in_chunks(
    proxy: RunningProxy, behind: Behind, device: ssl.SSLContext, flood: str
) -> None:
    before = behind.octets
    answer = tls_client.exchange(proxy.port, device, FLOODS[flood]())
    # Closed before all was read, an answer may be lost on its way.
    assert not answer or answer[9:12] in REFUSED, answer
    assert behind.octets - before <= LIMIT + 65536


@pytest.mark.parametrize("body", [chunked(20000, 4000), chunked(20000, 1)], ids=["few", "many"])
def test_a_device_may_send_chunks(proxy: RunningProxy, device: ssl.SSLContext, body: bytes) -> None:
    """Apache cannot count them and wants a length."""
    status = tls_client.exchange(proxy.port, device, post(CHUNKED) + body)[9:12]
    assert status == (b"411" if proxy.name == "apache" else b"204")


def test_a_body_with_a_length_may_be_as_large_as_the_agent_takes_it(
    proxy: RunningProxy, device: ssl.SSLContext
) -> None:
    request = post(f"Content-Length: {LIMIT}") + bytes(LIMIT)
    assert tls_client.exchange(proxy.port, device, request)[9:12] == b"204"


def test_a_handshake_has_to_end(silent: dict[tuple[str, str], gevent.Greenlet]) -> None:
    lasted = {which: one.get(timeout=100) for which, one in silent.items()}
    assert {
        which: seconds
        for which, seconds in lasted.items()
        if seconds > HANDSHAKE_S[which[0]] + SLACK_S
    } == {}


def test_one_address_does_not_occupy_haproxy(
    proxies: Mapping[str, RunningProxy | ProxyUnavailable], device: ssl.SSLContext
) -> None:
    """Where the limit is reached, more from that address are closed at once; then it is free."""
    proxy = proxies["haproxy"]
    if isinstance(proxy, ProxyUnavailable):
        pytest.skip(f"HAProxy is not to be had: {proxy}")
    with ExitStack() as held:

        def refused() -> bool:
            """Connects until no more is taken: those of other tests may end meanwhile."""
            try:
                connection = socket.create_connection((tls_client.HOST, proxy.port), timeout=0.3)
                held.enter_context(connection)
                return connection.recv(1) == b""
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        for _ in range(PER_ADDRESS - 10):
            held.enter_context(socket.create_connection((tls_client.HOST, proxy.port)))
        assert answers(proxy, device)
        until(refused, "a refusal", 20)
    until(lambda: answers(proxy, device), "connections again", 10)


def answers(proxy: RunningProxy, device: ssl.SSLContext) -> bool:
    try:
        return tls_client.ask(proxy.port, device, "GET", "/dcap").status == 204
    except OSError:
        return False
