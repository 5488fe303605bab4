"""A platform for measuring: our agent with a filled fleet, and others, all run by hand.

Agents run from this checkout and not from wheels: nothing is installed, so it boots in seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import Any, NamedTuple
from urllib.request import urlopen

from gevent.pool import Pool

from tools.private_platform import Peer, PrivatePlatform, Recording, processes, until

from . import certificates, site
from .constant_agent import ROOT

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / ".cache" / "bench-platform"
AGENT, CONSTANT, PEER = "ieee2030_5", "bench.constant", "bench.peer"
STORE = "platform.config_store"
STORED_AT_ONCE = 16
REGISTRY = "points.csv"
DEVICES = 1_000
READY_S = 60.0
# Where platform.driver looks for a driver_type, and what it is to find there.
INTERFACES = Path("volttron", "driver", "interfaces")
DRIVERS = {
    "ieee2030_5": PROJECT / "ieee2030_5_driver",
    "own_remote": Path(__file__).with_name("reference_drivers"),
    "shared_remote": Path(__file__).with_name("reference_drivers"),
}


class Driver(NamedTuple):
    """A platform driver that runs, and what of the bus is below the topics of its devices."""

    identity: str
    process: Popen[bytes]
    bus: Recording


class BenchPlatform:
    """Platform with our agent, whose fleet is filled, and the constant agent; a peer asks them."""

    def __init__(self, private: PrivatePlatform) -> None:
        self._private = private
        self.certificates = private.folder / "certificates"
        certificates.make(self.certificates, DEVICES)
        self.devices = [
            certificates.load_device(self.certificates, number) for number in range(DEVICES)
        ]
        self.web_port = int(private.web_address.rpartition(":")[2])
        (self.tls_port,) = processes.free_ports(1)
        self.peer = Peer(private.make_peer_credentials(PEER, admin=True), private.vip_address)
        for identity in (AGENT, CONSTANT):
            private.make_peer_credentials(identity)
            private.authorize(identity, "platform.web.register_agent_route")
        self._drivers = private.folder / "drivers"
        (self._drivers / INTERFACES).mkdir(parents=True)
        for name, folder in DRIVERS.items():
            (self._drivers / INTERFACES / name).symlink_to(folder)
        self._agents: list[Popen[bytes]] = []

    @property
    def agent(self) -> Popen[bytes]:
        """The process of our agent."""
        return self._agents[0]

    def start_agents(self) -> None:
        """Ours with its fleet, and the constant one."""
        address = f"127.0.0.1:{self.tls_port}"
        self._store(
            AGENT,
            "config",
            {
                "devices": [each.entry for each in self.devices],
                "listener": certificates.section(self.certificates, address, 2 * DEVICES),
            },
        )
        self._agents = [
            self._private.start_by_hand(identity, module)
            for identity, module in (
                (AGENT, "tools.bench.filled_agent"),
                (CONSTANT, "tools.bench.constant_agent"),
            )
        ]
        until(
            lambda: {AGENT, CONSTANT} <= set(self.peer.peers()), "both agents on the bus", READY_S
        )
        until(lambda: self.peer.rpc(AGENT, "bench_filled") == DEVICES, "a filled fleet", READY_S)
        for root in (ROOT, "/dcap"):
            until(partial(self._answers, root), f"an answer from {root}", READY_S)

    def _answers(self, path: str) -> bool:
        try:
            with urlopen(self._private.web_address + path, timeout=5) as answer:  # noqa: S310 - own
                return bool(answer.status == 200)
        except OSError:
            return False

    def close(self) -> None:
        """Ends what was started by hand: a platform that stops would wait for it in vain."""
        processes.end(self._agents)
        self.peer.close()

    def calls(self) -> int:
        """How often the driver has asked our agent for values so far."""
        return sum(self.peer.rpc(AGENT, "bench_calls").values())

    def connections(self) -> int:
        """How many connections our listener has."""
        return int(self.peer.rpc(AGENT, "bench_connections"))

    @contextmanager
    def polled(
        self, driver_type: str, count: int, interval_s: int, first_s: float, **remote: object
    ) -> Iterator[Driver]:
        """A platform driver with some devices, from when each was published once.

        It has an identity of its own, so that its store has no devices of others.
        """
        identity = f"bench.{driver_type}.{count}"
        self._private.make_peer_credentials(identity, admin=True)
        prefix = f"devices/{driver_type}{count}/"
        topics = [f"{prefix}d{each.number}" for each in self.devices[:count]]
        self._store(identity, REGISTRY, site.REGISTRY.read_text(encoding="utf-8"))

        def configure(device: site.Device, topic: str) -> None:
            configuration: dict[str, Any] = {
                "remote_config": {"driver_type": driver_type, "sfdi": device.sfdi, **remote},
                "registry_config": f"config://{REGISTRY}",
                "equipment_specific_fields": {"sfdi": device.sfdi},
                "interval": interval_s,
            }
            self._store(identity, topic, configuration)

        pool = Pool(STORED_AT_ONCE)
        list(pool.imap_unordered(configure, self.devices[:count], topics))
        wanted = {f"{topic}/multi" for topic in topics}
        with self.peer.bus(prefix) as bus, self._driver(identity) as process:
            until(
                lambda: wanted <= {message.topic for message in bus},
                f"a publish of each of {count} devices",
                first_s,
            )
            yield Driver(identity, process, bus)

    def schedule(self, driver: Driver) -> dict[str, Any]:
        """When its devices are polled, as it tells everybody: by group."""
        schedule: dict[str, Any] = self.peer.rpc(driver.identity, "get_poll_schedule", True)
        return schedule

    @contextmanager
    def _driver(self, identity: str) -> Iterator[Popen[bytes]]:
        """The platform driver with what is stored for it, to the end of the block."""
        variables = {"PYTHONPATH": str(self._drivers)}
        process = self._private.start_by_hand(identity, "platform_driver.agent", variables)
        try:
            yield process
        finally:
            processes.end([process])

    def _store(self, identity: str, name: str, content: object) -> None:
        """Writes a configuration of an agent, as CSV where it is text."""
        kind, raw = ("csv", content) if isinstance(content, str) else ("json", json.dumps(content))
        self.peer.rpc(STORE, "set_config", identity, name, raw, kind, timeout=READY_S)


@contextmanager
def running() -> Iterator[BenchPlatform]:
    """The platform, booted and with its agents, for a block."""
    with PrivatePlatform(FOLDER) as private:
        platform = BenchPlatform(private)
        try:
            platform.start_agents()
            yield platform
        finally:
            platform.close()
