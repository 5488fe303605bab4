"""HTTP/1.1 without a socket: octets in, Requests out; Responses in, octets out.

The grammar is llhttp's (httptools), in its strict mode: no bare line feeds, no folded headers, no
request with two lengths. What is said here besides is what a grammar cannot know: limits, which
transfer codings there are, and what a request target means.
Source: RFC 9110, RFC 9112; IEEE 2030.5-2018 binds itself to HTTP/1.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum, auto
from http import HTTPStatus
from http.client import responses
from urllib.parse import unquote

import httptools

from ..rest.messages import Client, Request, Response
from . import refused

# Hrefs of ours have less than 100 octets.
MAX_TARGET = 4096
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_HEADERS = frozenset(
    {
        b"accept",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"expect",
        b"host",
        b"transfer-encoding",
    }
)
_VERSIONS = ("1.1", "1.0")
_NO_VERSION = "0.0"  # none was read so far
_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ENCODED_SLASH = re.compile("%2[Ff]")
# These never have a body, and no Content-Length either (RFC 9110 8.6).
_BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_STATUS_LINES = {
    status: f"HTTP/1.1 {int(status)} {responses[status]}\r\n".encode() for status in responses
}


class Phase(Enum):
    """What is awaited next of a connection."""

    IDLE = auto()  # a request
    HEADER = auto()  # the rest of a header
    BODY = auto()  # the rest of a body


@dataclass(frozen=True, slots=True)
class Incoming:
    """A complete request and what HTTP says of its connection."""

    request: Request
    keep_alive: bool
    version: str


class RequestParser:
    """The requests of one connection, in the order in which they came."""

    def __init__(self, client: Client, max_header: int, max_body: int) -> None:
        self.phase = Phase.IDLE
        # How many requests have begun.
        self.begun = 0
        # Why the connection cannot go on; what was complete before is still to be answered.
        self.refusal: refused.Refused | None = None
        self._client = client
        self._max_header = max_header
        self._max_body = max_body
        # Chunks have overhead, and trailers count too.
        self._max_body_octets = 2 * max_body + max_header
        self._parser = httptools.HttpRequestParser(self)
        self._complete: list[Incoming] = []
        self._expects = False
        self._reset()

    def _reset(self) -> None:
        self._target = b""
        self._where = ("", "")
        self._headers: dict[bytes, bytes] = {}
        self._header_octets = 0
        self._body: list[bytes] = []
        self._body_octets = 0
        self._fed = 0

    def feed(self, data: bytes) -> list[Incoming]:
        """The requests that are complete with these octets; ``refusal`` says whether to go on."""
        before = self.begun, self.phase
        try:
            self._parser.feed_data(data)
            self._limit_unfinished(len(data), before)
        except httptools.HttpParserCallbackError as failed:
            cause = failed.__context__
            if not isinstance(cause, refused.Refused):
                raise
            self.refusal = cause
        except httptools.HttpParserInvalidMethodError:
            self.refusal = refused.UnknownMethod("the method is none of HTTP")
        except httptools.HttpParserUpgrade:
            # The request is answered as if it had not asked; what follows it is no HTTP.
            self._complete[-1] = replace(self._complete[-1], keep_alive=False)
        except httptools.HttpParserError as mistake:
            self.refusal = self._malformed(mistake)
        except refused.Refused as limit:
            self.refusal = limit
        complete, self._complete = self._complete, []
        return complete

    @property
    def expects_continue(self) -> bool:
        """Once for a request whose client waits for a word before it sends the body."""
        expects = self._expects and self.phase is Phase.BODY
        self._expects = False
        return expects

    def _limit_unfinished(self, count: int, before: tuple[int, Phase]) -> None:
        """Counts the octets of a header or body that the parser keeps to itself so far."""
        if before != (self.begun, self.phase) or self.phase is Phase.IDLE:
            return
        self._fed += count
        if self.phase is Phase.HEADER and self._fed > self._max_header:
            self._refuse_header()
        if self.phase is Phase.BODY and self._fed > self._max_body_octets:
            raise refused.BodyTooLarge("the body's chunks are larger than what they carry")

    def _refuse_header(self) -> None:
        raise refused.HeaderTooLarge(f"a header has at most {self._max_header} octets")

    def _malformed(self, mistake: Exception) -> refused.Refused:
        version = self._parser.get_http_version()
        if version not in (*_VERSIONS, _NO_VERSION):
            return refused.UnknownVersion(f"HTTP/{version} is not spoken here, only HTTP/1.1")
        return refused.Malformed(f"malformed request: {mistake}")

    # --- called by the parser ------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._reset()
        self.begun += 1
        self.phase = Phase.HEADER

    def on_url(self, part: bytes) -> None:
        self._target += part
        if len(self._target) > MAX_TARGET:
            raise refused.TargetTooLong(f"a request target has at most {MAX_TARGET} octets")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.phase is not Phase.HEADER:
            return  # a trailer, which has nothing to say
        self._header_octets += len(name) + len(value)
        if self._header_octets > self._max_header:
            self._refuse_header()
        name = name.lower()
        if name in _HEADERS:
            if name in self._headers:
                if name != b"accept":
                    raise refused.Malformed(f"there are two headers {name.decode()}")
                value = self._headers[name] + b", " + value
            self._headers[name] = value

    def on_headers_complete(self) -> None:
        self.phase = Phase.BODY
        self._fed = 0
        version = self._parser.get_http_version()
        if version not in _VERSIONS:
            raise refused.UnknownVersion(f"HTTP/{version} is not spoken here, only HTTP/1.1")
        headers = self._headers
        if version == "1.1" and b"host" not in headers:
            raise refused.Malformed("the header Host is missing")
        if b"transfer-encoding" in headers:
            self._check_coding(version, headers[b"transfer-encoding"])
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise refused.UnknownContentCoding("only bodies without Content-Encoding are taken")
        length = int(headers.get(b"content-length", 0))
        if length > self._max_body:
            raise refused.BodyTooLarge(
                f"the body has {length} bytes, at most {self._max_body} are taken"
            )
        if b"expect" in headers and version == "1.1":
            if headers[b"expect"].lower() != b"100-continue":
                raise refused.Expectation("only 100-continue can be expected")
            self._expects = True
        self._where = split_target(self._target)

    def _check_coding(self, version: str, coding: bytes) -> None:
        if version == "1.0":
            raise refused.Malformed("HTTP/1.0 has no Transfer-Encoding")
        if coding.lower() != b"chunked":
            raise refused.UnknownCoding("the only Transfer-Encoding is chunked")

    def on_body(self, part: bytes) -> None:
        self._body_octets += len(part)
        if self._body_octets > self._max_body:
            raise refused.BodyTooLarge(
                f"the body is larger than {self._max_body} bytes, at most {self._max_body} are"
                " taken"
            )
        self._body.append(part)

    def on_message_complete(self) -> None:
        parser, headers = self._parser, self._headers
        path, query = self._where
        request = Request(
            method=parser.get_method().decode(),
            path=path,
            query=query,
            body=b"".join(self._body),
            content_type=_text(headers.get(b"content-type")),
            accept=_text(headers.get(b"accept")),
            client=self._client,
        )
        self._complete.append(
            Incoming(request, parser.should_keep_alive(), parser.get_http_version())
        )
        self.phase = Phase.IDLE


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def split_target(target: bytes) -> tuple[str, str]:
    """Path, percent-decoded, and raw query of a request target. Raises Malformed.

    The absolute form is the path in it, as RFC 9112 3.2.2 has it. An encoded slash stays encoded:
    it is a character of a name, and does not make another path of it.
    """
    try:
        text = target.decode("ascii")
        if "#" in text:
            raise refused.Malformed("a request target has no fragment")
        if not text.startswith("/"):
            absolute = _ABSOLUTE.match(text)
            if absolute:
                text = text[absolute.end() :] or "/"
        path, _, query = text.partition("?")
        if "%" in path:
            if _PERCENT.search(path):
                raise refused.Malformed("the path has a % that is not followed by two hex digits")
            path = "%2F".join(unquote(part, errors="strict") for part in _ENCODED_SLASH.split(path))
    except UnicodeDecodeError:
        raise refused.Malformed("the path is not UTF-8") from None
    return path, query


def render(response: Response, *, head: bool, keep_alive: bool, version: str, date: str) -> bytes:
    """The octets of a response; one string, so that it leaves in one TLS record.

    ``date``: the time in the form of HTTP. HEAD gets the header of GET.
    """
    status = response.status
    lines = [f"{name}: {value}\r\n" for name, value in response.headers]
    lines.append(f"Date: {date}\r\n")
    if status not in _BODILESS:
        lines.append(f"Content-Length: {len(response.body)}\r\n")
    if not keep_alive:
        lines.append("Connection: close\r\n")
    elif version == "1.0":
        lines.append("Connection: keep-alive\r\n")
    lines.append("\r\n")
    header = _STATUS_LINES[status] + "".join(lines).encode("latin-1")
    return header if head or status in _BODILESS else header + response.body
