"""A device with a fixed request template and a few lines of HTTP, octet by octet."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent.socket
import pytest

from tests.interop.conftest import EMBEDDED
from tests.interop.laboratory import HOST, Identity, Laboratory
from tests.platform.under_test import Device, PlatformUnderTest
from tests.vectors import rules

SUITE = "ECDHE-ECDSA-AES128-CCM8"
LIMIT_S = 10.0
# Some clients read the header section of an answer into a buffer of this size.
HEADER_OCTETS = 2048
# A rating that no test has used before.
RATINGS = iter(range(5000, 9000))
GET = ["GET /dcap HTTP/1.1", "Host: {host}", ""]
PUT = ["PUT {der}/dercap HTTP/1.1", "Host: {host}", "Content-Length: {length}", "", "{body}"]


class Wire:
    """One connection with mutual TLS and the standard's cipher suite."""

    def __init__(self, laboratory: Laboratory, identity: Identity) -> None:
        context = ssl.create_default_context(cafile=str(identity.ca))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(f"{SUITE}:@SECLEVEL=0")
        context.load_cert_chain(identity.certificate, identity.key)
        plain = gevent.socket.create_connection((HOST, laboratory.port), timeout=LIMIT_S)
        self._socket = context.wrap_socket(plain, server_hostname=HOST)
        chosen = self._socket.cipher()
        assert chosen is not None
        assert chosen[0] == SUITE
        self._stream = self._socket.makefile("rb")

    def send(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers by lower-case names, and body of the next answer."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._stream.readline()
            assert line, f"the connection ended after {head!r}"
            head += line
        assert len(head) <= HEADER_OCTETS
        status, *fields = head.decode("ascii").split("\r\n")[:-2]
        headers = {
            name.lower(): text.strip() for name, _, text in (f.partition(":") for f in fields)
        }
        return (
            int(status.split(" ")[1]),
            headers,
            self._stream.read(int(headers.get("content-length", 0))),
        )

    def ended(self) -> bool:
        """Whether the server has closed; waits for it."""
        return self._stream.read(1) == b""

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


@pytest.fixture(scope="module")
def identity(laboratory: Laboratory) -> Identity:
    return laboratory.device(EMBEDDED)


@contextmanager
def connected(laboratory: Laboratory, identity: Identity) -> Iterator[Wire]:
    connection = Wire(laboratory, identity)
    try:
        yield connection
    finally:
        connection.close()


@pytest.fixture(scope="module")
def der(platform: PlatformUnderTest, laboratory: Laboratory, identity: Identity) -> str:
    """The path of the device's DER, whose DERCapability was sent before."""
    path = platform.href(Device(identity.sfdi, identity.lfdi)) + "/der/1"
    with connected(laboratory, identity) as wire:
        wire.send(octets(PUT, path, laboratory.port, capability(next(RATINGS))))
        assert wire.answer()[0] == 201
    return path


@pytest.fixture
def wire(der: str, laboratory: Laboratory, identity: Identity) -> Iterator[Wire]:
    with connected(laboratory, identity) as connection:
        yield connection


def capability(watts: int) -> bytes:
    return (
        '<DERCapability xmlns="urn:ieee:std:2030.5:ns"><modesSupported>00</modesSupported>'
        f"<rtgMaxW><multiplier>0</multiplier><value>{watts}</value></rtgMaxW>"
        "<type>4</type></DERCapability>"
    ).encode()


def octets(lines: list[str], der: str, port: int, body: bytes = b"") -> bytes:
    """A request template filled in."""
    half = len(body) // 2
    chunks = b"".join(b"%X\r\n%s\r\n" % (len(c), c) for c in (body[:half], body[half:], b""))
    text = "".join(f"{line}\r\n" for line in lines)
    # What has a document in it ends with the document: no line end belongs to it.
    text = text.replace("{body}\r\n", "{body}").replace("{chunks}\r\n", "{chunks}")
    return text.format(
        host=f"{HOST}:{port}",
        der=der,
        length=len(body),
        body=body.decode(),
        chunks=chunks.decode(),
    ).encode()


@pytest.mark.parametrize("rule", rules("interop/requests.toml"))
def test_a_fixed_template_is_understood(
    rule: dict[str, Any],
    wire: Wire,
    laboratory: Laboratory,
    der: str,
    platform: PlatformUnderTest,
    identity: Identity,
) -> None:
    watts = next(RATINGS)
    wire.send(octets(rule["send"], der, laboratory.port, capability(watts)))
    answers = [wire.answer() for _ in rule["answers"]]
    assert [status for status, _, _ in answers] == rule["answers"]
    for status, headers, body in answers:
        assert ("content-length" in headers) is (status != 204)
        assert status != 200 or body.startswith(b"<")
    if "dercap" in rule["send"][0]:
        assert platform.agent("get_point", identity.sfdi, "b120_WRtg") == watts
    if rule["stays"]:
        wire.send(octets(GET, der, laboratory.port))
        assert wire.answer()[0] == 200
    else:
        assert wire.ended()


def test_a_request_that_comes_octet_by_octet_is_understood(
    wire: Wire, laboratory: Laboratory, der: str
) -> None:
    for octet in octets(GET, der, laboratory.port):
        wire.send(bytes([octet]))
    assert wire.answer()[0] == 200


def test_the_client_of_the_standard_library_is_served(
    platform: PlatformUnderTest, laboratory: Laboratory, identity: Identity, der: str
) -> None:
    context = ssl.create_default_context(cafile=str(identity.ca))
    context.load_cert_chain(identity.certificate, identity.key)
    client = http.client.HTTPSConnection(HOST, laboratory.port, context=context, timeout=LIMIT_S)
    watts = next(RATINGS)
    client.request("PUT", f"{der}/dercap", capability(watts), {"Content-Type": "application/xml"})
    assert client.getresponse().read() == b""
    client.request("GET", f"{der}/dercap")
    assert str(watts).encode() in client.getresponse().read()
    client.close()
