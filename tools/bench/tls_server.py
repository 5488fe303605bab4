"""A process that serves HTTPS: our listener, or what it is measured against.

``python -m tools.bench.tls_server ours|bare FOLDER`` prints the port when it listens.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import gevent
from gevent.pywsgi import WSGIServer

from ieee2030_5_agent.refusals import Refusals
from ieee2030_5_agent.rest.messages import MEDIA_TYPE
from ieee2030_5_agent.settings import Listener
from ieee2030_5_agent.tls_listener.context import make_context
from ieee2030_5_agent.tls_listener.listener import TLSListener, listening_socket

from . import certificates, documents, site

MAX_BODY = 2**20
CONNECTIONS = 1000


def ours(settings: Listener, folder: Path) -> int:
    """Our listener before a server that knows one device; the port."""
    device = certificates.load_device(folder, 0)
    server = site.start([device])
    site.fill(server, device)
    listener = TLSListener(server.handle, settings, MAX_BODY, Refusals(time.monotonic))
    listener.start()
    return listener.port


def bare(settings: Listener, folder: Path) -> int:
    """gevent.pywsgi, which answers GET by a constant and PUT by nothing, on a socket as ours is:
    with TCP_NODELAY."""
    constant = documents.document("DERStatus")
    headers = [("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(constant)))]

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"].read()
        if environ["REQUEST_METHOD"] == "PUT":
            start("204 No Content", [])
            return []
        start("200 OK", headers)
        return [constant]

    listening = listening_socket(*settings.address)
    server = WSGIServer(listening, application, ssl_context=make_context(settings), log=None)
    server.start()
    return int(server.server_port)


def main(kind: str, folder: Path) -> None:
    settings = certificates.listener(folder, "127.0.0.1:0", CONNECTIONS)
    port = {"ours": ours, "bare": bare}[kind](settings, folder)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # Until who started it closes its end.
    gevent.get_hub().threadpool.apply(sys.stdin.read)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
