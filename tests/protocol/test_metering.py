"""Metering: what devices mirror is readable as usage points, and lands on points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.model import meter_readings, mirrors
from ieee2030_5_agent.rest.messages import Client
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, INVERTER, START, Site
from tests.protocol.documents import interval, meter_reading, mirror, reading, reading_set
from tests.vectors import rules

INVERTER_LFDI = "2990C58A59935A7D5838C952B1A453C967341A07"
SETS = "/dcap/upt/0/mr/0/rs"


@pytest.fixture
def metered(site: Site) -> Site:
    """A site with one mirror of one meter reading, which has its ReadingType only."""
    site.post("/dcap/mup", mirror("AA", meter_reading("AB", "", documents.READING_TYPE)))
    return site


def post_sets(site: Site, *sets: str, status: int = 204, reading_type: str = "") -> None:
    site.post("/dcap/mup/0", meter_reading("AB", "".join(sets), reading_type), status=status)


def values(site: Site, path: str = SETS + "/0/r") -> list[int]:
    return [item.value for item in site.get(path).Reading]


# --- usage points ----------------------------------------------------------------------------


def test_a_usage_point_shows_its_mirror(site: Site) -> None:
    document = mirror("aa", reading("AB", 1)).replace("<roleFlags>49", "<roleFlags>0048")
    site.post("/dcap/mup", document)
    point = site.get("/dcap/upt/0")
    assert (point.mRID, point.deviceLFDI.hex().upper()) == (b"\xaa", documents.LFDI)
    assert (point.serviceCategoryKind, point.status) == (0, 1)
    assert point.roleFlags == b"\x49", "isMirror is set"
    assert (point.MeterReadingListLink.href, point.MeterReadingListLink.all) == (
        "/dcap/upt/0/mr",
        1,
    )


def test_hex_values_are_written_short_and_in_upper_case(site: Site) -> None:
    site.post("/dcap/mup", mirror("00aa").replace("<roleFlags>49", "<roleFlags>0009"))
    for path in ("/dcap/mup/0", "/dcap/upt/0"):
        body = site.ask("GET", path).body.decode()
        assert "<roleFlags>09</roleFlags>" in body
        assert "<mRID>00AA</mRID>" in body


def test_the_entry_point_links_the_usage_points(site: Site) -> None:
    assert site.get("/dcap").UsagePointListLink.all == 0
    site.post("/dcap/mup", mirror())
    link = site.get("/dcap").UsagePointListLink
    assert (link.href, link.all) == ("/dcap/upt", 1)


@pytest.mark.parametrize("path", ["/dcap/upt", "/dcap/mup"])
def test_usage_points_are_listed_by_descending_mrid(site: Site, path: str) -> None:
    for mrid in ("0A", "FF00", "0B"):
        site.post("/dcap/mup", mirror(mrid))
    listed = site.get(path)
    members = getattr(listed, type(listed).__name__.removesuffix("List"))
    assert [member.mRID for member in members] == [b"\xff\x00", b"\x0b", b"\x0a"]
    assert listed.pollRate == 900
    assert [m.href for m in members] == [f"{path}/{n}" for n in (1, 2, 0)]


def test_delete_of_the_mirror_removes_the_usage_point(metered: Site) -> None:
    assert metered.ask("DELETE", "/dcap/mup/0").status == 204
    assert metered.ask("GET", "/dcap/upt/0").status == 404
    assert metered.get("/dcap/upt").all == 0


def test_only_2023_links_the_usage_point_from_the_mirror(metered: Site) -> None:
    assert b"UsagePointLink" not in metered.ask("GET", "/dcap/mup/0").body
    metered.namespace += '" schemaVer="2.2'
    post_sets(metered)
    assert b'<UsagePointLink href="/dcap/upt/0"/>' in metered.ask("GET", "/dcap/mup/0").body


@pytest.mark.parametrize(
    "path", ["", "/mr", "/mr/0", "/mr/0/rt", "/mr/0/r", "/mr/1/rs", "/mr/1/rs/0", "/mr/1/rs/0/r/1"]
)
def test_usage_points_are_seen_as_their_mirrors_are(full_site: Site, path: str) -> None:
    path = "/dcap/upt/0" + path
    assert full_site.ask("GET", path, client=Client(documents.LFDI)).status == 200
    assert full_site.ask("GET", path, client=Client(INVERTER_LFDI)).status == 404
    assert full_site.get("/dcap/upt", client=Client(INVERTER_LFDI)).all == 0
    assert full_site.get("/dcap/upt", client=Client(documents.LFDI)).all == 1


# --- meter readings --------------------------------------------------------------------------


def test_meter_readings_are_listed_by_descending_mrid_and_keep_their_number(site: Site) -> None:
    site.post("/dcap/mup", mirror("AA", reading("0B", 1, "b") + reading("FF00", 2)))
    site.post("/dcap/mup/0", reading("0C", 3))
    site.post("/dcap/mup/0", reading("FF00", 4), status=204)
    listed = site.get("/dcap/upt/0/mr").MeterReading
    assert [(m.mRID, m.href) for m in listed] == [
        (b"\xff\x00", "/dcap/upt/0/mr/1"),
        (b"\x0c", "/dcap/upt/0/mr/2"),
        (b"\x0b", "/dcap/upt/0/mr/0"),
    ]
    assert listed[2].description == "b"
    assert site.get(listed[0].ReadingLink.href).value == 4


def test_reading_type_and_last_reading_stand_behind_links(site: Site) -> None:
    kilo = '<ReadingType href="/x"><powerOfTenMultiplier>3</powerOfTenMultiplier></ReadingType>'
    body = meter_reading("AB", '<Reading href="/y"><value>-5</value></Reading>', kilo)
    site.post("/dcap/mup", mirror("AA", body))
    member = site.get("/dcap/upt/0/mr/0")
    reading_type = site.get(member.ReadingTypeLink.href)
    assert (reading_type.href, reading_type.powerOfTenMultiplier) == ("/dcap/upt/0/mr/0/rt", 3)
    last = site.get(member.ReadingLink.href)
    assert (last.href, last.value) == ("/dcap/upt/0/mr/0/r", -5)
    assert b'"/x"' not in site.ask("GET", "/dcap/mup/0").body
    assert b'"/y"' not in site.ask("GET", "/dcap/mup/0").body


def test_there_is_no_reading_link_before_a_single_reading(metered: Site) -> None:
    assert metered.get("/dcap/upt/0/mr/0").ReadingLink is None
    post_sets(metered, reading_set("AF", START, interval(START, 1)))
    assert metered.get("/dcap/upt/0/mr/0").ReadingLink is None


def test_a_2013_meter_reading_without_type_has_an_empty_one(site: Site) -> None:
    site.namespace = "http://zigbee.org/sep"
    site.post("/dcap/mup", mirror("AA", reading("AB", 1, "x", "")))
    assert site.get("/dcap/upt/0/mr/0/rt").uom is None


# --- reading sets ----------------------------------------------------------------------------


def test_sets_are_kept_and_listed_newest_first_then_by_mrid(metered: Site) -> None:
    for mrid, start in (("A1", START), ("A3", START + 900), ("A2", START), ("A0", START + 1800)):
        post_sets(metered, reading_set(mrid, start))
    page = metered.get(SETS)
    assert [item.mRID.hex() for item in page.ReadingSet] == ["a0", "a3", "a2", "a1"]
    assert [item.href for item in page.ReadingSet] == [f"{SETS}/{n}" for n in (3, 1, 2, 0)]
    assert page.ReadingSet[3].timePeriod.start == START
    assert metered.get("/dcap/upt/0/mr/0").ReadingSetListLink.all == 4


def test_sets_are_filtered_by_the_start_of_their_period(metered: Site) -> None:
    sets = (reading_set(f"A{n}", START + 900 * n) for n in range(4))
    post_sets(metered, *sets)
    page = metered.get(f"{SETS}?a={START + 900}")
    assert [item.mRID.hex() for item in page.ReadingSet] == ["a3", "a2"]
    page = metered.get(f"{SETS}?s=1&l=1")
    assert (page.all, [item.mRID.hex() for item in page.ReadingSet]) == (4, ["a2"])


def test_a_set_of_a_known_mrid_replaces_it_at_its_place(metered: Site) -> None:
    post_sets(metered, reading_set("AF", START, interval(START, 1) + interval(START + 300, 2)))
    post_sets(metered, reading_set("00af", START, interval(START + 300, 3)))
    page = metered.get(SETS)
    assert [item.href for item in page.ReadingSet] == [SETS + "/0"]
    assert page.ReadingSet[0].ReadingListLink.all == 1
    assert values(metered) == [3]


def test_a_reported_interval_keeps_its_number_and_no_number_is_used_again(metered: Site) -> None:
    post_sets(metered, reading_set("AF", START, interval(START, 1) + interval(START + 300, 2)))
    post_sets(
        metered, reading_set("AF", START, interval(START + 300, 3) + interval(START + 600, 4))
    )
    hrefs = [item.href for item in metered.get(SETS + "/0/r").Reading]
    assert hrefs == [SETS + "/0/r/1", SETS + "/0/r/2"]
    assert metered.ask("GET", SETS + "/0/r/0").status == 404
    assert metered.get(SETS + "/0/r/1").value == 3


def test_readings_are_ordered_by_local_id_block_and_tier(metered: Site) -> None:
    block, tier = "<consumptionBlock>1</consumptionBlock>", "<touTier>1</touTier>"
    intervals = (
        interval(START, 1, "0100")
        + interval(START, 2, "02").replace("<Reading>", "<Reading>" + block)
        + interval(START, 3, "02", tier)
        + interval(START + 300, 4, "02")
        + interval(START + 600, 5, "01")
    )
    post_sets(metered, reading_set("AF", START, intervals))
    assert values(metered) == [5, 4, 3, 2, 1]


def test_readings_are_paged_and_filtered_by_their_start(metered: Site) -> None:
    intervals = [interval(START + 300 * n, n, f"{9 - n:02}") for n in range(4)]
    post_sets(metered, reading_set("AF", START, "".join(intervals) + "<Reading/>"))
    assert values(metered, f"{SETS}/0/r?a={START + 300}") == [3, 2]
    assert values(metered, f"{SETS}/0/r?a={START + 300}&s=1&l=5") == [2]
    page = metered.get(f"{SETS}/0/r?s=5")
    assert (page.all, page.results) == (5, 0)


def test_of_readings_with_the_same_start_the_last_wins_in_one_set(metered: Site) -> None:
    both = interval(START, 1) + interval(START + 300, 7) + interval(START, 2)
    post_sets(metered, reading_set("AF", START, both))
    assert values(metered) == [2, 7]


def test_of_readings_with_the_same_start_the_last_wins_over_all_sets(metered: Site) -> None:
    post_sets(metered, reading_set("A1", START, interval(START, 1) + interval(START + 300, 2)))
    post_sets(metered, reading_set("A2", START + 300, interval(START + 300, 3)))
    assert (values(metered, SETS + "/0/r"), values(metered, SETS + "/1/r")) == ([1], [3])


def test_readings_of_another_tier_or_without_time_are_others(metered: Site) -> None:
    tier = interval(START, 2, more="<touTier>1</touTier>")
    untimed = "<Reading><value>3</value></Reading><Reading><value>4</value></Reading>"
    post_sets(metered, reading_set("AF", START, interval(START, 1) + tier + untimed))
    assert sorted(values(metered)) == [1, 2, 3, 4]


def test_single_readings_do_not_touch_the_sets(metered: Site) -> None:
    post_sets(metered, reading_set("AF", START, interval(START, 1)))
    post_sets(metered, interval(START, 9))
    assert values(metered) == [1]
    assert metered.get("/dcap/upt/0/mr/0/r").value == 9


def test_the_oldest_sets_go_when_there_are_too_many_intervals(
    metered: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter_readings, "MAX_INTERVALS", 4)
    for n in range(3):
        start = START + 600 * n
        post_sets(
            metered, reading_set(f"A{n}", start, interval(start, n) + interval(start + 300, n))
        )
    assert [item.mRID.hex() for item in metered.get(SETS).ReadingSet] == ["a2", "a1"]
    start = START + 1800
    post_sets(metered, reading_set("A3", start, interval(start, 3)))
    counts = [item.ReadingListLink.all for item in metered.get(SETS).ReadingSet]
    assert counts == [1, 2, 1]
    assert metered.get(SETS + "/1/r").Reading[0].timePeriod.start == START + 900


def test_empty_sets_are_bounded_too(metered: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter_readings, "MAX_INTERVALS", 3)
    post_sets(metered, *(reading_set(f"A{n}", START + n) for n in range(5)))
    assert [item.mRID.hex() for item in metered.get(SETS).ReadingSet] == ["a4", "a3", "a2"]


def test_the_bound_is_a_day_of_five_minutes(metered: Site) -> None:
    intervals = "".join(interval(START + 300 * n, n) for n in range(289))
    post_sets(metered, reading_set("AF", START, intervals))
    page = metered.get(SETS + "/0/r?l=1")
    assert (page.all, page.Reading[0].value) == (288, 1)


# --- rules of the mirror ---------------------------------------------------------------------

AMPERES = "<ReadingType><uom>5</uom></ReadingType>"


def test_another_reading_type_starts_anew(site: Site) -> None:
    site.post("/dcap/mup", mirror("AA", reading("AB", 24, "PhaseCurrentAvg", AMPERES)))
    post_sets(site, reading_set("AF", START, interval(START, 1)))
    post_sets(site, reading_type=documents.READING_TYPE)
    assert site.get("/dcap/upt/0/mr/0/rt").uom == 38
    assert site.get(SETS).all == 0
    assert site.ask("GET", "/dcap/upt/0/mr/0/r").status == 404
    assert site.get("/dcap/mup/0").MirrorMeterReading[0].Reading is None
    assert site.point("b113_A") is None
    assert site.get("/dcap/upt/0/mr/0").description == "PhaseCurrentAvg"
    post_sets(site, reading_set("AF", START, interval(START, 1)))
    assert site.get(SETS).ReadingSet[0].href == SETS + "/1", "numbers are not used again"


def test_the_same_reading_type_again_changes_nothing(site: Site) -> None:
    site.post("/dcap/mup", mirror("AA", reading("AB", 24, "PhaseCurrentAvg", AMPERES)))
    post_sets(site, reading_set("AF", START, interval(START, 25)))
    post_sets(site, reading_type=AMPERES.replace("<ReadingType>", '<ReadingType href="/x">'))
    assert site.get(SETS).all == 1
    assert site.point("b113_A") == 25


def test_a_repeated_mirror_takes_over_role_flags_and_description(site: Site) -> None:
    """Role flags decide which points the readings feed, also those that came before."""
    site.post("/dcap/mup", mirror("AA", reading("AB", 24, "", AMPERES)))
    assert (site.point("b113_A"), site.point("b113_DCA")) == (24, None)
    changed = mirror("AA").replace("<roleFlags>49", "<description>d</description><roleFlags>69")
    site.post("/dcap/mup", changed, status=204)
    read = site.get("/dcap/mup/0")
    assert (read.roleFlags, read.description) == (b"\x69", "d")
    assert (site.point("b113_A"), site.point("b113_DCA")) == (None, 24)


def test_a_list_without_all_and_results_is_taken(metered: Site) -> None:
    body = reading("AB", 7, "PhaseCurrentAvg", "")
    metered.post(
        "/dcap/mup/0", f"<MirrorMeterReadingList>{body}</MirrorMeterReadingList>", status=204
    )
    assert metered.point("b113_A") == 7


def test_a_meter_reading_mrid_belongs_to_one_device(site: Site) -> None:
    site.post("/dcap/mup", mirror("AA", reading("AB", 1)))
    site.post("/dcap/mup", mirror("BA", reading("AB", 2), INVERTER_LFDI), status=403)
    assert site.get("/dcap/mup").all == 1
    site.post("/dcap/mup", mirror("BA", reading("BB", 2), INVERTER_LFDI))
    site.post("/dcap/mup/1", reading("00ab", 3), status=403)
    assert site.get("/dcap/upt/1/mr").all == 1
    assert site.ask("DELETE", "/dcap/mup/0").status == 204
    site.post("/dcap/mup/1", reading("AB", 3))


def test_a_device_may_use_a_meter_reading_mrid_in_two_mirrors(site: Site) -> None:
    site.post("/dcap/mup", mirror("A1", reading("AB", 1, "PhaseCurrentAvg")))
    site.post("/dcap/mup", mirror("A2", reading("AB", 2, "LineVoltageAvg")))
    assert (site.point("b113_A"), site.point("b113_DCV")) == (1, 2)
    site.ask("DELETE", "/dcap/mup/1")
    assert (site.point("b113_A"), site.point("b113_DCV")) == (1, None)


@pytest.mark.parametrize("first", ["http://zigbee.org/sep", "urn:ieee:std:2030.5:ns"])
@pytest.mark.parametrize("second", ["http://zigbee.org/sep", "urn:ieee:std:2030.5:ns"])
def test_2013_devices_may_share_the_mrids_of_meter_readings(
    site: Site, first: str, second: str
) -> None:
    """All devices of the original's samples post the same ones."""
    site.namespace = first
    site.post("/dcap/mup", mirror("AA", reading("AB", 1, "PhaseCurrentAvg")))
    site.namespace = second
    both_of_today = "http" not in first + second
    body = mirror("BA", reading("AB", 2, "PhaseCurrentAvg"), INVERTER_LFDI)
    site.post("/dcap/mup", body, status=403 if both_of_today else 201)
    expected = None if both_of_today else 2
    assert (site.point("b113_A"), site.point("b113_A", INVERTER)) == (1, expected)


def test_a_device_has_room_for_so_many_mirrors(make_site: Callable[..., Site]) -> None:
    site = make_site(max_mirrors=2)
    site.post("/dcap/mup", mirror("A1"))
    site.post("/dcap/mup", mirror("A2"))
    refused = site.post("/dcap/mup", mirror("A3"), status=413)
    assert b"<reasonCode>2</reasonCode>" in refused.body
    assert b"at most 2" in refused.body
    site.post("/dcap/mup", mirror("A2"), status=204)
    site.post("/dcap/mup", mirror("B1", lfdi=INVERTER_LFDI))
    assert site.ask("DELETE", "/dcap/mup/0").status == 204
    site.post("/dcap/mup", mirror("A3"))


def test_an_aggregator_is_counted_and_ruled_apart_from_what_it_manages(
    make_site: Callable[..., Site], original_settings: dict[str, Any]
) -> None:
    aggregator, lfdi = "167261211391", "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"
    site = make_site(
        max_mirrors=1,
        aggregators=[{"lfdi": lfdi, "pin_code": "123455"}],
        devices=[original_settings["devices"][0] | {"aggregator": aggregator}],
    )
    site.post("/dcap/mup", mirror("A1"))
    site.post("/dcap/mup", mirror("A2", lfdi=lfdi))
    site.post("/dcap/mup", mirror("A3", lfdi=lfdi), status=413)
    site.server.fleet.rating.set_post(60, site.server.fleet.device(aggregator))
    assert [site.get(f"/dcap/mup/{n}").postRate for n in (0, 1)] == [300, 60]


def test_a_mirror_has_room_for_so_many_meter_readings(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirrors, "MAX_METER_READINGS", 2)
    site.post("/dcap/mup", mirror("AA", reading("01", 1) + reading("02", 2)))
    refused = site.post("/dcap/mup/0", reading("03", 3), status=413)
    assert b"<reasonCode>2</reasonCode>" in refused.body
    site.post("/dcap/mup/0", reading("02", 3), status=204)


# --- the newest value ------------------------------------------------------------------------


def test_an_older_set_does_not_hide_the_newest_value(site: Site) -> None:
    site.clock.now = START + 1000
    site.post("/dcap/mup", mirror("AA", reading("AB", 1, "PhaseCurrentAvg")))
    post_sets(site, reading_set("A1", START + 600, interval(START + 900, 2)))
    post_sets(site, reading_set("A0", START, interval(START, 3)))
    assert site.point("b113_A") == 2


TIMES = {
    "older": (START + 300, 1, 2),
    "same time": (START + 600, 1, 1),
    "newer": (START + 900, 1, 1),
    "without a time": (None, 1, 1),
}


@pytest.mark.parametrize(("start", "posted", "point"), TIMES.values(), ids=TIMES)
def test_of_single_readings_the_later_time_feeds_the_point(
    site: Site, start: int | None, posted: int, point: int
) -> None:
    def single(value: int, start: int | None) -> str:
        period = (
            "" if start is None else f"<timePeriod><duration>1</duration><start>{start}</start>"
        )
        period += "</timePeriod>" if period else ""
        body = reading("AB", value, "PhaseCurrentAvg")
        return body.replace("<Reading>", f"<Reading>{period}")

    site.clock.now = START + 1000
    site.post("/dcap/mup", mirror("AA", single(2, START + 600)))
    site.clock.now += 10
    site.post("/dcap/mup/0", single(posted, start), status=204)
    assert site.point("b113_A") == point
    (listed,) = site.get("/dcap/mup/0").MirrorMeterReading
    assert listed.Reading.value == posted


def test_a_clock_that_was_ahead_once_does_not_hide_what_comes_later(site: Site) -> None:
    site.post("/dcap/mup", mirror("AA", reading("AB", 1, "PhaseCurrentAvg")))
    ahead = START + 10**8
    post_sets(site, reading_set("A1", ahead, interval(ahead, 2)))
    assert site.point("b113_A") == 2
    site.clock.now += 600
    post_sets(site, reading_set("A2", START, interval(START + 300, 3)))
    assert site.point("b113_A") == 3


# --- postRate --------------------------------------------------------------------------------


def rate(site: Site, path: str = "/dcap/mup/0") -> int:
    found: int = site.get(path).postRate
    return found


def test_the_servers_post_rate_counts_not_the_proposal(make_site: Callable[..., Site]) -> None:
    site = make_site(post_rate=60)
    site.post("/dcap/mup", mirror().replace("</Mirror", "<postRate>7</postRate></Mirror"))
    assert rate(site) == 60


def test_the_post_rate_of_all_changes_at_run_time(site: Site) -> None:
    site.post("/dcap/mup", mirror())
    site.server.fleet.rating.set_post(60)
    site.post("/dcap/mup", mirror("BA", lfdi=INVERTER_LFDI))
    assert [rate(site, f"/dcap/mup/{n}") for n in (0, 1)] == [60, 60]
    assert [rate(site, f"/dcap/edev/{n}") for n in (0, 1)] == [60, 60]


def test_the_post_rate_of_one_device_changes_at_run_time(site: Site) -> None:
    fleet = site.server.fleet
    site.post("/dcap/mup", mirror())
    site.post("/dcap/mup", mirror("BA", lfdi=INVERTER_LFDI))
    fleet.rating.set_post(60, fleet.device(BATTERY))
    site.post("/dcap/mup", mirror("A2"))
    assert [rate(site, f"/dcap/mup/{n}") for n in (0, 1, 2)] == [60, 300, 60]
    assert [rate(site, f"/dcap/edev/{n}") for n in (0, 1)] == [60, None]


def test_a_device_cannot_take_back_what_an_operator_ruled(site: Site) -> None:
    fleet = site.server.fleet
    body = (
        f"<EndDevice><lFDI>{documents.LFDI}</lFDI><sFDI>{int(BATTERY)}</sFDI>"
        "<changedTime>0</changedTime><postRate>5</postRate></EndDevice>"
    )
    site.put("/dcap/edev/0", body)
    assert rate(site, "/dcap/edev/0") == 5
    fleet.rating.set_post(60, fleet.device(BATTERY))
    site.put("/dcap/edev/0", body)
    assert rate(site, "/dcap/edev/0") == 60


def test_a_changed_configuration_changes_the_post_rate_of_mirrors(
    site: Site, make_site: Callable[..., Site]
) -> None:
    site.post("/dcap/mup", mirror())
    site.server.configure(make_site(post_rate=120).server.settings)
    assert rate(site) == 120


# --- reading types ---------------------------------------------------------------------------

DER = "roleFlags=-isPremisesAggregationPoint,-isDC"
POINTS = {
    "W": f"uom=38;flowDirection=1;dataQualifier=2|12|0;kind=37;{DER}",
    "WReceived": f"uom=38;flowDirection=19;{DER}",
    "WMax": f"uom=38;dataQualifier=8;{DER}",
    "WMin": f"uom=38;dataQualifier=9;{DER}",
    "SiteW": "uom=38;roleFlags=+isPremisesAggregationPoint",
    "DCW": "uom=38;roleFlags=+isDC",
    "VAr": f"uom=63;flowDirection=1;dataQualifier=2;{DER}",
    "PhVphA": "uom=29;phase=129;kind=37|0",
    "PhVphB": "uom=29;phase=65;kind=37|0",
    "PhVphC": "uom=29;phase=33;kind=37|0",
    "Hz": "uom=33;kind=37|0",
    "VA": "uom=61",
    "AphA": "uom=5;phase=128",
    "PF": "uom=65",
    "WhImp": "uom=72;flowDirection=1;kind=12",
    "WhExp": "uom=72;flowDirection=19;kind=12",
}


@pytest.mark.parametrize("as_set", [False, True], ids=["single", "set"])
@pytest.mark.parametrize("rule", rules("protocol/reading_types.toml"))
def test_csip_readings_reach_their_point(site: Site, rule: dict[str, Any], as_set: bool) -> None:
    site.server.fleet.config_points(
        BATTERY,
        [
            {
                "Volttron Point Name": name,
                "Resource": "MirrorMeterReading",
                "Field": field,
                "Units": "%" if name == "PF" else "",
            }
            for name, field in POINTS.items()
        ],
    )
    codes = "".join(f"<{name}>{code}</{name}>" for name, code in rule["type"].items())
    defined = meter_reading("AB", "", f"<ReadingType>{codes}</ReadingType>")
    flags = f"<roleFlags>{rule.get('role_flags', '49')}"
    site.post("/dcap/mup", mirror("AA", defined).replace("<roleFlags>49", flags))
    measured = interval(START, rule["reading"])
    post_sets(site, reading_set("AF", START, measured) if as_set else measured)
    shown = site.server.fleet.get_points(BATTERY)
    expected = {rule["point"]: rule["value"]} if "point" in rule else {}
    assert {name: value for name, value in shown.items() if value is not None} == expected
    assert site.get("/dcap/upt/0/mr/0/rt").uom == rule["type"]["uom"]
