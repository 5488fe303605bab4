"""Notifications over real sockets, to subscribers of all kinds in a process of their own."""

from __future__ import annotations

import json
import logging
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import gevent
import gevent.socket
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from ieee2030_5_agent import notification_post
from ieee2030_5_agent.name_lookup import NoAddress
from ieee2030_5_agent.notification_post import Barred, Poster, Unreached, Withdrawn
from ieee2030_5_agent.notifier import AT_ONCE, Notifier
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.pki import make_ca
from ieee2030_5_agent.rest.messages import Request
from ieee2030_5_agent.rest.targets import Target, parse_target
from ieee2030_5_agent.sep.identity import format_sfdi, lfdi_of_certificate, sfdi_of_lfdi
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.protocol import documents

ROOT = Path(__file__).parents[2]
SFDI = "097935300833"
TOTAL_S = 4.0
LIMIT_S = 20.0


@dataclass
class Subscribers:
    """The process, and what arrived there."""

    process: subprocess.Popen[str]
    file: Path
    scheme: str
    port: int = 0

    def uri(self, path: str) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/{path}"

    def received(self, path: str) -> list[dict[str, Any]]:
        if not self.file.exists():
            return []
        lines = [json.loads(line) for line in self.file.read_text().splitlines(keepends=False)]
        return [line for line in lines if line["path"] == f"/{path}"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Subscribers]]:
    started: list[subprocess.Popen[str]] = []

    def start(*files: str) -> Subscribers:
        file = tmp_path / f"received{len(started)}"
        command = [sys.executable, str(ROOT / "tests" / "subscribers.py"), str(file), *files]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        port = int(process.stdout.readline())
        return Subscribers(process, file, "https" if files else "http", port)

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@dataclass
class Site:
    """A server with a notifier that runs, and one device."""

    server: Server
    reports: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.notifier = Notifier(self.server, self.reports.append)
        self.greenlet = gevent.spawn(self.notifier.keep)

    def subscribe(
        self, uri: str, resource: str = "/dcap/edev/0", below: str = "/dcap/edev/0"
    ) -> int:
        body = documents.subscription(resource, uri)
        body = body.replace("<Subscription>", '<Subscription xmlns="urn:ieee:std:2030.5:ns">')
        response = self.server.handle(Request("POST", below + "/sub", body=body.encode()))
        assert response.status == 201, response.body
        return int(dict(response.headers)["Location"].rpartition("/")[2])

    def change(self) -> int:
        """The device's postRate is another one now."""
        device = self.server.fleet.device(SFDI)
        rate = (device.post_rate or 300) + 1
        self.server.fleet.rating.set_post(rate, device)
        return rate

    def state(self, number: int) -> dict[str, Any]:
        shown = Operations(self.server).get_subscriptions()
        return next(one for one in shown if one["number"] == number)


def until(condition: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    with gevent.Timeout(limit_s, AssertionError("it never came")):
        while not (value := condition()):
            gevent.sleep(0.01)
    return value


@pytest.fixture
def make_site() -> Iterator[Callable[..., Site]]:
    sites: list[Site] = []

    def make(
        listener: dict[str, Any] | None = None, revoked: tuple[str, ...] = (), **section: Any
    ) -> Site:
        section = {"total_s": TOTAL_S, "connect_s": 1, **section}
        config = {
            "devices": [{"sfdi": SFDI}],
            "subscriptions": section,
            "listener": listener,
            "revoked": revoked,
        }
        sites.append(Site(Server(Settings.load(config))))
        return sites[-1]

    yield make
    for site in sites:
        site.greenlet.kill()


def post_rate(line: dict[str, Any]) -> int:
    (rate,) = etree.fromstring(line["body"].encode()).iter("{*}postRate")
    return int(rate.text)


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
) -> None:
    subscribers, site = start(), make_site()
    with gevent.socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}/ntfy"
        numbers = {name: site.subscribe(subscribers.uri(name)) for name in FATES if name != "good"}
        numbers["dead"] = site.subscribe(dead)
        other = start()
        numbers["good"] = site.subscribe(other.uri("good"))
        site.change()
        until(lambda: other.received("good"), TOTAL_S - 1)
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


# --- TLS -----------------------------------------------------------------------------------------


@dataclass
class Certificates:
    folder: Path

    def __post_init__(self) -> None:
        self.ca, self.other = make_ca("tests"), make_ca("others")
        self.keep("ca", self.ca.cert_pem)
        self.keep("other_ca", self.other.cert_pem)
        for name, authority in (("server", self.ca), ("foreign", self.other)):
            issued = authority.issue_device(name)
            self.keep(name, issued.chain_pem, issued.key_pem)
        issued = self.ca.issue_server(["127.0.0.1"])
        self.keep("named", issued.chain_pem, issued.key_pem)

    def keep(self, name: str, certificate: bytes, key: bytes = b"") -> None:
        (self.folder / f"{name}.crt").write_bytes(certificate)
        (self.folder / f"{name}.key").write_bytes(key)

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def lfdi(self, name: str) -> str:
        device, *_ = x509.load_pem_x509_certificates(Path(self.path(f"{name}.crt")).read_bytes())
        return lfdi_of_certificate(device.public_bytes(Encoding.DER))

    def section(self, name: str = "server", ca: str = "ca") -> dict[str, str]:
        return {
            "certificate": self.path(f"{name}.crt"),
            "key": self.path(f"{name}.key"),
            "ca": self.path(f"{ca}.crt"),
        }


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


def test_https_with_the_servers_own_certificate(
    start: Callable[..., Subscribers],
    make_site: Callable[..., Site],
    certificates: Certificates,
) -> None:
    subscribers = start(*certificates.section("server").values())
    site = make_site(**certificates.section("server"))
    site.subscribe(subscribers.uri("good"))
    site.change()
    until(lambda: subscribers.received("good"))
    assert site.reports == [None]


def test_the_files_of_the_listener_serve_here_too(
    start: Callable[..., Subscribers],
    make_site: Callable[..., Site],
    certificates: Certificates,
) -> None:
    subscribers = start(*certificates.section("server").values())
    site = make_site(listener={"address": "127.0.0.1:0", **certificates.section()})
    site.subscribe(subscribers.uri("good"))
    site.change()
    until(lambda: subscribers.received("good"))


TLS_PROBLEMS: dict[str, tuple[dict[str, Any], str, str]] = {
    # what the notifier has; the certificate of the subscriber; what is reported
    "the subscriber's CA is another": ({"ca": "other_ca"}, "server", "CERTIFICATE_VERIFY_FAILED"),
    "our certificate is of another CA": ({"name": "foreign"}, "server", "UNKNOWN_CA"),
    "its name is asked for and is not there": (
        {"verify_host_name": True},
        "server",
        "IP address mismatch",
    ),
    "we have no certificate": ({"name": None}, "server", "HANDSHAKE_FAILURE"),
}


@pytest.mark.parametrize("name", TLS_PROBLEMS)
def test_https_that_fails_is_tried_again_later(
    start: Callable[..., Subscribers],
    make_site: Callable[..., Site],
    certificates: Certificates,
    name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ours, theirs, problem = TLS_PROBLEMS[name]
    subscribers = start(*certificates.section(theirs).values())
    section: dict[str, Any] = dict(
        certificates.section(ours.get("name") or "server", ours.get("ca", "ca"))
    )
    if "name" in ours and ours["name"] is None:
        del section["certificate"], section["key"]
    section |= {key: value for key, value in ours.items() if key not in ("name", "ca")}
    site = make_site(**section)
    number = site.subscribe(subscribers.uri("good"))
    site.change()
    state = until(lambda: site.state(number)["failures"] and site.state(number))
    assert (
        problem.lower() in state["problem"].lower().replace(" ", "_") or problem in state["problem"]
    )
    assert subscribers.received("good") == []
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_subscriber_with_a_revoked_certificate_is_told_nothing(
    start: Callable[..., Subscribers],
    make_site: Callable[..., Site],
    certificates: Certificates,
    caplog: pytest.LogCaptureFixture,
) -> None:
    revoked, other = certificates.section("server"), certificates.section("named")
    lfdi = certificates.lfdi("server")
    site = make_site(**other, revoked=(lfdi,))
    bad, good = start(*revoked.values()), start(*other.values())
    number = site.subscribe(bad.uri("good"))
    site.subscribe(good.uri("good"))
    site.change()
    until(lambda: good.received("good"))
    state = until(lambda: site.state(number)["failures"] and site.state(number))
    assert state["problem"] == f"the subscriber's certificate {lfdi} was revoked"
    assert bad.received("good") == []
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_revoking_ends_connections_that_are_kept(
    start: Callable[..., Subscribers],
    make_site: Callable[..., Site],
    certificates: Certificates,
) -> None:
    section = certificates.section()
    site, subscribers = make_site(**section), start(*section.values())
    number = site.subscribe(subscribers.uri("good"))
    site.change()
    until(lambda: site.state(number)["sent"])
    lfdi = certificates.lfdi("server")
    raw = {"devices": [{"sfdi": SFDI}], "subscriptions": section, "revoked": [lfdi]}
    site.server.configure(Settings.load(raw))
    site.notifier.configure()
    site.change()
    until(lambda: site.state(number)["failures"])
    assert len(subscribers.received("good")) == 1


def test_the_name_of_a_subscriber_is_checked_where_that_is_asked_for(
    start: Callable[..., Subscribers],
    make_site: Callable[..., Site],
    certificates: Certificates,
) -> None:
    subscribers = start(*certificates.section("named").values())
    site = make_site(**certificates.section(), verify_host_name=True)
    site.subscribe(subscribers.uri("good"))
    site.change()
    until(lambda: subscribers.received("good"))


def test_files_that_cannot_be_used_are_reported_and_put_right(
    start: Callable[..., Subscribers],
    make_site: Callable[..., Site],
    certificates: Certificates,
) -> None:
    section = certificates.section()
    key = Path(section["key"]).read_bytes()
    Path(section["key"]).write_bytes(b"nonsense")
    site = make_site(**section)
    assert site.reports[-1] is not None
    assert section["certificate"] in site.reports[-1]
    plain = start()
    site.subscribe(plain.uri("good"))
    secure = site.subscribe("https://127.0.0.1:1/")
    site.change()
    until(lambda: plain.received("good"))
    state = until(lambda: site.state(secure)["failures"] and site.state(secure))
    assert "cannot be used" in state["problem"]
    Path(section["key"]).write_bytes(key)
    site.notifier.configure()
    assert site.reports[-1] is None


# --- where it may go -----------------------------------------------------------------------------


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
    subscribers, site = start(), make_site(connect_s=3)
    operations = Operations(site.server)
    for number in range(40):
        sfdi = format_sfdi(sfdi_of_lfdi(f"{number + 1:09d}" + "0" * 31))
        edev = operations.register_device(sfdi=sfdi)["href"]
        site.subscribe(f"http://hangs{number}.example/", below=edev)
    number = site.subscribe(f"http://answers.example:{subscribers.port}/good")
    site.change()
    until(lambda: subscribers.received("good"), 2.5)
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
        "no name server has answered in 3 s"
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


# --- what is withdrawn before it is sent ---------------------------------------------------------


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
