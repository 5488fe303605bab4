"""A process to be killed: the server behind its store, on a plain HTTP port.

``python -m tests.kill.served FILE [FAULT SEED]``: from a SIGUSR1 on the disk is ``full`` or
``failing`` at moments drawn from the seed, and the standard output says when. The first line there
is the port, once the store is open. ``POST /rpc/<call>`` takes keyword arguments as JSON, which on
a platform come over the message bus.
"""

from __future__ import annotations

import functools
import json
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable
from http.client import responses
from pathlib import Path
from typing import Any

import gevent
from gevent.pywsgi import WSGIServer

from ieee2030_5_agent.durability import HeldBack, Keeper, commits, keeper
from ieee2030_5_agent.model.errors import StoreUnavailable
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Request, Response
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from ieee2030_5_agent.store.database import Database
from ieee2030_5_agent.store.journal import Batch
from tests.kill.failing_disk import Disk

SETTINGS = {
    "max_log_events": 1000,
    "devices": [],
    "subscriptions": {"laboratory": True},
}
# What some batches take longer on a disk that does not fail, so that a kill often meets an answer
# that left before its batch was written.
LINGERS_S = (0.0, 0.1)
# So little of what is written behind goes with one batch that it is never all of it.
commits.MOST_LATEST = 6


class Slow(Database):
    """A file on such a disk."""

    def write(self, batch: Batch) -> None:
        time.sleep(random.choice(LINGERS_S))
        super().write(batch)


def main(path: str, fault: str | None = None, seed: str = "") -> None:
    # Before there is any other thread.
    disk = None if fault is None else Disk()
    server = Server(Settings.load({}))
    kept = Keeper(server, report, server.configure, Slow if disk is None else Database)
    gevent.spawn(kept.keep)
    kept.choose(Settings.load(SETTINGS), Path(path))
    while not kept.is_open:
        gevent.sleep(0.005)
    held_back = HeldBack(server, kept)
    calls = {name: held_back.operation(call) for name, call in Operations(server).all()}
    web = WSGIServer(("127.0.0.1", 0), functools.partial(answer, held_back.handle, calls), log=None)
    web.start()
    print(web.server_port, flush=True)
    if disk is not None and fault is not None:
        keeper.RETRY_S = 0.02
        once = random.Random(seed), disk, fault
        gevent.signal_handler(signal.SIGUSR1, gevent.spawn, fail_at_times, *once)
    web.serve_forever()


def report(problem: str | None) -> None:
    print(f"store: {problem}", file=sys.stderr)


def fail_at_times(chance: random.Random, disk: Disk, fault: str) -> None:
    """For moments, and once for as long as the process lives."""
    for lasts in [True] * chance.randrange(6) + [False]:
        gevent.sleep(chance.uniform(0.02, 0.4))
        # Said before and after, so that what was said covers what happened.
        print("fails", time.time(), flush=True)
        disk.fail(**{fault: True})
        if lasts:
            gevent.sleep(chance.uniform(0.005, 0.1))
            disk.fail()
            print("works", time.time(), flush=True)


def answer(
    handle: Callable[[Request], Response],
    calls: dict[str, Callable[..., Any]],
    environ: dict[str, Any],
    start: Callable[..., Any],
) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    path = environ["PATH_INFO"]
    if path.startswith("/rpc/"):
        status, text = called(calls[path.removeprefix("/rpc/")], json.loads(body))
        response = Response(status, (("Content-Type", "application/json"),), text.encode())
    else:
        response = handle(
            Request(
                environ["REQUEST_METHOD"],
                path,
                environ["QUERY_STRING"],
                body,
                environ.get("CONTENT_TYPE") or None,
            )
        )
    start(f"{response.status} {responses[response.status]}", list(response.headers))
    return [response.body]


def called(call: Callable[..., Any], arguments: dict[str, Any]) -> tuple[int, str]:
    try:
        return 200, json.dumps(call(**arguments))
    except StoreUnavailable as refusal:
        return 503, json.dumps(str(refusal))
    except ValueError as refusal:
        return 400, json.dumps(str(refusal))


if __name__ == "__main__":
    main(*sys.argv[1:])
