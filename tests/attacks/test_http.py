"""HTTP that is wrong, ambiguous or merely unusual, and the answer that each gets.

Written on real TLS connections with the certificate of a registered device.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.attacks.conftest import MAX_BODY, Target
from tests.vectors import rules

AGAIN = b"GET /dcap/tm HTTP/1.1\r\nHost: x\r\n\r\n"


def expand(sent: str) -> str:
    """The octets of a rule: {KIB} is 1024 letters, lines end as they are written."""
    return sent.replace("{KIB}", "x" * 1024)


@pytest.mark.parametrize("rule", rules("attacks/http.toml"))
def test_is_answered(target: Target, rule: dict[str, Any]) -> None:
    before = target.host.refused()
    raw = target.raw()
    for part in rule["sent"] if isinstance(rule["sent"], list) else [rule["sent"]]:
        raw.send(expand(part))
    method = rule.get("method", "GET")
    answers = [raw.answer(method) for _ in rule["status"]]
    assert [answer.status for answer, _ in answers] == rule["status"]
    for answer, body in answers:
        length = answer.getheader("Content-Length")
        if answer.status == 204:
            assert length is None
        elif method != "HEAD":
            assert length == str(len(body))
        assert answer.getheader("Transfer-Encoding") is None
    reached = [f"{request.method} {request.path}" for request in target.reached]
    assert reached == rule.get("reached", [])
    if "body" in rule:
        assert target.reached[-1].body.decode() == rule["body"]
    last, text = answers[-1]
    assert rule.get("reason", "") in text.decode()
    causes = {why: n - before.get(why, 0) for why, n in target.host.refused().items()}
    cause = rule.get("cause")
    assert {why for why, n in causes.items() if n} == ({cause} if cause else set())
    if rule.get("closes", cause is not None):
        assert last.getheader("Connection") == "close"
        assert raw.ended()
    else:
        assert last.getheader("Connection") != "close"
        raw.send(AGAIN)
        assert raw.answer()[0].status == 200


@pytest.mark.parametrize("rule", rules("attacks/paths.toml"))
def test_path(target: Target, rule: dict[str, Any]) -> None:
    raw = target.raw()
    raw.send(f"{rule.get('method', 'GET')} {rule['target']} HTTP/1.1\r\nHost: x\r\n\r\n")
    answer, body = raw.answer(rule.get("method", "GET"))
    assert answer.status == rule["status"]
    assert answer.getheader("Location") == rule.get("location")
    if answer.status >= 400:
        assert answer.getheader("Content-Type") == "application/sep+xml"
        assert b"\n" not in body


@pytest.mark.parametrize(
    ("length", "statuses"), [(2000, {404}), (5000, {414}), (100_000, {414})], ids=str
)
def test_a_long_path(target: Target, length: int, statuses: set[int]) -> None:
    raw = target.raw()
    raw.send(f"GET /dcap/{'x' * length} HTTP/1.1\r\nHost: x\r\n\r\n")
    assert raw.answer()[0].status in statuses


def test_a_body_above_the_limit_is_not_waited_for(target: Target) -> None:
    raw = target.raw()
    raw.send(f"PUT /dcap HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n")
    answer, body = raw.answer()
    assert answer.status == 413
    assert f"at most {MAX_BODY} are taken" in body.decode()
    assert target.reached == []


def test_a_chunked_body_above_the_limit(target: Target) -> None:
    raw = target.raw()
    raw.send("PUT /dcap HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(MAX_BODY // 0x1000 + 1):
        raw.send("1000\r\n" + "x" * 0x1000 + "\r\n")
    answer, body = raw.answer()
    assert answer.status == 413
    assert f"at most {MAX_BODY} are taken" in body.decode()


def test_trailers_do_not_fill_the_memory(target: Target) -> None:
    raw = target.raw()
    raw.send("PUT /dcap HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ")
    for _ in range(3 * MAX_BODY // 0x1000):
        raw.send("x" * 0x1000)
    assert raw.answer()[0].status == 413


def test_a_header_that_does_not_end(target: Target) -> None:
    raw = target.raw()
    raw.send("GET /dcap HTTP/1.1\r\nHost: x\r\nX: ")
    for _ in range(10):
        raw.send("x" * 0x1000)
    assert raw.answer()[0].status == 431


def test_many_requests_at_once_are_answered_in_order(target: Target) -> None:
    raw = target.raw()
    count = 500
    raw.send("".join(f"GET /dcap/edev/{n % 2} HTTP/1.1\r\nHost: x\r\n\r\n" for n in range(count)))
    statuses = [raw.answer()[0].status for _ in range(count)]
    assert statuses == [200, 404] * (count // 2)


def test_one_octet_at_a_time(target: Target) -> None:
    raw = target.raw()
    for octet in b"PUT /dcap HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab":
        raw.send(bytes([octet]))
    assert raw.answer()[0].status == 405
    assert target.reached[-1].body == b"ab"


def test_a_client_that_waits_for_100_continue(target: Target) -> None:
    raw = target.raw()
    head = "PUT /dcap HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    raw.send("GET /dcap/tm HTTP/1.1\r\nHost: x\r\n\r\n" + head)
    assert raw.answer()[0].status == 200
    assert raw._reader.readline() == b"HTTP/1.1 100 Continue\r\n"
    assert raw._reader.readline() == b"\r\n"
    raw.send("ab")
    assert raw.answer()[0].status == 405
    assert target.reached[-1].body == b"ab"
