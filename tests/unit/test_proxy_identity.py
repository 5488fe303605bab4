"""The identity line of the TLS proxy: who the client is, and what is refused as forged."""

from __future__ import annotations

import base64
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ieee2030_5_agent.platform_web import to_request
from ieee2030_5_agent.proxy_identity import ForgedIdentity, lfdi_from
from ieee2030_5_agent.rest.messages import Client

DATA = Path(__file__).parents[1] / "data"
SECRET = "s3cret-of-the-proxy_~+/="
LFDI = "5E0561BF9E2A2826012D5F51F0A12FAEBCFA6854"
SHA256 = "5e0561bf9e2a2826012d5f51f0a12faebcfa68543ebb0859796a8a0ab99698a4"
PEM = (DATA / "identity_certificate.pem").read_text(encoding="ascii")
WORDS = {
    "secret": SECRET,
    "SECRET": SECRET.upper(),
    "sha256": SHA256,
    "SHA256": SHA256.upper(),
    "LFDI": LFDI,
    "escaped": quote(PEM, safe=""),
    "oneline": PEM.replace("\n", " "),
    "blanks": " " * 8192,
}


def table(name: str) -> list[Any]:
    loaded = tomllib.loads((DATA / "proxy_identity.toml").read_text(encoding="utf-8"))
    return [pytest.param(row, id=row["name"]) for row in loaded[name]]


def header(row: dict[str, str]) -> str:
    return row["header"].format(**WORDS)


@pytest.mark.parametrize("row", table("accepted"))
def test_a_line_names_the_client(row: dict[str, str]) -> None:
    assert lfdi_from(header(row), SECRET) == LFDI


@pytest.mark.parametrize("row", table("nobody"))
def test_without_a_line_the_client_is_nobody(row: dict[str, str]) -> None:
    assert lfdi_from(header(row), SECRET) is None
    assert lfdi_from(header(row), None) is None


@pytest.mark.parametrize("row", table("refused"))
def test_what_only_resembles_a_line_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(ForgedIdentity, match=row["reason"]) as caught:
        lfdi_from(header(row), SECRET)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("row", table("accepted") + table("refused"))
def test_no_line_counts_while_no_proxy_is_configured(row: dict[str, str]) -> None:
    with pytest.raises(ForgedIdentity, match="no proxy is configured"):
        lfdi_from(header(row), None)


def test_no_field_of_the_certificate_is_read() -> None:
    """Octets that are no certificate have an identity too: nothing in them can mislead."""
    der = b"\x30\x03CN=; sha256=" + b"\r\nUser-Agent: x"
    pem = f"-----BEGIN CERTIFICATE----- {base64.b64encode(der).decode()} -----END CERTIFICATE-----"
    lfdi = lfdi_from(f"ieee2030-5-proxy secret={SECRET}; cert={pem}", SECRET)
    assert lfdi is not None
    assert len(lfdi) == 40


@pytest.mark.parametrize(
    ("user_agent", "secret", "client"),
    [
        (f"ieee2030-5-proxy secret={SECRET}; sha256={SHA256}", SECRET, Client(LFDI)),
        ("curl/8", SECRET, Client()),
        (None, SECRET, Client()),
    ],
    ids=["line", "no line", "no header"],
)
def test_the_client_of_a_request(user_agent: str | None, secret: str, client: Client) -> None:
    env = {"REQUEST_METHOD": "GET", "PATH_INFO": "/dcap", "HTTP_USER_AGENT": user_agent}
    env = {key: value for key, value in env.items() if value is not None}
    assert to_request(env, "", secret).client == client


def test_a_forged_client_is_nobody_with_a_reason() -> None:
    env = {"REQUEST_METHOD": "GET", "PATH_INFO": "/dcap", "HTTP_USER_AGENT": "ieee2030-5-proxy"}
    client = to_request(env, "", SECRET).client
    assert client.lfdi is None
    assert client.forged == "the identity line of the proxy is malformed"
