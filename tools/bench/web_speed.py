"""Requests a second through platform.web, beside an agent that answers a constant there."""

from __future__ import annotations

from collections.abc import Iterator

from . import documents
from .constant_agent import ROOT
from .figures import Figure
from .load import Load, Order, status_requests
from .platform import BenchPlatform
from .turns import take_turns

CONNECTIONS = (1, 8, 64)
# Some requests too where each waits 40 ms for a delayed acknowledgement.
TURN_S = 0.2
# Of the constant agent's rate that ours must reach.
GOALS = {"GET": "ratio >= 0.9", "PUT": "ratio >= 0.8"}


def measure(platform: BenchPlatform, load: Load) -> Iterator[Figure]:
    hrefs = [each.href + documents.PLACES["DERStatus"] for each in platform.devices[:64]]
    for method, goal in GOALS.items():
        for connections in CONNECTIONS:
            ours, constant = (
                Order(
                    platform.web_port,
                    [status_requests(method, root + href) for href in hrefs],
                    connections,
                    TURN_S,
                )
                for root in ("", ROOT)
            )
            name = f"platform.web {method}, {connections} connections"
            yield take_turns(load, ours, constant).rate(name, "req/s", goal)
