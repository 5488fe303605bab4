"""How long a big fleet takes to start, in a process of its own that does nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic, process_time

from ieee2030_5_agent.model.points import PointMap
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings

from . import memory, site
from .figures import Figure

DEVICES = 10_000


def measure() -> Iterator[Figure]:
    rows = site.registry_rows(site.FULL_REGISTRY)
    clock, processor = memory.apart(seconds)
    name = f"start with {DEVICES} devices and a registry of {len(rows)} points"
    yield Figure(f"{name}: clock", clock, None, "s", "ours <= 3")
    # The same whatever else the machine does.
    yield Figure(f"{name}: processor", processor, None, "s")


def seconds() -> tuple[float, float]:
    """By the clock and of the processor: from what the configuration store has to the first answer.

    The agent's steps where nothing is kept on disk: a server, its configuration, the registry
    ``ieee2030_5.csv`` of the operator, whose points every device gets. This is the longer way; with
    a store the registry is known before the devices are; ``store_speed`` reads what is on disk.
    """
    devices = site.fleet(DEVICES)
    configuration = {"devices": [each.entry for each in devices]}
    rows = site.registry_rows(site.FULL_REGISTRY)
    began, used = monotonic(), process_time()
    server = Server(Settings.load({}))
    server.configure(Settings.load(configuration))
    server.fleet.set_default_points(PointMap.from_rows(rows))
    site.ask(server, "GET", devices[-1].href)
    return monotonic() - began, process_time() - used
