"""Where notifications may go: the parts of a URI, and the addresses that are allowed."""

from __future__ import annotations

import csv
from ipaddress import ip_address
from typing import Any

import pytest

from ieee2030_5_agent.rest.targets import MAX_LENGTH, BadTarget, Endpoint, parse_target
from ieee2030_5_agent.settings.subscriptions import Subscriptions
from tests.vectors import DATA, rules

with (DATA / "subscriptions" / "addresses.csv").open(newline="") as file:
    ADDRESSES = list(csv.DictReader(file))


@pytest.mark.parametrize(
    "row", ADDRESSES, ids=lambda row: f"{row['address']} {row['networks']} {row['laboratory']}"
)
def test_an_address_is_allowed_or_not(row: dict[str, str]) -> None:
    section = Subscriptions.read({"networks": row["networks"].split()})
    refusal = section.refusal(ip_address(row["address"]), row["laboratory"] == "yes")
    assert (refusal is None) == (row["allowed"] == "yes")
    if refusal is not None:
        assert row["why"] in refusal


@pytest.mark.parametrize("rule", rules("subscriptions/targets.toml", "good"))
def test_the_parts_of_a_uri(rule: dict[str, Any]) -> None:
    target = parse_target(rule["uri"])
    assert target.endpoint == Endpoint(*rule["endpoint"])
    assert target.path == rule["path"]


@pytest.mark.parametrize("rule", rules("subscriptions/targets.toml", "bad"))
def test_what_is_no_target(rule: dict[str, Any]) -> None:
    with pytest.raises(BadTarget):
        parse_target(rule["uri"])


def test_a_uri_that_is_too_long() -> None:
    start = "http://a.example/"
    assert parse_target(start + "x" * (MAX_LENGTH - len(start))).path
    with pytest.raises(BadTarget, match="longer than"):
        parse_target(start + "x" * (MAX_LENGTH - len(start) + 1))


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("a.localhost", True),
        ("localhost.example", False),
        ("mylocalhost", False),
    ],
)
def test_names_of_loopback(host: str, local: bool) -> None:
    assert Endpoint("https", host, 443).local is local
