"""Responses: what devices answer to events, who may, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.model.changes import Changed
from ieee2030_5_agent.model.controls import COMPLETED_VISIBLE_S
from ieee2030_5_agent.model.errors import UnknownEvent
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Client
from ieee2030_5_agent.rest.messages import Response as Answer
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.settings import SettingsError
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, INVERTER, START, Site
from tests.protocol.documents import LFDI, response
from tests.vectors import rules

AGGREGATOR_LFDI = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"
AGGREGATOR = "167261211391"
INVERTER_LFDI = "2990C58A59935A7D5838C952B1A453C967341A07"
STRANGER_LFDI = "5E0561BF9E2A2826012D5F51F0A12FAEBCFA6854"
NAMESPACES = {
    "2013": "http://zigbee.org/sep",
    "2018": "urn:ieee:std:2030.5:ns",
    "2023": 'urn:ieee:std:2030.5:ns" schemaVer="2.2',
}
DAY = 86400


def command(site: Site, sfdi: str = BATTERY, watts: int = 2000) -> models.DERControl:
    """A control of a device's own program that is in force, as the device reads it."""
    device = site.server.fleet.device(sfdi)
    site.put(f"/dcap/edev/{device.number}/der/1/dercap", documents.DER_CAPABILITY)
    site.server.fleet.set_point(sfdi, "b124_WChaMax", watts)
    control: models.DERControl = site.get(f"/dcap/derp/{device.program}/actderc").DERControl[0]
    return control


def grant(site: Site) -> models.FlowReservationResponse:
    site.post(site.battery + "/frq", documents.reservation())
    Operations(site.server).answer_flow_reservation(BATTERY, "F1", START, 3600, 9000, 6500)
    answer: models.FlowReservationResponse
    (answer,) = site.get(site.battery + "/frp").FlowReservationResponse
    return answer


def told(site: Site, what: str = "response") -> list[Changed]:
    """All changes of a kind from now on."""
    heard: list[Changed] = []
    site.server.fleet.listen(lambda change: heard.append(change) if change.what == what else None)
    return heard


# --- the way to the set ------------------------------------------------------------------------


def test_a_control_says_where_and_what_to_answer(site: Site) -> None:
    control = command(site)
    assert (control.replyTo, control.responseRequired) == ("/dcap/rsps/0/rsp", b"\x03")
    assert isinstance(site.get(control.replyTo or ""), models.ResponseList)


def test_what_is_asked_for_is_configured(make_site: Callable[..., Site]) -> None:
    assert command(make_site(response_required="07")).responseRequired == b"\x07"


def test_who_asks_for_nothing_gives_no_address_either(make_site: Callable[..., Site]) -> None:
    control = command(make_site(response_required="00"))
    assert (control.replyTo, control.responseRequired) == (None, None)


@pytest.mark.parametrize("value", ["08", "3", "", "003", "xx", 3, None])
def test_refuses_what_are_no_three_bits(make_site: Callable[..., Site], value: object) -> None:
    with pytest.raises(SettingsError, match="response_required"):
        make_site(response_required=value)


@pytest.mark.parametrize("path", ["/dcap", "/dcap/edev/0/fsa/0"])
def test_the_way_to_the_responses_follows_links(site: Site, path: str) -> None:
    site.post("/dcap/rsps/0/rsp", response(command(site).mRID or b""))
    link = site.get(path).ResponseSetListLink
    sets = site.get(link.href)
    assert (link.all, sets.all, sets.pollRate) == (2, 2, 900)
    first = next(entry for entry in sets.ResponseSet if entry.href == "/dcap/rsps/0")
    assert site.get(first.href) == first
    assert (first.ResponseListLink.href, first.ResponseListLink.all) == ("/dcap/rsps/0/rsp", 1)


def test_sets_are_listed_by_descending_mrid(make_site: Callable[..., Site]) -> None:
    programs = [{"mRID": f"A{n}", "primacy": n, "all": True} for n in range(5)]
    site = make_site(programs=programs)
    for client in (Client(), Client(LFDI)):
        mrids = [entry.mRID for entry in site.get("/dcap/rsps", client=client).ResponseSet]
        assert mrids == sorted(set(mrids), reverse=True)
        assert len(mrids) == (7 if client.lfdi is None else 6)


def test_the_mrid_of_a_set_is_the_same_after_a_restart(make_site: Callable[..., Site]) -> None:
    programs = [{"mRID": "00A10000BEEF", "primacy": 1, "all": True}]
    first, second = (make_site(programs=programs).get("/dcap/rsps/2").mRID for _ in range(2))
    assert first == second
    # Its low 32 bits are the enterprise number of the program's maker.
    assert (first[-4:], len(first)) == (b"\0\0\xbe\xef", 16)
    assert first != make_site(programs=[programs[0] | {"mRID": "1"}]).get("/dcap/rsps/2").mRID


def test_a_new_program_brings_its_set(site: Site) -> None:
    client = Client(LFDI)
    assert site.get("/dcap/rsps", client=client).all == 1
    program = Operations(site.server).create_program(primacy=3, devices=[BATTERY])
    assert site.get("/dcap/rsps", client=client).all == 2
    Operations(site.server).assign_program(program["mRID"], devices=[INVERTER])
    assert site.get("/dcap/rsps", client=client).all == 1


# --- what is accepted --------------------------------------------------------------------------


@pytest.mark.parametrize("rule", rules("protocol/responses.toml"))
def test_answers(site: Site, rule: dict[str, Any]) -> None:
    site.namespace = NAMESPACES[rule.get("edition", "2018")]
    event = command(site) if rule["event"] == "control" else grant(site)
    heard = told(site)
    for code in rule["answers"]:
        document = response(event.mRID or b"", code, rule["root"])
        answer = site.post(event.replyTo or "", document, status=rule["status"])
        assert rule.get("reason", "") in answer.body.decode()
        if rule["status"] == 201:
            kept = site.get(dict(answer.headers)["Location"])
            assert (type(kept).__name__, kept.status) == (rule["root"], code)
    assert len(heard) == (len(rule["answers"]) if rule["status"] == 201 else 0)


def test_the_status_is_mandatory(site: Site) -> None:
    document = response(command(site).mRID or b"", status="")
    assert b"status is missing" in site.post("/dcap/rsps/0/rsp", document, status=400).body


def test_an_answer_comes_back_as_it_was_sent_with_its_class(site: Site) -> None:
    mrid = command(site).mRID or b""
    site.post("/dcap/rsps/0/rsp", response(mrid, 1))
    site.post("/dcap/rsps/0/rsp", response(mrid, 2, "Response", createdDateTime="1779999999"))
    raw = site.ask("GET", "/dcap/rsps/0/rsp").body
    assert raw.count(b'xsi:type="DERControlResponse"') == 1
    first, second = site.get("/dcap/rsps/0/rsp").Response
    assert first == models.DERControlResponse(
        href="/dcap/rsps/0/rsp/0",
        createdDateTime=START,
        endDeviceLFDI=bytes.fromhex(LFDI),
        status=1,
        subject=mrid,
    )
    assert (type(second), second.href) == (models.Response, "/dcap/rsps/0/rsp/1")


def test_2023_tells_the_modes_that_are_meant(site: Site) -> None:
    site.namespace = NAMESPACES["2023"]
    mrid = command(site).mRID or b""
    site.post("/dcap/rsps/0/rsp", response(mrid, 251, modesResponded="10000"))
    assert site.get("/dcap/rsps/0/rsp/0").modesResponded == b"\x01\x00\x00"


def test_without_a_time_it_happened_when_it_arrived(site: Site) -> None:
    mrid = command(site).mRID or b""
    site.clock.now += 7.5
    site.post("/dcap/rsps/0/rsp", response(mrid, 1, createdDateTime=""))
    assert site.get("/dcap/rsps/0/rsp/0").createdDateTime == START + 7


def test_of_two_equal_answers_the_first_is_kept(site: Site) -> None:
    mrid = command(site).mRID or b""
    heard = told(site)
    first = site.post("/dcap/rsps/0/rsp", response(mrid, 1))
    again = site.post("/dcap/rsps/0/rsp", response(mrid, 1, createdDateTime="5"))
    assert dict(again.headers)["Location"] == dict(first.headers)["Location"]
    listed = site.get("/dcap/rsps/0/rsp")
    assert [entry.createdDateTime for entry in listed.Response] == [START]
    assert len(heard) == 1


def test_an_answer_to_another_set_of_the_client_lands_in_the_right_one(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(programs=[{"mRID": "A1", "primacy": 5, "all": True}])
    answer = site.post("/dcap/rsps/2/rsp", response(command(site).mRID or b""))
    assert dict(answer.headers)["Location"] == "/dcap/rsps/0/rsp/0"


def test_an_answer_that_was_not_asked_for_is_taken(make_site: Callable[..., Site]) -> None:
    site = make_site(response_required="01")
    site.post("/dcap/rsps/0/rsp", response(command(site).mRID or b"", 4))


@pytest.mark.parametrize("padded", [True, False], ids=["padded", "short"])
def test_an_mrid_is_a_number(site: Site, padded: bool) -> None:
    """Clients drop leading zero octets, or add them."""
    program = site.server.fleet.programs.by_number(0)
    assert program is not None
    site.server.fleet.response_sets.expect(b"\0\x0a\x0b", program, models.DERControlResponse)
    site.post("/dcap/rsps/0/rsp", response("00000A0B" if padded else "A0B"))


def test_newest_first_then_by_lfdi(make_site: Callable[..., Site]) -> None:
    site = make_site(programs=[{"mRID": "A1", "primacy": 5, "all": True}])
    program = site.server.fleet.programs.by_number(2)
    assert program is not None
    site.server.fleet.response_sets.expect(b"\x0e", program, models.DERControlResponse)
    for code, created, lfdi in ((1, 5, INVERTER_LFDI), (2, 9, LFDI), (3, 5, LFDI), (4, 7, LFDI)):
        document = response(b"\x0e", code, createdDateTime=str(created), endDeviceLFDI=lfdi)
        site.post("/dcap/rsps/2/rsp", document)
    assert [entry.status for entry in site.get("/dcap/rsps/2/rsp").Response] == [2, 4, 3, 1]
    page = site.get("/dcap/rsps/2/rsp?s=1&l=2")
    assert ([entry.status for entry in page.Response], page.all) == ([4, 3], 4)
    assert [entry.status for entry in site.get("/dcap/rsps/2/rsp?a=5").Response] == [2, 4]


# --- how long ----------------------------------------------------------------------------------


def test_an_event_is_answered_until_a_day_after_it_left_its_list(site: Site) -> None:
    control = command(site)
    mrid, reply_to = control.mRID or b"", control.replyTo or ""
    site.clock.now += DAY + COMPLETED_VISIBLE_S
    assert site.ask("GET", control.href or "").status == 404
    site.post(reply_to, response(mrid, 3, createdDateTime=str(START + DAY)))
    site.clock.now += DAY - 1
    site.post(reply_to, response(mrid, 10))
    assert site.get(reply_to).all == 2
    site.clock.now += 1
    site.post(reply_to, response(mrid, 4), status=400)
    assert site.get(reply_to).all == 0


def test_the_events_of_a_removed_program_are_answered_for_a_day(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(programs=[{"mRID": "A1", "primacy": 5, "all": True}])
    fleet = site.server.fleet
    program = fleet.programs.by_number(2)
    assert program is not None
    fleet.response_sets.expect(b"\x0e", program, models.DERControlResponse)
    fleet.programming.remove(program)
    assert site.get("/dcap/rsps").all == 2
    site.post("/dcap/rsps/2/rsp", response(b"\x0e", 6))
    site.clock.now += DAY
    site.post("/dcap/rsps/2/rsp", response(b"\x0e", 3), status=404)
    with pytest.raises(UnknownEvent):
        fleet.answering.to(b"\x0e")


def test_there_is_room_for_so_many_then_the_first_received_goes(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.server.fleet.response_sets.most_responses = 3
    mrid = command(site).mRID or b""
    for code in (1, 2, 4, 5):
        site.post("/dcap/rsps/0/rsp", response(mrid, code, createdDateTime=str(9 - code)))
    assert [entry.status for entry in site.get("/dcap/rsps/0/rsp").Response] == [2, 4, 5]
    # It can be given again, because it is not kept any more.
    site.post("/dcap/rsps/0/rsp", response(mrid, 1))
    assert site.get("/dcap/rsps/0/rsp").Response[0].status == 1


def test_a_device_takes_its_answer_back(site: Site) -> None:
    mrid = command(site).mRID or b""
    site.post("/dcap/rsps/0/rsp", response(mrid))
    removed = told(site, "response_removal")
    assert site.ask("DELETE", "/dcap/rsps/0/rsp/0").status == 204
    assert site.ask("GET", "/dcap/rsps/0/rsp/0").status == 404
    assert site.server.fleet.answering.to(mrid) == {}
    assert [change.detail["status"] for change in removed] == [1]
    answer = site.post("/dcap/rsps/0/rsp", response(mrid))
    assert dict(answer.headers)["Location"] == "/dcap/rsps/0/rsp/1"


def test_a_removed_device_takes_its_answers_along(make_site: Callable[..., Site]) -> None:
    site = make_site(programs=[{"mRID": "A1", "primacy": 5, "all": True}])
    fleet = site.server.fleet
    own = command(site).mRID or b""
    program = fleet.programs.by_number(2)
    assert program is not None
    fleet.response_sets.expect(b"\x0e", program, models.DERControlResponse)
    site.post("/dcap/rsps/0/rsp", response(own))
    site.post("/dcap/rsps/2/rsp", response(b"\x0e"))
    site.post("/dcap/rsps/2/rsp", response(b"\x0e", endDeviceLFDI=INVERTER_LFDI))
    fleet.remove(BATTERY)
    assert list(fleet.answering.to(b"\x0e")) == [INVERTER]
    assert site.get("/dcap/rsps/2/rsp").all == 1
    assert site.ask("GET", "/dcap/rsps/0").status == 404
    with pytest.raises(UnknownEvent):
        fleet.answering.to(own)


# --- who may -----------------------------------------------------------------------------------


@pytest.fixture
def managed(make_site: Callable[..., Site], original_settings: dict[str, Any]) -> Site:
    """The aggregator manages the battery; the inverter stands alone. Program 3 is for both."""
    battery, inverter = original_settings["devices"]
    site = make_site(
        aggregators=[{"lfdi": AGGREGATOR_LFDI}],
        devices=[battery | {"aggregator": AGGREGATOR}, inverter],
        programs=[{"mRID": "A1", "primacy": 5, "all": True}],
    )
    program = site.server.fleet.programs.by_number(3)
    assert program is not None
    site.server.fleet.response_sets.expect(b"\x0e", program, models.DERControlResponse)
    return site


def post(site: Site, by: str, lfdi: str, subject: bytes = b"\x0e", to: int = 3) -> Answer:
    document = site.xml(response(subject, endDeviceLFDI=lfdi))
    return site.ask("POST", f"/dcap/rsps/{to}/rsp", document, client=Client(by))


@pytest.mark.parametrize(
    ("by", "for_whom", "status"),
    [
        (LFDI, LFDI, 201),
        (AGGREGATOR_LFDI, LFDI, 201),
        (AGGREGATOR_LFDI, AGGREGATOR_LFDI, 201),
        (INVERTER_LFDI, INVERTER_LFDI, 201),
        (INVERTER_LFDI, LFDI, 403),
        (LFDI, AGGREGATOR_LFDI, 403),
        (AGGREGATOR_LFDI, INVERTER_LFDI, 403),
        (LFDI, STRANGER_LFDI, 403),
        (STRANGER_LFDI, STRANGER_LFDI, 404),
    ],
    ids=[
        "a device for itself",
        "an aggregator for its device",
        "an aggregator for itself",
        "another device for itself",
        "not a device for another",
        "not a device for its aggregator",
        "not an aggregator for a device of others",
        "not for a device that is not registered",
        "not a stranger",
    ],
)
def test_who_answers_for_whom(managed: Site, by: str, for_whom: str, status: int) -> None:
    assert post(managed, by, for_whom).status == status


def test_an_event_of_others_is_no_event(managed: Site) -> None:
    inverters = command(managed, INVERTER)
    for by in (LFDI, AGGREGATOR_LFDI):
        answer = post(managed, by, LFDI, inverters.mRID or b"")
        assert (answer.status, b"is no event of this server" in answer.body) == (400, True)
        assert post(managed, by, LFDI, inverters.mRID or b"", to=2).status == 404
    # In the laboratory everybody sees all events, but they are still not for everybody.
    document = response(inverters.mRID or b"")
    assert b"is not for device" in managed.post("/dcap/rsps/3/rsp", document, status=400).body


@pytest.mark.parametrize("by", [LFDI, AGGREGATOR_LFDI], ids=["the device", "its aggregator"])
def test_who_is_taken_out_of_a_program_tells_how_its_events_ended(managed: Site, by: str) -> None:
    """It finds its event gone, and answers that it has cancelled it."""
    operations = Operations(managed.server)
    program = operations.create_program(primacy=5, devices=[BATTERY])["mRID"]
    order = {"program": program, "duration": 3600, "modes": {"opModMaxLimW": 5000}}
    known, unknown = (operations.create_control(**order)[0]["mRID"] for _ in range(2))
    to = managed.server.fleet.programs.by_mrid(bytes.fromhex(program)).number
    assert post(managed, by, LFDI, bytes.fromhex(known), to).status == 201
    operations.assign_program(program, devices=[])

    def answer(subject: str, who: str = by, lfdi: str = LFDI) -> int:
        document = managed.xml(response(bytes.fromhex(subject), 6, endDeviceLFDI=lfdi))
        return managed.ask("POST", f"/dcap/rsps/{to}/rsp", document, client=Client(who)).status

    assert answer(known) == 201
    assert answer(unknown) == 400
    assert answer(known, INVERTER_LFDI, INVERTER_LFDI) == 404
    assert managed.ask("GET", f"/dcap/rsps/{to}/rsp", client=Client(by)).status == 404


def test_answers_are_read_and_deleted_by_whoever_may_give_them(managed: Site) -> None:
    assert post(managed, LFDI, LFDI).status == 201
    assert post(managed, INVERTER_LFDI, INVERTER_LFDI).status == 201
    for by, own, foreign in ((LFDI, 0, 1), (AGGREGATOR_LFDI, 0, 1), (INVERTER_LFDI, 1, 0)):
        listed = managed.get("/dcap/rsps/3/rsp", client=Client(by))
        assert [entry.href for entry in listed.Response] == [f"/dcap/rsps/3/rsp/{own}"]
        assert managed.get("/dcap/rsps/3", client=Client(by)).ResponseListLink.all == 1
        for method in ("GET", "DELETE"):
            path = f"/dcap/rsps/3/rsp/{foreign}"
            assert managed.ask(method, path, client=Client(by)).status == 404
    assert managed.ask("DELETE", "/dcap/rsps/3/rsp/0", client=Client(AGGREGATOR_LFDI)).status == 204
    assert managed.get("/dcap/rsps/3/rsp").all == 1


@pytest.mark.parametrize(
    ("lfdi", "numbers"),
    [(LFDI, {1, 3}), (INVERTER_LFDI, {2, 3}), (AGGREGATOR_LFDI, {1, 3})],
    ids=["device", "other device", "aggregator"],
)
def test_the_sets_of_those_programs_are_seen_that_are(
    managed: Site, lfdi: str, numbers: set[int]
) -> None:
    client = Client(lfdi)
    listed = managed.get("/dcap/rsps", client=client)
    assert {int(entry.href.rpartition("/")[2]) for entry in listed.ResponseSet} == numbers
    assert managed.get("/dcap", client=client).ResponseSetListLink.all == len(numbers)
    for number in range(4):
        expected = 200 if number in numbers else 404
        assert managed.ask("GET", f"/dcap/rsps/{number}", client=client).status == expected


def test_a_stranger_is_not_shown_the_way(managed: Site) -> None:
    client = Client(STRANGER_LFDI)
    assert managed.get("/dcap", client=client).ResponseSetListLink is None
    assert managed.ask("GET", "/dcap/rsps", client=client).status == 404


def test_answers_follow_the_device_to_another_manager(
    managed: Site, original_settings: dict[str, Any]
) -> None:
    post(managed, LFDI, LFDI)
    fleet = managed.server.fleet
    battery = fleet.device(BATTERY).registration
    fleet.update(type(battery)(sfdi=BATTERY, lfdi=LFDI))
    # The aggregator manages nothing now and sees no program of its own.
    assert managed.get("/dcap/rsps", client=Client(AGGREGATOR_LFDI)).all == 0
    stored = fleet.response_sets.by_number(3)
    assert stored is not None
    assert list(stored.of(AGGREGATOR)) == []
    assert len(stored.of(BATTERY)) == 1


# --- what the operator hears -------------------------------------------------------------------


def test_each_answer_is_told_with_its_status_in_words(site: Site) -> None:
    mrid = command(site).mRID or b""
    heard = told(site)
    site.clock.now += 2.5
    site.post("/dcap/rsps/0/rsp", response(mrid, 4))
    (change,) = heard
    assert (change.sfdi, change.at) == (BATTERY, START + 2.5)
    assert change.detail == {
        "createdDateTime": START,
        "endDeviceLFDI": LFDI,
        "status": 4,
        "subject": mrid.hex().upper(),
        "statusName": "opted out",
    }


def test_per_device_what_was_answered_in_the_order_received(make_site: Callable[..., Site]) -> None:
    site = make_site(programs=[{"mRID": "A1", "primacy": 5, "all": True}])
    program = site.server.fleet.programs.by_number(2)
    assert program is not None
    site.server.fleet.response_sets.expect(b"\x0e", program, models.DERControlResponse)
    assert Operations(site.server).get_responses("E") == {}
    for code, lfdi in ((1, LFDI), (1, INVERTER_LFDI), (3, LFDI), (2, LFDI)):
        site.clock.now += 1
        site.post("/dcap/rsps/2/rsp", response(b"\x0e", code, endDeviceLFDI=lfdi))
    answered = Operations(site.server).get_responses("0E")
    given = {sfdi: one["responses"] for sfdi, one in answered.items()}
    assert {sfdi: [a["status"] for a in answers] for sfdi, answers in given.items()} == {
        BATTERY: [1, 3, 2],
        INVERTER: [1],
    }
    assert given[BATTERY][1]["received"] == START + 3
    assert given[BATTERY][1]["statusName"] == "completed"


def test_an_event_that_never_was_is_refused_by_name(site: Site) -> None:
    with pytest.raises(UnknownEvent, match="0BAD"):
        Operations(site.server).get_responses("0bad")
