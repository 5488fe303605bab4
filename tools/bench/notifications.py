"""One change with many subscribers: how long until the last is told, and who waits meanwhile.

    python -m tools.bench.notifications [--subscribers 1000] [--endpoints 10] [--tls]

1,000 devices follow the DERControlList of one program, each by a subscription of its own; a control
is created. Printed are the time from that call to the last notification at the subscribers, and how
long requests of another device took that were made every 5 ms, before and meanwhile. Server and
subscribers share the machine's cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from statistics import quantiles

import gevent
import gevent.subprocess

from ieee2030_5_agent.notifier import Notifier
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.pki import Authority, make_ca
from ieee2030_5_agent.rest.messages import Request
from ieee2030_5_agent.sep.identity import format_sfdi, sfdi_of_lfdi
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings

PROGRAM = "A1"
EVERY_S = 0.005
BREATH_S = 0.001
LIMIT_S = 120.0


def main() -> None:
    """Runs the measurement, or the subscribers that it starts as a process of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--endpoints", type=int, default=10)
    parser.add_argument("--tls", action="store_true", help="mutual TLS with CCM8")
    parser.add_argument("--serve", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        asyncio.run(serve(options.endpoints, Path(options.serve), options.tls))
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(options.subscribers, options.endpoints, Path(folder), options.tls)


def measure(subscribers: int, endpoints: int, folder: Path, tls: bool) -> None:
    """Prints the figures."""
    section = keep_certificates(folder) if tls else {}
    lfdis = [sha256(b"%d" % number).hexdigest()[:40] for number in range(subscribers)]
    server = Server(
        Settings.load(
            {
                "devices": [{"lfdi": lfdi} for lfdi in lfdis],
                "programs": [{"mRID": PROGRAM, "primacy": 5, "all": True}],
                "subscriptions": section,
            }
        )
    )
    command = [sys.executable, "-m", "tools.bench.notifications", "--serve", str(folder)]
    command += ["--endpoints", str(endpoints), *(["--tls"] if tls else [])]
    process = gevent.subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        ports = json.loads(process.stdout.readline())
        subscribe(server, lfdis, ports, "https" if tls else "http")
        notifier = Notifier(server, print_problem)
        gevent.spawn(notifier.keep)
        waits: list[float] = []
        gevent.spawn(ask_on, server, waits)
        gevent.spawn(tell_on, server)
        gevent.sleep(2)
        before, waits[:] = list(waits), []
        began, cpu = time.time(), time.process_time()
        Operations(server).create_control(
            program=PROGRAM, duration=3600, modes={"opModMaxLimW": 5000}
        )
        ordered = time.time() - began
        with gevent.Timeout(LIMIT_S):
            while server.outbox.status()["sent"] < subscribers:
                gevent.sleep(0.01)
        cpu = time.process_time() - cpu
        arrived = [float(process.stdout.readline()) for _ in range(subscribers)]
    finally:
        process.kill()
        process.wait()
    print(f"{subscribers} subscribers on {endpoints} endpoints, {'TLS, CCM8' if tls else 'HTTP'}")
    print(f"  create_control returned after   {ordered * 1000:7.0f} ms")
    print(f"  first notification arrived after{(min(arrived) - began) * 1000:7.0f} ms")
    print(f"  last notification arrived after {(max(arrived) - began) * 1000:7.0f} ms")
    print(f"  CPU of the server               {cpu * 1000:7.0f} ms")
    for name, values in (("before", before), ("meanwhile", waits)):
        cuts = quantiles(values, n=100)
        print(
            f"  an unrelated GET {name:10} p50 {cuts[49] * 1000:6.1f} ms"
            f"   p99 {cuts[98] * 1000:6.1f} ms   longest {max(values) * 1000:6.1f} ms"
        )


def print_problem(problem: str | None) -> None:
    """What the agent would tell as its health."""
    if problem is not None:
        print(problem, file=sys.stderr)


def subscribe(server: Server, lfdis: list[str], ports: list[int], scheme: str) -> None:
    """Each device follows the controls of the one program."""
    program = server.fleet.programs.by_mrid(bytes.fromhex(PROGRAM))
    resource = server.href("DERControlList", derp=program.number)
    for number, lfdi in enumerate(lfdis):
        device = server.fleet.device(format_sfdi(sfdi_of_lfdi(lfdi)))
        uri = f"{scheme}://127.0.0.1:{ports[number % len(ports)]}/{number}"
        body = (
            '<Subscription xmlns="urn:ieee:std:2030.5:ns">'
            f"<subscribedResource>{resource}</subscribedResource><encoding>0</encoding>"
            f"<level>+S1</level><limit>100</limit><notificationURI>{uri}</notificationURI>"
            "</Subscription>"
        )
        path = server.href("SubscriptionList", edev=device.number)
        answer = server.handle(Request("POST", path, body=body.encode()))
        if answer.status != 201:
            raise SystemExit(answer.body.decode())


def ask_on(server: Server, waits: list[float]) -> None:
    """Requests at fixed moments; each waits from its moment until it is answered."""
    due = time.perf_counter()
    while True:
        due = max(due + EVERY_S, time.perf_counter() - 1)
        gevent.sleep(max(0.0, due - time.perf_counter()))
        server.handle(Request("GET", "/dcap/edev/0"))
        waits.append(time.perf_counter() - due)


def tell_on(server: Server) -> None:
    """What the agent's timer does after a control was created: tells its followers."""
    while True:
        server.fleet.dispatch.telling.tell_some()
        gevent.sleep(BREATH_S)


# --- the subscribers -----------------------------------------------------------------------------


def keep_certificates(folder: Path) -> dict[str, str]:
    """A CA and two certificates as files; the section ``subscriptions`` that names them."""
    authority: Authority = make_ca("bench")
    (folder / "ca.crt").write_bytes(authority.cert_pem)
    for name in ("server", "subscriber"):
        issued = authority.issue_device(name)
        (folder / f"{name}.crt").write_bytes(issued.chain_pem)
        (folder / f"{name}.key").write_bytes(issued.key_pem)
    return {
        "certificate": str(folder / "server.crt"),
        "key": str(folder / "server.key"),
        "ca": str(folder / "ca.crt"),
    }


async def serve(endpoints: int, folder: Path, tls: bool) -> None:
    """Endpoints that take everything; prints their ports, then the moment of each notification."""
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(folder / "subscriber.crt", folder / "subscriber.key")
        context.load_verify_locations(folder / "ca.crt")
        context.verify_mode = ssl.CERT_REQUIRED
    servers = [
        await asyncio.start_server(take, "127.0.0.1", 0, ssl=context) for _ in range(endpoints)
    ]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await asyncio.Event().wait()


async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection: each POST is answered 201."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
            print(time.time(), flush=True)
    except asyncio.IncompleteReadError:
        writer.close()


if __name__ == "__main__":
    main()
