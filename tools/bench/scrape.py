"""What changed in a fleet: one ``get_changes``, beside one ``get_points`` for each device."""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median
from time import perf_counter
from typing import Any

from gevent.pool import Pool

from . import documents
from .figures import Figure
from .load import Load, Order, request
from .platform import AGENT, DEVICES, BenchPlatform

ROUNDS = 3
CHANGED = DEVICES // 100
# As many as platform.driver would have on their way when it polls all devices at once.
IN_FLIGHT = 64


def measure(platform: BenchPlatform, load: Load) -> Iterator[Figure]:
    sfdis = [each.sfdi for each in platform.devices]
    cursor = platform.peer.rpc(AGENT, "get_changes", None)["cursor"]
    delta, single = Calls(platform), Calls(platform)
    for turn in range(ROUNDS):
        change(platform, load, 9000 + turn)
        with delta:
            answer = delta.call("get_changes", cursor)
        if len(answer["points"]) != CHANGED:
            raise RuntimeError(f"{len(answer['points'])} devices have changed, not {CHANGED}")
        cursor = answer["cursor"]
        with single:
            Pool(IN_FLIGHT).map(lambda sfdi: single.call("get_points", sfdi), sfdis)
    name = f"scrape {DEVICES} devices, 1 % changed"
    yield Figure(
        f"{name}: time", median(delta.times) * 1e3, median(single.times) * 1e3, "ms", "ratio <= 0.1"
    )
    yield Figure(
        f"{name}: bytes", delta.size / ROUNDS, single.size / ROUNDS, "bytes", "ratio <= 0.05"
    )


def change(platform: BenchPlatform, load: Load, charge: int) -> None:
    """Another state of charge of the first devices."""
    body = documents.document("DERStatus", value=charge)
    requests = [
        [request("PUT", each.href + documents.PLACES["DERStatus"], body)]
        for each in platform.devices[:CHANGED]
    ]
    # One request for each connection: the next would be due when the order has ended.
    load.run(Order(platform.web_port, requests, CHANGED, seconds=0.5, pause_s=0.5))


class Calls:
    """Calls of our agent: how long each block took, and the bytes of all calls as JSON texts."""

    def __init__(self, platform: BenchPlatform) -> None:
        self._platform = platform
        self._started = 0.0
        self.times: list[float] = []
        self.size = 0

    def __enter__(self) -> None:
        self._started = perf_counter()

    def __exit__(self, *_: object) -> None:
        self.times.append(perf_counter() - self._started)

    def call(self, method: str, *arguments: object) -> Any:
        answer = self._platform.peer.rpc(AGENT, method, *arguments)
        self.size += len(json.dumps([method, arguments])) + len(json.dumps(answer))
        return answer
