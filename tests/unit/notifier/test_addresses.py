"""Where a notification may go, by the address behind the name."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import gevent
import gevent.socket
import pytest

from ieee2030_5_agent import notification_post
from ieee2030_5_agent.name_lookup import NoAddress
from ieee2030_5_agent.notification_post import Barred, Poster, Unreached, Withdrawn
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.targets import parse_target
from ieee2030_5_agent.sep.identity import format_sfdi, sfdi_of_lfdi
from ieee2030_5_agent.settings import Settings
from tests.unit.notifier.conftest import TOTAL_S, Site, Subscribers, until


@dataclass
class Names:
    """A name server that answers each look-up of a name with its next address."""

    answers: dict[str, list[str]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int, _: float) -> list[Any]:
        self.asked.append(host)
        if host not in self.answers:
            raise NoAddress(f"{host} has no address")
        addresses = self.answers[host]
        address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        return [
            (gevent.socket.AF_INET, gevent.socket.SOCK_STREAM, 6, "", (one, port))
            for one in address.split()
        ]


@pytest.fixture
def lookup(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, list[str]]], Names]:
    def use(answers: dict[str, list[str]]) -> Names:
        names = Names(answers)
        monkeypatch.setattr(notification_post, "find_addresses", names)
        return names

    return use


class NameServer:
    """A real one on loopback: answers.example is 127.0.0.1, all other names hang."""

    def __init__(self) -> None:
        self.socket = gevent.socket.socket(gevent.socket.AF_INET, gevent.socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.asked: list[str] = []
        self.greenlet = gevent.spawn(self.serve)

    def hanging(self) -> set[str]:
        return {name for name in self.asked if name.startswith("hangs")}

    def serve(self) -> None:
        while True:
            query, sender = self.socket.recvfrom(512)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1 : at + 1 + query[at]].decode())
                at += 1 + query[at]
            self.asked.append(".".join(labels))
            if labels[0] == "answers":
                question = query[12 : at + 5]
                kind = int.from_bytes(query[at + 1 : at + 3], "big")
                record = bytes.fromhex("c00c 0001 0001 0000003c 0004 7f000001")
                answers = [record] if kind == 1 else []
                counts = struct.pack("!4H", 1, len(answers), 0, 0)
                answer = query[:2] + b"\x81\x80" + counts + question + b"".join(answers)
                self.socket.sendto(answer, sender)


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    """The one that is asked from now on."""
    server = NameServer()
    gevent.config.set("resolver_nameservers", ["127.0.0.1"])
    gevent.config.set("ares_udp_port", server.socket.getsockname()[1])
    yield server
    gevent.config.set("resolver_nameservers", None)
    gevent.config.set("ares_udp_port", None)
    server.greenlet.kill()
    server.socket.close()


@dataclass
class Interface:
    """An address of an interface as psutil has it."""

    family: int
    address: str


def poster(**section: Any) -> Poster:
    config = {"subscriptions": {"total_s": TOTAL_S, "connect_s": 1, **section}}
    return Poster(Settings.load(config), None)


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(
    start: Callable[..., Subscribers], lookup: Callable[..., Names]
) -> None:
    """DNS rebinding: the second look-up would give another address; there is none."""
    subscribers = start()
    names = lookup({"rebind.example": ["127.0.0.1", "10.66.66.66"]})
    target = parse_target(f"http://rebind.example:{subscribers.port}/good")
    sender = poster()
    assert sender.post(target, b"<Notification/>") == 201
    assert sender.post(target, b"<Notification/>") == 201
    assert names.asked == ["rebind.example"]  # the second went over the same connection
    (line, _) = subscribers.received("good")
    assert line["host"] == f"rebind.example:{subscribers.port}"
    sender.close()
    with pytest.raises(Barred, match=r"10\.66\.66\.66 lies in none of the networks"):
        sender.post(target, b"<Notification/>")


@pytest.mark.parametrize(
    ("address", "laboratory", "why"),
    [
        ("169.254.169.254", True, "is no address of a host"),
        ("192.168.1.1", True, "lies in none of the networks"),
        ("255.255.255.255", True, "is no address of a host"),
        ("127.0.0.1", False, "is loopback"),
    ],
)
def test_a_name_is_of_no_use_to_reach_what_is_barred(
    lookup: Callable[..., Names], address: str, laboratory: bool, why: str
) -> None:
    lookup({"a.example": [address]})
    scheme = "http" if laboratory else "https"
    sender = poster(laboratory=laboratory)
    if not laboratory:
        sender = Poster(
            Settings.load({"subscriptions": {"laboratory": False, "networks": ["10.0.0.0/8"]}}),
            notification_post.tls_context(Settings.load({})),
        )
    with pytest.raises(Barred, match=why):
        sender.post(parse_target(f"{scheme}://a.example/"), b"")


@pytest.mark.parametrize("laboratory", [True, False], ids=["laboratory", "elsewhere"])
@pytest.mark.parametrize("form", ["{}", "::ffff:{}"], ids=["IPv4", "IPv4 in IPv6"])
def test_the_machine_itself_is_only_notified_in_the_laboratory(
    lookup: Callable[..., Names], monkeypatch: pytest.MonkeyPatch, laboratory: bool, form: str
) -> None:
    interface = Interface(gevent.socket.AF_INET, "10.9.9.9")
    monkeypatch.setattr(notification_post.psutil, "net_if_addrs", lambda: {"lan0": [interface]})
    names = lookup({"a.example": [form.format("10.9.9.9")]})
    section = {"laboratory": laboratory, "networks": ["10.0.0.0/8"]}
    settings = Settings.load({"subscriptions": section})
    if laboratory:
        assert len(notification_post._allowed("a.example", 443, settings)) == 1
    else:
        with pytest.raises(Barred, match="is this machine"):
            notification_post._allowed("a.example", 443, settings)
    assert names.asked == ["a.example"]


def test_the_addresses_of_the_interfaces_are_those_of_the_machine() -> None:
    """No fake: loopback is one wherever this runs."""
    assert ip_address("127.0.0.1") in notification_post._own_addresses()


def test_of_several_addresses_only_the_allowed_are_tried(
    start: Callable[..., Subscribers], lookup: Callable[..., Names]
) -> None:
    subscribers = start()
    lookup({"a.example": ["10.66.66.66 127.0.0.1"]})
    target = parse_target(f"http://a.example:{subscribers.port}/good")
    assert poster().post(target, b"") == 201


def test_a_name_that_does_not_exist_may_exist_later(lookup: Callable[..., Names]) -> None:
    lookup({})
    with pytest.raises(Unreached, match="has no address"):
        poster().post(parse_target("http://a.example/"), b"")


def test_numbers_that_the_resolver_takes_for_addresses_are_checked_too() -> None:
    """No fake resolver: 2130706433 is 127.0.0.1 to the C library, and no name to c-ares."""
    sender = Poster(
        Settings.load({"subscriptions": {"laboratory": False, "networks": ["0.0.0.0/0"]}}),
        notification_post.tls_context(Settings.load({})),
    )
    with pytest.raises((Barred, Unreached), match=r"127\.0\.0\.1 is loopback|has no address"):
        sender.post(parse_target("https://2130706433/"), b"")


def test_a_name_server_that_hangs_keeps_nobody_waiting(
    start: Callable[..., Subscribers], make_site: Callable[..., Site], name_server: NameServer
) -> None:
    """Several owners have more names in a domain that never answers than there are threads."""
    subscribers, site = start(), make_site(connect_s=4, total_s=8)
    operations = Operations(site.server)
    for number in range(40):
        sfdi = format_sfdi(sfdi_of_lfdi(f"{number + 1:09d}" + "0" * 31))
        edev = operations.register_device(sfdi=sfdi)["href"]
        site.subscribe(f"http://hangs{number}.example/", below=edev)
    number = site.subscribe(f"http://answers.example:{subscribers.port}/good")
    site.change()
    until(lambda: subscribers.received("good"))
    assert site.server.outbox.status()["failed"] == 0  # while all the others wait
    asked = until(lambda: len(hanging := name_server.hanging()) == 40 and hanging)
    assert "hangs39.example" in asked
    shown = until(
        lambda: (
            len(
                failed := [
                    one for one in Operations(site.server).get_subscriptions() if one["failures"]
                ]
            )
            == 40
            and failed
        )
    )
    assert {one["problem"].partition(": ")[2] for one in shown} == {
        "no name server has answered in 4 s"
    }
    assert number not in [one["number"] for one in shown]


def test_plain_http_only_goes_out_in_the_laboratory() -> None:
    with pytest.raises(Barred, match="only https"):
        poster(laboratory=False, networks=["10.0.0.0/8"]).post(
            parse_target("http://10.0.0.1/"), b""
        )


def test_a_proxy_of_the_environment_is_not_asked(
    start: Callable[..., Subscribers], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    subscribers = start()
    assert poster().post(parse_target(subscribers.uri("good")), b"") == 201


def test_what_is_withdrawn_while_it_connects_is_not_sent(
    start: Callable[..., Subscribers], lookup: Callable[..., Names]
) -> None:
    subscribers = start()
    names = lookup({"a.example": ["127.0.0.1"]})
    target = parse_target(f"http://a.example:{subscribers.port}/good")
    sender = poster()
    with pytest.raises(Withdrawn):
        sender.post(target, b"gone", lambda: not names.asked)
    assert sender.post(target, b"wanted") == 201
    with pytest.raises(Withdrawn):
        sender.post(target, b"gone", lambda: False)
    assert [line["body"] for line in subscribers.received("good")] == ["wanted"]
