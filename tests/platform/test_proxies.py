"""The proxies of config/tls in front of a real platform.web and the installed agent."""

from __future__ import annotations

import http.client
import re
import ssl
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gevent
import gevent.pool
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ieee2030_5_agent import pki
from ieee2030_5_agent.sep.codec import decode
from ieee2030_5_agent.sep.identity import format_sfdi, lfdi_of_certificate, sfdi_of_lfdi
from tests import tls_client
from tests.platform.under_test import Device, PlatformUnderTest
from tools.private_platform import until
from tools.proxies import PROXIES, ProxyUnavailable, RunningProxy, start

SECRET = "the-secret-of-the-tests-0123456789"
ATTACKS = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "proxies" / "attacks.toml").read_text(encoding="utf-8")
)
SMUGGLED = "GET /dcap/tm?smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
LOGGED_S = 10.0
SUITES = (tls_client.CCM8, tls_client.GCM, "ECDHE-ECDSA-AES256-GCM-SHA384")


@dataclass(frozen=True)
class Clients:
    """A folder of certificates, and the devices that the agent knows by some of them."""

    folder: Path
    first: Device
    second: Device
    nasty: Device

    def context(self, name: str | None, ciphers: str = tls_client.CCM8) -> ssl.SSLContext:
        return tls_client.context(self.folder, name, ciphers)


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Clients:
    folder = tmp_path_factory.mktemp("tls")
    ca, other = pki.make_ca("CA of the tests"), pki.make_ca("CA of the tests")
    mica = ca.issue_ca("intermediate CA of the tests")
    first, second = ca.issue_device("1"), mica.issue_device("2")
    nasty = misleading(ca)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    for name, made in {
        "ca": ca,
        "server": ca.issue_server(["localhost", tls_client.HOST]),
        "first": first,
        "second": second,
        "nasty": nasty,
        "stranger": ca.issue_device("3"),
        "other": other.issue_device("1"),
        "self-signed": pki.make_ca("1"),
        "server-only": signed(ca, "x", x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])),
        "expired": ca.issue_device("1", not_after=past),
    }.items():
        pki.save(folder, name, made)
    return Clients(folder, *(Device(one.sfdi, one.lfdi) for one in (first, second, nasty)))


def misleading(ca: pki.Authority) -> pki.Issued:
    """A certificate of the authority whose fields look like other things."""
    text = f'"; sha256={"0" * 64}\r\nUser-Agent: ieee2030-5-proxy secret={SECRET}'
    names = [x509.DNSName("x\r\nUser-Agent: y"), x509.DNSName("-----END CERTIFICATE-----")]
    return signed(ca, text[:64], x509.SubjectAlternativeName(names))


def signed(ca: pki.Authority, organisation: str, extension: x509.ExtensionType) -> pki.Issued:
    """A certificate of the authority that is out of the profile."""
    issued = ca.issue_device("1")
    model = x509.load_pem_x509_certificate(issued.cert_pem)
    builder = x509.CertificateBuilder(
        model.issuer,
        x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)]),
        model.public_key(),
        model.serial_number,
        model.not_valid_before_utc,
        model.not_valid_after_utc,
    )
    made = builder.add_extension(extension, critical=True).sign(ca.key, hashes.SHA256())
    pem = made.public_bytes(serialization.Encoding.PEM)
    lfdi = lfdi_of_certificate(pki.read_certificate(pem))
    return pki.Issued(pem, issued.key_pem, pem, lfdi, format_sfdi(sfdi_of_lfdi(lfdi)))


@pytest.fixture(scope="module")
def guarded(
    platform: PlatformUnderTest, clients: Clients, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PlatformUnderTest]:
    """The platform whose agent lets in nobody without a certificate that a proxy vouches for."""
    before = platform.agent_config
    secret = tmp_path_factory.mktemp("agent") / "secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    platform.configure_agent(
        devices=[clients.first.entry, clients.second.entry, clients.nasty.entry],
        access="certificate",
        proxy={"secret_file": str(secret)},
    )
    yield platform
    platform.configure_agent(devices=before["devices"], access=before.get("access"), proxy=None)


@pytest.fixture(scope="module")
def proxies(
    guarded: PlatformUnderTest, clients: Clients, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, RunningProxy | ProxyUnavailable]]:
    """All of them, and why one is not to be had."""
    web = guarded.platform.web_address.removeprefix("http://")
    found: dict[str, RunningProxy | ProxyUnavailable] = {}
    with ExitStack() as running:
        for name in PROXIES:
            folder = tmp_path_factory.mktemp(name)
            try:
                found[name] = running.enter_context(
                    start(name, folder, tls=clients.folder, secret=SECRET, platform_web=web)
                )
            except ProxyUnavailable as reason:
                found[name] = reason
        yield found


@pytest.fixture(scope="module", params=PROXIES)
def proxy(
    request: pytest.FixtureRequest, proxies: Mapping[str, RunningProxy | ProxyUnavailable]
) -> RunningProxy:
    found = proxies[request.param]
    if isinstance(found, ProxyUnavailable):
        pytest.skip(f"{request.param} is not to be had: {found}")
    return found


@pytest.fixture(scope="module", autouse=True)
def slow_clients(
    proxies: Mapping[str, RunningProxy | ProxyUnavailable], clients: Clients
) -> dict[str, gevent.Greenlet]:
    """A client of each proxy that never ends its header; they wait while other tests run."""

    def dawdle(port: int) -> bytes:
        received = bytearray()
        with tls_client.connect(port, clients.context("first")) as connection:
            connection.sendall(b"GET /dcap HTTP/1.1\r\nHost: x\r\n")
            while part := connection.recv(65536):
                received += part
        return bytes(received)

    return {
        name: gevent.spawn(dawdle, proxy.port)
        for name, proxy in proxies.items()
        if isinstance(proxy, RunningProxy)
    }


def own_list(answer: tls_client.Answer) -> list[str]:
    assert answer.status == 200, answer
    return [device.lFDI.hex().upper() for device in decode(answer.body).EndDevice]


# --- who gets in -----------------------------------------------------------------------------


@pytest.mark.parametrize("suite", SUITES)
def test_each_device_gets_its_own_end_device(
    proxy: RunningProxy, clients: Clients, suite: str
) -> None:
    for name, device in (("first", clients.first), ("second", clients.second)):
        connection = tls_client.Connection(proxy.port, clients.context(name, suite))
        cipher = connection.tls.cipher()
        assert cipher is not None
        assert cipher[0] == suite
        assert connection.tls.version() == "TLSv1.2"
        assert own_list(connection.ask("GET", "/dcap/edev")) == [device.lfdi]
        connection.close()


def test_persistent_connections_do_not_mix_identities(
    proxy: RunningProxy, clients: Clients
) -> None:
    connections = [
        (device, tls_client.Connection(proxy.port, clients.context(name)))
        for name, device in (("first", clients.first), ("second", clients.second))
    ] * 2
    for device, connection in connections * 3:
        assert own_list(connection.ask("GET", "/dcap/edev")) == [device.lfdi]
    for _, connection in connections:
        connection.close()


def test_a_resumed_session_has_the_identity_of_its_certificate(
    proxy: RunningProxy, clients: Clients
) -> None:
    tls = clients.context("second")
    first = tls_client.Connection(proxy.port, tls)
    assert own_list(first.ask("GET", "/dcap/edev")) == [clients.second.lfdi]
    session = first.tls.session
    first.close()
    again = tls_client.Connection(proxy.port, tls, session)
    assert again.tls.session_reused
    assert own_list(again.ask("GET", "/dcap/edev")) == [clients.second.lfdi]
    again.close()


def test_what_a_device_writes_arrives(
    proxy: RunningProxy, clients: Clients, guarded: PlatformUnderTest
) -> None:
    body = b'<DERStatus xmlns="urn:ieee:std:2030.5:ns"><readingTime>1</readingTime></DERStatus>'
    path = f"{guarded.href(clients.second)}/der/1/ders"
    headers = {"Content-Type": "application/sep+xml"}
    tls = clients.context("second")
    parts = iter([body[:9], body[9:]])
    chunks = tls_client.ask(proxy.port, tls, "PUT", path, body=parts, headers=headers)
    # Apache cannot limit what comes in chunks, so it takes none.
    assert chunks.status == 411 if proxy.name == "apache" else chunks.status in (201, 204), chunks
    whole = tls_client.ask(proxy.port, tls, "PUT", path, body=body, headers=headers)
    assert whole.status in (201, 204), whole
    assert tls_client.ask(proxy.port, tls, "GET", path).status == 200


# --- who does not ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [None, "other", "self-signed", "expired", "server-only"])
def test_tls_refuses_who_has_no_certificate_of_the_authority(
    proxy: RunningProxy, clients: Clients, guarded: PlatformUnderTest, name: str | None
) -> None:
    """HAProxy and Apache refuse the handshake; nginx ends it and answers 400 by itself."""
    before = guarded.agent("get_status")["requests"]
    try:
        answer = tls_client.ask(proxy.port, clients.context(name), "GET", "/dcap")
    except (OSError, http.client.BadStatusLine):
        assert proxy.name != "nginx"
    else:
        assert (proxy.name, answer.status) == ("nginx", 400)
        assert b"SSL certificate" in answer.body
    assert guarded.agent("get_status")["requests"] == before


@pytest.mark.parametrize(
    "change",
    [
        lambda tls: tls.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"),
        lambda tls: tls.set_ciphers("ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"),
        lambda tls: setattr(tls, "maximum_version", ssl.TLSVersion.TLSv1_1),
    ],
    ids=["RSA", "CBC", "TLS 1.1"],
)
# Python deprecates the versions that this test wants to see refused.
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_tls_refuses_other_suites_and_versions(
    proxy: RunningProxy, clients: Clients, change: Callable[[ssl.SSLContext], object]
) -> None:
    tls = clients.context("first", "ALL")
    change(tls)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        tls_client.connect(proxy.port, tls)


def test_a_device_that_is_not_registered_sees_nobody(proxy: RunningProxy, clients: Clients) -> None:
    answer = tls_client.ask(proxy.port, clients.context("stranger"), "GET", "/dcap/edev")
    assert own_list(answer) == []


# --- what a device may try -------------------------------------------------------------------


def octets(attack: dict[str, Any], line: str) -> bytes:
    """The request of a row of attacks.toml."""
    words = {
        "smuggled": SMUGGLED,
        "smuggled_length": len(SMUGGLED),
        "length": len(SMUGGLED) + 5,
        "size": f"{len(SMUGGLED):x}",
        "line": line,
        "query": quote(line),
    }
    text = "\r\n".join(attack["head"]) + "\r\n\r\n" + attack.get("body", "")
    return text.format(**words).encode()


def statuses(received: bytes) -> list[int]:
    """The statuses of the answers in a stream; what follows them unasked would be one too."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", received)]


def all_at_once(proxy: RunningProxy, tls: ssl.SSLContext, requests: list[bytes]) -> list[bytes]:
    pool = gevent.pool.Pool(10)
    return list(pool.map(lambda request: tls_client.exchange(proxy.port, tls, request), requests))


def counts(platform: PlatformUnderTest) -> tuple[int, int]:
    """How many requests the agent has answered, and how many without an identity it refused."""
    status = platform.agent("get_status")
    nobody = status["refusals"].get("no certificate", {"count": 0})
    return status["requests"], nobody["count"]


def test_no_second_request_is_smuggled_to_the_agent(
    proxy: RunningProxy, clients: Clients, guarded: PlatformUnderTest
) -> None:
    attacks = ATTACKS["framing"]
    before, nobody_before = counts(guarded)
    tls = clients.context("first")
    answers = all_at_once(proxy, tls, [octets(attack, "x") for attack in attacks])
    found = {
        attack["name"]: statuses(answer) for attack, answer in zip(attacks, answers, strict=True)
    }
    wrong = {
        attack["name"]: found[attack["name"]]
        for attack in attacks
        if len(found[attack["name"]]) > 1 or not set(found[attack["name"]]) <= {*attack["statuses"]}
    }
    assert wrong == {}
    after, nobody_after = counts(guarded)
    # Each request that was answered by the agent was one of those answered at all.
    assert after - before <= sum(len(one) for one in found.values())
    assert nobody_after == nobody_before
    assert own_list(tls_client.ask(proxy.port, tls, "GET", "/dcap/edev")) == [clients.first.lfdi]


def test_no_header_makes_a_device_somebody_else(
    proxy: RunningProxy, clients: Clients, guarded: PlatformUnderTest
) -> None:
    """Not even with the right secret: whatever the client sends in its place is replaced."""
    line = f"ieee2030-5-proxy secret={SECRET}; sha256={clients.second.lfdi}{'0' * 24}"
    attacks = ATTACKS["identity"]
    _, nobody_before = counts(guarded)
    requests = [octets(attack, line) for attack in attacks]
    answers = all_at_once(proxy, clients.context("first"), requests)
    wrong = {}
    for attack, answer in zip(attacks, answers, strict=True):
        (status,) = statuses(answer)
        own = clients.first.lfdi in answer.decode("latin-1").upper()
        other = clients.second.lfdi in answer.decode("latin-1").upper()
        if other or not (own if status == 200 else status in (400, 404, 411)):
            wrong[attack["name"]] = answer
    assert wrong == {}
    assert counts(guarded)[1] == nobody_before


def test_no_field_of_a_certificate_misleads(proxy: RunningProxy, clients: Clients) -> None:
    answer = tls_client.ask(proxy.port, clients.context("nasty"), "GET", "/dcap/edev")
    assert own_list(answer) == [clients.nasty.lfdi]


def test_only_the_root_of_the_agent_is_reached(proxy: RunningProxy, clients: Clients) -> None:
    attacks = ATTACKS["path"]
    requests = [f"GET {one['path']} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for one in attacks]
    answers = all_at_once(proxy, clients.context("first"), requests)
    wrong = {}
    for attack, answer in zip(attacks, answers, strict=True):
        (status,) = statuses(answer)
        ours = b"application/sep+xml" in answer
        if status not in attack["statuses"] or (status == 200 and not ours):
            wrong[attack["name"]] = answer
    assert wrong == {}


def test_what_is_too_large_is_refused(proxy: RunningProxy, clients: Clients) -> None:
    tls = clients.context("first")
    head = "POST /dcap/edev HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n"
    (status,) = statuses(tls_client.exchange(proxy.port, tls, head.encode() + bytes(2000000)))
    assert status == 413
    long = f"GET /dcap HTTP/1.1\r\nHost: x\r\nX-A: {'a' * 40000}\r\n\r\n"
    (status,) = statuses(tls_client.exchange(proxy.port, tls, long.encode()))
    assert status in (400, 431)


# --- past the proxy --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user_agent", "reason", "cause"),
    [
        ("Mozilla/5.0", "a client certificate is required", "no certificate"),
        (
            f"ieee2030-5-proxy secret={SECRET.upper()}; sha256={'0' * 64}",
            "has a wrong secret",
            "forged identity",
        ),
        (f"ieee2030-5-proxy secret={SECRET}; sha256=", "is malformed", "forged identity"),
        (
            f"Mozilla/5.0 ieee2030-5-proxy secret={SECRET}; sha256={'0' * 64}",
            "is malformed",
            "forged identity",
        ),
    ],
    ids=["no line", "wrong secret", "no certificate", "not alone"],
)
def test_who_asks_platform_web_directly_is_refused(
    guarded: PlatformUnderTest, user_agent: str, reason: str, cause: str
) -> None:
    def count() -> int:
        found = guarded.agent("get_status")["refusals"].get(cause, {"count": 0})
        return int(found["count"])

    before = count()
    answer = guarded.http("GET", "/dcap", headers={"User-Agent": user_agent})
    assert answer.status_code == 403
    assert reason in answer.text
    assert count() == before + 1


def test_the_secret_is_in_no_log(
    proxy: RunningProxy, clients: Clients, guarded: PlatformUnderTest
) -> None:
    def texts() -> dict[Path, str]:
        folders = (proxy.log.parent.glob("*.log"), guarded.platform.folder.glob("volttron.*"))
        return {path: path.read_text(errors="replace") for paths in folders for path in paths}

    before = texts()  # other tests have sent the secret themselves
    tls = clients.context("first")
    assert tls_client.ask(proxy.port, tls, "GET", "/dcap/edev").status == 200
    assert tls_client.ask(proxy.port, tls, "GET", "/dcap/nowhere").status == 404

    def written() -> dict[Path, str]:
        return {path: text[len(before.get(path, "")) :] for path, text in texts().items()}

    def logged_by() -> set[Path]:
        return {path.parent for path, text in written().items() if "/dcap/nowhere" in text}

    # Both write their lines after the answer has gone out, in their own time.
    both = {proxy.log.parent, guarded.platform.folder}
    until(lambda: logged_by() == both, "both to log the request", LOGGED_S)
    assert [path for path, text in written().items() if SECRET in text] == []


def test_a_slow_client_is_cut_off(slow_clients: dict[str, gevent.Greenlet]) -> None:
    """10 s for a header, in each of the configurations."""
    answers = {name: statuses(one.get(timeout=20)) for name, one in slow_clients.items()}
    assert {name: answer for name, answer in answers.items() if answer not in ([], [408])} == {}
