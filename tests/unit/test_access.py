"""What an aggregator sees of programs: those of its devices, at no cost that grows with them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest

from ieee2030_5_agent.model.fleet import Fleet
from ieee2030_5_agent.model.program import Assignment, Program
from ieee2030_5_agent.rest.messages import Client, Request
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tools.bench import site

FIRST, SECOND = AGGREGATORS = [site.device(1_000_000), site.device(1_000_001)]
# The first aggregator manages the first two devices, of which one is of the group; nobody manages
# the last one, which is of the group too.
MEMBER, OTHER, ALONE = DEVICES = site.fleet(3)
NEW = site.device(3)
GROUP = "feeder"
MRID = "0A" * 16


def make(devices: list[dict[str, Any]]) -> Server:
    settings = {
        "access": "certificate",
        "aggregators": [each.entry for each in AGGREGATORS],
        "devices": devices,
        "programs": [{"mRID": MRID, "primacy": 5, "groups": [GROUP]}],
        "in_band_registration": {"enabled": True},
    }
    return Server(Settings.load(settings), lambda: site.START)


@pytest.fixture
def server() -> Server:
    return make(
        [
            MEMBER.entry | {"aggregator": FIRST.sfdi, "groups": [GROUP]},
            OTHER.entry | {"aggregator": FIRST.sfdi},
            ALONE.entry | {"groups": [GROUP]},
        ]
    )


def shared(fleet: Fleet) -> Program:
    return fleet.programs.by_mrid(bytes.fromhex(MRID))


def sees(server: Server, aggregator: site.Device, path: str) -> bool:
    path, _, query = path.partition("?")
    response = server.handle(Request("GET", path, query, client=Client(aggregator.lfdi)))
    assert response.status in (200, 404), response.body
    return response.status == 200


def viewers(server: Server, program: Program) -> list[site.Device]:
    """The aggregators that find the program, which follows from each device that they manage."""
    found = [each for each in AGGREGATORS if sees(server, each, f"/dcap/derp/{program.number}")]
    for each in AGGREGATORS:
        devices = server.fleet.registry.managed_by(each.sfdi)
        assert (each in found) is any(program.applies_to(device) for device in devices)
        assert (each in found) is sees(server, each, f"/dcap/rsps/{program.number}")
    return found


def assign(fleet: Fleet, assignment: Assignment) -> None:
    fleet.programming.change(shared(fleet), "", 5, assignment)


def registered(fleet: Fleet, device: site.Device, **changed: Any) -> None:
    fleet.update(replace(fleet.device(device.sfdi).registration, **changed))


def joined(fleet: Fleet, manager: site.Device) -> None:
    like = fleet.device(MEMBER.sfdi).registration
    new = replace(like, sfdi=NEW.sfdi, lfdi=NEW.lfdi, manager=manager.sfdi)
    fleet.register(new, "rpc")


CHANGES: dict[str, tuple[Callable[[Fleet], None], list[site.Device]]] = {
    "the program is for no group any more": (
        lambda fleet: assign(fleet, Assignment()),
        [],
    ),
    "the program is for all": (
        lambda fleet: assign(fleet, Assignment(everyone=True)),
        [FIRST],
    ),
    "the program is for a device of the aggregator": (
        lambda fleet: assign(fleet, Assignment(devices=frozenset({OTHER.sfdi}))),
        [FIRST],
    ),
    "the program is for a device that nobody manages": (
        lambda fleet: assign(fleet, Assignment(devices=frozenset({ALONE.sfdi}))),
        [],
    ),
    "the member leaves the group": (
        lambda fleet: registered(fleet, MEMBER, groups=frozenset()),
        [],
    ),
    "another device of the aggregator joins the group": (
        lambda fleet: registered(fleet, OTHER, groups=frozenset({GROUP})),
        [FIRST],
    ),
    "the member gets another manager": (
        lambda fleet: registered(fleet, MEMBER, manager=SECOND.sfdi),
        [SECOND],
    ),
    "the member gets no manager": (
        lambda fleet: registered(fleet, MEMBER, manager=None),
        [],
    ),
    "a device that nobody managed gets a manager": (
        lambda fleet: registered(fleet, ALONE, manager=SECOND.sfdi),
        [FIRST, SECOND],
    ),
    "the member becomes an aggregator": (
        lambda fleet: registered(fleet, MEMBER, aggregator=True),
        [],
    ),
    "the member is removed": (
        lambda fleet: fleet.remove(MEMBER.sfdi),
        [],
    ),
    "a device that does not follow it is removed": (
        lambda fleet: fleet.remove(OTHER.sfdi),
        [FIRST],
    ),
    "a member of another aggregator is added": (
        lambda fleet: joined(fleet, SECOND),
        [FIRST, SECOND],
    ),
    "what a device is changes": (
        lambda fleet: registered(fleet, MEMBER, category=b"\x01\x00\x00\x00"),
        [FIRST],
    ),
}


@pytest.mark.parametrize(("change", "after"), CHANGES.values(), ids=CHANGES)
def test_an_aggregator_sees_the_programs_that_its_devices_follow_now(
    server: Server, change: Callable[[Fleet], None], after: list[site.Device]
) -> None:
    program = shared(server.fleet)
    assert viewers(server, program) == [FIRST]
    change(server.fleet)
    assert viewers(server, program) == after


def test_a_new_program_is_seen_and_a_removed_one_is_not(server: Server) -> None:
    for_group = Assignment(groups=frozenset({GROUP}))
    program = server.fleet.programming.create("", 6, for_group, "rpc")
    assert viewers(server, program) == [FIRST]
    server.fleet.programming.remove(program)
    assert not sees(server, FIRST, f"/dcap/derp/{program.number}")


def test_an_aggregator_sees_a_devices_own_program_while_it_manages_it(server: Server) -> None:
    own = server.fleet.programs.by_number(server.fleet.device(MEMBER.sfdi).program)
    assert own is not None
    assert viewers(server, own) == [FIRST]
    registered(server.fleet, MEMBER, manager=SECOND.sfdi)
    assert viewers(server, own) == [SECOND]


# --- what it costs ---------------------------------------------------------------------------


def calls_of(act: Callable[[], object]) -> int:
    """How many functions are called, those of C and each step of a generator included."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(before)
    return calls


def configured(count: int) -> Server:
    devices = site.fleet(count)
    last = max(devices, key=lambda device: device.sfdi)
    groups = {last.sfdi: [GROUP]}
    return make(
        [
            each.entry | {"aggregator": FIRST.sfdi, "groups": groups.get(each.sfdi, [])}
            for each in devices
        ]
    )


def in_band(count: int) -> Server:
    server = make([])
    devices = site.fleet(count)
    for each in devices:
        body = (
            f'<EndDevice xmlns="urn:ieee:std:2030.5:ns"><lFDI>{each.lfdi}</lFDI>'
            f"<sFDI>{int(each.sfdi)}</sFDI><changedTime>0</changedTime></EndDevice>"
        )
        site.ask(server, "POST", "/dcap/edev", body.encode(), FIRST.lfdi)
    last = max(devices, key=lambda device: device.sfdi)
    registered(server.fleet, last, groups=frozenset({GROUP}))
    return server


# What an aggregator reads; the numbers are those of the shared program and of one of its devices.
PATHS = [
    "/dcap",
    "/dcap/edev?l=5",
    "/dcap/edev/{edev}",
    "/dcap/edev/{edev}/derp",
    "/dcap/edev/{edev}/fsa",
    "/dcap/mup?l=5",
    "/dcap/upt?l=5",
    "/dcap/rsps?l=2",
    "/dcap/rsps/{derp}",
    "/dcap/rsps/{derp}/rsp",
    "/dcap/derp/{derp}",
    "/dcap/derp/{derp}/derc?l=5",
    "/dcap/derp/{derp}/actderc",
    "/dcap/derp/{derp}/dderc",
]
SMALL, BIG = 10, 300


@pytest.fixture(scope="module", params=[configured, in_band])
def sizes(request: pytest.FixtureRequest) -> tuple[Server, Server]:
    """A small and a big fleet of one aggregator; only the last device follows the program."""
    return request.param(SMALL), request.param(BIG)


def reading(server: Server, path: str, aggregator: site.Device = FIRST) -> Callable[[], object]:
    device = server.fleet.registry.managed_by(FIRST.sfdi)[0]
    path = path.format(derp=shared(server.fleet).number, edev=device.number)
    return lambda: sees(server, aggregator, path)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("aggregator", AGGREGATORS, ids=["who finds it", "who does not"])
def test_a_request_of_an_aggregator_walks_over_no_devices(
    sizes: tuple[Server, Server], aggregator: site.Device, path: str
) -> None:
    acts = [reading(server, path, aggregator) for server in sizes]
    for act in acts:
        act()
    small, big = map(calls_of, acts)
    assert small == big


def test_what_changes_no_membership_costs_no_new_walk(sizes: tuple[Server, Server]) -> None:
    acts = [reading(server, "/dcap/derp/{derp}") for server in sizes]
    for server, act in zip(sizes, acts, strict=True):
        act()
        first = server.fleet.registry.managed_by(FIRST.sfdi)[0].registration
        server.fleet.update(replace(first, category=b"\x01\x00\x00\x00"))
    small, big = map(calls_of, acts)
    assert small == big
