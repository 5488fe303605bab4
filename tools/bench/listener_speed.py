"""Our TLS listener, beside a bare gevent.pywsgi application on the same TLS settings."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from . import certificates, documents
from .figures import Figure
from .load import PROJECT, Load, Order, Result, request
from .timing import percentile

CONNECTIONS = (1, 8, 64)
ROUNDS = 3
ROUND_S = 0.5
# Of the bare application's rate that ours must reach.
GOALS = {"GET": "ratio >= 0.6", "PUT": "ratio >= 0.45"}
HANDSHAKING = 8


def measure(load: Load) -> Iterator[Figure]:
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="bench-tls-")))
        certificates.make(folder, devices=1)
        ports = {kind: cleanup.enter_context(serving(kind, folder)) for kind in ("ours", "bare")}
        for method, goal in GOALS.items():
            for connections in CONNECTIONS:
                order = asking(folder, method, connections)
                results = rounds(load, order, ports)
                name = f"TLS {method}, {connections} connections"
                yield rate(name, results, goal)
                if connections == 1:
                    yield latency(name, results)
        order = Order(0, [], HANDSHAKING, 2 * ROUND_S, handshakes=True, **files(folder))
        name = f"TLS handshakes, {HANDSHAKING} connections"
        yield rate(name, rounds(load, order, ports), "ratio >= 0.9")


def asking(folder: Path, method: str, connections: int) -> Order:
    """Requests for the DERStatus of the one device."""
    body = documents.document("DERStatus") if method == "PUT" else b""
    href = certificates.load_device(folder, 0).href + documents.PLACES["DERStatus"]
    return Order(0, [[request(method, href, body)]], connections, ROUND_S, **files(folder))


def files(folder: Path) -> dict[str, Any]:
    """What an Order says of TLS."""
    return {
        "authority": str(folder / certificates.AUTHORITY),
        "certificates": [str(certificates.device_file(folder, 0))],
    }


def rounds(load: Load, order: Order, ports: dict[str, int]) -> dict[str, list[Result]]:
    """The same load on each, in turn."""
    results: dict[str, list[Result]] = {kind: [] for kind in ports}
    for _ in range(ROUNDS):
        for kind, port in ports.items():
            results[kind].append(load.run(replace(order, port=port)))
    return results


def rate(name: str, results: dict[str, list[Result]], goal: str) -> Figure:
    ours, bare = (median(each.rate for each in results[kind]) for kind in ("ours", "bare"))
    return Figure(name, ours, bare, "1/s", goal)


def latency(name: str, results: dict[str, list[Result]]) -> Figure:
    """What a stall for a delayed acknowledgement (40 ms) would be seen in."""
    ours, bare = (
        median(percentile(each.latencies, 99) for each in results[kind]) * 1e3
        for kind in ("ours", "bare")
    )
    return Figure(f"{name}: p99", ours, bare, "ms", "ours <= 40")


@contextmanager
def serving(kind: str, folder: Path) -> Iterator[int]:
    """A server in a process of its own; its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.bench.tls_server", kind, str(folder)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the server's process has no pipes")
        yield int(process.stdout.readline())
        process.stdin.close()
