"""Refusals are counted without limit of number and with limits of memory and log lines."""

from __future__ import annotations

import logging

import pytest

from ieee2030_5_agent import refusals as module
from ieee2030_5_agent.refusals import Refusals
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def refusals(clock: Clock, caplog: pytest.LogCaptureFixture) -> Refusals:
    caplog.set_level(logging.INFO)
    return Refusals(clock)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_counts_by_reason_and_client(refusals: Refusals) -> None:
    assert refusals.summary() == {}
    for reason, client in [("expired", "A"), ("expired", "B"), ("expired", "A"), ("not TLS", "A")]:
        refusals.note(reason, client)
    assert refusals.summary() == {
        "expired": {"count": 3, "clients": {"A": 2, "B": 1}},
        "not TLS": {"count": 1, "clients": {"A": 1}},
    }


def test_tells_once_per_reason_and_client(
    refusals: Refusals, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        refusals.note("expired", "A", "on 2020-01-01")
        refusals.note("expired", "B")
        refusals.note("not TLS", "A")
    assert lines(caplog) == [
        "refused A: expired: on 2020-01-01",
        "refused B: expired",
        "refused A: not TLS",
    ]
    assert {record.levelno for record in caplog.records} == {logging.INFO}


def test_tells_again_after_a_while_how_often_it_was(
    refusals: Refusals, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        refusals.note("expired", "A")
    clock.now += module.REPEAT_S
    refusals.note("expired", "A")
    refusals.note("expired", "A")
    assert lines(caplog) == ["refused A: expired", "refused A: expired (5 times)"]


def test_a_thousand_addresses_get_no_thousand_lines(
    refusals: Refusals, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(1000):
        refusals.note("not TLS", str(number))
    assert len(lines(caplog)) == module.LINES_A_MINUTE + 1
    assert "get_status" in lines(caplog)[-1]
    clock.now += 60
    refusals.note("not TLS", "999")
    assert lines(caplog)[-1] == "refused 999: not TLS (2 times)"


def test_memory_is_bounded_and_totals_are_not_lost(refusals: Refusals) -> None:
    for number in range(3 * module.MAX_PAIRS):
        refusals.note("not TLS", str(number))
    assert len(refusals._pairs) == module.MAX_PAIRS
    summary = refusals.summary()["not TLS"]
    assert summary["count"] == 3 * module.MAX_PAIRS
    assert len(summary["clients"]) == module.SHOWN_CLIENTS
    assert next(iter(summary["clients"])) == str(3 * module.MAX_PAIRS - 1)


def test_a_client_writes_no_lines_of_its_own(
    refusals: Refusals, caplog: pytest.LogCaptureFixture
) -> None:
    refusals.note("404 Not Found", "A", "GET /a\nrefused B: revoked\x1b[2J")
    assert lines(caplog) == ["refused A: 404 Not Found: GET /a?refused B: revoked?[2J"]
