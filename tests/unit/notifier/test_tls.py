"""Notifications over HTTPS: certificates of both sides."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ieee2030_5_agent.pki import make_ca
from ieee2030_5_agent.sep.identity import lfdi_of_certificate
from ieee2030_5_agent.settings import Settings
from tests.unit.notifier.conftest import SFDI, Site, Subscribers, until


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
