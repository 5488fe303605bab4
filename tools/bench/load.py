"""Load from outside, as the benchmark orders it; ``load_process`` carries it out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import gevent

from . import documents

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Order:
    """What to load: connection k sends the k-th of ``requests`` (whole, as texts) in turn, one
    every ``pause_s`` seconds, or the next at once when that is 0; where there are fewer than
    connections, they are shared out again.

    ``tls``: the file of the authority, and a PEM file with certificate and key for each
    connection; where there are fewer, they are used in turn. ``handshakes``: instead of requests,
    connections are made and closed again.
    """

    port: int
    requests: Sequence[Sequence[str]]
    connections: int
    seconds: float
    pause_s: float = 0.0
    authority: str | None = None
    certificates: Sequence[str] = ()
    handshakes: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it: ``latencies`` in seconds of every request, ``statuses`` by number."""

    rate: float
    statuses: dict[str, int]
    latencies: list[float]


class Load:
    """The process, as the benchmark sees it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.bench.load_process"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, order: Order) -> Result:
        """Carries out an order. Raises RuntimeError for answers other than 2xx."""
        ((result,),) = self.take_turns([order], 1)
        return result

    def take_turns(self, orders: Sequence[Order], turns: int) -> list[list[Result]]:
        """Carries out each order so many times, in turns; the results of each order.

        Connections are kept from turn to turn. The order of a turn is that of the one before,
        backwards: A B, B A, A B. Raises RuntimeError for answers other than 2xx.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the load process has no pipes")
        contest = {"orders": [asdict(order) for order in orders], "turns": turns}
        self._process.stdin.write(json.dumps(contest) + "\n")
        self._process.stdin.flush()
        # The calling process may serve greenlets meanwhile.
        line = gevent.get_hub().threadpool.apply(self._process.stdout.readline)
        if not line:
            raise RuntimeError("the load process has ended")
        results = [[Result(**each) for each in of_order] for of_order in json.loads(line)]
        for order, of_order in zip(orders, results, strict=True):
            for result in of_order:
                _check(order, result)
        return results

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=10)
        if self._process.stdout is not None:
            self._process.stdout.close()


def _check(order: Order, result: Result) -> None:
    bad = {status: count for status, count in result.statuses.items() if status[0] != "2"}
    if bad or not result.statuses:
        raise RuntimeError(f"answers of port {order.port}: {result.statuses}")


def status_requests(method: str, path: str, number: int = 0) -> list[str]:
    """What a connection asks for a DERStatus: a GET, or PUTs of which each changes a point. Where
    several connections put to one device, each has a number."""
    bodies = documents.statuses(number) if method == "PUT" else [b""]
    return [request(method, path, body) for body in bodies]


def request(method: str, path: str, body: bytes = b"") -> str:
    """An HTTP request of a device."""
    length = f"Content-Type: application/sep+xml\r\nContent-Length: {len(body)}\r\n" if body else ""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/sep+xml\r\n"
        f"{length}\r\n{body.decode()}"
    )
