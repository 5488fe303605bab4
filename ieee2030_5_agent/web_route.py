"""Keeps the agent's route at platform.web registered, whoever of the two restarts.

platform.web keeps routes in memory and tells nobody when it starts anew. A restart shows in two
ways: the router announces the peer, which wakes the check at once, and the time of platform.web's
own health status, set when its process starts, is another one. So one small RPC in a few seconds
finds a restart even if no announcement came.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event
from volttron.client.known_identities import PLATFORM_WEB
from volttron.client.vip.agent.errors import VIPError
from volttron.utils.jsonrpc import Error, RemoteError

from .platform_web import route_pattern

_log = logging.getLogger(__name__)

CHECK_S = 5.0  # how often a registered route is checked
RETRY_S = 1.0  # how soon a failed registration is tried again
RPC_TIMEOUT_S = 5.0


class WebUnavailable(Exception):
    """platform.web is not there, does not answer, or refuses."""


class WebRoute:
    """One regular-expression route, kept alive by a greenlet that runs ``keep``."""

    def __init__(
        self,
        vip: Any,
        identity: str,
        method: str,
        report: Callable[[str | None], None],
        connected: Callable[[], bool],
    ) -> None:
        """``method`` is the exported method; ``report`` hears each problem, None when solved."""
        self._vip = vip
        self._identity = identity
        self._method = method
        self._report = report
        self._connected = connected
        self._pattern: str | None = None
        self._registered: tuple[str, str] | None = None
        self._wake = Event()
        vip.peerlist.onadd.connect(self._peer_added)

    def want(self, root: str) -> None:
        """The root of the URIs that are to be ours from now on, instead of the one before."""
        self._pattern = route_pattern(root, self._identity)
        self._wake.set()

    def recheck(self) -> None:
        """Looks at once instead of at the next check."""
        self._wake.set()

    def keep(self) -> None:
        """Checks and repairs for ever."""
        while True:
            fine = self.check()
            self._wake.wait(timeout=CHECK_S if fine else RETRY_S)
            self._wake.clear()

    def check(self) -> bool:
        """One look, with a registration if it is needed; True when the route is there."""
        pattern = self._pattern
        if pattern is None:
            return True
        try:
            started = self._started()
            if self._registered != (pattern, started):
                self._call("unregister_all_agent_routes")
                self._call("register_agent_route", pattern, self._method)
                self._registered = (pattern, started)
                _log.info("route %s registered with %s", pattern, PLATFORM_WEB)
        except WebUnavailable as problem:
            self._report(str(problem))
            return False
        self._report(None)
        return True

    def unregister(self) -> None:
        """Takes the route back, so that devices get 404 at once and do not wait for nobody."""
        if self._registered is None:
            return
        self._pattern = self._registered = None
        try:
            self._call("unregister_all_agent_routes")
        except WebUnavailable as problem:
            _log.info("route not taken back: %s", problem)

    def _peer_added(self, sender: object, peer: str = "", **_: object) -> None:
        if peer == PLATFORM_WEB:
            self._wake.set()

    def _started(self) -> str:
        """When this platform.web started; another value after each restart."""
        if PLATFORM_WEB not in self._peers():
            raise WebUnavailable(
                f"{PLATFORM_WEB} is not connected; has the platform's configuration a [web]"
                " section, and is volttron-lib-web installed?"
            )
        return str(self._call("health.get_status").get("last_updated"))

    def _peers(self) -> list[str]:
        """Asked first: a call to a peer that is not there is answered by nobody."""
        self._need_connection()
        try:
            peers: list[str] = self._vip.peerlist().get(timeout=RPC_TIMEOUT_S)
        except gevent.Timeout:
            raise WebUnavailable("the message bus does not answer") from None
        return peers

    def _need_connection(self) -> None:
        if not self._connected():
            raise WebUnavailable("the message bus is not connected")

    def _call(self, method: str, *args: str) -> Any:
        self._need_connection()
        try:
            return self._vip.rpc.call(PLATFORM_WEB, method, *args).get(timeout=RPC_TIMEOUT_S)
        except gevent.Timeout:
            raise WebUnavailable(f"{PLATFORM_WEB} does not answer {method}") from None
        except (RemoteError, Error, VIPError) as refusal:
            raise WebUnavailable(
                f"{PLATFORM_WEB} refuses {method}: {refusal}{self._hint(str(refusal), method)}"
            ) from None

    def _hint(self, refusal: str, method: str) -> str:
        if "does not have access" not in refusal:
            return ""
        return (
            f"; grant it: vctl authz add agent {self._identity} --rpc-capabilities"
            f" {PLATFORM_WEB}.{method}"
        )
