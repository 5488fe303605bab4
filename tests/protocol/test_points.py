"""Points of a running server: several DERs and meters, directions, logs, and what time does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.model.changes import Changed
from ieee2030_5_agent.model.points import PointMapError
from ieee2030_5_agent.server import shipped_points
from tests.clock import START
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, INVERTER, Site

SOC = {"Resource": "DERStatus", "Field": "stateOfChargeStatus", "Units": "%"}
POWER = "uom=38;flowDirection=19|-1|0;roleFlags=-isDC"
W, HZ = 38, 33


def rows(**named: dict[str, str]) -> list[dict[str, str]]:
    return [{"Volttron Point Name": name} | cells for name, cells in named.items()]


def reading(mrid: str, uom: int, value: int, flow: int = 0) -> str:
    kind = f"<flowDirection>{flow}</flowDirection><powerOfTenMultiplier>0</powerOfTenMultiplier>"
    reading_type = f"<ReadingType>{kind}<uom>{uom}</uom></ReadingType>"
    return documents.meter_reading(mrid, f"<Reading><value>{value}</value></Reading>", reading_type)


def with_devices(make_site: Callable[..., Site], **more: Any) -> Site:
    return make_site(devices=[{"sfdi": BATTERY} | more, {"sfdi": INVERTER}])


# --- several DERs and meters ---------------------------------------------------------------------


def test_each_der_has_points_of_its_own(make_site: Callable[..., Site]) -> None:
    site = with_devices(make_site, ders=2)
    first, second = SOC | {"Point Name": "b802_SoC"}, SOC | {"Point Name": "der[2].b802_SoC"}
    energy = {
        "Point Name": "der[2].b713_WHAvail",
        "Field": "=DERStatus.stateOfChargeStatus/100*DERSettings.setMaxW",
    }
    site.server.fleet.config_points(BATTERY, rows(soc1=first, soc2=second, energy2=energy))
    site.put("/dcap/edev/0/der/1/ders", documents.DER_STATUS)
    assert site.server.fleet.get_points(BATTERY) == {"soc1": 93.0, "soc2": None, "energy2": None}
    received = dict(site.server.fleet.device(BATTERY).point_times)
    site.clock.now += 5
    site.put("/dcap/edev/0/der/2/ders", documents.DER_STATUS.replace("9300", "5000"))
    site.put("/dcap/edev/0/der/2/derg", documents.DER_SETTINGS)
    assert site.server.fleet.get_points(BATTERY) == {
        "soc1": 93.0,
        "soc2": 50.0,
        "energy2": 5000.0,
    }
    times = site.server.fleet.device(BATTERY).point_times
    assert (times["soc1"], times["soc2"]) == (received["soc1"], START + 5)


def test_each_meter_has_points_of_its_own(site: Site) -> None:
    meter = {"Resource": "MirrorMeterReading", "Field": POWER}
    site.server.fleet.config_points(
        BATTERY,
        rows(
            first=meter | {"Point Name": "mup[1].b701_W"},
            second=meter | {"Point Name": "mup[2].b701_W"},
            third=meter | {"Field": POWER + ";usagePoint=3"},
        ),
    )
    site.post("/dcap/mup", documents.mirror("A1"))
    site.post("/dcap/mup", documents.mirror("A2", reading("B2", W, 200)))
    # The first one has sent nothing yet, and keeps its place.
    points = site.server.fleet.get_points
    assert points(BATTERY) == {"first": None, "second": 200.0, "third": None}
    site.post("/dcap/mup/0", reading("B1", W, 100))
    assert points(BATTERY) == {"first": 100.0, "second": 200.0, "third": None}
    site.ask("DELETE", "/dcap/mup/0")
    assert points(BATTERY) == {"first": 200.0, "second": None, "third": None}


# --- readings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("frame", "power"), [("customer", -700.0), ("generator", 700.0)])
def test_the_device_says_from_whose_side_it_counts(
    make_site: Callable[..., Site], frame: str, power: float
) -> None:
    site = with_devices(make_site, direction_frame=frame)
    site.post("/dcap/mup", documents.mirror("A1", reading("B1", W, 700, flow=1)))
    assert (site.point("b701_W"), site.point("b103_W")) == (power, power)


def test_another_frame_turns_what_was_received(make_site: Callable[..., Site]) -> None:
    site = with_devices(make_site)
    site.post("/dcap/mup", documents.mirror("A1", reading("B1", W, 700, flow=1)))
    configured = site.server.fleet.device(BATTERY)
    assert site.point("b701_W") == -700.0
    other = with_devices(make_site, direction_frame="generator").server.settings
    site.server.configure(other)
    assert site.server.fleet.device(BATTERY) is configured
    assert site.point("b701_W") == 700.0


def test_what_a_csip_device_posts_needs_no_configuration(site: Site) -> None:
    posts = reading("B1", W, 700, flow=19) + reading("B2", HZ, 60)
    site.post("/dcap/mup", documents.mirror("A1", posts))
    assert (site.point("b701_W"), site.point("b701_Hz")) == (700.0, 60.0)


# --- what is not posted as a whole ---------------------------------------------------------------


def test_the_alarm_text_is_that_of_the_newest_der_event(site: Site) -> None:
    log = "/dcap/edev/0/lel"
    site.post(log, documents.log_event(2, START, 1, details="over-voltage"))
    site.post(log, documents.log_event(1, START + 9, 2, details="meter", functionSet=5))
    assert site.point("b701_MnAlrmInfo") == "over-voltage"
    assert site.point("sep_LogEvent_functionSet") == 5
    site.post(log, documents.log_event(4, START + 10, 3, details="under-voltage"))
    assert site.point("b701_MnAlrmInfo") == "under-voltage"
    for number in (2, 0):
        assert site.ask("DELETE", f"{log}/{number}").status in (200, 204)
    assert site.point("b701_MnAlrmInfo") is None


def test_points_of_the_registration(site: Site) -> None:
    assert site.point("b1_SN") == BATTERY
    assert site.point("sep_EndDevice_enabled") is True
    assert site.point("sep_EndDevice_changedTime") == START
    assert site.point("sep_EndDevice_postRate") is None
    site.clock.now += 60
    site.server.fleet.rating.set_post(900)
    assert site.point("sep_EndDevice_postRate") == 900
    assert site.point("sep_EndDevice_changedTime") == START + 60


# --- the shipped registry ------------------------------------------------------------------------


def test_a_device_keeps_only_what_it_sent(site: Site) -> None:
    every = site.server.fleet.get_points(BATTERY)
    assert set(every) == set(shipped_points().rows)
    kept = site.server.fleet.device(BATTERY).points
    assert kept == {name: value for name, value in every.items() if value is not None}
    assert len(kept) < 100


def test_nothing_is_evaluated_when_nothing_changed(
    full_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 points cost nothing on a poll: values are there, and a cursor says what is new."""
    device = full_site.server.fleet.device(BATTERY)
    cursor = full_site.server.fleet.get_changes(None)["cursor"]
    monkeypatch.setattr(
        type(device.point_map), "evaluate", lambda *_: pytest.fail("a point was evaluated")
    )
    answer = full_site.server.fleet.get_changes(cursor, [BATTERY])
    assert (answer["points"], answer["whole"]) == ({}, [])
    full_site.server.fleet.get_points(BATTERY)
    full_site.server.fleet.get_point(BATTERY, "b802_SoC")


def test_a_bad_registry_is_named_by_line_column_value_and_nearest_name(site: Site) -> None:
    bad = rows(good=SOC, bad=SOC | {"Field": "stateOfChargStatus"})
    with pytest.raises(PointMapError) as refused:
        site.server.fleet.config_points(BATTERY, bad)
    assert refused.value.problems == [
        f"device {BATTERY}: line 3 (bad): Field 'stateOfChargStatus': "
        "DERStatus has no field stateOfChargStatus; nearest: stateOfChargeStatus"
    ]


# --- time ----------------------------------------------------------------------------------------

LEFT = {
    "Resource": "DERControl",
    "Field": "=max(0,default("
    "DERControl.interval.start+DERControl.interval.duration-Time.currentTime,0))",
    "Type": "int",
    "Mapping": "mode=opModFixedW",
}
COMMAND = {
    "Resource": "DERControl",
    "Field": "DERControlBase.opModFixedW",
    "Writable": "TRUE",
}


@pytest.fixture
def counting(site: Site) -> Site:
    site.server.fleet.config_points(BATTERY, rows(left=LEFT, command=COMMAND, soc=SOC))
    site.server.fleet.set_point(BATTERY, "command", 0)
    return site


@pytest.mark.parametrize("read", ["get_point", "get_points", "get_changes"])
def test_the_time_that_is_left_counts_down(counting: Site, read: str) -> None:
    fleet = counting.server.fleet
    cursor = fleet.get_changes(None)["cursor"]
    for passed, left in ((1, 86399), (86280, 120), (86399, 1), (86400, 0), (90000, 0)):
        counting.clock.now = START + passed
        found = {
            "get_point": lambda: fleet.get_point(BATTERY, "left"),
            "get_points": lambda: fleet.get_points(BATTERY)["left"],
            "get_changes": lambda: fleet.get_changes(cursor)["points"][BATTERY]["left"],
        }
        assert found[read]() == left


def test_only_the_points_that_count_change_with_the_time(counting: Site) -> None:
    fleet = counting.server.fleet
    told: list[Changed] = []
    cursor = fleet.get_changes(None)["cursor"]
    fleet.listen(told.append)
    counting.clock.now += 7
    answer = fleet.get_changes(cursor)
    assert (answer["points"], answer["whole"]) == ({BATTERY: {"left": 86393}}, [])
    assert [(change.what, change.points) for change in told] == [("time", {"left": 86393})]
    fleet.get_points(BATTERY)
    fleet.revert_point(BATTERY, "command")
    assert fleet.get_point(BATTERY, "left") == 0
    told.clear()
    counting.clock.now += 7
    fleet.get_changes(answer["cursor"])
    assert told == []


def test_a_device_that_is_gone_counts_no_more(counting: Site) -> None:
    fleet = counting.server.fleet
    cursor = fleet.get_changes(None)["cursor"]
    fleet.remove(BATTERY)
    counting.clock.now += 7
    assert fleet.get_changes(cursor)["points"] == {BATTERY: None}
