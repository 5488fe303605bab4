"""The protocol tests through a real VOLTTRON: platform.web, and HAProxy in front of it.

The agent that platform.web asks lives in the test's process and answers with the test's own
Server. Its paths have a prefix, so that an installed agent on the same platform keeps ``/dcap``.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ieee2030_5_agent.platform_web import WebAnswer, route_pattern, serve
from ieee2030_5_agent.rest.messages import NOBODY, Client, Request, Response
from tests.listening import LIMIT_S, Files
from tests.protocol.transports import (
    Handle,
    Identities,
    OverHTTPS,
    Transport,
    response_of,
    target,
)
from tools.private_platform import Peer, PrivatePlatform
from tools.proxies import ProxyUnavailable, start

IDENTITY = "protocol-tests"
PREFIX = "/protocol-tests"
ROOT = f"{PREFIX}/dcap"
SECRET = "the-secret-of-the-protocol-tests"
WEB = "platform.web"
MAX_BODY = 2**20  # what config/tls/haproxy.cfg lets through


class WebPeer:
    """An agent without a fleet of its own: platform.web's requests go to the test's ``handle``."""

    def __init__(self, platform: PrivatePlatform) -> None:
        self.handle: Handle | None = None
        self.web = platform.web_address.removeprefix("http://")
        credentials = platform.make_peer_credentials(IDENTITY)
        platform.authorize(IDENTITY, f"{WEB}.register_agent_route")
        self._peer = Peer(credentials, platform.vip_address)
        self._peer.agent.vip.rpc.export(self._web_request, "web_request")
        self._peer.rpc(WEB, "register_agent_route", route_pattern(ROOT, IDENTITY), "web_request")

    def close(self) -> None:
        self._peer.rpc(WEB, "unregister_all_agent_routes")
        self._peer.close()

    def _web_request(self, env: object, data: object) -> WebAnswer:
        return serve(self._answer, env, data, SECRET)

    def _answer(self, request: Request) -> Response:
        assert self.handle is not None
        return self.handle(replace(request, path=request.path.removeprefix(PREFIX)))


class PlatformWeb:
    """platform.web asked directly, with the line that a proxy would write."""

    def __init__(self, peer: WebPeer) -> None:
        self._peer = peer

    def ask(self, handle: Handle, request: Request) -> Response:
        self._peer.handle = handle
        # A kept connection would cost 45 ms with each request: gevent.pywsgi waits for an ACK.
        headers = {"Connection": "close", "User-Agent": _user_agent(request.client)}
        if request.content_type is not None:
            headers["Content-Type"] = request.content_type
        connection = http.client.HTTPConnection(self._peer.web, timeout=LIMIT_S)
        try:
            connection.request(request.method, PREFIX + target(request), request.body, headers)
            return response_of(connection.getresponse())
        finally:
            connection.close()


class ThroughHAProxy:
    """Mutual TLS by HAProxy with its configuration of config/tls, platform.web behind it."""

    def __init__(self, peer: WebPeer, identities: Identities, port: int) -> None:
        self._peer = peer
        self._identities = identities
        self._client = OverHTTPS(identities, port)

    def ask(self, handle: Handle, request: Request) -> Response:
        if len(request.body) > MAX_BODY:
            pytest.skip("HAProxy itself refuses the body: tests/platform/test_proxies.py")

        def translated(received: Request) -> Response:
            assert received.client != NOBODY
            return handle(self._identities.translate(received))

        self._peer.handle = translated
        return self._client.exchange(replace(request, path=PREFIX + request.path))

    def close(self) -> None:
        self._client.close()


@contextmanager
def platform_web(peer: WebPeer, folder: Path) -> Iterator[Transport]:
    yield PlatformWeb(peer)


@contextmanager
def haproxy(peer: WebPeer, folder: Path) -> Iterator[Transport]:
    files = Files.make(folder)
    try:
        with start(
            "haproxy", folder, tls=folder, secret=SECRET, platform_web=peer.web, root=ROOT
        ) as proxy:
            transport = ThroughHAProxy(peer, Identities(files), proxy.port)
            yield transport
            transport.close()
    except ProxyUnavailable as reason:
        pytest.skip(f"HAProxy is not to be had: {reason}")


TRANSPORTS = {"platform.web": platform_web, "haproxy": haproxy}


def _user_agent(client: Client) -> str:
    if client.forged is not None:
        return f"ieee2030-5-proxy secret={SECRET.upper()}; sha256={'0' * 64}"
    if client.lfdi is None:
        return "tests"
    return f"ieee2030-5-proxy secret={SECRET}; sha256={client.lfdi:0<64}"
