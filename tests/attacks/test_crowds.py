"""Clients that are slow, idle or many, and a good device that is served all the while."""

from __future__ import annotations

import resource
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from gevent.event import Event

from ieee2030_5_agent.pki import make_ca
from ieee2030_5_agent.rest.messages import Request, Response
from tests.attacks.conftest import MAX_BODY, Raw, Target, until
from tests.listening import LIMIT_S, Files, hosted

REQUEST = "GET /dcap HTTP/1.1\r\nHost: x\r\n\r\n"
PUT = "PUT /dcap HTTP/1.1\r\nHost: x\r\n"
# Longer than any limit of the target, shorter than it would take without one.
SOON_S = 10.0


def dripped(raw: Raw, first: str, then: str) -> int:
    """Sends a beginning and then octet after octet; the status of the answer to that."""
    raw.send(first)
    raw.tls.settimeout(0.05)
    limit = time.monotonic() + SOON_S
    while time.monotonic() < limit:
        try:
            raw.send(then)
            line = raw.tls.recv(12)
        except TimeoutError:
            continue
        return int(line[9:12])
    raise AssertionError("a slow client is waited for without end")


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (REQUEST[:20], "x"),
        ("GET /dcap HTTP/1.1\r\nHost: x\r\n", "X: y\r\n"),
        (PUT + "Content-Length: 1000\r\n\r\n", "x"),
        (PUT + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
        (PUT + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n"),
    ],
    ids=["target", "headers", "body", "chunks", "trailers"],
)
def test_a_request_that_drips(target: Target, first: str, then: str) -> None:
    before = target.host.refused()
    assert dripped(target.raw(), first, then) == 408
    assert target.host.refused()["request too slow"] == before.get("request too slow", 0) + 1
    assert target.reached == []


def send_on(raw: Raw, what: str, pause_s: float = 0.0) -> None:
    """Sends the same again and again; raises what the connection ends with."""
    limit = time.monotonic() + SOON_S
    while time.monotonic() < limit:
        raw.send(what)
        time.sleep(pause_s)


@pytest.mark.parametrize("last", ["", REQUEST, "\r\n"], ids=["nothing", "a request", "CRLF"])
def test_an_idle_connection_is_closed_without_a_word(target: Target, last: str) -> None:
    before = target.host.refused()
    raw = target.raw()
    raw.send(last)
    if last == REQUEST:
        assert raw.answer()[0].status == 200
    assert raw.ended()
    assert target.host.refused() == before


def test_empty_lines_do_not_keep_a_connection_open(target: Target) -> None:
    raw = target.raw()
    with pytest.raises((ConnectionError, ssl.SSLError)):
        send_on(raw, "\r\n", 0.05)


def test_a_client_that_does_not_take_its_answers(target: Target) -> None:
    """It asks and asks, and never reads: it ends when the buffers of the system are full."""
    raw = target.raw()
    raw.tls.settimeout(SOON_S)
    with pytest.raises((ConnectionError, ssl.SSLError)):  # and not a TimeoutError
        send_on(raw, REQUEST * 100)
    assert target.host.refused()["answer not taken"] == 1


@pytest.mark.parametrize(("size", "count"), [(2**25, 1), (2**13, 2**12)])
def test_answers_that_no_buffer_can_hold_arrive_whole(files: Files, size: int, count: int) -> None:
    body = bytes(range(256)) * (size // 256)
    device = files.ca.issue_device("large")
    with hosted(lambda request: Response(200, (), body), files.settings()) as host:
        raw = Raw(host.port, files.client("large", device))
        raw.send(REQUEST * count)
        for _ in range(count):
            assert raw.answer()[1] == body
        raw.close()


def test_a_request_of_the_largest_size_is_served(target: Target) -> None:
    raw = target.raw()
    raw.send(PUT + f"Content-Length: {MAX_BODY}\r\n\r\n" + "x" * MAX_BODY)
    assert raw.answer()[0].status == 405


def gone(plain: socket.socket) -> bool:
    """Waits for the end of a connection; TLS may say a last word on it."""
    try:
        while plain.recv(100):
            pass
    except ConnectionError:
        pass
    return True


def test_handshakes_of_one_address_at_once(make_target: Callable[..., Target]) -> None:
    target = make_target(max_handshakes_per_address=3, handshake_s=SOON_S)
    silent = [target.plain() for _ in range(3)]
    until(lambda: len(target.host.listener.census) == 3, "three connections")
    assert gone(target.plain())
    assert target.host.refused() == {"too many connections": 1}
    # Another address is not concerned, nor is what has shown its certificate.
    other = target.raw(source="127.0.0.2")
    other.send(REQUEST)
    assert other.answer()[0].status == 200
    for plain in silent:
        plain.close()
    until(lambda: len(target.host.listener.census) == 1, "the silent ones to be gone")
    assert target.get()[0] == 200


def test_a_client_with_too_many_connections_loses_its_oldest_idle_one(
    make_target: Callable[..., Target],
) -> None:
    """What a device leaves behind when it loses power does not lock it out."""
    target = make_target(max_connections_per_client=3, idle_s=60)
    raws = []
    for _ in range(5):
        raw = target.raw()
        raw.send(REQUEST)
        assert raw.answer()[0].status == 200
        raws.append(raw)
    assert raws[0].ended()
    assert raws[1].ended()
    for raw in raws[2:]:
        raw.send(REQUEST)
        assert raw.answer()[0].status == 200
    assert target.host.refused() == {}


def test_a_client_whose_connections_are_all_busy(make_target: Callable[..., Target]) -> None:
    target = make_target(max_connections_per_client=2, body_s=60)
    for _ in range(2):
        raw = target.raw()
        raw.send(REQUEST + PUT + "Content-Length: 10\r\n\r\nabc")
        assert raw.answer()[0].status == 200
    raw = target.raw()
    answer, _ = raw.answer()
    assert (answer.status, answer.getheader("Retry-After")) == (503, "60")
    assert target.host.refused() == {"too many connections": 1}
    stranger = target.raw(target.files.client("stranger"))
    stranger.send(REQUEST)
    assert stranger.answer()[0].status == 200


def test_in_all_idle_connections_make_room(make_target: Callable[..., Target]) -> None:
    """First those that have shown no certificate, then those that were quiet for longest."""
    target = make_target(max_connections=4, handshake_s=60, idle_s=60)
    raws = [target.raw() for _ in range(3)]
    for raw in raws:
        raw.send(REQUEST)
        assert raw.answer()[0].status == 200
    silent = target.plain()
    until(lambda: len(target.host.listener.census) == 4, "four connections")
    raws.append(target.raw())
    raws[-1].send(REQUEST)
    assert raws[-1].answer()[0].status == 200
    assert gone(silent)
    raws[0].send(REQUEST)
    assert raws[0].answer()[0].status == 200
    until(lambda: len(target.host.listener.census.idle) == 4, "four idle connections")
    assert target.get()[0] == 200
    assert raws[1].ended()
    assert len(target.host.listener.census) <= 4


def test_in_all_and_all_are_busy(make_target: Callable[..., Target]) -> None:
    target = make_target(max_connections=2, body_s=60)
    for _ in range(2):
        raw = target.raw()
        raw.send(REQUEST + PUT + "Content-Length: 10\r\n\r\nabc")
        assert raw.answer()[0].status == 200
    assert gone(target.plain())
    assert target.host.refused() == {"too many connections": 1}


def test_a_client_with_many_connections_costs_others_one_request_at_a_time(files: Files) -> None:
    """Each of its requests blocks the server, as one with a large document does."""
    greedy, modest = files.ca.issue_device("greedy"), files.ca.issue_device("modest")
    served: Counter[str | None] = Counter()

    def handle(request: Request) -> Response:
        served[request.client.lfdi] += 1
        if request.client.lfdi == greedy.lfdi:
            time.sleep(0.01)
        return Response(200)

    connections, requests, exchanges = 16, 20, 10
    with hosted(handle, files.settings()) as host:
        context = files.client("greedy", greedy)
        many = [Raw(host.port, context) for _ in range(connections)]
        one = Raw(host.port, files.client("modest", modest))
        for raw in many:
            raw.send(REQUEST * requests)
        until(lambda: served[greedy.lfdi], "the first of its requests")
        before = served[greedy.lfdi]
        for _ in range(exchanges):
            one.send(REQUEST)
            assert one.answer()[0].status == 200
        # One that was begun, one before the next look at the sockets; and this client's own pauses.
        assert served[greedy.lfdi] - before <= 4 * exchanges < connections * requests
        for raw in many:
            for _ in range(requests):
                assert raw.answer()[0].status == 200
        for raw in (one, *many):
            raw.close()


IDLERS = """
import resource, socket, sys
port, count = int(sys.argv[1]), int(sys.argv[2])
held = []
for n in range(count):
    try:
        held.append(socket.create_connection(
            ("127.0.0.1", port), timeout=20, source_address=(f"127.0.1.{n % 200 + 1}", 0)))
    except OSError as problem:
        print(n, problem, flush=True)
        break
print("held", len(held), flush=True)
sys.stdin.read()
"""


def idlers(target: Target, count: int) -> subprocess.Popen[str]:
    """A process that holds connections and says nothing on them."""
    process = subprocess.Popen(
        [sys.executable, "-c", IDLERS, str(target.host.port), str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == f"held {count}\n"
    return process


COUNT = 10_000


@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_NOFILE)[1] < COUNT + 1000,
    reason=f"{COUNT} connections need as many open files, this user may have fewer",
)
@pytest.mark.parametrize("held", [True, False], ids=["held", "not held"])
def test_10_000_idle_connections(make_target: Callable[..., Target], held: bool) -> None:
    """Whether the limits let them in or not, a device is served as if they were not there."""
    limits = {"max_connections": COUNT + 100, "max_handshakes_per_address": 100}
    target = make_target(handshake_s=120, **(limits if held else {"max_connections": 500}))
    process = idlers(target, COUNT)
    census = target.host.listener.census
    try:
        if held:
            until(lambda: len(census) == COUNT, "all of them")
        began = time.monotonic()
        for _ in range(20):
            assert target.get()[0] == 200
        raw = target.raw()
        for _ in range(100):
            raw.send(REQUEST)
            assert raw.answer()[0].status == 200
        assert time.monotonic() - began < SOON_S
        assert len(census) > COUNT if held else len(census) <= 500
    finally:
        process.communicate()
    until(lambda: len(census) <= 1, "all of them to be gone")


@pytest.mark.parametrize("path", ["", "/der/1/ders", "/reg", "/fsa", "/ps"])
@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE"]
)
def test_another_device_is_as_if_it_did_not_exist(target: Target, method: str, path: str) -> None:
    """A stranger with a certificate of the same CA cannot tell a device from none."""
    device = target.server.fleet.registry.by_number(0)
    assert device is not None
    before = dict(device.resources)
    stranger = target.raw(target.files.client("stranger"))
    answers = []
    for number in (0, 7):
        target_line = f"{method} /dcap/edev/{number}{path} HTTP/1.1\r\n"
        stranger.send(target_line + "Host: x\r\nContent-Length: 4\r\n\r\n<a/>")
        answer, body = stranger.answer(method)
        answers.append((answer.status, body.replace(b"7", b"0")))
    assert answers[0] == answers[1]
    assert answers[0][0] in (400, 404, 405)
    assert dict(device.resources) == before


@pytest.fixture
def apart(files: Files, tmp_path: Path) -> Files:
    """The same authority with files of its own, which a test may change."""
    own = Files(tmp_path, files.ca)
    own.keep("ca", files.ca.cert_pem)
    own.issue_server()
    return own


def test_changed_files_end_what_was_begun_under_the_former_ones(apart: Files) -> None:
    """A client whose authority is trusted no more loses its connection; the others come back."""
    other = make_ca("other")
    (apart.folder / "ca.crt").write_bytes(apart.ca.cert_pem + other.cert_pem)
    contexts = [apart.client("a"), apart.client("b", other.issue_device("b"))]
    started, may_end = threading.Event(), Event()

    def handle(request: Request) -> Response:
        if request.path == "/slow":
            started.set()
            assert may_end.wait(LIMIT_S)
        return Response(200, (), b"x")

    with hosted(handle, apart.settings(handshake_s=60)) as host:
        idle = [Raw(host.port, context) for context in contexts]
        for raw in idle:
            raw.send(REQUEST)
            assert raw.answer()[0].status == 200
        busy = Raw(host.port, contexts[1])
        busy.send(REQUEST.replace("/dcap", "/slow"))
        assert started.wait(LIMIT_S)
        silent = socket.create_connection(("127.0.0.1", host.port), timeout=LIMIT_S)
        until(lambda: len(host.listener.census) == 4, "four connections")
        old = idle[0].tls.getpeercert(binary_form=True)
        (apart.folder / "ca.crt").write_bytes(apart.ca.cert_pem)
        new = apart.issue_server()
        host.run(lambda: host.listener.change(apart.settings(), MAX_BODY))
        assert [raw.ended() for raw in idle] == [True, True]
        assert gone(silent)
        host.run(may_end.set)
        answer, body = busy.answer()
        assert (answer.status, body, answer.getheader("Connection")) == (200, b"x", "close")
        assert busy.ended()
        again = Raw(host.port, contexts[0], session=idle[0].tls.session)
        assert not again.tls.session_reused
        shown = again.tls.getpeercert(binary_form=True)
        assert shown == ssl.PEM_cert_to_DER_cert(new.cert_pem.decode()) != old
        again.send(REQUEST)
        assert again.answer()[0].status == 200
        with pytest.raises(OSError, match=r"(?i)unknown.ca"):
            Raw(host.port, contexts[1], session=idle[1].tls.session)
        assert host.refused() == {"listener changed": 1, "unknown CA": 1}
        for raw in (*idle, busy, again):
            raw.close()
        silent.close()
