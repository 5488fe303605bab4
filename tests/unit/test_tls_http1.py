"""HTTP/1.1 without a socket: however the octets are cut, the requests are the same."""

from __future__ import annotations

import dataclasses
import itertools
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ieee2030_5_agent.rest.messages import Client, Response
from ieee2030_5_agent.tls_listener.http1 import Incoming, Phase, RequestParser, render
from ieee2030_5_agent.tls_listener.refused import Refused
from tests.vectors import rules

CLIENT = Client("A" * 40)
STREAM = (
    b"GET /dcap?l=1 HTTP/1.1\r\nHost: x\r\nAccept: a/b\r\nAccept: c/d\r\n\r\n"
    b"PUT /dcap/%65dev HTTP/1.1\r\nHost: x\r\nContent-Type: t/x\r\nContent-Length: 5\r\n\r\nhello"
    b"POST /dcap/mup HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;q=1\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n"
    b"DELETE /dcap HTTP/1.0\r\n\r\n"
)


def parsed(*parts: bytes, max_body: int = 1000) -> tuple[list[Incoming], Refused | None]:
    parser = RequestParser(CLIENT, 1000, max_body)
    found: list[Incoming] = []
    for part in parts:
        found += parser.feed(part)
        if parser.refusal or (found and not found[-1].keep_alive):
            break
    return found, parser.refusal


def test_what_a_request_says() -> None:
    found, refusal = parsed(STREAM)
    assert refusal is None
    requests = [dataclasses.astuple(incoming.request)[:6] for incoming in found]
    assert requests == [
        ("GET", "/dcap", "l=1", b"", None, "a/b, c/d"),
        ("PUT", "/dcap/edev", "", b"hello", "t/x", None),
        ("POST", "/dcap/mup", "", b"abcde", None, None),
        ("DELETE", "/dcap", "", b"", None, None),
    ]
    assert {incoming.request.client for incoming in found} == {CLIENT}
    assert [incoming.keep_alive for incoming in found] == [True, True, True, False]


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_however_it_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    parts = [STREAM[a:b] for a, b in itertools.pairwise(edges) if a < b]
    assert parsed(*parts) == parsed(STREAM)


@given(octets=st.binary(max_size=300))
def test_octets_of_any_kind_are_refused_or_awaited(octets: bytes) -> None:
    found, refusal = parsed(octets)
    assert found == []
    assert refusal is None or 400 <= refusal.status < 600


@given(at=st.integers(0, len(STREAM) - 1), octet=st.integers(0, 255))
def test_one_wrong_octet_is_no_fault_of_ours(at: int, octet: int) -> None:
    parsed(STREAM[:at] + bytes([octet]) + STREAM[at + 1 :])


@pytest.mark.parametrize("rule", rules("attacks/http.toml"))
def test_attacks_in_single_octets(rule: dict[str, Any]) -> None:
    """What the listener answers to records is what it answers to octets."""
    sent = rule["sent"] if isinstance(rule["sent"], str) else "".join(rule["sent"])
    octets = sent.replace("{KIB}", "x" * 1024).encode("latin-1")
    parser = RequestParser(CLIENT, 16384, 65536)
    reached: list[str] = []
    for value in octets:
        for incoming in parser.feed(bytes([value])):
            reached.append(f"{incoming.request.method} {incoming.request.path}")
            if not incoming.keep_alive:
                break
        else:
            if parser.refusal is None:
                continue
        break
    assert reached == rule.get("reached", [])
    assert (parser.refusal.cause if parser.refusal else None) == rule.get("cause")


def test_phases() -> None:
    parser = RequestParser(CLIENT, 1000, 1000)
    seen = []
    for part in (
        b"\r\n",
        b"P",
        b"UT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n",
        b"a",
        b"b",
    ):
        parser.feed(part)
        seen.append((parser.begun, parser.phase))
    assert seen == [
        (0, Phase.IDLE),
        (1, Phase.HEADER),
        (1, Phase.BODY),
        (1, Phase.BODY),
        (1, Phase.IDLE),
    ]


@pytest.mark.parametrize(
    ("response", "how", "expected"),
    [
        (
            Response(200, (("Content-Type", "a/b"),), b"xyz"),
            {},
            "HTTP/1.1 200 OK|Content-Type: a/b|Date: D|Content-Length: 3||xyz",
        ),
        (Response(200, (), b"xyz"), {"head": True}, "HTTP/1.1 200 OK|Date: D|Content-Length: 3||"),
        (
            Response(201, (("Location", "/dcap/mup/1"),)),
            {},
            "HTTP/1.1 201 Created|Location: /dcap/mup/1|Date: D|Content-Length: 0||",
        ),
        (Response(204, ()), {}, "HTTP/1.1 204 No Content|Date: D||"),
        (
            Response(404, ()),
            {"keep_alive": False},
            "HTTP/1.1 404 Not Found|Date: D|Content-Length: 0|Connection: close||",
        ),
        (
            Response(200, ()),
            {"version": "1.0"},
            "HTTP/1.1 200 OK|Date: D|Content-Length: 0|Connection: keep-alive||",
        ),
    ],
    ids=["200", "HEAD", "201", "204", "close", "HTTP/1.0"],
)
def test_answers(response: Response, how: dict[str, Any], expected: str) -> None:
    how = {"head": False, "keep_alive": True, "version": "1.1", "date": "D"} | how
    assert render(response, **how).decode().replace("\r\n", "|") == expected


def test_every_answer_of_the_listener_itself() -> None:
    """Each has a status that HTTP knows, and a cause of its own."""
    kinds = Refused.__subclasses__()
    assert all(
        render(Response(kind.status), head=False, keep_alive=False, version="1.1", date="D")
        for kind in kinds
    )
    assert len({kind.cause for kind in kinds}) == len(kinds)
    assert all(re.fullmatch("[a-zA-Z ]+", kind.cause) for kind in kinds)
