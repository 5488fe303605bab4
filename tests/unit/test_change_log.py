"""Delta reads: what changed since a cursor, and nothing else."""

from __future__ import annotations

import pytest

from ieee2030_5_agent.model.change_log import ChangeLog
from ieee2030_5_agent.model.changes import Changed


@pytest.fixture
def log() -> ChangeLog:
    log = ChangeLog("run1")
    log(Changed("registration", "A", 0, {"p": None, "q": None}))
    log(Changed("registration", "B", 0, {"p": None}))
    return log


def test_nothing_changed(log: ChangeLog) -> None:
    assert log.since(log.cursor) == {}


def test_only_the_changed_points_of_the_changed_device(log: ChangeLog) -> None:
    cursor = log.cursor
    log(Changed("resource", "A", 1, {"p": 0}))
    assert log.since(cursor) == {"A": {"p"}}
    assert log.since(log.cursor) == {}


def test_a_point_that_changed_twice_is_told_once(log: ChangeLog) -> None:
    cursor = log.cursor
    log(Changed("resource", "A", 1, {"p": 1}))
    middle = log.cursor
    log(Changed("resource", "A", 2, {"q": 1}))
    log(Changed("resource", "A", 3, {"p": 2}))
    assert log.since(cursor) == {"A": {"p", "q"}}
    assert log.since(middle) == {"A": {"p", "q"}}


@pytest.mark.parametrize("what", ["registration", "points", "removal"])
def test_a_new_set_of_points_is_told_whole(log: ChangeLog, what: str) -> None:
    cursor = log.cursor
    log(Changed(what, "A", 1, {"p": 1}))
    log(Changed("resource", "A", 2, {"p": 2}))
    assert log.since(cursor) == {"A": None}


def test_a_change_without_points_is_none(log: ChangeLog) -> None:
    cursor = log.cursor
    log(Changed("resource", "A", 1, {}))
    assert log.cursor == cursor


def test_only_the_devices_asked_for(log: ChangeLog) -> None:
    cursor = log.cursor
    log(Changed("resource", "A", 1, {"p": 1}))
    log(Changed("resource", "B", 1, {"p": 1}))
    assert log.since(cursor, {"B"}) == {"B": {"p"}}


@pytest.mark.parametrize("cursor", [None, "", "run0:1", "run1:", "run1:x", "run1:99", "nonsense"])
def test_a_cursor_of_another_run_reads_everything(log: ChangeLog, cursor: str | None) -> None:
    assert log.since(cursor) is None
