"""Requests a second through platform.web, beside an agent that answers a constant there."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from . import documents
from .constant_agent import ROOT
from .figures import Figure
from .load import Load, Order, request
from .platform import BenchPlatform

CONNECTIONS = (1, 8, 64)
ROUNDS = 3
ROUND_S = 0.5
# Of the constant agent's rate that ours must reach.
GOALS = {"GET": "ratio >= 0.9", "PUT": "ratio >= 0.8"}


def measure(platform: BenchPlatform, load: Load) -> Iterator[Figure]:
    hrefs = [each.href + documents.PLACES["DERStatus"] for each in platform.devices[:64]]
    for method, goal in GOALS.items():
        body = documents.document("DERStatus") if method == "PUT" else b""
        requests = {
            "ours": [[request(method, href, body)] for href in hrefs],
            "constant": [[request(method, ROOT + href, body)] for href in hrefs],
        }
        for connections in CONNECTIONS:
            rates: dict[str, list[float]] = {name: [] for name in requests}
            for _ in range(ROUNDS):
                for name, each in requests.items():
                    order = Order(platform.web_port, each, connections, ROUND_S)
                    rates[name].append(load.run(order).rate)
            yield Figure(
                f"platform.web {method}, {connections} connections",
                median(rates["ours"]),
                median(rates["constant"]),
                "req/s",
                goal,
            )
