"""What happens in the demo, in the order in which a user would do it by hand."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import gevent

from tools.private_platform import Peer, PlatformProblem, PrivatePlatform, processes, until

from . import py20305_client
from .certificates import HOST, Certificates
from .ders import BATTERY, Der, all_ders
from .events import RUNS_WATTS, Events
from .view import LineView, TableView, View

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = PROJECT / "config"
FOLDER = PROJECT / ".demo"

AGENT, DRIVER, VIEWER = "ieee2030_5", "platform.driver", "demo.viewer"
SET_POINT, SET_WATTS = "b124_WChaMax", 2000.0
POWER = "b113_DCW"  # of the battery; positive discharges
SET_AFTER_S = 12.0
# The driver publishes every 5 s, and what devices measure is never twice the same.
FRESH_S = 12.0
# How often devices that ask the server for it report.
POST_RATE_S = 2
# One for all three, so that their points stand side by side.
REGISTRY = CONFIG / "points" / "legacy.csv"
WITHIN_W = 100.0


# What each agent of the demo may do beyond reading; nothing else is granted to anybody.
GRANTS = {
    AGENT: ("platform.web.register_agent_route",),
    DRIVER: tuple(f"{AGENT}.{call}" for call in ("config_points", "set_point", "revert_point")),
    VIEWER: tuple(f"{AGENT}.{call}" for call in ("create_control", "cancel_control")),
}


class DemoFailed(Exception):
    """The demo did not show what it should; the text says why."""


def run(seconds: float | None, say: Callable[[str], None]) -> None:
    """The whole demo: for some seconds of live view, or until it is interrupted."""
    with ExitStack() as cleanup:
        platform = PrivatePlatform(FOLDER, say)
        cleanup.enter_context(platform)
        install(platform, say)
        credentials = platform.make_peer_credentials(VIEWER)
        say("ieee2030-5 pki: an authority, the server's certificate, two devices' (2 s)")
        certificates = Certificates(platform.folder / "pki", platform.run)
        ders = all_ders(certificates)
        (port,) = processes.free_ports(1)
        configure(platform, ders, certificates.listener(port), say)
        peer = Peer(credentials, platform.vip_address)
        cleanup.callback(peer.close)
        start_agents(platform, peer, say)
        servers = Servers(platform.web_address, f"https://{HOST}:{port}", certificates.authority)
        say(f"the battery speaks HTTP to {servers.web}/dcap, VOLTTRON's web service")
        say(f"EV charger and inverter speak mutual TLS to {servers.listener}/dcap, the agent's")
        say("listener; the inverter by py20305, the open client of the SunSpec Alliance")
        simulators = cleanup.enter_context(simulated_ders(platform, ders, servers))
        show(peer, ders, simulators, seconds)
        cleanup.callback(say, "stopping VOLTTRON (about 3 s)")


def install(platform: PrivatePlatform, say: Callable[[str], None]) -> None:
    """The agent from this folder, the platform driver from the package index."""
    say(f"vctl install {PROJECT.name} (about 10 s)")
    platform.install(str(PROJECT), AGENT, default=True)
    say("vctl install volttron-platform-driver (about 3 s)")
    platform.install("volttron-platform-driver", DRIVER)


def configure(
    platform: PrivatePlatform,
    ders: Sequence[Der],
    listener: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """What VOLTTRON demands for routes and calls; config/ plus the listener and its devices."""
    say("vctl authz add, vctl config store (about 6 s)")
    for identity, capabilities in GRANTS.items():
        platform.authorize(identity, *capabilities)
    agent = json.loads((CONFIG / "agent.json").read_text())
    known = {device["sfdi"] for device in agent["devices"]}
    agent["devices"] += [
        {"sfdi": der.sfdi, "lfdi": der.lfdi} for der in ders if der.sfdi not in known
    ]
    agent["listener"] = listener
    agent["post_rate"] = POST_RATE_S
    platform.store(AGENT, "config", written(platform, "agent.json", agent))
    platform.store(DRIVER, REGISTRY.name, REGISTRY)
    for der in ders:
        device = json.loads((CONFIG / "devices" / "battery.json").read_text())
        device["remote_config"]["sfdi"] = der.sfdi
        device["registry_config"] = f"config://{REGISTRY.name}"
        platform.store(DRIVER, der.topic, written(platform, f"{der.kind}.json", device))


def written(platform: PrivatePlatform, name: str, content: object) -> Path:
    """A configuration file of the demo's own."""
    file = platform.folder / name
    file.write_text(json.dumps(content, indent=4))
    return file


def start_agents(platform: PrivatePlatform, peer: Peer, say: Callable[[str], None]) -> None:
    """Starts both and waits until they are on the bus."""
    say("vctl start (about 3 s)")
    for identity in (AGENT, DRIVER):
        platform.start_agent(identity)
    for identity in (AGENT, DRIVER):
        until(lambda who=identity: who in peer.peers(), f"{identity} on the message bus", 20)  # type: ignore[misc]


class Servers(NamedTuple):
    """Where devices find the server, and whose certificates they trust."""

    web: str
    listener: str
    authority: Path

    def simulator(self, der: Der, folder: Path) -> list[str]:
        """The command that runs a device."""
        if der.py20305:
            return py20305_client.command(der, self.listener, self.authority, folder)
        return [
            *(sys.executable, "-m", "tools.demo.simulators", der.kind),
            *("--sfdi", der.sfdi, "--lfdi", der.lfdi),
            *self._way(der),
        ]

    def _way(self, der: Der) -> list[str]:
        if der.certificate is None:
            return ["--server", self.web]
        return [
            *("--server", self.listener),
            *("--certificate", str(der.certificate), "--ca", str(self.authority)),
        ]


@contextmanager
def simulated_ders(
    platform: PrivatePlatform, ders: Sequence[Der], servers: Servers
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """The three devices as processes of their own, with their output in a file each."""
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for der in ders:
            running[der.kind] = platform.spawn(
                servers.simulator(der, platform.folder),
                log=platform.folder / f"{der.kind}.log",
                cwd=PROJECT,
            )
        yield running
    finally:
        processes.end(running.values())


def show(
    peer: Peer,
    ders: Sequence[Der],
    simulators: dict[str, subprocess.Popen[bytes]],
    seconds: float | None,
) -> None:
    """The live view, what an operator does in the middle of it, and the verdict at its end."""
    kind = TableView if sys.stdout.isatty() else LineView
    view = kind({der.topic: der.name for der in ders}, REGISTRY)
    peer.listen("devices/demo/", view.receive)
    events = Events(peer, AGENT, BATTERY.sfdi, SET_POINT, view.say)
    end = None if seconds is None else time.monotonic() + seconds
    is_set = follows = False
    while end is None or time.monotonic() < end:
        check_simulators(simulators)
        age = time.monotonic() - view.started
        if not is_set and age > SET_AFTER_S and not missing(view, BATTERY):
            set_power(peer, view)
            is_set = True
        if is_set and not follows and follows_command(view, SET_WATTS):
            follows = True
            say_power(view, "its set point")
        events.advance(ready=follows)
        if follows_command(view, RUNS_WATTS) and events.follows():
            say_power(view, "the scheduled event")
        view.refresh()
        gevent.sleep(0.25)
    view.finish()
    judge(view, ders, events, is_set=is_set, follows=follows)


def check_simulators(simulators: dict[str, subprocess.Popen[bytes]]) -> None:
    """A device that died is the end of the demo."""
    for kind, process in simulators.items():
        if process.poll() is not None:
            raise DemoFailed(
                f"the simulated {kind} ended with {process.returncode}, see .demo/{kind}.log"
            )


def set_power(peer: Peer, view: View) -> None:
    """What a control application would do."""
    device = BATTERY.topic.removeprefix("devices/")
    answer = peer.rpc(DRIVER, "set_point", device, SET_POINT, SET_WATTS)
    view.say(f"platform.driver.set_point('{device}', '{SET_POINT}', {SET_WATTS:g}) = {answer:g}")


def follows_command(view: View, watts: float) -> bool:
    """What was commanded is read back, and the power has become what it says."""
    seen = view.seen.get(BATTERY.topic)
    power = None if seen is None else seen.values.get(POWER)
    return (
        seen is not None
        and seen.values.get(SET_POINT) == watts
        and power is not None
        and abs(power + watts) <= WITHIN_W
    )


def say_power(view: View, what: str) -> None:
    """What the battery does now."""
    power = view.seen[BATTERY.topic].values[POWER]
    view.say(f"the battery follows {what}: {POWER} is {power:.0f} W (positive discharges)")


def missing(view: View, der: Der) -> list[str]:
    """The points that a device should have on the bus by now and has not."""
    seen = view.seen.get(der.topic)
    if seen is None:
        return sorted(der.points)
    return sorted(point for point in der.points if seen.values.get(point) is None)


def judge(view: View, ders: Sequence[Der], events: Events, *, is_set: bool, follows: bool) -> None:
    """Raises DemoFailed with all that is not as it should be."""
    problems = []
    now = time.monotonic()
    for der in ders:
        seen = view.seen.get(der.topic)
        if seen is None:
            problems.append(f"{der.topic}: nothing was published")
            continue
        if now - seen.changed_at > FRESH_S:
            problems.append(f"{der.topic}: no new values for {now - seen.changed_at:.0f} s")
        lacking = missing(view, der)
        if lacking:
            problems.append(f"{der.topic}: never a value for {', '.join(lacking)}")
    if not is_set:
        problems.append(f"{SET_POINT} could not be set: the battery was never complete")
    elif not follows:
        values = view.seen[BATTERY.topic].values
        problems.append(
            f"{SET_POINT} was set to {SET_WATTS:g} W, but it reads {values.get(SET_POINT)} and "
            f"{POWER} is {values.get(POWER)}"
        )
    problems += events.problems()
    if problems:
        raise DemoFailed("\n".join(problems))


__all__ = ["DemoFailed", "PlatformProblem", "run"]
