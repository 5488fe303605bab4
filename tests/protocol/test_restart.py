"""What a restart of the agent leaves as it was: everything but the connections."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ieee2030_5_agent.configuration import registration_of
from ieee2030_5_agent.model.controls import COMPLETED_VISIBLE_S, Status
from ieee2030_5_agent.model.drafts import Draft
from ieee2030_5_agent.model.programs import Assignment, Program
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.sep.editions import Edition
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Device, Settings
from ieee2030_5_agent.settings import Program as ProgramEntry
from ieee2030_5_agent.store.database import Database
from ieee2030_5_agent.store.journal import Batch, everything
from ieee2030_5_agent.store.opening import open_store
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, INVERTER, START, Site, fill
from tests.protocol.test_commands import ROWS, points
from tests.stored import Following, assert_equal

Restart = Callable[..., Site]


@pytest.fixture
def restart(make_site: Callable[..., Site]) -> Restart:
    """A new server with what the store of the one before holds, and the same configuration.

    ``changes``: of the configuration, which is read after the store.
    """

    def again(site: Site, **changes: Any) -> Site:
        store = Following(site.server)
        server = Server(Settings.load({}), site.clock)
        server.adopt(store.restored(server))
        settings = site.server.settings
        server.configure(settings.model_copy(update=changes))
        return Site(site.clock, server, site.transport, site.namespace, site.battery)

    return again


def pages(site: Site) -> dict[str, bytes]:
    """All that can be read, by following every link from the root."""
    found: dict[str, bytes] = {}
    waiting = ["/dcap"]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        response = site.ask("GET", f"{path}?l=255")
        found[path] = response.body
        waiting += re.findall(r'href="(/dcap[^"]*)"', response.body.decode())
    return found


def told(site: Site) -> Iterator[Any]:
    changes: list[Any] = []
    site.server.listen(changes.append)
    while True:
        yield changes.copy()


def shared(site: Site, primacy: int = 5) -> Program:
    return site.server.fleet.programming.create("", primacy, Assignment(everyone=True), "rpc")


def create(site: Site, program: Program, start: int = START, duration: int = 600) -> bytes:
    base = models.DERControlBase(opModMaxLimW=4000)
    draft = Draft(base=base, start=start, duration=duration)
    return site.server.fleet.dispatch.create(program, draft).mrid


def test_every_resource_reads_the_same(full_site: Site, restart: Restart) -> None:
    create(full_site, shared(full_site))
    before = pages(full_site)
    assert len(before) > 60
    again = restart(full_site)
    assert pages(again) == before
    assert again.server.fleet.get_points(BATTERY) == full_site.server.fleet.get_points(BATTERY)


@pytest.mark.parametrize("later", [Edition.ZIGBEE_2013, Edition.E2018, Edition.E2023])
def test_documents_of_old_clients_are_told_in_an_edition_that_can(
    make_site: Callable[..., Site], restart: Restart, later: Edition
) -> None:
    """Whatever edition the client speaks by then."""
    site = make_site()
    site.namespace = Edition.ZIGBEE_2013.namespace
    path = "/dcap/edev/0/der/1/dercap"
    site.put(path, "<DERCapability><type>80</type></DERCapability>")
    site.namespace = later.namespace
    site.put("/dcap/edev/0/ps", documents.POWER_STATUS)
    before = site.ask("GET", path).body
    assert Edition.ZIGBEE_2013.namespace.encode() in before
    assert restart(site).ask("GET", path).body == before


def test_numbers_are_not_used_again(site: Site, restart: Restart) -> None:
    fill(site)
    for path in ("/dcap/mup/0", "/dcap/edev/0/lel/0", "/dcap/edev/0/frq/0"):
        assert site.ask("DELETE", path).status == 204
    site.server.fleet.remove(INVERTER)
    site = restart(site, devices=site.server.settings.devices[:1])
    assert site.post("/dcap/mup", documents.mirror("BB")).headers[0][1] == "/dcap/mup/1"
    log = site.post("/dcap/edev/0/lel", documents.log_event())
    assert log.headers[0][1] == "/dcap/edev/0/lel/1"
    asked = site.post("/dcap/edev/0/frq", documents.reservation("F9"))
    assert asked.headers[0][1] == "/dcap/edev/0/frq/2"  # 1 is the answer to the first
    assert Operations(site.server).register_device(sfdi=19)["href"] == "/dcap/edev/2"
    assert shared(site).number == 3


def test_numbers_in_use_are_not_given_again_when_the_counters_are_lost(site: Site) -> None:
    fill(site)
    fleet = site.server.fleet
    shared(site)
    store = Following(site.server)
    store.write_all()
    counters = {row: store.rows.pop(row) for row in list(store.rows) if row[0] == "counter"}
    found = everything(store.restored())
    assert {row: found[row] for row in counters} == counters
    assert fleet.reservations.next_number == 2  # one is that of an answer
    assert all('"next":0' not in text for text in counters.values())


def test_a_device_whose_program_is_lost_gets_a_new_one(site: Site, tmp_path: Path) -> None:
    """And keeps it: what is commanded with it stands after the next restart."""
    fleet = site.server.fleet
    store = Following(site.server)
    store.write_all()
    lost = fleet.device(BATTERY).program
    del store.rows["program", str(lost)]
    file = tmp_path / "store.sqlite"
    database = Database(file)
    database.write(Batch(put=[(*row, text) for row, text in store.rows.items()]))
    database.close()
    for _ in range(2):
        opened = open_store(file, lambda: site.server.new_fleet(site.server.settings), START)
        assert opened.damage is None
        own = opened.fleet.programs.by_number(opened.fleet.device(BATTERY).program)
        assert own is not None
        assert (own.origin, own.number) == ("own", fleet.programs.next_number)
        assert own.assignment.devices == {BATTERY}
        held = {(kind, key): text for kind, key, text in opened.database.read()}
        assert_equal(held, everything(opened.fleet))
        opened.database.close()


# --- events --------------------------------------------------------------------------------------


def test_what_ended_meanwhile_is_completed(site: Site, restart: Restart) -> None:
    program = shared(site)
    over, running = create(site, program, START, 60), create(site, program, START + 60, 600)
    site.clock.now += 120
    again = restart(site)
    changes = told(again)
    next(changes)
    again.server.fleet.advance(again.clock.now)
    happened = [
        (change.detail["mRID"], change.detail["status"], change.detail["dateTime"])
        for change in next(changes)
        if change.what == "control" and change.sfdi == BATTERY
    ]
    assert happened == [
        (over.hex().upper(), "completed", START + 60),
        (running.hex().upper(), "active", START + 60),
    ]
    (listed,) = Operations(again.server).get_controls()
    assert listed["mRID"] == running.hex().upper()


def test_a_set_point_goes_on_and_the_next_one_supersedes_it(site: Site, restart: Restart) -> None:
    site.server.fleet.config_points(BATTERY, ROWS)
    site.server.fleet.set_point(BATTERY, "opModMaxLimW", 40.0)
    again = restart(site)
    assert points(again) == {"opModMaxLimW": 40.0}
    again.server.fleet.set_point(BATTERY, "opModFixedW", 20.0)
    assert points(again) == {"opModMaxLimW": 40.0, "opModFixedW": 20.0}
    statuses = [control["status"] for control in Operations(again.server).get_controls()]
    assert sorted(statuses) == ["active", "superseded"]


def test_a_set_point_of_0_keeps_its_side(site: Site, restart: Restart) -> None:
    fleet = site.server.fleet
    fleet.set_point(BATTERY, "b124_InWRte", 0)
    fleet.set_point(BATTERY, "b124_StorCtl_Mod", 1)
    again = restart(site).server.fleet
    assert again.get_point(BATTERY, "b124_StorCtl_Mod") == 1
    again.set_point(BATTERY, "b124_InWRte", 25)
    assert again.get_point(BATTERY, "sep_DERControl_DERControlBase_opModFixedW") == -25


def test_a_mode_that_was_lost_stays_lost(site: Site, restart: Restart) -> None:
    site.server.fleet.config_points(BATTERY, ROWS)
    site.server.fleet.set_point(BATTERY, "opModMaxLimW", 80.0)
    better = create(site, shared(site, primacy=0))
    assert points(site) == {"opModMaxLimW": 40.0}
    again = restart(site)
    again.server.fleet.dispatch.cancel(better)
    assert points(again) == {}


def test_the_agenda_goes_on(site: Site, restart: Restart) -> None:
    mrid = create(site, shared(site), START + 100, 100)
    left = START + 200 + COMPLETED_VISIBLE_S
    for moment, status, gone in (
        (START + 100, Status.ACTIVE, None),
        (START + 200, Status.COMPLETED, None),
        (left, Status.COMPLETED, left),
    ):
        site = restart(site)
        site.clock.now = moment
        site.server.fleet.advance(moment)
        found = site.server.fleet.response_sets.subject(mrid)
        assert found.event is not None
        assert (found.event.status, found.left) == (status, gone)
    site = restart(site)
    site.clock.now = left + 86400
    site.server.fleet.advance(site.clock.now)
    assert not site.server.fleet.response_sets.knows(mrid)


def test_events_of_a_program_that_is_gone_can_still_be_answered(
    site: Site, restart: Restart
) -> None:
    program = shared(site)
    mrid = create(site, program)
    site.server.fleet.programming.remove(program)
    again = restart(site)
    assert again.server.fleet.programs.by_number(program.number) is None
    again.post(f"/dcap/rsps/{program.number}/rsp", documents.response(mrid, 6))
    again.clock.now += 86400
    again.server.fleet.advance(again.clock.now)
    assert again.server.fleet.response_sets.by_number(program.number) is None


# --- what operators ruled ------------------------------------------------------------------------


def test_rates_of_the_operator_stand_until_the_configuration_has_others(
    site: Site, restart: Restart
) -> None:
    operations = Operations(site.server)
    operations.set_poll_rate("EndDeviceList", 77)
    operations.set_post_rate(88)
    again = restart(site)
    assert again.get("/dcap/edev").pollRate == 77
    assert again.server.fleet.mirroring.post_rate_s == 88
    other = restart(again, post_rate=99)
    assert other.get("/dcap/edev").pollRate == 900
    assert other.server.fleet.mirroring.post_rate_s == 99


CURVE = {
    "curveType": 11,
    "CurveData": [{"xvalue": 95, "yvalue": 30}, {"xvalue": 105, "yvalue": -30}],
    "xMultiplier": 0,
    "yMultiplier": 0,
    "yRefType": 3,
}
CONFIGURED = {"mRID": "A1", "primacy": 5, "all": True, "DERCurve": [CURVE | {"curveType": 12}]}


@pytest.mark.parametrize("how", ["restart", "again"])
def test_what_the_operator_made_of_a_program_stands_until_the_configuration_has_another(
    make_site: Callable[..., Site], restart: Restart, how: str
) -> None:
    """The configuration comes again with each start, and each connection to the platform."""
    site = make_site(programs=[CONFIGURED])
    operations = Operations(site.server)
    curve = operations.create_curve("A1", CURVE)
    operations.set_default_control("A1", {"setGradW": 7})
    operations.assign_program("A1", devices=[BATTERY], all=False)
    number = site.server.fleet.programs.by_mrid(b"\xa1").number
    before = [site.get(f"/dcap/derp/{number}/{part}") for part in ("dc", "dderc")]
    if how == "restart":
        site = restart(site)
    else:
        site.server.configure(site.server.settings)
    assert [site.get(f"/dcap/derp/{number}/{part}") for part in ("dc", "dderc")] == before
    assert curve["href"] in [one.href for one in before[0].DERCurve]
    (program,) = Operations(site.server).get_programs()
    assert (program["all"], program["devices"]) == (False, [BATTERY])
    entry = ProgramEntry.read(CONFIGURED | {"primacy": 6})
    site.server.configure(site.server.settings.model_copy(update={"programs": (entry,)}))
    (program,) = Operations(site.server).get_programs()
    assert (program["all"], program["devices"], program["primacy"]) == (True, [], 6)
    assert [one.curveType for one in site.get(f"/dcap/derp/{number}/dc").DERCurve] == [12]
    assert site.get(f"/dcap/derp/{number}/dderc").setGradW is None


@pytest.mark.parametrize("origin", ["config", "rpc"])
def test_a_curve_that_a_control_links_stays_while_it_does(
    make_site: Callable[..., Site], origin: str
) -> None:
    site = make_site(programs=[CONFIGURED] if origin == "config" else [])
    operations = Operations(site.server)
    if origin == "rpc":
        operations.create_program(mRID="A1", primacy=5, all=True)
    curve = operations.create_curve("A1", CURVE)

    def without(primacy: int) -> None:
        entry = {"mRID": "A1", "primacy": primacy, "all": True}
        if origin == "rpc":
            operations.create_program(**entry)
            return
        programs = (ProgramEntry.read(entry),)
        site.server.configure(site.server.settings.model_copy(update={"programs": programs}))

    operations.create_control(program="A1", duration=60, modes={"opModVoltVar": curve["mRID"]})
    without(6)
    assert site.get(curve["href"]).curveType == 11
    site.clock.now += 3600
    without(7)
    assert site.ask("GET", curve["href"]).status == 404


def test_withdrawn_access_stays_withdrawn(site: Site, restart: Restart) -> None:
    Operations(site.server).set_access(documents.LFDI, False)
    assert restart(site).server.fleet.withdrawn == {documents.LFDI}


def test_what_was_registered_at_run_time_stays(site: Site, restart: Restart) -> None:
    Operations(site.server).register_device(sfdi=19)
    again = restart(site)
    assert again.server.fleet.device("000000000019").origin == "rpc"


def test_a_device_that_the_configuration_took_over_leaves_with_it(
    site: Site, restart: Restart
) -> None:
    entry = Device(lfdi="3E4F45AB31EDFE5B67E343E5E4562E31984E23E5")
    device = site.server.fleet.register(registration_of(entry), "in_band")
    store = Following(site.server)
    store.write_all()
    settings = site.server.settings
    devices = [*settings.devices, entry]
    site.server.configure(settings.model_copy(update={"devices": devices}))
    store.check()
    assert store.restored().device(device.sfdi).origin == "config"


def test_what_left_the_configuration_meanwhile_is_gone(site: Site, restart: Restart) -> None:
    again = restart(site, devices=site.server.settings.devices[:1])
    assert [device.sfdi for device in again.server.fleet.registry.listed] == [BATTERY]


@pytest.mark.parametrize("away", [False, True], ids=["there", "away"])
def test_a_device_keeps_its_registry(site: Site, restart: Restart, away: bool) -> None:
    """The driver does not notice that the agent was restarted, or a device away."""
    site.server.fleet.config_points(BATTERY, ROWS)
    site.server.fleet.config_points(INVERTER, ROWS)
    devices = site.server.settings.devices
    if away:
        site.server.configure(site.server.settings.model_copy(update={"devices": devices[1:]}))
    again = restart(site, devices=devices)
    assert set(again.server.fleet.get_points(BATTERY)) == {
        row["Volttron Point Name"] for row in ROWS
    }
    fleet = again.server.fleet
    assert fleet.device(BATTERY).point_map is fleet.device(INVERTER).point_map


# --- how long it is kept -------------------------------------------------------------------------


def test_log_events_leave_when_their_time_is_over(
    make_site: Callable[..., Site], restart: Restart
) -> None:
    site = make_site(store={"keep_log_events_s": 100})
    site.post("/dcap/edev/0/lel", documents.log_event())
    site.clock.now += 60
    site.post("/dcap/edev/0/lel", documents.log_event())
    for _ in range(2):
        site = restart(site)
    for moment, left in ((99, [0, 1]), (101, [1]), (161, [])):
        site.clock.now = START + moment
        site.server.fleet.advance(site.clock.now)
        log = site.server.fleet.device(BATTERY).log
        assert sorted(entry.number for entry in log.listed) == left


def test_answers_and_ended_controls_are_bounded_by_the_configuration(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(store={"max_responses": 2, "max_ended_controls": 1, "keep_events_s": 10})
    program = shared(site)
    mrids = [create(site, program, START + 1000 * n) for n in range(1, 4)]
    for code in (1, 2, 3):
        site.post(f"/dcap/rsps/{program.number}/rsp", documents.response(mrids[0], code))
    assert site.get(f"/dcap/rsps/{program.number}/rsp").all == 2
    for mrid in mrids[:2]:
        site.server.fleet.dispatch.cancel(mrid)
    site.clock.now += 900
    site.server.fleet.dispatch.cancel(mrids[2])
    assert len(program.listed) == 1
    site.clock.now += 11
    site.server.fleet.advance(site.clock.now)
    assert not site.server.fleet.response_sets.knows(mrids[0])
