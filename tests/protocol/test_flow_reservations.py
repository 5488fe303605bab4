"""Flow reservations: devices ask for energy, the operator answers by an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.model import reservations
from ieee2030_5_agent.model.changes import Changed
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Client
from tests.protocol.conftest import BATTERY, INVERTER, START, Site
from tests.protocol.documents import LFDI, reservation, response
from tests.vectors import rules

REQUESTS = "/dcap/edev/0/frq"
ANSWERS = "/dcap/edev/0/frp"
DAY = 86400
INVERTER_LFDI = "2990C58A59935A7D5838C952B1A453C967341A07"


def answer(site: Site, **changes: Any) -> dict[str, Any]:
    """The operator grants a little less than was asked for, an hour from now on."""
    arguments: dict[str, Any] = {
        "sfdi": BATTERY,
        "mRID": "F1",
        "start": START + 3600,
        "duration": 5400,
        "energy_wh": 9000,
        "power_w": 6500,
    }
    return Operations(site.server).answer_flow_reservation(**(arguments | changes))


def status(site: Site, href: str) -> tuple[int, int]:
    event = site.get(href).EventStatus
    return event.currentStatus, event.dateTime


@pytest.fixture
def asked(site: Site) -> Site:
    """The battery asks for 10 kWh."""
    site.post(REQUESTS, reservation())
    return site


@pytest.fixture
def granted(asked: Site) -> Site:
    answer(asked)
    return asked


# --- requests ----------------------------------------------------------------------------------


def test_the_way_to_both_lists_follows_links(granted: Site) -> None:
    device = granted.get("/dcap/edev/0")
    asked, answered = device.FlowReservationRequestListLink, device.FlowReservationResponseListLink
    assert (asked.all, answered.all) == (1, 1)
    requests, answers = granted.get(asked.href), granted.get(answered.href)
    assert (requests.pollRate, answers.pollRate) == (900, 900)
    for member in (requests.FlowReservationRequest[0], answers.FlowReservationResponse[0]):
        assert granted.get(member.href) == member


def test_an_aggregator_reserves_nothing_itself(make_site: Callable[..., Site]) -> None:
    site = make_site(aggregators=[{"lfdi": "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"}])
    number = site.server.fleet.device("167261211391").number
    assert site.get(f"/dcap/edev/{number}").FlowReservationRequestListLink is None
    for path in ("frq", "frp", "frq/0", "frp/0"):
        assert site.ask("GET", f"/dcap/edev/{number}/{path}").status == 404


def test_a_request_comes_back_as_it_was_sent(site: Site) -> None:
    location = dict(site.post(REQUESTS, reservation()).headers)["Location"]
    request = site.get(location)
    assert (request.mRID, request.creationTime, request.durationRequested) == (
        b"\xf1",
        START,
        5143,
    )
    assert (request.energyRequested.value, request.energyRequested.multiplier) == (10, 3)
    assert request.intervalRequested.start == START + 3600
    assert request.RequestStatus.requestStatus == 0


def test_requests_by_start_of_the_same_start_the_newest_then_the_highest_mrid(site: Site) -> None:
    for mrid, start, created in (("A1", 9, 1), ("A2", 5, 1), ("A3", 5, 2), ("0BBB", 5, 1)):
        site.post(REQUESTS, reservation(mrid, start, created=created))
    listed = site.get(REQUESTS).FlowReservationRequest
    assert [entry.mRID.hex().upper() for entry in listed] == ["A3", "0BBB", "A2", "A1"]
    assert [entry.mRID for entry in site.get(REQUESTS + "?a=5").FlowReservationRequest] == [b"\xa1"]
    page = site.get(REQUESTS + "?s=1&l=1")
    assert (page.all, page.results, page.FlowReservationRequest[0].mRID) == (4, 1, b"\x0b\xbb")


@pytest.mark.parametrize("mrid", ["F1", "000000F1"])
def test_the_same_mrid_again_is_an_update_not_a_copy(asked: Site, mrid: str) -> None:
    again = asked.post(REQUESTS, reservation(mrid, START + 60), status=204)
    assert dict(again.headers)["Location"] == REQUESTS + "/0"
    (request,) = asked.get(REQUESTS).FlowReservationRequest
    assert request.intervalRequested.start == START + 60


def test_put_changes_a_request_and_its_place_in_the_list(asked: Site) -> None:
    asked.post(REQUESTS, reservation("F2", START + 60))
    assert asked.put(REQUESTS + "/0", reservation(start=START)).status == 204
    listed = asked.get(REQUESTS).FlowReservationRequest
    assert [entry.mRID for entry in listed] == [b"\xf1", b"\xf2"]


def test_a_deleted_request_is_gone_and_can_be_made_again(asked: Site) -> None:
    assert asked.ask("DELETE", REQUESTS + "/0").status == 204
    assert asked.ask("GET", REQUESTS + "/0").status == 404
    assert asked.get(REQUESTS).all == 0
    location = dict(asked.post(REQUESTS, reservation()).headers)["Location"]
    assert location == REQUESTS + "/1"


def test_2013_clients_may_leave_out_what_can_be_known(site: Site) -> None:
    site.namespace = "http://zigbee.org/sep"
    document = reservation()
    for element in ("creationTime", "RequestStatus"):
        before, _, rest = document.partition(f"<{element}>")
        document = before + rest.partition(f"</{element}>")[2]
    site.post(REQUESTS, document)
    request = site.get(REQUESTS + "/0")
    assert request.creationTime == START
    assert (request.RequestStatus.dateTime, request.RequestStatus.requestStatus) == (START, 0)


def test_a_device_asks_for_itself_only(asked: Site) -> None:
    other = Client(INVERTER_LFDI)
    for method, path in (("GET", "frq"), ("GET", "frq/0"), ("DELETE", "frq/0"), ("GET", "frp")):
        assert asked.ask(method, f"/dcap/edev/0/{path}", client=other).status == 404
    foreign = asked.ask("POST", REQUESTS, asked.xml(reservation("F9")), client=other)
    assert foreign.status == 404
    # The mRID of another device's request is taken.
    taken = asked.ask("POST", "/dcap/edev/1/frq", asked.xml(reservation()), client=other)
    assert taken.status == 403
    assert asked.get(REQUESTS, client=Client(LFDI)).all == 1


def test_when_there_are_too_many_those_go_that_are_over(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reservations, "MOST_REQUESTS", 2)
    site.post(REQUESTS, reservation("A1", START))
    site.post(REQUESTS, reservation("A2", START + 60))
    refused = site.post(REQUESTS, reservation("A3", START), status=413)
    assert b"<reasonCode>2</reasonCode>" in refused.body
    site.post(REQUESTS, reservation("A2", START + 120), status=204)
    site.clock.now += 7200
    site.post(REQUESTS, reservation("A3", START + 90))
    listed = site.get(REQUESTS).FlowReservationRequest
    assert [entry.mRID for entry in listed] == [b"\xa3", b"\xa2"]


# --- answers -----------------------------------------------------------------------------------


def test_the_answer_names_the_request_and_what_is_granted(granted: Site) -> None:
    (event,) = granted.get(ANSWERS).FlowReservationResponse
    assert event.subject == b"\xf1"
    assert (event.interval.start, event.interval.duration) == (START + 3600, 5400)
    assert (event.energyAvailable.value, event.energyAvailable.multiplier) == (9000, 0)
    assert (event.powerAvailable.value, event.powerAvailable.multiplier) == (6500, 0)
    assert (event.creationTime, event.version) == (START, 0)
    assert (event.replyTo, event.responseRequired) == ("/dcap/rsps/0/rsp", b"\x03")


@pytest.mark.parametrize(
    ("watts", "value", "multiplier"), [(40000, 4000, 1), (0.5, 5, -1), (0, 0, 0), (32767, 32767, 0)]
)
def test_power_takes_the_multiplier_that_it_needs(
    asked: Site, watts: float, value: int, multiplier: int
) -> None:
    answer(asked, power_w=watts)
    granted = asked.get(ANSWERS).FlowReservationResponse[0].powerAvailable
    assert (granted.value, granted.multiplier) == (value, multiplier)


def test_its_status_follows_the_clock(granted: Site) -> None:
    href = granted.get(ANSWERS).FlowReservationResponse[0].href
    assert status(granted, href) == (0, START)
    granted.clock.now = START + 3599
    assert status(granted, href) == (0, START)
    granted.clock.now = START + 3700
    # When it began, not when somebody asked.
    assert status(granted, href) == (1, START + 3600)
    granted.clock.now = START + 9000
    assert granted.ask("GET", href).status == 404
    assert granted.get(ANSWERS).all == 0


def test_the_clock_tells_when_to_look_again(granted: Site) -> None:
    fleet = granted.server.fleet
    assert fleet.advance(START) == START + 3600
    assert fleet.advance(START + 3600) == START + 9000
    assert fleet.advance(START + 9000) == START + 9000 + DAY
    assert fleet.advance(START + 9000 + DAY) is None


def test_what_begins_now_is_active_at_once(asked: Site) -> None:
    answer(asked, start=START - 60)
    assert status(asked, ANSWERS + "/1") == (1, START)


def test_answers_by_start(asked: Site) -> None:
    asked.post(REQUESTS, reservation("F2"))
    answer(asked, start=START + 60)
    answer(asked, mRID="F2", start=START + 30)
    listed = asked.get(ANSWERS).FlowReservationResponse
    assert [entry.subject for entry in listed] == [b"\xf2", b"\xf1"]
    late = asked.get(ANSWERS + f"?a={START + 30}").FlowReservationResponse
    assert [entry.subject for entry in late] == [b"\xf1"]


@pytest.mark.parametrize("way", ["PUT", "POST", "DELETE"])
def test_who_cancels_the_request_cancels_the_answer(granted: Site, way: str) -> None:
    granted.clock.now += 60
    if way == "PUT":
        granted.put(REQUESTS + "/0", reservation(status=1))
    elif way == "POST":
        granted.post(REQUESTS, reservation(status=1), status=204)
    else:
        granted.ask("DELETE", REQUESTS + "/0")
    href = granted.get(ANSWERS).FlowReservationResponse[0].href
    assert status(granted, href) == (2, START + 60)
    assert granted.get(href).version == 1
    granted.clock.now += 1800
    assert granted.get(ANSWERS).all == 0


def test_a_request_that_changes_otherwise_keeps_its_answer(granted: Site) -> None:
    granted.put(REQUESTS + "/0", reservation(start=START + 4000))
    assert status(granted, ANSWERS + "/1")[0] == 0


def test_a_new_answer_supersedes_the_one_before(granted: Site) -> None:
    answer(granted, energy_wh=5000)
    listed = granted.get(ANSWERS).FlowReservationResponse
    assert [
        (e.EventStatus.currentStatus, e.energyAvailable.value, e.creationTime) for e in listed
    ] == [
        (0, 5000, START + 1),
        (4, 9000, START),
    ]


def test_a_device_answers_the_answer(granted: Site) -> None:
    event = granted.get(ANSWERS).FlowReservationResponse[0]
    document = response(event.mRID, 1, "FlowReservationResponseResponse")
    granted.post(event.replyTo, document)
    granted.clock.now = START + 9000 + DAY - 1
    granted.post(event.replyTo, document.replace("<status>1", "<status>3"))
    granted.clock.now += 1
    granted.post(event.replyTo, document.replace("<status>1", "<status>4"), status=400)


def test_a_removed_device_leaves_nothing_behind(granted: Site) -> None:
    granted.server.fleet.remove(BATTERY)
    assert Operations(granted.server).get_flow_reservations() == []
    granted.clock.now += 10 * DAY
    assert granted.get("/dcap/edev").all == 1


# --- the operator ------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", rules("protocol/flow_reservations.toml"))
def test_refuses_an_answer(asked: Site, rule: dict[str, Any]) -> None:
    asked.post(REQUESTS, reservation("FC", status=1))
    with pytest.raises(ValueError, match=rule["reason"]):
        answer(asked, **rule["arguments"])
    assert asked.get(ANSWERS).all == 0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, True, "9000", [9000], 1e30])
@pytest.mark.parametrize("name", ["energy_wh", "power_w"])
def test_refuses_what_is_no_quantity(asked: Site, name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        answer(asked, **{name: value})
    assert asked.get(ANSWERS).all == 0


def test_a_refused_answer_leaves_the_one_before_in_force(granted: Site) -> None:
    with pytest.raises(ValueError, match="energy_wh"):
        answer(granted, energy_wh=-1)
    assert status(granted, ANSWERS + "/1") == (0, START)


def test_the_operator_reads_requests_with_their_answers(granted: Site) -> None:
    granted.post("/dcap/edev/1/frq", reservation("F2"))
    operations = Operations(granted.server)
    mine, other = (operations.get_flow_reservations(sfdi) for sfdi in (BATTERY, INVERTER))
    assert operations.get_flow_reservations() == [*other, *mine]
    assert (mine[0]["sfdi"], mine[0]["mRID"]) == (BATTERY, "F1")
    assert mine[0]["energyRequested"] == {"multiplier": 3, "value": 10}
    assert mine[0]["response"]["energyAvailable"] == {"multiplier": 0, "value": 9000}
    assert other[0]["response"] is None


def test_requests_and_answers_are_told(site: Site) -> None:
    heard: list[Changed] = []
    site.server.fleet.listen(heard.append)
    site.post(REQUESTS, reservation())
    answer(site, start=START + 60, duration=60)
    site.clock.now = START + 60
    site.server.fleet.advance(site.clock.now)
    site.clock.now = START + 120
    site.server.fleet.advance(site.clock.now)
    site.put(REQUESTS + "/0", reservation(status=1))
    site.ask("DELETE", REQUESTS + "/0")
    heard = [change for change in heard if change.what == "flow_reservation"]
    assert {change.sfdi for change in heard} == {BATTERY}
    assert [change.detail["change"] for change in heard] == [
        "created",
        "granted",
        "active",
        "completed",
        "changed",
        "removed",
    ]
    first, second = heard[0].detail, heard[1].detail
    assert (first["mRID"], first["energyRequested"], first["powerRequested"]) == ("F1", 10000, 7000)
    assert (second["subject"], second["energyAvailable"]) == ("F1", 9000)
    assert [change.detail.get("requestStatus") for change in heard[4:]] == [1, 1]
