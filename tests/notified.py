"""Subscribers without a network: what the outbox of a server would send, and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ieee2030_5_agent.notifying.notices import SubscriptionOver
from ieee2030_5_agent.notifying.outbox import TOGETHER_S
from ieee2030_5_agent.rest.messages import Client
from ieee2030_5_agent.sep.codec import decode
from ieee2030_5_agent.server import Server
from tests.clock import Clock
from tests.protocol import documents

LABORATORY = "http://127.0.0.1:1/ntfy"
FIELD = "https://10.1.2.3/ntfy"


@dataclass(frozen=True)
class Told:
    """One notification: where it goes, its octets, and the model that they hold."""

    uri: str
    body: bytes
    model: Any


def notifications(server: Server, clock: Clock) -> list[Told]:
    """What is sent now; every subscriber takes it."""
    server.fleet.advance(clock.now)
    clock.now += TOGETHER_S
    sent: list[Told] = []
    while (turn := server.outbox.take()) is not None:
        try:
            notice = server.notices.of(turn)
        except SubscriptionOver as over:
            server.outbox.over(turn, over.status)
            continue
        if notice.body is None:
            server.outbox.unchanged(turn, notice.digest)
        else:
            uri = turn.subscription.notification_uri
            sent.append(Told(uri, notice.body, decode(notice.body)))
            server.outbox.delivered(turn, notice.digest)
    return sent


def told(site: Any) -> list[Told]:
    return notifications(site.server, site.clock)


def subscribe(site: Any, resource: str, below: str = "/dcap/edev/0", **more: Any) -> str:
    """A new subscription; its URI. A client with a certificate is one of a field, not of a lab."""
    client = more.pop("client", Client())
    uri = more.pop("uri", FIELD if client.lfdi else LABORATORY)
    body = site.xml(documents.subscription(resource, uri, **more))
    response = site.ask("POST", below + "/sub", body, client=client)
    assert response.status == 201, response.body
    return dict(response.headers)["Location"]
