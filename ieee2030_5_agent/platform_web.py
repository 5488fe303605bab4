"""platform.web's way to ask an agent, translated to Request and Response and back.

platform.web calls an exported method with ``(env, data)`` and takes back
``[status line, text, [[header, value], ...]]``, the only form that it passes on unharmed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import responses

from .proxy_identity import ForgedIdentity, lfdi_from
from .rest.messages import Client, Request, Response

_log = logging.getLogger(__name__)

WebAnswer = list[str | list[list[str]]]

# These never have a body, and no Content-Length either (RFC 9110).
_BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


def route_pattern(root: str, identity: str) -> str:
    """The one route of the server: ``root`` and all that lies below it, nothing else.

    platform.web anchors only the beginning. It also forgets equal patterns of all agents when one
    of them unregisters, so ours differs from anybody else's by a comment with our identity.
    """
    return rf"^{root}(?:/(?s:.*))?\Z(?#{identity})"


def serve(
    handle: Callable[[Request], Response], env: object, data: object, secret: str | None = None
) -> WebAnswer:
    """Answers one call of platform.web. Never raises: whatever fails is a bare 500.

    ``secret`` is the one that the TLS proxy in front of platform.web shares, None without one.
    """
    try:
        # Nothing is logged of each request: VOLTTRON runs agents at level DEBUG and filters later,
        # so a line costs as much as the answer. platform.web logs its requests itself.
        request = to_request(env, data, secret)
        return to_answer(request.method, handle(request))
    except Exception:  # noqa: BLE001 - the outermost edge
        # An exception here would reach the device as a dropped connection.
        _log.exception("a request from platform.web failed")
        return to_answer("", Response(HTTPStatus.INTERNAL_SERVER_ERROR))


def to_request(env: object, data: object, secret: str | None = None) -> Request:
    """The request in platform.web's words. Raises TypeError for what it would never send.

    The certificate and most headers stay behind in platform.web, so there is no Accept, and the
    client is who the proxy's line in the User-Agent names, or nobody.
    """
    if not isinstance(env, Mapping):
        raise TypeError(f"env is {type(env).__name__}, an object is expected")
    return Request(
        method=_text(env, "REQUEST_METHOD"),
        path=_text(env, "PATH_INFO"),
        query=_text(env, "QUERY_STRING", ""),
        body=_body(data),
        content_type=_text(env, "CONTENT_TYPE", "") or None,
        accept=None,
        client=_client(_text(env, "HTTP_USER_AGENT", ""), secret),
    )


def to_answer(method: str, response: Response) -> WebAnswer:
    """The response in the form that platform.web passes on."""
    phrase = responses.get(response.status, "Unknown")
    headers = [[name, value] for name, value in response.headers]
    text = response.body.decode("utf-8")
    if response.status in _BODILESS:
        text = ""
    else:
        # Stated also for HEAD, whose body platform.web would send if it were given one.
        headers.append(["Content-Length", str(len(response.body))])
    return [f"{int(response.status)} {phrase}", "" if method == "HEAD" else text, headers]


def _client(user_agent: str, secret: str | None) -> Client:
    try:
        return Client(lfdi_from(user_agent, secret))
    except ForgedIdentity as forged:
        return Client(forged=str(forged))


def _text(env: Mapping[str, object], key: str, default: str | None = None) -> str:
    value = env.get(key, default)
    if not isinstance(value, str):
        raise TypeError(f"{key} is {type(value).__name__}, text is expected")
    return value


def _body(data: object) -> bytes:
    """The body's octets. platform.web parses JSON bodies by itself: they are written again, so
    that the server sees a body of the wrong media type and not an empty one."""
    if data is None:
        return b""
    text = data if isinstance(data, str) else json.dumps(data)
    # A JSON body may carry half a surrogate pair, which no encoding has.
    return text.encode("utf-8", "replace")
