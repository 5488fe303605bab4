"""A process to be killed: the server behind its store, on a plain HTTP port.

``python -m tests.kill.served FILE [SEED]``; with a seed the disk is full or fails for moments drawn
from it. Prints the port once the store is open. ``POST /rpc/<call>`` takes keyword arguments as
JSON, which on a platform come over the message bus.
"""

from __future__ import annotations

import functools
import json
import random
import sys
from collections.abc import Callable, Iterable
from http.client import responses
from pathlib import Path
from typing import Any

import gevent
from gevent.pywsgi import WSGIServer

from ieee2030_5_agent.durability import HeldBack, Keeper
from ieee2030_5_agent.durability import keeper as keeping
from ieee2030_5_agent.model.errors import StoreUnavailable
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Request, Response
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from ieee2030_5_agent.store.database import Database
from tests.faulty_disk import Disk

SETTINGS = {
    "max_log_events": 1000,
    "devices": [],
    "subscriptions": {"laboratory": True},
}


def main(path: str, seed: str | None = None) -> None:
    disk = Disk()
    server = Server(Settings.load({}))
    keeper = Keeper(
        server, report, server.configure, functools.partial(Database, connect=disk.connect)
    )
    gevent.spawn(keeper.keep)
    keeper.choose(Settings.load(SETTINGS), Path(path))
    while not keeper.is_open:
        gevent.sleep(0.005)
    if seed is not None:
        keeping.RETRY_S = 0.02
        gevent.spawn(fail_at_times, disk, random.Random(seed))
    held_back = HeldBack(server, keeper)
    calls = {name: held_back.operation(call) for name, call in Operations(server).all()}
    calls["get_status"] = keeper.status
    web = WSGIServer(("127.0.0.1", 0), functools.partial(answer, held_back.handle, calls), log=None)
    web.start()
    print(web.server_port, flush=True)
    web.serve_forever()


def report(problem: str | None) -> None:
    print(f"store: {problem}", file=sys.stderr)


def fail_at_times(disk: Disk, chance: random.Random) -> None:
    while True:
        gevent.sleep(chance.uniform(0.02, 0.3))
        fault = chance.choice(["full", "failing"])
        setattr(disk, fault, True)
        gevent.sleep(chance.uniform(0.005, 0.1))
        setattr(disk, fault, False)


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
