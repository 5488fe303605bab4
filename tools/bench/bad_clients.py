"""How a good device fares while bad clients do their worst to the agent's own listener.

``python -m tools.bench.bad_clients [--clients 100] [--seconds 30]`` starts a server in a process
of its own, lets a device ask it alone, then among the bad clients, and prints the latency of both.
The bad clients run in processes of their own as well, from addresses of their own (127.0.0.0/8);
nice, because in life their processors are not the server's.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import socket
import ssl
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from ieee2030_5_agent.pki import make_ca
from ieee2030_5_agent.server import MAX_TAGS

HOST = "127.0.0.1"
PROCESSES = 4
NICE = 5
PAUSE_S = 0.02  # between the good device's requests
TIMEOUT_S = 60.0
REQUEST = b"GET /dcap HTTP/1.1\r\nHost: localhost\r\n\r\n"
# As many elements as are read, and then nothing is kept.
_BEGIN = b'<MirrorUsagePoint xmlns="urn:ieee:std:2030.5:ns"><mRID>0A</mRID>'
_END = b"</MirrorUsagePoint>"
EXPENSIVE = _BEGIN + b"<a/>" * (MAX_TAGS - (_BEGIN + _END).count(b"<")) + _END


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server is, and the folder with the certificates of all."""

    port: int
    folder: Path

    def context(self, name: str) -> ssl.SSLContext:
        """What a client needs that has the certificate ``name``."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")
        context.load_cert_chain(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        return context

    def plain(self, source: str) -> socket.socket:
        """A connection without TLS."""
        connected = socket.create_connection(
            (HOST, self.port), timeout=5, source_address=(source, 0)
        )
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    def secure(self, context: ssl.SSLContext, source: str) -> ssl.SSLSocket:
        """A connection with TLS."""
        return context.wrap_socket(self.plain(source), server_hostname="localhost")


# --- what bad clients do; each goes on until its connection ends ---------------------------------


def silence(place: Place, context: ssl.SSLContext, source: str) -> None:
    """Connects and says nothing."""
    with place.plain(source) as plain:
        plain.recv(1)


def garbage(place: Place, context: ssl.SSLContext, source: str) -> None:
    """Says something that is no TLS."""
    with place.plain(source) as plain:
        plain.sendall(random.randbytes(500))
        plain.recv(1)


def stranger(place: Place, context: ssl.SSLContext, source: str) -> None:
    """Shows a certificate of an authority that nobody trusts, again and again."""
    with place.secure(place.context("foreign"), source) as secure:
        secure.recv(1)


def handshakes(place: Place, context: ssl.SSLContext, source: str) -> None:
    """Does nothing but handshakes."""
    with place.secure(context, source):
        pass


def slow_header(place: Place, context: ssl.SSLContext, source: str) -> None:
    """Sends a header that never ends, an octet at a time."""
    with place.secure(context, source) as secure:
        secure.sendall(b"GET /dcap HTTP/1.1\r\nX: ")
        while True:
            secure.sendall(b"x")
            time.sleep(0.1)


def large(place: Place, context: ssl.SSLContext, source: str) -> None:
    """Sends more than the server takes."""
    with place.secure(context, source) as secure:
        secure.sendall(b"PUT /dcap HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            secure.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")


def nonsense(place: Place, context: ssl.SSLContext, source: str) -> None:
    """Asks for what does not exist, with bodies that are no XML, as fast as it can."""
    with place.secure(context, source) as secure:
        while True:
            secure.sendall(
                b"PUT /dcap/edev/0/ps HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n<a>"
            )
            if not secure.recv(4096):
                return


def expensive(place: Place, context: ssl.SSLContext, source: str) -> None:
    """Sends complete documents that take longest to read; the server knows no such device."""
    head = f"POST /dcap/mup HTTP/1.1\r\nHost: x\r\nContent-Length: {len(EXPENSIVE)}\r\n\r\n"
    with place.secure(context, source) as secure:
        while True:
            secure.sendall(head.encode() + EXPENSIVE)
            if not secure.recv(4096):
                return


def expensive_registered(place: Place, context: ssl.SSLContext, source: str) -> None:
    """The same with the certificate of a registered device."""
    expensive(place, place.context("turncoat"), source)


def flood(place: Place, context: ssl.SSLContext, source: str) -> None:
    """Sends requests and never reads an answer."""
    with place.secure(context, source) as secure:
        while True:
            secure.sendall(REQUEST * 100)


DEEDS: tuple[Callable[[Place, ssl.SSLContext, str], None], ...] = (
    silence,
    garbage,
    stranger,
    handshakes,
    slow_header,
    large,
    nonsense,
    expensive,
    expensive_registered,
    flood,
)


def misbehave(place: Place, number: int, until: float, told: Connection) -> None:
    """One process of bad clients: a thread for each, all at their worst until the time is over."""
    os.nice(NICE)
    counts: Counter[str] = Counter()
    context = place.context("bad")

    def client(index: int) -> None:
        deed = DEEDS[index % len(DEEDS)]
        source = f"127.0.{1 + index // 250}.{1 + index % 250}"
        while time.time() < until:
            try:
                deed(place, context, source)
            except OSError:
                time.sleep(0.001)  # refused: that is what the server is for
            counts[deed.__name__] += 1

    for index in range(number, number + told.recv()):
        threading.Thread(target=client, args=(index,), daemon=True).start()
    time.sleep(max(until - time.time(), 0))
    told.send(dict(counts))


# --- the good device -----------------------------------------------------------------------------


def ask(place: Place, context: ssl.SSLContext, seconds: float) -> tuple[list[float], list[float]]:
    """Latencies in seconds: of requests on a connection that is kept, and of new connections.

    A request without a good answer ends the measurement with an exception.
    """
    kept, fresh = [], []
    end = time.monotonic() + seconds
    secure = place.secure(context, HOST)
    secure.settimeout(TIMEOUT_S)
    while time.monotonic() < end:
        kept.append(_request(secure))
        if len(kept) % 20 == 0:
            began = time.monotonic()
            with place.secure(context, HOST) as another:
                another.settimeout(TIMEOUT_S)
                _request(another)
            fresh.append(time.monotonic() - began)
        time.sleep(PAUSE_S)
    secure.close()
    return kept, fresh


def _request(secure: ssl.SSLSocket) -> float:
    began = time.monotonic()
    secure.sendall(REQUEST)
    answer = secure.recv(65536)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"the good device was not served: {answer[:100]!r}")
    return time.monotonic() - began


def serve(folder: Path, lfdis: list[str], told: Connection) -> None:
    """The server's process."""
    import gevent

    from ieee2030_5_agent.server import Server
    from ieee2030_5_agent.settings import Settings
    from ieee2030_5_agent.tls_listener.listener import TLSListener

    files = {"certificate": "server.crt", "key": "server.key", "ca": "ca.crt"}
    settings = Settings.load(
        {
            "devices": [{"lfdi": lfdi} for lfdi in lfdis],
            "access": "certificate",
            "listener": {
                "address": f"{HOST}:0",
                **{key: str(folder / name) for key, name in files.items()},
            },
        }
    )
    server = Server(settings)
    if settings.listener is None:
        raise ValueError("the listener is configured above")
    listener = TLSListener(
        server.handle, settings.listener, settings.max_body_bytes, server.refusals
    )
    listener.start()
    told.send(listener.port)
    while not told.poll():
        gevent.sleep(0.2)
    told.recv()
    # Of Linux: seconds on a processor, and in the queue for one.
    ran, waited, _ = Path("/proc/self/schedstat").read_text().split()
    told.send({**server.status(), "ran_s": int(ran) / 1e9, "waited_s": int(waited) / 1e9})


def write_certificates(folder: Path) -> list[str]:
    """Certificates of the server, of the good device and of the bad; LFDIs of the registered."""
    ca = make_ca("bench")
    good, turncoat = ca.issue_device("good"), ca.issue_device("turncoat")
    for name, issued in {
        "server": ca.issue_server(["localhost"]),
        "good": good,
        "turncoat": turncoat,
        "bad": ca.issue_device("bad"),
        "foreign": make_ca("foreign").issue_device("foreign"),
    }.items():
        (folder / f"{name}.crt").write_bytes(issued.cert_pem)
        (folder / f"{name}.key").write_bytes(issued.key_pem)
    (folder / "ca.crt").write_bytes(ca.cert_pem)
    return [good.lfdi, turncoat.lfdi]


def told_of(name: str, seconds: list[float]) -> str:
    """A line of the table, in milliseconds."""
    values = sorted(1000 * value for value in seconds)
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return (
        f"{name:34} {len(values):6} {cuts[49]:9.1f} {cuts[94]:9.1f} {cuts[98]:9.1f}"
        f" {values[-1]:9.1f}"
    )


def main() -> None:
    """Runs the bench and prints its table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clients", type=int, default=100)
    options.add_argument("--seconds", type=float, default=30.0)
    chosen = options.parse_args()
    out = sys.stdout
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lfdis = write_certificates(folder)
        spawn = multiprocessing.get_context("spawn")
        told, theirs = spawn.Pipe()
        server = spawn.Process(target=serve, args=(folder, lfdis, theirs))
        server.start()
        place = Place(told.recv(), folder)
        context = place.context("good")
        out.write(f"{'good device, ms':34} {'n':>6} {'p50':>9} {'p95':>9} {'p99':>9} {'max':>9}\n")
        alone = ask(place, context, chosen.seconds / 3)
        out.write(told_of("alone, connection kept", alone[0]) + "\n")
        out.write(told_of("alone, with handshake", alone[1]) + "\n")
        until = time.time() + chosen.seconds
        workers = []
        share = -(-chosen.clients // PROCESSES)
        for number in range(0, chosen.clients, share):
            ours, away = spawn.Pipe()
            worker = spawn.Process(target=misbehave, args=(place, number, until, away))
            worker.start()
            ours.send(min(share, chosen.clients - number))
            workers.append((worker, ours))
        amid = ask(place, context, until - time.time() - 0.5)
        out.write(told_of(f"among {chosen.clients} bad clients, kept", amid[0]) + "\n")
        out.write(told_of(f"among {chosen.clients}, with handshake", amid[1]) + "\n")
        done: Counter[str] = Counter()
        for worker, ours in workers:
            done.update(ours.recv())
            worker.join()
        told.send("stop")
        status = told.recv()
        server.join()
    # Where it had to wait for other programs, the figures tell more of them than of the server.
    out.write(
        f"server: {status['ran_s']:.1f} s on a processor,"
        f" {status['waited_s']:.1f} s waiting for one, in {status['uptime_s']:.0f} s\n"
    )
    out.write(f"bad deeds: {dict(done)}\n")
    refused = {why: entry["count"] for why, entry in status["refusals"].items()}
    out.write(f"answers: {status['requests_by_status']}\nrefused: {refused}\n")


if __name__ == "__main__":
    main()
