"""Waiting for the next change of a point."""

from __future__ import annotations

import time
from typing import Any

import gevent
import pytest

from ieee2030_5_agent.cursor_watch import LONGEST_S, CursorWatch
from ieee2030_5_agent.model.errors import ModelError
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.clock import Clock
from tools.bench import documents, site

DEVICE = site.device(0)


@pytest.fixture
def server() -> Server:
    return Server(Settings.load({"devices": [DEVICE.entry]}), Clock())


@pytest.fixture
def watch(server: Server) -> CursorWatch:
    return CursorWatch(server)


def change(server: Server) -> None:
    site.fill(server, DEVICE)


def test_a_change_ends_every_wait_at_once(server: Server, watch: CursorWatch) -> None:
    cursor = server.fleet.cursor
    waiting = [gevent.spawn(watch.wait, cursor, LONGEST_S) for _ in range(3)]
    gevent.sleep(0)
    assert not any(each.ready() for each in waiting)
    change(server)
    gevent.joinall(waiting, timeout=5, raise_error=True)
    assert server.fleet.cursor != cursor
    assert [each.value for each in waiting] == [server.fleet.cursor] * 3


def test_another_fleet_ends_the_wait(server: Server, watch: CursorWatch) -> None:
    cursor = server.fleet.cursor
    waiting = gevent.spawn(watch.wait, cursor, LONGEST_S)
    gevent.sleep(0)
    server.adopt(server.new_fleet(server.settings))
    assert waiting.get(timeout=5) == server.fleet.cursor != cursor


def test_what_changed_before_is_not_waited_for(server: Server, watch: CursorWatch) -> None:
    before = server.fleet.cursor
    change(server)
    started = time.monotonic()
    assert watch.wait(before, LONGEST_S) == server.fleet.cursor
    assert watch.wait(None, LONGEST_S) == server.fleet.cursor
    assert time.monotonic() - started < LONGEST_S / 10


def test_without_a_change_the_wait_ends_after_its_time(server: Server, watch: CursorWatch) -> None:
    assert watch.wait(server.fleet.cursor, 0.01) == server.fleet.cursor
    assert watch.wait(server.fleet.cursor, 0) == server.fleet.cursor


def test_the_next_wait_waits_for_the_next_change(server: Server, watch: CursorWatch) -> None:
    change(server)
    waiting = gevent.spawn(watch.wait, server.fleet.cursor, LONGEST_S)
    gevent.sleep(0)
    # The same again: the resources come, but no point has another value.
    site.ask(server, "PUT", f"{DEVICE.href}/dstat", documents.document("DeviceStatus"))
    gevent.sleep(0)
    assert not waiting.ready()
    waiting.kill()


@pytest.mark.parametrize("seconds", [-1, LONGEST_S + 1, float("nan"), "5", True, None])
def test_a_time_that_is_none_is_refused(watch: CursorWatch, seconds: Any) -> None:
    with pytest.raises(ModelError, match="wait_s is"):
        watch.wait(None, seconds)
