"""Our TLS listener, beside a bare gevent.pywsgi application on the same TLS settings."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from . import certificates, documents
from .figures import Figure
from .load import PROJECT, Load, Order, status_requests
from .timing import Usage
from .turns import TURN_S, TURNS, Turns, take_turns

CONNECTIONS = (1, 8, 64)
# Of the bare application's rate that ours must reach.
GOALS = {"GET": "ratio >= 0.6", "PUT": "ratio >= 0.45"}
HANDSHAKING = 8


def measure(load: Load) -> Iterator[Figure]:
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="bench-tls-")))
        certificates.make(folder, devices=1)
        servers = [cleanup.enter_context(serving(kind, folder)) for kind in ("ours", "bare")]
        ports = [server.port for server in servers]
        for method, goal in GOALS.items():
            for connections in CONNECTIONS:
                turns = both(load, asking(folder, method, connections), ports)
                name = f"TLS {method}, {connections} connections"
                yield turns.rate(name, "1/s", goal)
                yield turns.latency(f"{name}: p99", 99)
                yield turns.latency(f"{name}: longest", 100)
                yield turns.stalled(f"{name}: turns of {TURNS} with a stall of 40 ms")
        order = Order(0, [], HANDSHAKING, TURN_S, handshakes=True, **files(folder))
        usages = [Usage(server.pid) for server in servers]
        turns = both(load, order, ports, 3 * TURNS)
        name = f"TLS handshakes, {HANDSHAKING} connections"
        yield turns.rate(name, "1/s", "ratio >= 0.9")
        # The same whatever else the machine does.
        yield turns.cost(f"{name}: processor of the server", [each.used for each in usages])


def asking(folder: Path, method: str, connections: int) -> Order:
    """Requests for the DERStatus of the one device."""
    href = certificates.load_device(folder, 0).href + documents.PLACES["DERStatus"]
    requests = [status_requests(method, href, number) for number in range(connections)]
    return Order(0, requests, connections, TURN_S, **files(folder))


def files(folder: Path) -> dict[str, Any]:
    """What an Order says of TLS."""
    return {
        "authority": str(folder / certificates.AUTHORITY),
        "certificates": [str(certificates.device_file(folder, 0))],
    }


def both(load: Load, order: Order, ports: Sequence[int], turns: int = TURNS) -> Turns:
    """The same load on ours and on the bare application."""
    ours, bare = (replace(order, port=port) for port in ports)
    return take_turns(load, ours, bare, turns)


class Server(NamedTuple):
    """A process that serves at a port."""

    pid: int
    port: int


@contextmanager
def serving(kind: str, folder: Path) -> Iterator[Server]:
    """A server in a process of its own."""
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
        yield Server(process.pid, int(process.stdout.readline()))
        process.stdin.close()
