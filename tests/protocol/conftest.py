"""A server with two registered devices, a clock that the test moves, and a transport to it.

Every test that asks a site runs once over each transport. ``-m "not https"`` leaves the slower
ones out, ``-m listener`` picks one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Client, Request, Response
from ieee2030_5_agent.sep.codec import decode
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.clock import START, Clock
from tests.protocol import documents
from tests.protocol.transports import InProcess, Transport, own_listener
from tests.stored import Following

if TYPE_CHECKING:
    from tests.protocol.over_platform import WebPeer
    from tools.private_platform import PrivatePlatform

ROOT = Path(__file__).parents[2]
BATTERY = "097935300833"
INVERTER = "111576577659"


@dataclass
class Site:
    """A server and its clock, with short ways to ask it."""

    clock: Clock
    server: Server
    transport: Transport
    namespace: str = "urn:ieee:std:2030.5:ns"
    battery: str = "/dcap/edev/0"
    responses: list[Response] = field(default_factory=list)

    def ask(self, method: str, path: str, body: str | bytes = b"", **more: Any) -> Response:
        """One request below the root; ``path`` may carry a query."""
        path, _, query = path.partition("?")
        raw = body.encode() if isinstance(body, str) else body
        more.setdefault("content_type", "application/sep+xml" if raw else None)
        request = Request(method, path, query, raw, client=more.pop("client", Client()), **more)
        response = self.transport.ask(self.server.handle, request)
        self.responses.append(response)
        return response

    def get(self, path: str, **more: Any) -> Any:
        """The decoded model of a GET that must succeed."""
        response = self.ask("GET", path, **more)
        assert response.status == 200, response.body
        return decode(response.body)

    def put(self, path: str, body: str, status: int | tuple[int, ...] = (201, 204)) -> Response:
        """A PUT of an XML document; the root element gets the site's namespace."""
        response = self.ask("PUT", path, self.xml(body))
        assert response.status in (status if isinstance(status, tuple) else (status,)), (
            response.body
        )
        return response

    def post(self, path: str, body: str, status: int = 201) -> Response:
        response = self.ask("POST", path, self.xml(body))
        assert response.status == status, response.body
        return response

    def xml(self, body: str) -> str:
        """The document in the site's namespace, unless it has one of its own."""
        end = body.index(">")
        if "xmlns" in body[:end]:
            return body
        end -= body[end - 1] == "/"
        return f'{body[:end]} xmlns="{self.namespace}"{body[end:]}'

    def point(self, name: str, sfdi: str = BATTERY) -> Any:
        return self.server.fleet.get_point(sfdi, name)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves tests of thousands of requests to the process: what they compare is no transport's,
    and over each of the others they would take minutes."""

    def too_much(item: pytest.Item) -> bool:
        if item.get_closest_marker("in_process") is None:
            return False
        assert isinstance(item, pytest.Function)
        return item.callspec.params["transport"] != "in-process"

    if left_out := [item for item in items if too_much(item)]:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not too_much(item)]


@pytest.fixture(scope="session")
def web_peer(booted_platform: PrivatePlatform) -> Iterator[WebPeer]:
    """An agent in this process that a real platform.web asks."""
    # Here, because it imports VOLTTRON, which patches sockets for the whole process.
    from tests.protocol.over_platform import WebPeer

    peer = WebPeer(booted_platform)
    yield peer
    peer.close()


@pytest.fixture(
    scope="session",
    params=[
        "in-process",
        pytest.param("listener", marks=[pytest.mark.listener, pytest.mark.https]),
        pytest.param("platform.web", marks=[pytest.mark.platform]),
        pytest.param("haproxy", marks=[pytest.mark.platform, pytest.mark.https]),
    ],
)
def transport(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Transport]:
    """One way to the server after the other."""
    if request.param == "in-process":
        yield InProcess()
        return
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "listener":
        opened = own_listener(folder)
    else:
        from tests.protocol import over_platform

        peer = request.getfixturevalue("web_peer")
        opened = over_platform.TRANSPORTS[request.param](peer, folder)
    with opened as transport:
        yield transport


@pytest.fixture
def original_settings() -> dict[str, Any]:
    """The original's sample configuration, as shipped."""
    loaded: dict[str, Any] = json.loads(
        (ROOT / "tests/data/settings/original.json").read_text(encoding="utf-8")
    )
    return loaded


@pytest.fixture
def make_site(
    original_settings: dict[str, Any], transport: Transport
) -> Iterator[Callable[..., Site]]:
    """Builds a site; keyword arguments change the configuration.

    Every site has a store that follows it: after the test it must hold what the site is.
    """
    stores: list[Following] = []

    def make(**changes: Any) -> Site:
        clock = Clock()
        server = Server(Settings.load(original_settings | changes), clock)
        stores.append(Following(server))
        return Site(clock, server, transport)

    yield make
    for store in stores:
        store.check()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


@pytest.fixture
def full_site(make_site: Callable[..., Site]) -> Site:
    """A site whose first device has sent one of everything and has a control in force."""
    return fill(make_site())


def fill(site: Site) -> Site:
    for path, document in documents.SINGLETONS.items():
        site.put(path.replace("/dcap/edev/0", site.battery), document)
    site.post(
        "/dcap/mup",
        documents.mirror("AA", documents.reading("AB", 24, "PhaseCurrentAvg")),
    )
    intervals = documents.interval(START, 7) + documents.interval(START + 300, 8)
    sets = documents.reading_set("AF", START, intervals)
    site.post("/dcap/mup/0", documents.meter_reading("AC", sets, documents.READING_TYPE))
    site.post(site.battery + "/lel", documents.log_event())
    site.server.fleet.set_point(BATTERY, "b124_WChaMax", 2000)
    site.post(site.battery + "/frq", documents.reservation())
    grant = Operations(site.server).answer_flow_reservation(BATTERY, "F1", START, 3600, 9000, 6500)
    site.post(site.battery + "/sub", documents.subscription(site.battery))
    program = site.server.fleet.device(BATTERY).program
    control = site.get(f"/dcap/derp/{program}/actderc").DERControl[0]
    site.post(control.replyTo, documents.response(control.mRID, 2))
    answer = documents.response(grant["mRID"], 1, "FlowReservationResponseResponse")
    site.post(control.replyTo, answer)
    return site
