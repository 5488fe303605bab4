"""platform.web's calls and answers, translated."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest

from ieee2030_5_agent.platform_web import route_pattern, serve, to_answer, to_request
from ieee2030_5_agent.rest.messages import NOBODY, Request, Response

ENV = {
    "REQUEST_METHOD": "GET",
    "PATH_INFO": "/dcap",
    "QUERY_STRING": "s=0&l=1",
    "CONTENT_TYPE": "application/sep+xml",
    "HTTP_USER_AGENT": "x",
    "HTTP_HOST": "127.0.0.1",
    "REMOTE_ADDR": "127.0.0.1",
}


@pytest.mark.parametrize(
    ("changes", "data", "expected"),
    [
        ({}, "", {}),
        ({"REQUEST_METHOD": "PUT"}, "<a/>", {"method": "PUT", "body": b"<a/>"}),
        ({}, "ü€", {"body": "ü€".encode()}),
        ({}, None, {"body": b""}),
        ({}, {"a": 1}, {"body": b'{"a": 1}'}),
        ({}, 0, {"body": b"0"}),
        ({}, [], {"body": b"[]"}),
        ({}, "\ud800", {"body": b"?"}),
        ({"QUERY_STRING": ""}, "", {"query": ""}),
        ({"QUERY_STRING": None}, "", None),
        ({"PATH_INFO": "/dcap/x y/"}, "", {"path": "/dcap/x y/"}),
        ({"CONTENT_TYPE": ""}, "", {"content_type": None}),
        ({"PATH_INFO": 3}, "", None),
        ({"REQUEST_METHOD": None}, "", None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_request(changes: dict[str, Any], data: Any, expected: dict[str, Any] | None) -> None:
    env = ENV | changes
    if expected is None:
        with pytest.raises(TypeError, match="text is expected"):
            to_request(env, data)
        return
    default = {
        "method": "GET",
        "path": "/dcap",
        "query": "s=0&l=1",
        "body": b"",
        "content_type": "application/sep+xml",
        "accept": None,
        "client": NOBODY,
    }
    assert to_request(env, data) == Request(**(default | expected))


def test_request_needs_only_method_and_path() -> None:
    assert to_request({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, None) == Request("GET", "/")


XML = (("Content-Type", "application/sep+xml"),)


@pytest.mark.parametrize(
    ("method", "response", "expected"),
    [
        ("GET", Response(200, XML, b"<a/>"),
         ["200 OK", "<a/>", [["Content-Type", "application/sep+xml"], ["Content-Length", "4"]]]),
        ("HEAD", Response(200, XML, b"<a/>"),
         ["200 OK", "", [["Content-Type", "application/sep+xml"], ["Content-Length", "4"]]]),
        ("GET", Response(200, (), "ü".encode()), ["200 OK", "ü", [["Content-Length", "2"]]]),
        ("POST", Response(201, (("Location", "/dcap/mup/0"),)),
         ["201 Created", "", [["Location", "/dcap/mup/0"], ["Content-Length", "0"]]]),
        ("PUT", Response(204), ["204 No Content", "", []]),
        ("PUT", Response(204, (), b"x"), ["204 No Content", "", []]),
        ("GET", Response(304), ["304 Not Modified", "", []]),
        ("DELETE", Response(405, (("Allow", "GET, HEAD"),)),
         ["405 Method Not Allowed", "", [["Allow", "GET, HEAD"], ["Content-Length", "0"]]]),
        ("PUT", Response(413), ["413 Request Entity Too Large", "", [["Content-Length", "0"]]]),
        ("GET", Response(299), ["299 Unknown", "", [["Content-Length", "0"]]]),
    ],
    ids=lambda value: value if isinstance(value, str) else str(getattr(value, "status", "")),
)  # fmt: skip
def test_answer(method: str, response: Response, expected: list[Any]) -> None:
    answer = to_answer(method, response)
    assert answer == expected
    assert json.loads(json.dumps(answer)) == expected


def test_serve_passes_through() -> None:
    seen: list[Request] = []

    def handle(request: Request) -> Response:
        seen.append(request)
        return Response(200, XML, b"<a/>")

    assert serve(handle, ENV, "")[0] == "200 OK"
    assert [request.path for request in seen] == ["/dcap"]


@pytest.mark.parametrize(
    ("env", "response"),
    [
        (ENV, ZeroDivisionError()),
        (ENV, Response(200, (), b"\xff")),
        (None, Response(200)),
        ({}, Response(200)),
    ],
    ids=["handler fails", "body is no text", "no env", "empty env"],
)
def test_serve_never_raises(
    env: Any, response: Response | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def handle(request: Request) -> Response:
        if isinstance(response, Exception):
            raise response
        return response

    answer = serve(handle, env, "")
    assert answer == ["500 Internal Server Error", "", [["Content-Length", "0"]]]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert caplog.records[0].exc_info is not None


@pytest.mark.parametrize("root", ["/dcap", "/a/b-c_d"])
def test_route_claims_the_root_and_nothing_else(root: str) -> None:
    pattern = re.compile(route_pattern(root, "ieee2030_5"))
    ours = ["", "/", "/edev", "/edev/0/der/1/dercap", "//", "/ü", "/a\nb", "/\n"]
    others = ["x", "-", ".xml", "x/edev", "\n", "%2f"]
    assert [tail for tail in ours if not pattern.match(root + tail)] == []
    assert [tail for tail in others if pattern.match(root + tail)] == []
    assert [path for path in ("/", "", "/x" + root, root[:-1]) if pattern.match(path)] == []


def test_routes_of_two_agents_differ() -> None:
    """platform.web drops equal patterns of everybody when one agent unregisters."""
    assert re.compile(route_pattern("/dcap", "a")) != re.compile(route_pattern("/dcap", "b"))
