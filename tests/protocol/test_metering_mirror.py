"""Metering Mirror: devices post what they measure, and it lands on their points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.protocol.conftest import INVERTER, Site
from tests.protocol.documents import mirror, reading

INVERTER_LFDI = "2990C58A59935A7D5838C952B1A453C967341A07"


def test_a_new_mirror_is_created_and_readable_at_once(site: Site) -> None:
    response = site.post("/dcap/mup", mirror("AA", reading("AB", 24, "PhaseCurrentAvg")))
    assert dict(response.headers)["Location"] == "/dcap/mup/0"
    read = site.get("/dcap/mup/0")
    assert (read.mRID, read.postRate) == (b"\xaa", 300)
    assert read.MirrorMeterReading[0].Reading.value == 24
    assert site.point("b113_A") == 24


def test_a_mirror_may_come_without_readings(site: Site) -> None:
    site.post("/dcap/mup", mirror("AA"))
    site.post("/dcap/mup/0", reading("AB", 7, "PhaseCurrentAvg"))
    assert site.point("b113_A") == 7


def test_the_same_mrid_updates_whatever_its_spelling(site: Site) -> None:
    site.post("/dcap/mup", mirror("00AA", reading("AB", 24, "PhaseCurrentAvg")))
    response = site.post("/dcap/mup", mirror("aa", reading("AB", 25)), status=204)
    assert dict(response.headers)["Location"] == "/dcap/mup/0"
    assert site.get("/dcap/mup").all == 1
    assert site.point("b113_A") == 25


def test_later_posts_keep_description_and_reading_type_of_the_first(site: Site) -> None:
    kilo = "<ReadingType><powerOfTenMultiplier>3</powerOfTenMultiplier><uom>5</uom></ReadingType>"
    site.post("/dcap/mup", mirror("AA", reading("AB", 1, "PhaseCurrentAvg", kilo)))
    site.post("/dcap/mup/0", reading("AB", 2, reading_type=""), status=204)
    assert site.point("b113_A") == 2000
    kept = site.get("/dcap/mup/0").MirrorMeterReading[0]
    assert (kept.description, kept.ReadingType.powerOfTenMultiplier) == (
        "PhaseCurrentAvg",
        3,
    )


def test_the_first_post_may_hold_the_reading_type_only(site: Site) -> None:
    site.post("/dcap/mup", mirror("AA"))
    site.post(
        "/dcap/mup/0",
        "<MirrorMeterReading><mRID>AB</mRID><description>PhaseCurrentAvg</description>"
        "<ReadingType><uom>5</uom></ReadingType></MirrorMeterReading>",
    )
    assert site.point("b113_A") is None
    site.post("/dcap/mup/0", reading("AB", 0, reading_type=""), status=204)
    assert site.point("b113_A") == 0


def test_a_list_of_readings_is_taken_as_one(site: Site) -> None:
    site.post("/dcap/mup", mirror("AA"))
    readings = reading("AB", 1, "PhaseCurrentAvg") + reading("AC", 2, "LineVoltageAvg")
    body = f"<MirrorMeterReadingList>{readings}</MirrorMeterReadingList>"
    site.post("/dcap/mup/0", body)
    site.post("/dcap/mup/0", body, status=204)
    assert (site.point("b113_A"), site.point("b113_DCV")) == (1, 2)


def test_of_a_reading_set_the_newest_interval_counts(site: Site) -> None:
    site.post("/dcap/mup", mirror("AA", reading("AB", 1, "PhaseCurrentAvg")))
    intervals = "".join(
        f"<Reading><timePeriod><duration>300</duration><start>{start}</start></timePeriod>"
        f"<value>{value}</value></Reading>"
        for start, value in ((1780000300, 8), (1780000600, 9), (1780000000, 7))
    )
    site.post(
        "/dcap/mup/0",
        "<MirrorMeterReading><mRID>AB</mRID><MirrorReadingSet><mRID>AF</mRID><timePeriod>"
        "<duration>900</duration><start>1780000000</start></timePeriod>"
        f"{intervals}</MirrorReadingSet></MirrorMeterReading>",
        status=204,
    )
    assert site.point("b113_A") == 9


def test_negative_values_are_taken(site: Site) -> None:
    site.post("/dcap/mup", mirror("AA", reading("AB", -4567, "PhasePowerAvg")))
    assert site.point("b113_DCW") == -4567


def test_mirrors_are_listed_by_descending_mrid(site: Site) -> None:
    for mrid in ("0A", "FF00", "0B"):
        site.post("/dcap/mup", mirror(mrid))
    listed = site.get("/dcap/mup")
    assert [m.mRID for m in listed.MirrorUsagePoint] == [b"\xff\x00", b"\x0b", b"\x0a"]


def test_a_mirror_is_updated_by_put(site: Site) -> None:
    site.post("/dcap/mup", mirror("AA"))
    changed = mirror("AA").replace("<roleFlags>49", "<roleFlags>03")
    assert site.put("/dcap/mup/0", changed).status == 204
    assert site.get("/dcap/mup/0").roleFlags == b"\x03"


def test_a_deleted_mirror_is_gone_and_so_are_its_readings(site: Site) -> None:
    site.post("/dcap/mup", mirror("AA", reading("AB", 24, "PhaseCurrentAvg")))
    assert site.ask("DELETE", "/dcap/mup/0").status == 204
    assert site.ask("GET", "/dcap/mup/0").status == 404
    assert site.point("b113_A") is None
    site.post("/dcap/mup", mirror("AA"))
    assert site.get("/dcap/mup/1").mRID == b"\xaa"


def test_each_device_has_its_own_readings(site: Site) -> None:
    site.post("/dcap/mup", mirror("AA", reading("AB", 1, "PhaseCurrentAvg")))
    site.post("/dcap/mup", mirror("BA", reading("BB", 2, "PhaseCurrentAvg"), INVERTER_LFDI))
    assert (site.point("b113_A"), site.point("b113_A", INVERTER)) == (1, 2)


def test_2013_clients_tell_readings_of_one_mrid_apart_by_description(
    site: Site,
) -> None:
    """As the original's devices post them: one mRID for several readings, no ReadingType."""
    site.namespace = "http://zigbee.org/sep"
    site.post(
        "/dcap/mup",
        mirror(
            "0600006CC8",
            reading("0900006CC8", 125, "InstantPackCurrent", "")
            + reading("0900006CC8", 230, "LineVoltageAvg", ""),
        ),
    )
    expected: dict[str, Any] = {"b113_DCA": 125, "b113_DCV": 230}
    assert {name: site.point(name) for name in expected} == expected
    site.post(
        "/dcap/mup/0",
        mirror("0600006CC8", reading("12", 128, "EnergyEXP", "")),
        status=204,
    )
    assert site.point("b122_ActWh") == 128
    assert {name: site.point(name) for name in expected} == expected


def test_2013_devices_of_one_make_share_an_mrid(site: Site) -> None:
    """As the original's sample devices do; each has a mirror of its own."""
    site.namespace = "http://zigbee.org/sep"
    site.post("/dcap/mup", mirror("AA", reading("AB", 1, "PhaseCurrentAvg")))
    site.post("/dcap/mup", mirror("AA", reading("AB", 2, "PhaseCurrentAvg"), INVERTER_LFDI))
    site.post("/dcap/mup", mirror("AA", reading("AB", 3, "PhaseCurrentAvg")), status=204)
    assert (site.point("b113_A"), site.point("b113_A", INVERTER)) == (3, 2)


def test_a_device_that_is_known_by_its_sfdi_alone_has_mirrors(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(devices=[{"sfdi": INVERTER}])
    site.post("/dcap/mup", mirror("AA", reading("AB", 2, "PhaseCurrentAvg"), INVERTER_LFDI))
    assert site.point("b113_A", INVERTER) == 2
