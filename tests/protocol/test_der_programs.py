"""DER Programs: what set_point commands, as the device finds and reads it."""

from __future__ import annotations

import pytest

from ieee2030_5_agent.model.controls import COMPLETED_VISIBLE_S
from ieee2030_5_agent.model.errors import (
    BadValue,
    BaseUnknown,
    NotWritable,
    UnknownPoint,
)
from ieee2030_5_agent.model.program import MOST_ENDED_OWN
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, START, Site

POINT = "b124_WChaMax"


@pytest.fixture
def battery(site: Site) -> Site:
    """The battery has reported its ratings: 5 kW of charge, 6 kW of discharge."""
    site.put("/dcap/edev/0/der/1/dercap", documents.DER_CAPABILITY)
    return site


def set_point(site: Site, value: object) -> object:
    return site.server.fleet.set_point(BATTERY, POINT, value)  # type: ignore[arg-type]


def test_the_way_to_the_control_follows_links(battery: Site) -> None:
    set_point(battery, 2000)
    device = battery.get("/dcap/edev/0")
    fsa = battery.get(device.FunctionSetAssignmentsListLink.href).FunctionSetAssignments[0]
    program = battery.get(fsa.DERProgramListLink.href).DERProgram[0]
    assert program.DERControlListLink.all == 1
    assert program.ActiveDERControlListLink.all == 1
    control = battery.get(program.DERControlListLink.href).DERControl[0]
    assert battery.get(control.href) == control
    der = battery.get(device.DERListLink.href).DER[0]
    assert der.CurrentDERProgramLink.href == program.href


@pytest.mark.parametrize(
    ("watts", "wire"),
    [(2000, -4000), (5000, -10000), (0, 0), (-1500, 2500), (0.0, 0), (2.5, -5)],
)
def test_watts_become_percent_of_the_rating_charging_negative(
    battery: Site, watts: float, wire: int
) -> None:
    assert set_point(battery, watts) == watts
    assert battery.get("/dcap/derp/0/derc").DERControl[0].DERControlBase.opModFixedW == wire
    assert battery.point(POINT) == watts


def test_a_setting_goes_before_the_rating(battery: Site) -> None:
    battery.put(
        "/dcap/edev/0/der/1/derg",
        documents.DER_SETTINGS.replace("<value>5</value>", "<value>4</value>"),
    )
    set_point(battery, 2000)
    assert battery.get("/dcap/derp/0/derc").DERControl[0].DERControlBase.opModFixedW == -5000


def test_the_control_is_immediate_and_lasts_a_day(battery: Site) -> None:
    set_point(battery, 2000)
    control = battery.get("/dcap/derp/0/derc").DERControl[0]
    assert (control.interval.start, control.interval.duration) == (START, 86400)
    assert (control.EventStatus.currentStatus, control.EventStatus.dateTime) == (
        1,
        START,
    )
    assert control.creationTime == START


def test_setting_again_supersedes(battery: Site) -> None:
    set_point(battery, 2000)
    first = battery.get("/dcap/derp/0/actderc").DERControl[0]
    battery.clock.now += 60
    set_point(battery, 1000)
    active = battery.get("/dcap/derp/0/actderc").DERControl
    assert [control.DERControlBase.opModFixedW for control in active] == [-2000]
    assert active[0].mRID != first.mRID
    assert active[0].creationTime > first.creationTime
    former = battery.get(first.href)
    assert (former.EventStatus.currentStatus, former.EventStatus.dateTime) == (
        4,
        START + 60,
    )


def test_two_settings_within_a_second_are_ordered_by_creation_time(
    battery: Site,
) -> None:
    set_point(battery, 2000)
    set_point(battery, 1000)
    newest, older = sorted(
        battery.get("/dcap/derp/0/derc").DERControl, key=lambda c: -c.creationTime
    )
    assert (newest.EventStatus.currentStatus, older.EventStatus.currentStatus) == (1, 4)


def test_revert_cancels(battery: Site) -> None:
    set_point(battery, 2000)
    battery.server.fleet.revert_point(BATTERY, POINT)
    control = battery.get("/dcap/derp/0/derc").DERControl[0]
    assert control.EventStatus.currentStatus == 2
    assert battery.get("/dcap/derp/0/actderc").all == 0
    assert battery.point(POINT) is None


def test_revert_of_nothing_is_no_error(battery: Site) -> None:
    battery.server.fleet.revert_point(BATTERY, POINT)
    assert battery.get("/dcap/derp/0/derc").all == 0


def test_the_control_ends_by_the_clock(battery: Site) -> None:
    set_point(battery, 2000)
    battery.clock.now += 86400 - 1
    assert battery.get("/dcap/derp/0/actderc").all == 1
    battery.clock.now += 1
    assert battery.get("/dcap/derp/0/actderc").all == 0
    assert battery.point(POINT) is None
    battery.clock.now += COMPLETED_VISIBLE_S
    assert battery.get("/dcap/derp/0/derc").all == 0


def test_a_cancelled_control_stays_listed_until_its_scheduled_end(battery: Site) -> None:
    set_point(battery, 2000)
    battery.server.fleet.revert_point(BATTERY, POINT)
    battery.clock.now += 86400 - 1
    assert battery.get("/dcap/derp/0/derc").all == 1
    battery.clock.now += 1
    assert battery.get("/dcap/derp/0/derc").all == 0


def test_what_is_set_every_few_seconds_does_not_fill_the_list(battery: Site) -> None:
    for value in range(100):
        set_point(battery, value)
        battery.clock.now += 10
    shown = battery.get("/dcap/derp/0/derc?l=255").DERControl
    assert len(shown) == MOST_ENDED_OWN + 1
    assert [control.EventStatus.currentStatus for control in shown].count(1) == 1


def test_without_a_rating_it_says_which_one_is_missing(site: Site) -> None:
    with pytest.raises(BaseUnknown, match=f"{BATTERY}.*{POINT}.*rtgMaxChargeRateW"):
        set_point(site, 2000)
    assert site.get("/dcap/derp/0/derc").all == 0


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "2000", None, True, [2000], 5001, -6001]
)
def test_refuses_what_is_no_power_or_beyond_the_rating(battery: Site, value: object) -> None:
    with pytest.raises(BadValue, match=POINT):
        set_point(battery, value)
    assert battery.point(POINT) is None


def test_a_read_only_point_cannot_be_written(battery: Site) -> None:
    with pytest.raises(NotWritable, match="b802_SoC"):
        battery.server.fleet.set_point(BATTERY, "b802_SoC", 50)


def test_an_unknown_point_cannot_be_written(battery: Site) -> None:
    with pytest.raises(UnknownPoint, match="b999_Nothing"):
        battery.server.fleet.set_point(BATTERY, "b999_Nothing", 50)


def test_a_program_for_set_points_offers_no_empty_default_control(site: Site) -> None:
    """A client that looks for defaults only in the program of lowest primacy goes on searching."""
    assert site.get("/dcap/derp/0").DefaultDERControlLink is None


def test_a_default_control_is_there_from_the_start(site: Site) -> None:
    default = site.get("/dcap/derp/0/dderc")
    assert default.DERControlBase is not None
    assert default.mRID != site.get("/dcap/derp/0").mRID
