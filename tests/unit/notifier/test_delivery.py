"""Notifications over real sockets: they arrive, late or not at all, and nobody waits for others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import gevent
import gevent.socket
import pytest

from ieee2030_5_agent.notifier import AT_ONCE
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Request
from ieee2030_5_agent.rest.targets import Target
from ieee2030_5_agent.sep.identity import format_sfdi, sfdi_of_lfdi
from tests.protocol import documents
from tests.unit.notifier.conftest import LIMIT_S, Site, Subscribers, post_rate, until


def test_a_change_arrives_as_a_notification(
    start: Callable[..., Subscribers], make_site: Callable[..., Site]
) -> None:
    subscribers, site = start(), make_site()
    number = site.subscribe(subscribers.uri("good"))
    rate = site.change()
    (line,) = until(lambda: subscribers.received("good"))
    assert line["content_type"] == "application/sep+xml"
    assert line["host"] == f"127.0.0.1:{subscribers.port}"
    assert post_rate(line) == rate
    state = until(lambda: site.state(number)["sent"] and site.state(number))
    assert (state["problem"], state["failures"], state["retry_at"]) == (None, 0, None)
    rate = site.change()
    _, second = until(
        lambda: len(subscribers.received("good")) == 2 and subscribers.received("good")
    )
    assert post_rate(second) == rate
    assert second["port"] == line["port"]  # the connection was kept


def test_what_the_disk_refuses_is_not_told_but_what_is_true_then(
    start: Callable[..., Subscribers], make_site: Callable[..., Site]
) -> None:
    subscribers, site = start(), make_site()
    site.subscribe(subscribers.uri("good"))
    refused: list[int] = []
    rates = [site.change()]

    def settled() -> str | None:
        if refused:
            return None
        refused.append(rates[-1])
        rates.append(site.change())  # as after the fleet was read again
        return "the disk is full"

    site.settled = settled
    (line,) = until(lambda: subscribers.received("good"))
    assert (post_rate(line), refused) == (rates[1], rates[:1])


# What becomes of a notification by what the subscriber does with it.
FATES = {
    "good": "sent",
    "slow": "sent",
    "status_200": "sent",
    "status_204": "sent",
    "endless_body": "sent",  # its status counts, the rest is not listened to
    "bomb": "sent",
    "short": "sent",
    "odd_header": "sent",
    "redirect": "refused",
    "status_301": "refused",
    "status_400": "refused",
    "status_404": "refused",
    "no_status": "refused",
    "hang": "failed",
    "trickle": "failed",
    "endless_header": "failed",
    "endless_line": "failed",
    "always_continue": "failed",
    "garbage": "failed",
    "cut": "failed",
    "status_429": "failed",
    "status_500": "failed",
}


def fate(state: dict[str, Any]) -> str | None:
    if state["failures"]:
        return "failed"
    if state["problem"]:
        return "refused"
    return "sent" if state["sent"] else None


def test_subscribers_of_all_kinds_at_once_and_the_good_one_hears_at_once(
    start: Callable[..., Subscribers],
    make_site: Callable[..., Site],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # However long all that takes here: nobody is tried again before it is looked at.
    monkeypatch.setattr("ieee2030_5_agent.notifying.outbox.pause", lambda *_: 3600.0)
    # Of those who are served here, none takes so long, also where other tests run beside.
    subscribers, site = start(), make_site(total_s=8, connect_s=4)
    with gevent.socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}/ntfy"
        numbers = {name: site.subscribe(subscribers.uri(name)) for name in FATES if name != "good"}
        numbers["dead"] = site.subscribe(dead)
        other = start()
        numbers["good"] = site.subscribe(other.uri("good"))
        site.change()
        until(lambda: other.received("good"))
        assert fate(site.state(numbers["hang"])) is None  # nobody has given up waiting for it
        fates = until(
            lambda: (
                (found := {name: fate(site.state(n)) for name, n in numbers.items()})
                and None not in found.values()
                and found
            )
        )
    assert fates == FATES | {"dead": "failed"}
    assert subscribers.received("secret") == []
    assert len(subscribers.received("hang")) == 1
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    status = site.server.outbox.status()
    assert status["in_flight"] == 0
    assert {name: status[name] for name in ("sent", "refused", "failed")} == {
        name: list(fates.values()).count(name) for name in ("sent", "refused", "failed")
    }


def test_a_slow_subscriber_gets_the_newest_and_in_order(
    start: Callable[..., Subscribers], make_site: Callable[..., Site]
) -> None:
    subscribers, site = start(), make_site()
    site.subscribe(subscribers.uri("slow"))
    rates = []
    for _ in range(20):
        rates.append(site.change())
        gevent.sleep(0.05)
    got = until(
        lambda: (
            (lines := subscribers.received("slow"))
            and post_rate(lines[-1]) == rates[-1]
            and [post_rate(line) for line in lines]
        )
    )
    assert got == sorted(set(got))
    assert len(got) < len(rates)


def test_what_failed_arrives_later(
    start: Callable[..., Subscribers], make_site: Callable[..., Site], monkeypatch: Any
) -> None:
    monkeypatch.setattr("ieee2030_5_agent.notifying.outbox.pause", lambda *_: 0.2)
    subscribers, site = start(), make_site()
    site.subscribe(subscribers.uri("first_503"))
    rate = site.change()
    lines = until(lambda: (all_ := subscribers.received("first_503"))[1:] and all_)
    assert [post_rate(line) for line in lines] == [rate, rate]
    until(lambda: site.server.outbox.status()["sent"] == 1)


def test_nobody_waits_for_those_who_hang(
    start: Callable[..., Subscribers], make_site: Callable[..., Site]
) -> None:
    """Many hanging subscribers of one owner: the server answers, and others are notified."""
    subscribers, site = start(), make_site()
    for number in range(50):
        site.subscribe(subscribers.uri(f"hang/{number}"))
    site.change()
    until(lambda: site.server.outbox.status()["in_flight"] == 8)
    assert site.server.handle(Request("GET", "/dcap/edev/0")).status == 200
    assert site.server.outbox.status()["waiting"] == 42


@pytest.mark.parametrize(
    ("beginning_s", "begun"), [(3600.0, AT_ONCE), (0.01, 4 * AT_ONCE)], ids=["busy", "waiting"]
)
def test_few_begin_at_once_and_nobody_waits_for_those_who_wait_for_an_answer(
    make_site: Callable[..., Site],
    monkeypatch: pytest.MonkeyPatch,
    beginning_s: float,
    begun: int,
) -> None:
    monkeypatch.setattr("ieee2030_5_agent.notifier.BEGINNING_S", beginning_s)
    site = make_site()
    posts: list[int] = []

    def post(target: Target, body: bytes, wanted: Callable[[], bool]) -> int:
        posts.append(target.endpoint.port)
        gevent.sleep(3 * LIMIT_S)
        return 201

    monkeypatch.setattr(site.notifier._poster, "post", post)
    operations = Operations(site.server)
    for number in range(4 * AT_ONCE):
        sfdi = format_sfdi(sfdi_of_lfdi(f"{number + 1:09d}" + "0" * 31))
        edev = operations.register_device(sfdi=sfdi)["href"]
        site.subscribe(f"http://127.0.0.1:{number + 1}/", below=edev)
    site.change()
    until(lambda: len(posts) == begun)
    gevent.sleep(0.1)
    assert len(posts) == begun


def test_a_client_that_deletes_its_subscription_hears_nothing_more(
    start: Callable[..., Subscribers], make_site: Callable[..., Site]
) -> None:
    subscribers, site = start(), make_site()
    number = site.subscribe(subscribers.uri("good"))
    site.subscribe(subscribers.uri("good/2"))
    site.server.handle(Request("DELETE", f"/dcap/edev/0/sub/{number}"))
    site.change()
    until(lambda: subscribers.received("good/2"))
    assert subscribers.received("good") == []


def test_the_end_of_a_subscription_is_told(
    start: Callable[..., Subscribers], make_site: Callable[..., Site]
) -> None:
    subscribers, site = start(), make_site()
    number = site.subscribe(subscribers.uri("good"))
    Operations(site.server).remove_subscription(number)
    (line,) = until(lambda: subscribers.received("good"))
    assert "<status>1</status>" in line["body"]
    assert "<Resource" not in line["body"]


def test_our_own_fault_costs_one_subscription_a_delay(
    start: Callable[..., Subscribers],
    make_site: Callable[..., Site],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    subscribers, site = start(), make_site()
    broken = site.subscribe(subscribers.uri("good/1"))
    site.subscribe(subscribers.uri("good/2"), "/dcap/edev")
    of = site.server.notices.of

    def fails(turn: Any) -> Any:
        if turn.subscription.number == broken:
            raise RuntimeError("secret")
        return of(turn)

    monkeypatch.setattr(site.server.notices, "of", fails)
    site.change()
    until(lambda: subscribers.received("good/2"))
    assert fate(site.state(broken)) == "failed"
    assert "RuntimeError: secret" in caplog.text


@pytest.mark.parametrize("how", ["deleted", "renewed", "changed"])
def test_while_one_waits_for_its_place_its_subscription_may_go(
    start: Callable[..., Subscribers], make_site: Callable[..., Site], how: str
) -> None:
    subscribers, site = start(), make_site()
    number = site.subscribe(subscribers.uri("good"))
    for _ in range(AT_ONCE):
        site.notifier._beginning.acquire()
    site.change()
    until(lambda: site.server.outbox.status()["in_flight"] == 1)
    path = f"/dcap/edev/0/sub/{number}"
    if how == "deleted":
        assert site.server.handle(Request("DELETE", path)).status == 204
    else:
        uri = subscribers.uri("good" if how == "renewed" else "status_200")
        body = documents.subscription("/dcap/edev/0", uri)
        body = body.replace("<Subscription>", '<Subscription xmlns="urn:ieee:std:2030.5:ns">')
        assert site.server.handle(Request("PUT", path, body=body.encode())).status == 204
    rate = site.change()
    for _ in range(AT_ONCE):
        site.notifier._beginning.release()
    there = {"deleted": None, "renewed": "good", "changed": "status_200"}[how]
    until(lambda: site.server.outbox.status()["in_flight"] == 0)
    if there is not None:
        (line,) = until(lambda: subscribers.received(there))
        assert post_rate(line) == rate  # built once it had its place
    others = {"good", "status_200"} - {there}
    assert [subscribers.received(other) for other in others] == [[]] * len(others)
