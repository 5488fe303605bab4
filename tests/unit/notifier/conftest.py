"""A server with a notifier, and subscribers of all kinds in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
import pytest
from lxml import etree

from ieee2030_5_agent.notifier import Notifier
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Request
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.protocol import documents

ROOT = Path(__file__).parents[3]
SFDI = "097935300833"
TOTAL_S = 4.0
LIMIT_S = 20.0


@dataclass
class Subscribers:
    """The process, and what arrived there."""

    process: subprocess.Popen[str]
    file: Path
    scheme: str
    port: int = 0

    def uri(self, path: str) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/{path}"

    def received(self, path: str) -> list[dict[str, Any]]:
        if not self.file.exists():
            return []
        lines = [json.loads(line) for line in self.file.read_text().splitlines(keepends=False)]
        return [line for line in lines if line["path"] == f"/{path}"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Subscribers]]:
    started: list[subprocess.Popen[str]] = []

    def start(*files: str) -> Subscribers:
        file = tmp_path / f"received{len(started)}"
        command = [sys.executable, str(ROOT / "tests" / "subscribers.py"), str(file), *files]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        port = int(process.stdout.readline())
        return Subscribers(process, file, "https" if files else "http", port)

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@dataclass
class Site:
    """A server with a notifier that runs, and one device."""

    server: Server
    reports: list[str | None] = field(default_factory=list)
    settled: Callable[[], str | None] = lambda: None

    def __post_init__(self) -> None:
        self.notifier = Notifier(self.server, self.reports.append, lambda: self.settled())
        self.greenlet = gevent.spawn(self.notifier.keep)

    def subscribe(
        self, uri: str, resource: str = "/dcap/edev/0", below: str = "/dcap/edev/0"
    ) -> int:
        body = documents.subscription(resource, uri)
        body = body.replace("<Subscription>", '<Subscription xmlns="urn:ieee:std:2030.5:ns">')
        response = self.server.handle(Request("POST", below + "/sub", body=body.encode()))
        assert response.status == 201, response.body
        return int(dict(response.headers)["Location"].rpartition("/")[2])

    def change(self) -> int:
        """The device's postRate is another one now."""
        device = self.server.fleet.device(SFDI)
        rate = (device.post_rate or 300) + 1
        self.server.fleet.rating.set_post(rate, device)
        return rate

    def state(self, number: int) -> dict[str, Any]:
        shown = Operations(self.server).get_subscriptions(SFDI)
        return next(one for one in shown if one["number"] == number)


def until(condition: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    with gevent.Timeout(limit_s, AssertionError("it never came")):
        while not (value := condition()):
            gevent.sleep(0.01)
    return value


@pytest.fixture
def make_site() -> Iterator[Callable[..., Site]]:
    sites: list[Site] = []

    def make(
        listener: dict[str, Any] | None = None, revoked: tuple[str, ...] = (), **section: Any
    ) -> Site:
        section = {"total_s": TOTAL_S, "connect_s": 1, **section}
        config = {
            "devices": [{"sfdi": SFDI}],
            "subscriptions": section,
            "listener": listener,
            "revoked": revoked,
        }
        sites.append(Site(Server(Settings.load(config))))
        return sites[-1]

    yield make
    for site in sites:
        site.greenlet.kill()


def post_rate(line: dict[str, Any]) -> int:
    (rate,) = etree.fromstring(line["body"].encode()).iter("{*}postRate")
    return int(rate.text)
