"""Subscriptions as clients make them: create, read, renew, delete, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.function_sets import ALL_ROUTES
from ieee2030_5_agent.model.programs import Assignment
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Client, Response
from ieee2030_5_agent.sep.codec import decode
from ieee2030_5_agent.sep.facets import ELEMENTS
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, Site
from tests.vectors import rules

AGGREGATOR = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"
AGGREGATOR_SFDI = "167261211391"
OWN = Client(documents.LFDI)
URI = "https://10.1.2.3:8443/ntfy"
STATUS = "/dcap/edev/0/der/1/ders"
FIELD = {"subscriptions": {"networks": ["10.0.0.0/8"]}, "access": "certificate"}


@pytest.fixture
def field(make_site: Callable[..., Site], original_settings: dict[str, Any]) -> Site:
    """A server that is no laboratory: an aggregator with one device, another device alone."""
    battery, inverter = original_settings["devices"]
    return make_site(
        devices=[battery | {"aggregator": AGGREGATOR_SFDI}, inverter],
        aggregators=[{"lfdi": AGGREGATOR}],
        **FIELD,
    )


@pytest.fixture
def alone(make_site: Callable[..., Site]) -> Site:
    """A server that is no laboratory, with a device that has sent its status and a reading."""
    site = make_site(**FIELD)
    for path, document in {
        STATUS: documents.DER_STATUS,
        "/dcap/edev/0/der/1/dercap": documents.DER_CAPABILITY,
    }.items():
        assert site.ask("PUT", path, site.xml(document), client=OWN).status == 201
    mirror = documents.mirror("AA", documents.reading("AB", 24))
    assert site.ask("POST", "/dcap/mup", site.xml(mirror), client=OWN).status == 201
    return site


def subscribe(
    site: Site, resource: str = STATUS, below: str = "/dcap/edev/0", **more: Any
) -> Response:
    client = more.pop("client", OWN)
    body = documents.subscription(resource, more.pop("uri", URI), **more)
    return site.ask("POST", below + "/sub", site.xml(body), client=client)


def location(response: Response) -> str:
    return dict(response.headers)["Location"]


def test_a_subscription_can_be_read_renewed_and_deleted(alone: Site) -> None:
    created = subscribe(alone)
    assert (created.status, location(created)) == (201, "/dcap/edev/0/sub/0")
    read = alone.get("/dcap/edev/0/sub/0", client=OWN)
    assert (read.subscribedResource, read.notificationURI) == (STATUS, URI)
    assert (read.encoding, read.level, read.limit, read.Condition) == (0, "+S1", 255, None)
    listed = alone.get("/dcap/edev/0/sub", client=OWN)
    assert (listed.all, listed.pollRate, listed.Subscription) == (1, 900, [read])
    assert alone.get("/dcap/edev/0", client=OWN).SubscriptionListLink.all == 1
    body = alone.xml(documents.subscription(STATUS, URI, limit=1))
    assert alone.ask("PUT", "/dcap/edev/0/sub/0", body, client=OWN).status == 204
    assert alone.get("/dcap/edev/0/sub/0", client=OWN).limit == 1
    assert alone.ask("DELETE", "/dcap/edev/0/sub/0", client=OWN).status == 204
    assert alone.ask("GET", "/dcap/edev/0/sub/0", client=OWN).status == 404
    assert location(subscribe(alone)) == "/dcap/edev/0/sub/1"


def test_the_same_subscription_again_is_the_one_that_is_there(alone: Site) -> None:
    subscribe(alone)
    again = subscribe(alone, limit=1)
    assert (again.status, location(again)) == (204, "/dcap/edev/0/sub/0")
    (only,) = alone.get("/dcap/edev/0/sub", client=OWN).Subscription
    assert only.limit == 1
    assert subscribe(alone, uri="https://10.1.2.4/").status == 201


def test_a_subscription_cannot_become_one_that_is_there(alone: Site) -> None:
    subscribe(alone)
    subscribe(alone, uri="https://10.1.2.4/")
    body = alone.xml(documents.subscription(STATUS, URI))
    assert alone.ask("PUT", "/dcap/edev/0/sub/1", body, client=OWN).status == 409
    assert alone.get("/dcap/edev/0/sub/1", client=OWN).notificationURI == "https://10.1.2.4/"


@pytest.mark.parametrize(
    "resource",
    [STATUS, STATUS + "/", STATUS + "?l=1", "https://server.example:8443" + STATUS],
    ids=["path", "slash", "query", "absolute"],
)
def test_a_resource_is_known_in_each_spelling_and_told_as_it_was_spelled(
    alone: Site, resource: str
) -> None:
    assert subscribe(alone, resource).status == 201
    assert alone.get("/dcap/edev/0/sub/0", client=OWN).subscribedResource == resource
    (subscription,) = alone.server.fleet.subscriptions.listed
    assert subscription.path == STATUS


@pytest.mark.parametrize("rule", rules("protocol/subscriptions.toml", "refused"))
def test_refuses(alone: Site, rule: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    condition = documents.condition(*rule["condition"]) if "condition" in rule else ""
    response = subscribe(
        alone,
        rule.get("resource", STATUS),
        uri=rule.get("uri", URI),
        condition=condition,
        **rule.get("changes", {}),
    )
    assert (response.status, rule["reason"] in response.body.decode()) == (rule["status"], True), (
        response.body
    )
    assert decode(response.body).reasonCode == rule.get("reason_code", 1)
    assert len(alone.server.fleet.subscriptions.listed) == 0
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    "uri",
    ["http://127.0.0.1:8000/ntfy", "https://[::1]:8443/", "http://localhost/", "https://10.0.0.1"],
)
def test_the_laboratory_may_notify_loopback_without_tls(
    make_site: Callable[..., Site], uri: str
) -> None:
    site = make_site(subscriptions={"networks": ["10.0.0.0/8"]})
    assert subscribe(site, "/dcap/edev/0", uri=uri, client=Client()).status == 201


def test_a_server_that_may_notify_nobody_offers_no_subscriptions(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(access="certificate")
    own = site.get("/dcap/edev/0", client=OWN)
    assert (own.SubscriptionListLink, own.subscribable) == (None, None)
    assert subscribe(site, "/dcap/edev/0").status == 404


def test_there_is_room_for_so_many_subscriptions(
    make_site: Callable[..., Site],
) -> None:
    section = FIELD["subscriptions"] | {"max_per_device": 2}  # type: ignore[operator]
    site = make_site(**FIELD | {"subscriptions": section})
    resources = ["/dcap/edev", "/dcap/edev/0", "/dcap/edev/0/fsa"]
    responses = [subscribe(site, resource) for resource in resources]
    assert [response.status for response in responses] == [201, 201, 413]
    assert decode(responses[2].body).reasonCode == 2
    assert subscribe(site, "/dcap/edev").status == 204  # a renewal needs no room


def test_an_aggregator_subscribes_below_its_own_end_device(field: Site) -> None:
    client = Client(AGGREGATOR)
    devices = field.get("/dcap/edev", client=client).EndDevice
    own, managed = [device.href for device in devices]
    assert [device.SubscriptionListLink is not None for device in devices] == [True, False]
    assert subscribe(field, managed, own, client=client).status == 201
    assert subscribe(field, managed, managed, client=client).status == 403
    assert field.ask("GET", managed + "/sub", client=client).status == 403
    stranger = field.get("/dcap/edev", client=Client(documents.LFDI)).EndDevice[0]
    assert stranger.SubscriptionListLink is not None


def test_nobody_reaches_the_subscriptions_of_another(alone: Site) -> None:
    subscribe(alone)
    other = Client("2990C58A59935A7D5838C952B1A453C967341A07")
    body = alone.xml(documents.subscription(STATUS, URI))
    for method, path in (
        ("GET", "/dcap/edev/0/sub"),
        ("POST", "/dcap/edev/0/sub"),
        ("GET", "/dcap/edev/0/sub/0"),
        ("PUT", "/dcap/edev/0/sub/0"),
        ("DELETE", "/dcap/edev/0/sub/0"),
        # The number is right, the EndDevice is not.
        ("GET", "/dcap/edev/1/sub/0"),
        ("DELETE", "/dcap/edev/1/sub/0"),
    ):
        assert alone.ask(method, path, body, client=other).status == 404, (method, path)
    assert len(alone.server.fleet.subscriptions.listed) == 1


def test_an_operator_sees_those_of_one_device_or_of_all(alone: Site) -> None:
    first, second = (device.sfdi for device in alone.server.fleet.registry.listed[:2])
    other = Client(alone.server.fleet.device(second).lfdi)
    assert subscribe(alone).status == 201
    assert subscribe(alone, "/dcap/edev/1", "/dcap/edev/1", client=other).status == 201
    asked = Operations(alone.server).get_subscriptions
    for sfdi, shown in ((first, [first]), (second, [second]), (None, [first, second])):
        assert [subscription["sfdi"] for subscription in asked(sfdi)] == shown


def test_a_disabled_device_makes_no_subscriptions(alone: Site) -> None:
    device = alone.server.fleet.device(BATTERY)
    registration = device.registration
    alone.server.fleet.update(
        type(registration)(registration.sfdi, registration.lfdi, enabled=False)
    )
    assert subscribe(alone).status == 403


# --- what is marked subscribable -----------------------------------------------------------------

SUBSCRIBABLE = {route.name: route.subscribable for route in ALL_ROUTES}


def test_what_is_subscribable_is_so_by_its_schema_and_marked_wherever_it_is_read(
    full_site: Site,
) -> None:
    # A device's own program links to no default.
    full_site.server.fleet.programming.create("all", 5, Assignment(everyone=True), "rpc")
    queue, seen = {"/dcap"}, set()
    while queue:
        path = queue.pop()
        seen.add(path)
        response = full_site.ask("GET", path)
        if response.status == 404:
            continue
        model = decode(response.body)
        route, _, _ = full_site.server.table.match("GET", path)
        marks = {path: (model, route)}
        for name in ELEMENTS[type(model).__name__]:
            value = getattr(model, name)
            if getattr(value, "href", None):
                queue |= {value.href} - seen
            for member in value if isinstance(value, list) else ():
                if getattr(member, "href", None):
                    queue |= {member.href} - seen
                    found, _, _ = full_site.server.table.match("GET", member.href)
                    marks[member.href] = (member, found)
        for href, (marked, of) in marks.items():
            assert (getattr(marked, "subscribable", None) or 0) == of.subscribable, (path, href)
    names = {full_site.server.table.match("GET", path)[0].name for path in seen}
    reached = {name for name, value in SUBSCRIBABLE.items() if value} & names
    assert {name for name, value in SUBSCRIBABLE.items() if value} - reached == {
        "EndDeviceDERControlList",  # further ways to what others are linked to
        "EndDeviceDERControl",
    }
