"""Log Event: a bounded log per device, and what it says on the message bus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.bus import TOPICS
from ieee2030_5_agent.model.changes import Changed
from ieee2030_5_agent.rest.messages import Client
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, START, Site
from tests.protocol.documents import log_event
from tests.vectors import rules

LOG = "/dcap/edev/0/lel"
MANDATORY = [
    "createdDateTime",
    "functionSet",
    "logEventCode",
    "logEventID",
    "logEventPEN",
    "profileID",
]


@pytest.fixture
def told(site: Site) -> list[Changed]:
    changes: list[Changed] = []
    site.server.fleet.listen(changes.append)
    return changes


def codes(site: Site, query: str = "") -> list[int]:
    return [event.logEventCode for event in site.get(LOG + query).LogEvent]


def test_a_posted_event_is_readable_at_once_where_location_says(site: Site) -> None:
    response = site.post(LOG, log_event(7, details="a &amp; b", extendedData=2**32 - 1))
    location = dict(response.headers)["Location"]
    event = site.get(location)
    assert event.href == location == LOG + "/0"
    assert (event.logEventCode, event.details, event.extendedData) == (7, "a & b", 2**32 - 1)
    assert (response.status, response.body) == (201, b"")


def test_the_end_device_links_its_log(site: Site) -> None:
    assert (link := site.get("/dcap/edev/0").LogEventListLink).href == LOG
    assert link.all == 0
    site.post(LOG, log_event())
    assert site.get("/dcap/edev/0").LogEventListLink.all == 1
    assert site.get("/dcap/edev/1").LogEventListLink.all == 0


def test_the_list_is_ordered_by_time_then_number_descending(site: Site) -> None:
    for code, created, number in ((0, 100, 5), (1, 300, 1), (2, 200, 9), (3, 300, 2)):
        site.post(LOG, log_event(code, created, number))
    assert codes(site) == [3, 1, 2, 0]


def test_paging_and_the_time_filter(site: Site) -> None:
    for code in range(5):
        site.post(LOG, log_event(code, START + code))
    assert codes(site, "?s=1&l=2") == [3, 2]
    assert codes(site, f"?a={START + 2}") == [4, 3]
    assert codes(site, f"?a={START}&s=1&l=2") == [3, 2]
    page = site.get(LOG + "?s=5&l=3")
    assert (page.all, page.results, page.pollRate) == (5, 0, 900)


def test_the_log_is_a_ring_whose_numbers_are_not_used_again(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(max_log_events=3)
    for code in range(5):
        # The first events are the latest by the device's clock: what came first goes first.
        site.post(LOG, log_event(code, START - code))
    assert codes(site) == [2, 3, 4]
    assert [site.ask("GET", f"{LOG}/{n}").status for n in range(5)] == [404, 404, 200, 200, 200]
    assert site.server.fleet.device(BATTERY).log.total == 5


def test_an_old_event_in_a_full_log_is_readable_at_its_location(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(max_log_events=1)
    site.post(LOG, log_event(0, START))
    response = site.post(LOG, log_event(1, START - 1000))
    assert site.get(dict(response.headers)["Location"]).logEventCode == 1


def test_a_removed_device_takes_its_log_along(full_site: Site) -> None:
    full_site.server.fleet.remove(BATTERY)
    assert full_site.ask("GET", LOG).status == 404


def test_put_changes_an_event_and_its_place(site: Site, told: list[Changed]) -> None:
    site.post(LOG, log_event(0, START))
    site.post(LOG, log_event(2, START + 1))
    assert site.put(LOG + "/0", log_event(4, START + 2)).status == 204
    assert codes(site) == [4, 2]
    assert site.get(LOG + "/0").createdDateTime == START + 2
    assert [change.detail["logEventCode"] for change in told] == [0, 2, 4]


def test_delete_removes_an_event(site: Site, told: list[Changed]) -> None:
    site.post(LOG, log_event())
    assert site.ask("DELETE", LOG + "/0").status == 204
    assert site.ask("GET", LOG + "/0").status == 404
    assert site.get(LOG).all == 0
    assert [change.what for change in told] == ["log_event", "log_event_removal"]
    site.post(LOG, log_event())
    assert site.get(LOG + "/1").href == LOG + "/1"


@pytest.mark.parametrize("namespace", ["urn:ieee:std:2030.5:ns", "http://zigbee.org/sep"])
@pytest.mark.parametrize("element", MANDATORY)
def test_a_missing_mandatory_element_is_refused(
    site: Site, told: list[Changed], element: str, namespace: str
) -> None:
    site.namespace = namespace
    absent: dict[str, Any] = {element: ""}
    response = site.post(LOG, log_event(**absent), status=400)
    assert element.encode() in response.body
    assert site.get(LOG).all == 0
    assert told == []


@pytest.mark.parametrize("rule", rules("protocol/log_codes.toml"))
def test_codes(site: Site, told: list[Changed], rule: dict[str, Any]) -> None:
    site.post(LOG, log_event(rule["code"], **rule.get("changes", {})))
    (change,) = told
    assert (change.what, change.sfdi) == ("log_event", BATTERY)
    meaning = {key: change.detail[key] for key in ("alarm", "active") if key in change.detail}
    assert meaning == {key: rule[key] for key in ("alarm", "active") if key in rule}


def test_an_event_is_told_with_the_names_of_the_standard(site: Site, told: list[Changed]) -> None:
    site.clock.now += 5
    site.post(LOG, log_event(3, START, 9, details="gone"))
    (change,) = told
    assert (TOPICS[change.what], change.at) == ("log_event", START + 5)
    assert change.points["b701_MnAlrmInfo"] == "gone"
    assert change.detail == {
        "number": 0,
        "createdDateTime": START,
        "details": "gone",
        "functionSet": 11,
        "logEventCode": 3,
        "logEventID": 9,
        "logEventPEN": 40732,
        "profileID": 2,
        "alarm": "DER_FAULT_OVER_VOLTAGE",
        "active": False,
    }


def test_the_last_event_feeds_points(site: Site, told: list[Changed]) -> None:
    row = {"Volttron Point Name": "alarm", "Resource": "LogEvent", "Field": "logEventCode"}
    site.server.fleet.config_points(BATTERY, [row])
    assert site.point("alarm") is None
    site.post(LOG, log_event(6))
    assert site.point("alarm") == 6
    assert told[-1].points == {"alarm": 6}


def test_a_log_is_seen_by_its_device_only(full_site: Site) -> None:
    own, other = Client(documents.LFDI), Client("2990C58A59935A7D5838C952B1A453C967341A07")
    for method in ("GET", "DELETE"):
        assert full_site.ask(method, LOG + "/0", client=other).status == 404
    body = full_site.xml(log_event())
    assert full_site.ask("POST", LOG, body, client=other).status == 404
    assert full_site.get(LOG, client=own).all == 1
