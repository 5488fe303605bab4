"""Who hears of a change, and when."""

from __future__ import annotations

import gevent
import pytest

from ieee2030_5_agent.durability import keeper as module
from ieee2030_5_agent.model.errors import StoreUnavailable
from tests.unit.durability.conftest import (
    BATTERY,
    CAPABILITY,
    LIMIT,
    STATUS,
    Run,
    Start,
    until,
)


def names(run: Run) -> list[str]:
    """What others were told of: resources by their name, other changes by what they are."""
    return [str(change.detail.get("resource", change.what)) for change in run.told]


def test_nobody_is_told_before_it_is_on_disk_and_all_in_order(start: Start) -> None:
    run = start()
    run.told.clear()
    with run.slow_disk():
        assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 201
        assert names(run) == ["DERStatus"]  # which nobody has to wait for
        waits = gevent.spawn(run.ask, "PUT", "/dcap/edev/0/der/1/dercap", CAPABILITY)
        gevent.idle()
        run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS)
        assert names(run) == ["DERStatus"]
    assert waits.get().status == 201
    assert names(run) == ["DERStatus", "DERCapability", "DERStatus"]


def test_nobody_ever_hears_of_what_was_refused(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    run.told.clear()
    run.disk.failing = True
    with run.slow_disk():
        waits = gevent.spawn(run.call, "create_control", device=BATTERY, modes=LIMIT, duration=600)
        gevent.idle()
        assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 201
    with pytest.raises(StoreUnavailable):
        waits.get()
    until(lambda: run.keeper.state == module.CLOSED, "end of reading")
    # What devices repeat is for good, also while nothing can be written.
    assert run.ask("PUT", "/dcap/edev/0/der/1/ders", STATUS).status == 204
    assert [name for name in names(run) if name != "configuration"] == ["DERStatus", "DERStatus"]
    run.disk.failing = False
    until(lambda: run.keeper.state == module.GOOD and run.rests, "recovery")
    assert run.call("create_control", device=BATTERY, modes=LIMIT, duration=600)
    assert "control" in names(run)


def test_what_time_brought_is_told_once_more_when_it_could_not_be_written(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.02)
    run = start()
    soon = int(run.server.clock()) + 2
    run.call("create_control", device=BATTERY, modes=LIMIT, start=soon, duration=600)
    run.told.clear()
    run.disk.failing = True
    until(lambda: run.server.clock() >= soon, "time")
    with run.slow_disk():
        run.server.fleet.advance(run.server.clock())
        assert not run.told
    until(lambda: run.keeper.state == module.CLOSED, "end of reading")
    assert "control" not in names(run)
    run.server.fleet.advance(run.server.clock())
    (change,) = (change for change in run.told if change.what == "control")
    assert change.detail["status"] == "active"
    run.disk.failing = False
    until(lambda: run.keeper.state == module.GOOD and run.rests, "recovery")
    run.die()
    (listed,) = start().call("get_controls", BATTERY)
    assert listed["status"] == "active"
