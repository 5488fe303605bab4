"""After each kind of change exactly those are told who would read something else now: no more, no
less, and in the words that they would read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from lxml import etree

from ieee2030_5_agent.function_sets import ALL_ROUTES
from ieee2030_5_agent.model.subscriptions import Ended
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.settings import Settings
from tests.clock import START
from tests.notified import subscribe, told
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, Site, fill

# Each test reads every subscribable resource before and after: 10,000 requests in all.
pytestmark = pytest.mark.in_process

HOUR = 3600
SUBSCRIBABLE = {route.name for route in ALL_ROUTES if route.subscribable}
AGGREGATOR = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"
AGGREGATOR_SFDI = "167261211391"


def subscribable(site: Site) -> list[str]:
    """Every subscribable resource that links lead to, and the ways of the original."""
    queue, seen = {"/dcap", "/dcap/edev/0/derc", "/dcap/edev/0/derc/1"}, set()
    found: list[str] = []
    while queue:
        path = queue.pop()
        seen.add(path)
        response = site.ask("GET", path)
        if response.status != 200:
            continue
        if site.server.table.match("GET", path)[0].name in SUBSCRIBABLE:
            found.append(path)
        for element in etree.fromstring(response.body).iter():
            href = element.get("href")
            if href is not None and href not in seen:
                queue.add(href)
    return sorted(found)


def name_of(site: Site, path: str) -> str:
    return site.server.table.match("GET", path)[0].name


# --- every change, every resource ----------------------------------------------------------------

Step = Callable[[Site, Operations], object]


def a_program(site: Site, operations: Operations) -> Any:
    return operations.create_program(mRID="A1", primacy=5, groups=["north"], fsa="north")


def a_control(site: Site, operations: Operations, start: int = HOUR) -> Any:
    (control,) = operations.create_control(
        program="A1", start=START + start, duration=HOUR, modes={"opModMaxLimW": 5000}, mRID="C1"
    )
    return control


def later(seconds: int) -> Step:
    def step(site: Site, operations: Operations) -> None:
        site.clock.now = START + seconds

    return step


def put(path: str, document: str) -> Step:
    return lambda site, operations: site.put(path, document)


def post(path: str, document: str, status: int = 201) -> Step:
    return lambda site, operations: site.post(path, document, status)


def readings(site: Site, operations: Operations) -> None:
    site.post("/dcap/mup/0", documents.reading("AB", 99, "PhaseCurrentAvg"), 204)


def reading_sets(site: Site, operations: Operations) -> None:
    sets = documents.reading_set("AF", START, documents.interval(START + 600, 9))
    site.post("/dcap/mup/0", documents.meter_reading("AC", sets), 204)


def configure(**changes: Any) -> Step:
    def step(site: Site, operations: Operations) -> None:
        site.server.configure(Settings.load({**site.raw, **changes}))  # type: ignore[attr-defined]

    return step


# Each is done after those before it.
STEPS: dict[str, Step] = {
    "a device registers": lambda s, o: o.register_device(lfdi=AGGREGATOR, pin_code="123455"),
    "its category changes": lambda s, o: s.server.fleet.update(
        replace(s.server.fleet.device(AGGREGATOR_SFDI).registration, category=b"\x04")
    ),
    "it leaves": lambda s, o: o.remove_device(AGGREGATOR_SFDI),
    "a program for a group of one": a_program,
    "its primacy": lambda s, o: o.create_program(
        mRID="A1", primacy=6, groups=["north"], fsa="north"
    ),
    "its default control": lambda s, o: o.set_default_control(
        "A1", {"DERControlBase": {"opModMaxLimW": 9000}}
    ),
    "its curve": lambda s, o: o.create_curve(
        "A1",
        {
            "mRID": "C9",
            "curveType": 11,
            "CurveData": [{"xvalue": 92, "yvalue": 30}, {"xvalue": 108, "yvalue": -30}],
            "xMultiplier": 0,
            "yMultiplier": 0,
            "yRefType": 2,
        },
    ),
    "a control is scheduled": a_control,
    "a control that overlaps it": lambda s, o: o.create_control(
        program="A1",
        start=START + HOUR + 60,
        duration=60,
        modes={"opModMaxLimW": 1, "opModConnect": False},
    ),
    "it begins": later(HOUR),
    "it is cancelled": lambda s, o: o.cancel_control("C1"),
    "the other ends": later(HOUR + 180),
    "it leaves its list": later(2 * HOUR),
    "a set point": lambda s, o: s.server.fleet.set_point(BATTERY, "b124_WChaMax", 500),
    "it is reverted": lambda s, o: s.server.fleet.revert_point(BATTERY, "b124_WChaMax"),
    "DERStatus": put(
        "/dcap/edev/0/der/1/ders", documents.DER_STATUS.replace("<value>9300", "<value>10")
    ),
    "DERSettings": put(
        "/dcap/edev/0/der/1/derg", documents.DER_SETTINGS.replace("setGradW>0", "setGradW>7")
    ),
    "DERAvailability": put(
        "/dcap/edev/0/der/1/dera", documents.DER_AVAILABILITY.replace("3600", "7200")
    ),
    "the same DERStatus again": put(
        "/dcap/edev/0/der/1/ders", documents.DER_STATUS.replace("<value>9300", "<value>10")
    ),
    "DERCapability": put("/dcap/edev/0/der/1/dercap", documents.DER_CAPABILITY),
    "DERStatus of another device": put("/dcap/edev/1/der/1/ders", documents.DER_STATUS),
    "a log event": post("/dcap/edev/0/lel", documents.log_event(2, created=START + 1, number=2)),
    "it is deleted": lambda s, o: s.ask("DELETE", "/dcap/edev/0/lel/1"),
    "a reading": readings,
    "a reading in a set": reading_sets,
    "a new meter reading": post("/dcap/mup/0", documents.reading("BB", 1), 201),
    "a new mirror": post("/dcap/mup", documents.mirror("CC", documents.reading("CD", 1))),
    "a mirror is removed": lambda s, o: s.ask("DELETE", "/dcap/mup/1"),
    "a reservation is granted": lambda s, o: o.answer_flow_reservation(
        BATTERY, "F1", START + 8 * HOUR, HOUR, 5000, 5000
    ),
    "the grant begins": later(8 * HOUR),
    "the grant is over": later(9 * HOUR),
    "a response": lambda s, o: s.post(
        s.get("/dcap/edev/0/derc").DERControl[0].replyTo
        if s.get("/dcap/edev/0/derc").DERControl
        else "/dcap/rsps/0/rsp",
        documents.response(s.get("/dcap/edev/0/derc").DERControl[0].mRID, 1),
    ),
    "pollRate of EndDevices": lambda s, o: o.set_poll_rate("EndDeviceList", 60),
    "pollRate of DERPrograms": lambda s, o: o.set_poll_rate("DERProgramList", 60),
    "the same configuration again": configure(poll_rates={}),
    "another configuration": configure(response_required="07", poll_rates={"LogEventList": 60}),
    "the program goes": lambda s, o: o.remove_program("A1"),
}
# What is only counted by a link is no news of the resource that has the link: the devices of
# others that answer events, say. Those who follow it need not be told.
COUNTED = (
    "LogEventListLink",
    "ResponseSetListLink",
    "SubscriptionListLink",
    "FlowReservationRequestListLink",
    "FlowReservationResponseListLink",
)


def read(site: Site, paths: Iterable[str], counts: bool) -> dict[str, bytes]:
    """Each resource as it reads now, empty where it is gone."""
    return {path: _read(site, path, counts) for path in paths}


def _read(site: Site, path: str, counts: bool) -> bytes:
    response = site.ask("GET", path)
    if response.status != 200:
        return b""
    document = etree.fromstring(response.body)
    for element in document.iter():
        if not counts and etree.QName(element).localname in COUNTED:
            element.attrib.pop("all", None)
    return etree.tostring(document)


def _without_subscriptions(model: Any) -> Any:
    """How many there are changes with those that end at the same time."""
    for device in (model, *getattr(model, "EndDevice", ())):
        if isinstance(device, models.EndDevice):
            device.SubscriptionListLink = None
    return model


def test_exactly_what_reads_differently_is_told(
    make_site: Callable[..., Site], original_settings: dict[str, Any]
) -> None:
    battery, inverter = original_settings["devices"]
    raw = {"devices": [battery | {"groups": ["north"]}, inverter]}
    site = make_site(**raw)
    site.raw = original_settings | raw  # type: ignore[attr-defined]
    operations = Operations(site.server)
    fill(site)
    site.ask("DELETE", "/dcap/edev/0/sub/0")
    numbers = count()
    followed: dict[str, str] = {}
    # What each subscriber knows: what it read when it subscribed, then what it was told.
    known: dict[str, bytes] = {}
    ever: set[str] = set()
    for name, step in STEPS.items():
        # What came to be with the steps before is followed too; each by an URI of its own.
        for path in subscribable(site):
            if path not in followed:
                followed[path] = f"http://127.0.0.1:1/{next(numbers)}"
                subscribe(site, path, uri=followed[path])
                known[path] = _read(site, path, counts=True)
        assert told(site) == [], name
        before = read(site, followed, counts=False)
        step(site, operations)
        got = told(site)
        after, now = (read(site, followed, counts) for counts in (False, True))
        must = {followed[path] for path in followed if before[path] != after[path]}
        may = {followed[path] for path in followed if known[path] != now[path]}
        uris = {one.uri for one in got}
        assert len(uris) == len(got), name
        assert must <= uris <= may, (
            name,
            {path for path, uri in followed.items() if uri in must - uris},
            {path for path, uri in followed.items() if uri in uris - may},
        )
        known |= {path: now[path] for path, uri in followed.items() if uri in uris}
        by_uri = {uri: path for path, uri in followed.items()}
        for one in got:
            path = by_uri[one.uri]
            assert one.model.subscribedResource == path
            if not now[path]:
                assert (one.model.status, one.model.Resource) == (Ended.DELETED, None)
                del followed[path]
            else:
                assert one.model.status == 0
                assert _without_subscriptions(one.model.Resource) == _without_subscriptions(
                    site.get(path)
                )
            ever.add(name_of(site, path) if now[path] else "")
    # Every kind of resource was told of at least once.
    assert SUBSCRIBABLE - ever == set()
