"""``Server.handle`` in a big fleet beside the same in a small one: a request must not feel it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings

from . import documents, site
from .figures import Figure
from .timing import side_by_side

SMALL, BIG = 10, 10_000
CONTROLS_EACH = 10
# Distinct requests in turn; more than a processor's caches hold of the big fleet.
ASKED = 2_000
# Programs that an aggregator reads, each for a group of a single device.
FEEDERS = 8

Calls = dict[str, Callable[[], object]]


def measure() -> Iterator[Figure]:
    small, big = calls(SMALL), calls(BIG)
    for name in small:
        taken = side_by_side({"big": big[name], "small": small[name]})
        yield Figure(
            f"{name}, {BIG} devices / {SMALL}",
            taken["big"] * 1e6,
            taken["small"] * 1e6,
            "us",
            "ratio <= 1.2",
        )


def figures() -> list[Figure]:
    """All of them, for a process that is asked once."""
    return list(measure())


def calls(count: int) -> Calls:
    """The requests of devices of a filled fleet in turn, and those of an aggregator."""
    devices = site.fleet(count)
    server = site.start(devices)
    mirrors = {}
    # Nothing of it is garbage; to look for some takes a third of the time.
    gc.disable()
    for each in devices:
        mirrors[each] = site.fill(server, each)
        site.schedule(server, each, CONTROLS_EACH)
    gc.enable()
    step = max(1, count // ASKED)
    asked = devices[::step]
    return {
        "PUT DERStatus": site.in_turn(put_status(server, each) for each in asked),
        "POST MirrorMeterReading": site.in_turn(
            post_reading(server, each, mirrors[each]) for each in asked
        ),
        "GET DERControlList page": site.in_turn(get_controls(server, each) for each in asked),
        "GET DERControlList page by an aggregator": site.in_turn(aggregated(devices)),
    }


def aggregated(devices: Sequence[site.Device]) -> Iterator[Callable[[], object]]:
    """An aggregator that manages all devices reads programs that only the last of them follow, so
    that whoever looks for a follower among its devices passes by nearly all."""
    aggregator = site.device(len(devices))
    last = sorted(devices, key=lambda each: each.sfdi)[-FEEDERS:]
    groups = {each.sfdi: [f"feeder {place}"] for place, each in enumerate(last)}
    managed = [
        each.entry | {"aggregator": aggregator.sfdi, "groups": groups.get(each.sfdi, [])}
        for each in devices
    ]
    programs = [
        {"mRID": f"{place + 1:032X}", "primacy": 5, "groups": names}
        for place, names in enumerate(groups.values())
    ]
    settings = {"aggregators": [aggregator.entry], "devices": managed, "programs": programs}
    server = Server(Settings.load(settings), lambda: site.START)
    for program in server.fleet.programs.all:
        if not program.is_own:
            site.schedule_in(server, program, CONTROLS_EACH)
            path = f"/dcap/derp/{program.number}/derc?l=10"
            yield partial(site.ask, server, "GET", path, lfdi=aggregator.lfdi)


def put_status(server: Server, device: site.Device) -> Callable[[], object]:
    """Two states in turn, so that points really change."""
    href = device.href + documents.PLACES["DERStatus"]
    bodies = documents.statuses()
    return site.in_turn(partial(site.ask, server, "PUT", href, body) for body in bodies)


def post_reading(server: Server, device: site.Device, href: str) -> Callable[[], object]:
    mrid = f"{documents.reading_mrid(device.number, 0):032X}"
    bodies = [
        documents.document("MirrorMeterReading", mrid=mrid, value=value) for value in (38, 39)
    ]
    return site.in_turn(partial(site.ask, server, "POST", href, body) for body in bodies)


def get_controls(server: Server, device: site.Device) -> Callable[[], object]:
    return partial(site.ask, server, "GET", device.href + "/derc?l=10")
