"""Who gets through the TLS handshake, who does not, and under which name that is counted."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ieee2030_5_agent.pki import make_ca
from ieee2030_5_agent.tls_listener.handshake import BadCertificate, identify
from tests.attacks.conftest import Target, until
from tests.vectors import rules

REQUEST = "GET /dcap/tm HTTP/1.1\r\nHost: x\r\n\r\n"
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def pem_of(target: Target, rule: dict[str, Any]) -> tuple[bytes, bytes]:
    """The certificate of a rule and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, rule["name"])])
    signer, issuer, chain = key, name, b""
    kind = rule.get("issuer", "ca")
    if kind in ("ca", "other"):
        authority = target.files.ca if kind == "ca" else make_ca("other")
        signer, issuer = authority.key, authority.certificate.subject
    elif kind == "device":
        chain = target.device.cert_pem
        issuer = x509.load_pem_x509_certificate(chain).subject
        signer = serialization.load_pem_private_key(target.device.key_pem, None)
    begin, end = (datetime.now(UTC) + timedelta(days=n) for n in rule.get("days", [-1, 9999]))
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    wanted = rule.get("key_usage", ["digital_signature"])
    if wanted:
        bits = {usage: usage in wanted for usage in USAGES}
        builder = builder.add_extension(x509.KeyUsage(**bits), critical=True)
    for dotted, content in rule.get("extensions", {}).items():
        odd = x509.UnrecognizedExtension(x509.ObjectIdentifier(dotted), bytes.fromhex(content))
        builder = builder.add_extension(odd, critical=False)
    if "extended" in rule:
        uses = [x509.ObjectIdentifier(dotted) for dotted in rule["extended"]]
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    certificate = builder.sign(signer, hashes.SHA256())
    return (
        certificate.public_bytes(serialization.Encoding.PEM) + chain,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def counted(target: Target, cause: str, before: dict[str, int]) -> bool:
    return target.host.refused().get(cause, 0) > before.get(cause, 0)


def refused_by(target: Target, cause: str, attack: Callable[[], object]) -> None:
    """The attack gets nothing but an end of the connection, and is counted."""
    before = target.host.refused()
    attack()
    until(lambda: counted(target, cause, before), f"{cause}, not {target.host.refused()}")
    after = target.host.refused()
    assert {why for why in after if after[why] != before.get(why, 0)} == {cause}
    assert target.reached == []


def fails(target: Target, context: ssl.SSLContext) -> None:
    """A client whose handshake fails, or whose connection is closed before any answer."""
    try:
        raw = target.raw(context)
        raw.send(REQUEST)
        assert raw.ended()
    except OSError:
        return


@pytest.mark.parametrize("rule", rules("attacks/certificates.toml"))
def test_certificate(target: Target, rule: dict[str, Any]) -> None:
    context = target.files.anonymous()
    context.load_cert_chain(*target.files.keep("attacker", *pem_of(target, rule)))
    if "cause" in rule:
        refused_by(target, rule["cause"], lambda: fails(target, context))
        return
    raw = target.raw(context)
    raw.send("GET /dcap/tm HTTP/1.1\r\nHost: x\r\n\r\n")
    assert raw.answer()[0].status == 200


@pytest.mark.parametrize(
    "der",
    [b"", b"\x30\x00", b"\x30\x82\xff\xff", bytes(100), b"\x30\x03\x02\x01\x01"],
    ids=["nothing", "an empty sequence", "cut off", "zeros", "a number"],
)
def test_whatever_is_wrong_with_a_certificate_is_a_refusal(der: bytes) -> None:
    with pytest.raises(BadCertificate) as refusal:
        identify(der)
    assert refusal.value.cause == "unreadable certificate"


def test_no_certificate(target: Target) -> None:
    refused_by(target, "no certificate", lambda: fails(target, target.files.anonymous()))


@pytest.mark.parametrize(
    ("sent", "cause"),
    [
        (b"GET /dcap HTTP/1.1\r\nHost: x\r\n\r\n", "not TLS"),
        (b"CONNECT x:443 HTTP/1.1\r\n\r\n", "not TLS"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not TLS"),
        (bytes(64), "not TLS"),
        (b"\x16\x03\x01\x00\x05hello", "handshake failed"),
        (b"", "handshake broken off"),
        (b"\x16\x03\x01\x02\x00\x01", "handshake broken off"),
    ],
    ids=["HTTP", "CONNECT", "SSH", "zeros", "a broken hello", "nothing", "half a hello"],
)
def test_what_is_no_handshake(target: Target, sent: bytes, cause: str) -> None:
    def attack() -> None:
        with socket.create_connection(("127.0.0.1", target.host.port)) as plain:
            plain.sendall(sent)

    refused_by(target, cause, attack)


def test_silence_instead_of_a_handshake(target: Target) -> None:
    with socket.create_connection(("127.0.0.1", target.host.port)) as plain:
        refused_by(target, "handshake too slow", lambda: plain.recv(1))


def test_a_handshake_that_drips(target: Target) -> None:
    """Each octet comes in time, all of them together do not."""

    def attack() -> None:
        with socket.create_connection(("127.0.0.1", target.host.port)) as plain:
            plain.settimeout(0.1)
            plain.sendall(b"\x16\x03\x01\x40\x00\x01")
            while not counted(target, "handshake too slow", before):
                try:
                    plain.sendall(b"\x00")
                    assert plain.recv(1) == b""
                except TimeoutError:
                    continue
                except ConnectionError:
                    return

    before = target.host.refused()
    began = time.monotonic()
    refused_by(target, "handshake too slow", attack)
    assert time.monotonic() - began < 10


def limited(target: Target, **limits: Any) -> ssl.SSLContext:
    """The device's context, restricted to versions and suites."""
    context = target.files.client("device", target.device)
    for name, value in limits.items():
        if name == "ciphers":
            context.set_ciphers(value)
        else:
            setattr(context, name, value)
    return context


@pytest.mark.parametrize(
    ("limits", "cause"),
    [
        ({"ciphers": "ECDHE-RSA-AES128-GCM-SHA256"}, "no common cipher"),
        ({"ciphers": "ECDHE-ECDSA-AES128-SHA"}, "no common cipher"),
        ({"ciphers": "ECDHE-ECDSA-CHACHA20-POLY1305"}, "no common cipher"),
        (
            {"maximum_version": ssl.TLSVersion.TLSv1_3, "minimum_version": ssl.TLSVersion.TLSv1_3},
            "TLS version not spoken",
        ),
    ],
    ids=["RSA", "CBC", "ChaCha20", "only TLS 1.3"],
)
def test_no_common_ground(target: Target, limits: dict[str, Any], cause: str) -> None:
    refused_by(target, cause, lambda: fails(target, limited(target, **limits)))


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_versions_of_tls(target: Target) -> None:
    context = target.files.client("device", target.device)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    refused_by(target, "TLS version not spoken", lambda: fails(target, context))


def test_a_client_that_does_not_trust_us(target: Target) -> None:
    context = ssl.create_default_context()
    refused_by(target, "client refuses our certificate or TLS", lambda: fails(target, context))


@pytest.mark.parametrize(
    "suite",
    [
        "ECDHE-ECDSA-AES128-CCM8",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
    ],
)
def test_suites(target: Target, suite: str) -> None:
    raw = target.raw(limited(target, ciphers=f"{suite}:@SECLEVEL=0"))
    assert raw.tls.cipher() == (suite, "TLSv1.2", 256 if "256-" in suite else 128)
    raw.send(REQUEST)
    assert raw.answer()[0].status == 200


def test_the_suite_of_the_standard_comes_first(target: Target) -> None:
    suites = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"
    raw = target.raw(limited(target, ciphers=suites))
    found = raw.tls.cipher()
    assert found is not None
    assert found[0] == "ECDHE-ECDSA-AES128-CCM8"


def test_tls_1_3_when_it_is_configured(make_target: Callable[..., Target]) -> None:
    target = make_target(tls13=True)
    newest = {"maximum_version": ssl.TLSVersion.TLSv1_3}
    raw = target.raw(limited(target, **newest))
    assert raw.tls.version() == "TLSv1.3"
    raw.send("GET /dcap HTTP/1.1\r\nHost: x\r\n\r\n")
    assert raw.answer()[0].status == 200
    assert target.reached.pop().client.lfdi == target.device.lfdi
    assert target.raw().tls.version() == "TLSv1.2"
    nobody = target.files.anonymous()
    nobody.maximum_version = ssl.TLSVersion.TLSv1_3
    refused_by(target, "no certificate", lambda: fails(target, nobody))


def test_a_resumed_session_is_the_same_client(target: Target) -> None:
    context = target.files.client("device", target.device)
    first = target.raw(context)
    first.send(REQUEST)
    assert first.answer()[0].status == 200
    plain = socket.create_connection(("127.0.0.1", target.host.port))
    second = context.wrap_socket(plain, server_hostname="localhost", session=first.tls.session)
    second.sendall(REQUEST.encode())
    assert second.recv(100).startswith(b"HTTP/1.1 200")
    assert second.session_reused
    second.close()
    assert {request.client.lfdi for request in target.reached} == {target.device.lfdi}


@pytest.mark.parametrize("whose", ["its own", "that of the CA above it"])
def test_a_certificate_that_expires_ends_what_was_begun_with_it(
    make_target: Callable[..., Target], whose: str
) -> None:
    """Neither a kept connection nor a session that is resumed goes on."""
    target = make_target(idle_s=60)
    end = (datetime.now(UTC) + timedelta(seconds=3)).replace(microsecond=0)
    ca = target.files.ca
    if whose == "its own":
        short = ca.issue_device("short", not_after=end)
    else:
        short = ca.issue_ca("short", not_after=end).issue_device("long")
    context = target.files.client("short", short)
    kept = target.raw(context)
    kept.send(REQUEST)
    assert kept.answer()[0].status == 200
    resumed = target.raw(context, session=kept.tls.session)
    resumed.send(REQUEST)
    assert resumed.answer()[0].status == 200
    assert resumed.tls.session_reused

    def refused() -> bool:
        kept.send(REQUEST)
        return kept.answer()[0].status == 403

    until(refused, "the end of the certificate")
    assert datetime.now(UTC) > end
    assert kept.ended()
    target.reached.clear()
    assert target.host.refused() == {"certificate expired": 1}

    def resume() -> None:
        again = target.raw(context, session=kept.tls.session)
        again.send(REQUEST)
        assert again.ended()
        assert again.tls.session_reused

    refused_by(target, "certificate expired", resume)
    refused_by(target, "certificate expired", lambda: fails(target, context))


def test_the_chain_may_come_from_the_client_or_from_the_ca_file(
    make_target: Callable[..., Target],
) -> None:
    """With the root in the CA file clients send the intermediate; with it, they need not."""
    probe = make_target()
    files = probe.files
    intermediate = files.ca.issue_ca("MICA")
    device = intermediate.issue_device("below")
    chain = files.anonymous()
    chain.load_cert_chain(*files.keep("chain", device.chain_pem, device.key_pem))
    alone = files.anonymous()
    alone.load_cert_chain(*files.keep("alone", device.cert_pem, device.key_pem))
    raw = probe.raw(chain)
    raw.send(REQUEST)
    assert raw.answer()[0].status == 200
    probe.reached.clear()
    refused_by(probe, "unknown CA", lambda: fails(probe, alone))
    mica, _ = files.keep("mica", intermediate.cert_pem)
    narrow = make_target(ca=mica)
    raw = narrow.raw(alone)
    raw.send(REQUEST)
    assert raw.answer()[0].status == 200
    narrow.reached.clear()
    refused_by(narrow, "unknown CA", lambda: fails(narrow, narrow.trusted))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl, to renegotiate, is missing")
def test_renegotiation_is_refused(target: Target) -> None:
    """R on its input lets openssl ask for a new handshake within the connection."""
    cert, key = target.files.keep("device", target.device.cert_pem, target.device.key_pem)
    client = subprocess.Popen(
        [
            *("openssl", "s_client", "-connect", f"127.0.0.1:{target.host.port}", "-tls1_2"),
            *("-cert", cert, "-key", key, "-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LC_ALL": "C"},
    )
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write(b"R\n")
    client.stdin.flush()
    output, _ = client.communicate(timeout=20)
    assert b"RENEGOTIATING" in output
    assert b"no renegotiation" in output
    assert client.returncode != 0
    assert target.reached == []
