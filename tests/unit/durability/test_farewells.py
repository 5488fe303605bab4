"""The end of a subscription is told also by a life after the one in which it ended."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from ieee2030_5_agent.model.subscriptions import Ended
from ieee2030_5_agent.notifying.outbox import Outbox, Turn
from ieee2030_5_agent.settings import Settings
from tests.protocol import documents
from tests.unit.durability.conftest import LFDI, Run, Start, until

OTHER = {"lfdi": "11" * 20}
BOTH = {"devices": [{"lfdi": LFDI}, OTHER]}
WITHOUT = {"devices": [OTHER]}


def subscribed(start: Start) -> Run:
    run = start(BOTH)
    assert run.ask("POST", "/dcap/edev/0/sub", documents.subscription("/dcap/edev/0")).status == 201
    return run


def farewell(run: Run) -> Turn:
    turns: list[Turn] = []

    def taken() -> bool:
        turn = run.server.outbox.take()
        if turn is not None and turn.farewell is None:
            run.server.outbox.unchanged(turn, None)
        elif turn is not None:
            turns.append(turn)
        return bool(turns)

    until(taken, "farewell")
    return turns[0]


def nothing_to_tell(run: Run) -> bool:
    outbox = run.server.outbox
    return outbox.next_in() is None and outbox.take() is None


def test_of_a_device_that_left_the_configuration_while_the_agent_was_down(start: Start) -> None:
    subscribed(start).end()
    assert farewell(start(WITHOUT)).farewell is Ended.DELETED


def test_of_one_that_was_not_renewed_while_the_agent_was_down(start: Start) -> None:
    subscribed(start).end()
    run = start(BOTH)
    later = time.time() + 48 * 3600
    run.server.fleet.subscriptions.timer = lambda: later
    run.server.fleet.advance(later)
    assert farewell(run).farewell is Ended.CANCELLED


def test_that_was_not_told_before_the_agent_died(start: Start) -> None:
    run = subscribed(start)
    run.call("remove_subscription", 0)
    run.die()
    again = start(BOTH)
    assert again.call("get_subscriptions") == []
    assert farewell(again).subscription.notification_uri == "http://127.0.0.1:1/ntfy"


@pytest.mark.parametrize(
    "tell",
    [
        lambda outbox, turn: outbox.delivered(turn, None),
        lambda outbox, turn: outbox.refused(turn, None, "404"),
    ],
    ids=["delivered", "refused"],
)
def test_is_told_no_more_once_it_was(start: Start, tell: Callable[[Outbox, Turn], None]) -> None:
    run = subscribed(start)
    run.call("remove_subscription", 0)
    tell(run.server.outbox, farewell(run))
    until(lambda: run.rests, "rest")
    run.die()
    assert nothing_to_tell(start(BOTH))


def test_waits_for_a_configuration_that_is_in_force(start: Start) -> None:
    """It says whom notifications may go to."""
    run = subscribed(start)
    run.call("create_program", mRID="AA", primacy=1)
    run.call("remove_subscription", 0)
    run.die()
    conflict = {**BOTH, "programs": [{"mRID": "AA", "primacy": 1}]}
    again = start(conflict, wait=False)
    until(lambda: "cannot be put in force" in again.keeper.problem, "conflict")
    assert again.server.fleet.subscriptions.ending
    assert nothing_to_tell(again)
    again.keeper.choose(Settings.load(BOTH), again.path)
    assert farewell(again).farewell is Ended.CANCELLED


def test_of_a_client_that_deleted_it_is_not_told(start: Start) -> None:
    run = subscribed(start)
    assert run.ask("DELETE", "/dcap/edev/0/sub/0").status == 204
    run.end()
    assert nothing_to_tell(start(WITHOUT))
