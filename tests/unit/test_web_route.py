"""The route at platform.web: registered once, repaired after restarts, problems told."""

from __future__ import annotations

from typing import Any

import gevent
import pytest
from volttron.client.vip.agent.errors import Unreachable
from volttron.utils.jsonrpc import RemoteError

from ieee2030_5_agent import web_route
from ieee2030_5_agent.platform_web import route_pattern
from ieee2030_5_agent.web_route import WebRoute

PATTERN = route_pattern("/dcap", "me")
REGISTER = ("register_agent_route", PATTERN, "web_request")
UNREGISTER = ("unregister_all_agent_routes",)


class Result:
    """What an asynchronous call of VOLTTRON returns."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def get(self, timeout: float) -> Any:
        assert timeout > 0
        if isinstance(self.value, BaseException):
            raise self.value
        return self.value


class FakeSignal:
    def __init__(self) -> None:
        self.receivers: list[Any] = []

    def connect(self, receiver: Any) -> None:
        self.receivers.append(receiver)


class PlatformWeb:
    """platform.web as an agent sees it; also plays the agent's ``vip``."""

    def __init__(self) -> None:
        self.rpc = self.peerlist = self
        self.onadd = FakeSignal()
        self.peers: Any = ["platform.web"]
        self.started = "2026-01-01T00:00:00+00:00"
        self.failures: dict[str, BaseException] = {}
        self.connected = True
        self.calls: list[tuple[str, ...]] = []

    def __call__(self) -> Result:
        assert self.connected, "a send without connection blocks for ever"
        return Result(self.peers)

    def call(self, peer: str, method: str, *args: str) -> Result:
        assert peer == "platform.web"
        assert self.connected, "a send without connection blocks for ever"
        if method in self.failures:
            return Result(self.failures[method])
        if method == "health.get_status":
            return Result({"status": "GOOD", "context": None, "last_updated": self.started})
        self.calls.append((method, *args))
        return Result(None)


@pytest.fixture
def web() -> PlatformWeb:
    return PlatformWeb()


@pytest.fixture
def told() -> list[str | None]:
    return []


@pytest.fixture
def route(web: PlatformWeb, told: list[str | None]) -> WebRoute:
    route = WebRoute(web, "me", "web_request", told.append, lambda: web.connected)
    route.want("/dcap")
    return route


def test_registers_once(web: PlatformWeb, route: WebRoute, told: list[str | None]) -> None:
    assert [route.check() for _ in range(3)] == [True] * 3
    assert web.calls == [UNREGISTER, REGISTER]
    assert told == [None] * 3


def test_nothing_to_do_before_a_root_is_wanted(web: PlatformWeb) -> None:
    assert WebRoute(web, "me", "web_request", lambda text: None, lambda: True).check()
    assert web.calls == []


def test_another_root_replaces_the_route(web: PlatformWeb, route: WebRoute) -> None:
    route.check()
    route.want("/other")
    route.check()
    other = ("register_agent_route", route_pattern("/other", "me"), "web_request")
    assert web.calls == [UNREGISTER, REGISTER, UNREGISTER, other]


def test_registers_again_with_a_restarted_web_service(web: PlatformWeb, route: WebRoute) -> None:
    route.check()
    web.started = "2026-01-01T00:01:00+00:00"
    assert route.check()
    assert route.check()
    assert web.calls == [UNREGISTER, REGISTER] * 2


REFUSED = RemoteError(
    "x", exc_type="AuthException", exc_args=["User me does not have access to call it"]
)


@pytest.mark.parametrize(
    ("attribute", "value", "text"),
    [
        ("peers", [], "platform.web is not connected; has the platform's configuration a [web]"),
        ("peers", gevent.Timeout(5), "the message bus does not answer"),
        ("connected", False, "the message bus is not connected"),
        ("failures", {"health.get_status": gevent.Timeout(5)},
         "platform.web does not answer health.get_status"),
        ("failures", {"register_agent_route": Unreachable(113, "gone", "platform.web", "RPC")},
         "platform.web refuses register_agent_route: VIP error (113): gone"),
        ("failures", {"register_agent_route": REFUSED},
         "grant it: vctl authz add agent me --rpc-capabilities platform.web.register_agent_route"),
    ],
    ids=["absent", "no router", "no connection", "silent", "unreachable", "not authorised"],
)  # fmt: skip
def test_problems_are_told_and_overcome(
    web: PlatformWeb,
    route: WebRoute,
    told: list[str | None],
    attribute: str,
    value: Any,
    text: str,
) -> None:
    good = getattr(web, attribute)
    setattr(web, attribute, value)
    assert [route.check(), route.check()] == [False, False]
    assert text in str(told[0])
    assert REGISTER not in web.calls
    setattr(web, attribute, good)
    assert route.check()
    assert web.calls[-2:] == [UNREGISTER, REGISTER]
    assert told[-1] is None


def test_an_absence_without_restart_does_not_touch_the_route(
    web: PlatformWeb, route: WebRoute
) -> None:
    """Between unregistering and registering devices would get 404."""
    route.check()
    web.failures = {"health.get_status": gevent.Timeout(5)}
    route.check()
    web.failures = {}
    route.check()
    assert web.calls == [UNREGISTER, REGISTER]


def test_unregisters(web: PlatformWeb, route: WebRoute) -> None:
    route.unregister()
    assert web.calls == []
    route.check()
    route.unregister()
    route.unregister()
    assert route.check()
    assert web.calls == [UNREGISTER, REGISTER, UNREGISTER]


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("connected", False), ("failures", {"unregister_all_agent_routes": gevent.Timeout(5)})],
    ids=["no connection", "silent"],
)
def test_unregistering_survives_an_absent_web_service(
    web: PlatformWeb, route: WebRoute, attribute: str, value: Any
) -> None:
    route.check()
    setattr(web, attribute, value)
    route.unregister()
    assert web.calls == [UNREGISTER, REGISTER]


@pytest.mark.parametrize(("peer", "registrations"), [("platform.web", 2), ("platform.driver", 1)])
def test_an_announced_peer_wakes_the_check(
    web: PlatformWeb,
    route: WebRoute,
    monkeypatch: pytest.MonkeyPatch,
    peer: str,
    registrations: int,
) -> None:
    monkeypatch.setattr(web_route, "CHECK_S", 3600.0)
    keeper = gevent.spawn(route.keep)
    gevent.idle()
    assert web.calls.count(REGISTER) == 1
    web.started = "2026-01-01T00:01:00+00:00"
    for receiver in web.onadd.receivers:
        receiver(None, peer=peer, message_bus="")
    gevent.idle()
    assert web.calls.count(REGISTER) == registrations
    keeper.kill()
