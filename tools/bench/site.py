"""A Server with a fleet of any size, filled through its front door as devices fill it."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from ieee2030_5_agent.model.drafts import Draft
from ieee2030_5_agent.model.programs import Program
from ieee2030_5_agent.rest.messages import MEDIA_TYPE, Client, Request, Response
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.sep.identity import format_sfdi, sfdi_of_lfdi
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings

from . import documents

START = 1_780_000_000.0
# Controls of five minutes; the first begins in an hour.
CONTROL_S, LEAD_S = 300, 3600
# The 26 points that the original agent had.
REGISTRY = Path(__file__).parents[2] / "config" / "ieee2030_5_original.csv"
# All that can be said about a DER: what the agent starts with, and an operator changes.
FULL_REGISTRY = REGISTRY.with_name("ieee2030_5.csv")


class Device(NamedTuple):
    """A device of the fleet; ``number`` is that of its EndDevice when it is alone in the fleet."""

    number: int
    lfdi: str
    sfdi: str

    @property
    def href(self) -> str:
        return f"/dcap/edev/{self.number}"

    @property
    def entry(self) -> dict[str, str]:
        """Its entry in ``devices`` of the agent's configuration."""
        return {"sfdi": self.sfdi, "lfdi": self.lfdi}


def device(number: int) -> Device:
    """The device with this number; always the same."""
    return device_of(number, hashlib.sha256(f"bench {number}".encode()).hexdigest()[:40].upper())


def device_of(number: int, lfdi: str) -> Device:
    """A device with an LFDI."""
    return Device(number, lfdi, format_sfdi(sfdi_of_lfdi(lfdi)))


def fleet(count: int) -> list[Device]:
    return [device(number) for number in range(count)]


def registry_rows(registry: Path = REGISTRY) -> list[dict[str, str]]:
    """The rows of a registry, as the configuration store has them."""
    with registry.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def start(devices: Iterable[Device], clock: Callable[[], float] = lambda: START) -> Server:
    """A server that knows the devices from its configuration."""
    return Server(Settings.load({"devices": [each.entry for each in devices]}), clock)


def ask(
    server: Server, method: str, path: str, body: bytes = b"", lfdi: str | None = None
) -> Response:
    """One request, as platform.web would pass it on, or with the certificate of a device; must
    succeed."""
    path, _, query = path.partition("?")
    content_type = MEDIA_TYPE if body else None
    client = Client(lfdi)
    response = server.handle(Request(method, path, query, body, content_type, client=client))
    if response.status >= 400:
        raise RuntimeError(f"{method} {path}: {response.status} {response.body!r}")
    return response


def fill(server: Server, device: Device, less: int = 0) -> str:
    """Sends every resource of a device; the URI of its MirrorUsagePoint.

    ``less``: by so many each quantity is smaller, as what a device sends later is another.
    """
    for name, place in documents.PLACES.items():
        body = documents.document(name, lfdi=device.lfdi, number=device.number)
        ask(server, "PUT", device.href + place, documents.with_other_values(body, less))
    mirror = documents.with_other_values(documents.mirror(device.lfdi, device.number), less)
    created = ask(server, "POST", "/dcap/mup", mirror)
    return dict(created.headers)["Location"]


def schedule(server: Server, device: Device, count: int) -> None:
    """Controls in the device's own program."""
    program = server.fleet.programs.by_number(server.fleet.device(device.sfdi).program)
    if program is None:
        raise RuntimeError(f"device {device.sfdi} has no program of its own")
    schedule_in(server, program, count)


def schedule_in(server: Server, program: Program, count: int) -> None:
    """Controls of five minutes in a program, one after the other, from in an hour on. Straight to
    the dispatch: reading what an operator writes is not what is measured."""
    first = int(START) + LEAD_S
    for place in range(count):
        base = models.DERControlBase(opModMaxLimW=5000 + place)
        draft = Draft(base=base, start=first + CONTROL_S * place, duration=CONTROL_S)
        server.fleet.dispatch.create(program, draft)


def in_turn(calls: Iterable[Callable[[], object]]) -> Callable[[], object]:
    """A call that makes one of several calls each time, so that no device is asked twice in a
    row and caches see the fleet as it is."""
    turns: Iterator[Callable[[], object]] = cycle(list(calls))
    return lambda: next(turns)()
