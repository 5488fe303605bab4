"""The agent's listener for tests: on a free port, in a thread with a gevent hub of its own.

The test's own sockets may block, or belong to another hub where VOLTTRON has patched them.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent

from ieee2030_5_agent.pki import Authority, Issued, make_ca
from ieee2030_5_agent.refusals import Refusals
from ieee2030_5_agent.rest.messages import Request, Response
from ieee2030_5_agent.settings import Listener
from ieee2030_5_agent.tls_listener.listener import TLSListener

LIMIT_S = 20.0


@dataclass
class Files:
    """A certificate authority and the files of a server, in one folder."""

    folder: Path
    ca: Authority

    @classmethod
    def make(cls, folder: Path) -> Files:
        files = cls(folder, make_ca("tests"))
        files.keep("ca", files.ca.cert_pem)
        files.issue_server()
        return files

    def issue_server(self) -> Issued:
        """A new certificate of the server, in the place of the former."""
        server = self.ca.issue_server(["localhost", "127.0.0.1"])
        self.keep("server", server.cert_pem, server.key_pem)
        return server

    def keep(self, name: str, cert_pem: bytes, key_pem: bytes = b"") -> tuple[str, str]:
        """Writes a certificate and its key; the two paths."""
        cert, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        cert.write_bytes(cert_pem)
        key.write_bytes(key_pem)
        return str(cert), str(key)

    def settings(self, **changes: Any) -> Listener:
        return Listener.read(
            {
                "address": "127.0.0.1:0",
                "certificate": str(self.folder / "server.crt"),
                "key": str(self.folder / "server.key"),
                "ca": str(self.folder / "ca.crt"),
            }
            | changes
        )

    def client(self, name: str, issued: Issued | None = None) -> ssl.SSLContext:
        """A client with a certificate: of the authority, or another one that is given."""
        issued = issued or self.ca.issue_device(name)
        context = self.anonymous()
        context.load_cert_chain(*self.keep(name, issued.chain_pem, issued.key_pem))
        return context

    def anonymous(self) -> ssl.SSLContext:
        """A client without certificate."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        context.set_ciphers("ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context


@dataclass
class Hosted:
    """A running listener."""

    listener: TLSListener
    refusals: Refusals
    port: int
    run: Callable[[Callable[[], object]], None]

    def refused(self) -> dict[str, int]:
        """How often, by reason."""
        found: dict[str, int] = {}
        self.run(  # where they are counted, so that they do not change while they are read
            lambda: found.update(
                {reason: entry["count"] for reason, entry in self.refusals.summary().items()}
            )
        )
        return found


@contextmanager
def hosted(
    handle: Callable[[Request], Response], settings: Listener, max_body: int = 2**20
) -> Iterator[Hosted]:
    """A listener that runs as long as the context. ``run`` does something in its thread."""
    ready, stopped = threading.Event(), threading.Event()
    found: list[Any] = []

    def main() -> None:
        hub = gevent.get_hub()
        wake = hub.loop.async_()
        tasks: list[tuple[Callable[[], object], threading.Event]] = []
        try:
            refusals = Refusals(lambda: 0.0)
            listener = TLSListener(handle, settings, max_body, refusals)
            listener.start()

            def run(task: Callable[[], object]) -> None:
                done = threading.Event()
                tasks.append((task, done))
                wake.send()
                assert done.wait(LIMIT_S)

            found.append(Hosted(listener, refusals, listener.port, run))
            ready.set()
            while not stopped.is_set():
                hub.wait(wake)
                while tasks:
                    task, done = tasks.pop(0)
                    task()
                    done.set()
            listener.stop()
        except BaseException as failure:
            found.append(failure)
            ready.set()
            raise
        finally:
            hub.destroy(destroy_loop=True)

    thread = threading.Thread(target=main, name="listener", daemon=True)
    thread.start()
    assert ready.wait(LIMIT_S)
    if isinstance(found[0], BaseException):
        raise found[0]
    try:
        yield found[0]
    finally:
        found[0].run(stopped.set)
        thread.join(LIMIT_S)
        assert not thread.is_alive()
