"""A schedule by RPC, the simulated battery that follows it, and who may order one."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from volttron.utils.jsonrpc import RemoteError

from tests.platform.under_test import AGENT, Device, PlatformUnderTest
from tools.private_platform import Peer, processes

PROJECT = Path(__file__).resolve().parents[2]
POINT = "b124_WChaMax"
STRANGER = "stranger"
# The simulated battery polls every second.
PATIENCE_S = 20.0


@pytest.fixture
def battery(platform: PlatformUnderTest) -> Iterator[Device]:
    """The simulated battery of the demo, as a process of its own, known and described."""
    device = platform.add_device()
    process: subprocess.Popen[bytes] = platform.platform.spawn(
        [
            *(sys.executable, "-m", "tools.demo.simulators", "battery"),
            *("--server", platform.platform.web_address),
            *("--sfdi", device.sfdi, "--lfdi", device.lfdi),
        ],
        log=platform.platform.folder / "battery.log",
        cwd=PROJECT,
    )
    try:
        platform.until(
            lambda: platform.agent("get_point", device.sfdi, "b113_DCW") is not None,
            "the battery's first readings",
        )
        yield device
    finally:
        processes.end([process])


def test_a_schedule_is_followed_answered_and_told(
    platform: PlatformUnderTest, battery: Device
) -> None:
    first, second, dropped = (uuid.uuid4().hex.upper() for _ in range(3))
    start = int(time.time()) + 4
    schedule = [
        {"mRID": first, "start": start, "duration": 7, "modes": {POINT: 1000}},
        {"mRID": second, "start": start + 7, "duration": 7, "modes": {POINT: -500}},
        {"mRID": dropped, "start": start + 60, "duration": 60, "modes": {POINT: 0}},
    ]
    with platform.bus(f"ieee2030_5/{battery.sfdi}/") as bus:
        created = platform.agent("create_controls", schedule, device=battery.sfdi)
        assert [one["mRID"] for one in created] == [first, second, dropped]
        assert platform.agent("create_controls", schedule, device=battery.sfdi) == created
        bus.wait(_answered(dropped, "received"), PATIENCE_S, what="that the last was received")
        assert platform.agent("cancel_control", dropped)["status"] == "cancelled"
        for watts in (1000, -500):
            _follows(platform, battery, watts)
        bus.wait(_answered(second, "completed"), PATIENCE_S, what="the end of the schedule")
        bus.wait(_answered(dropped, "cancelled"), PATIENCE_S, what="the answer to the cancellation")
    stories = {mrid: _story(bus.messages, mrid) for mrid in (first, second, dropped)}
    ran = ["scheduled", "received", "active", "started", "completed", "completed"]
    assert stories == {
        first: ran,
        second: ran,
        dropped: ["scheduled", "received", "cancelled", "cancelled"],
    }
    statuses = [(m.body["mRID"], m.body["status"]) for m in bus if m.topic.endswith("/control")]
    # One ends in the moment in which the other begins.
    assert statuses.index((first, "completed")) < statuses.index((second, "active"))
    for mrid, codes in ((first, [1, 2, 3]), (second, [1, 2, 3]), (dropped, [1, 6])):
        answers = platform.agent("get_responses", mrid)
        assert list(answers) == [battery.sfdi]
        assert [one["status"] for one in answers[battery.sfdi]["responses"]] == codes
        assert answers[battery.sfdi]["missing"] == {}
    assert platform.agent("get_point", battery.sfdi, POINT) is None
    (left,) = platform.agent("get_controls", battery.sfdi)
    assert (left["mRID"], left["status"]) == (dropped, "cancelled")


def _answered(mrid: str, words: str) -> Callable[[Any], bool]:
    return lambda message: (
        message.body.get("subject") == mrid and message.body["statusName"] == words
    )


def _follows(platform: PlatformUnderTest, battery: Device, watts: float) -> None:
    """The point reads the command, and the power (positive discharges) becomes what it says."""

    def follows() -> bool:
        points = platform.agent("get_points", battery.sfdi)
        return points[POINT] == watts and abs(points["b113_DCW"] + watts) < 100

    platform.until(follows, f"the battery at {watts} W", PATIENCE_S)


def _story(messages: list[Any], mrid: str) -> list[str]:
    """What the bus told of a control: its statuses and the answers to it."""
    return [
        message.body.get("status")
        if message.topic.endswith("/control")
        else message.body["statusName"]
        for message in messages
        if mrid in (message.body.get("mRID"), message.body.get("subject"))
    ]


@pytest.fixture
def stranger(platform: PlatformUnderTest) -> Iterator[Peer]:
    """An agent without any grant."""
    credentials = platform.platform.make_peer_credentials(STRANGER)
    peer = Peer(credentials, platform.platform.vip_address)
    yield peer
    peer.close()


def test_a_call_that_changes_something_needs_a_grant(
    platform: PlatformUnderTest, stranger: Peer
) -> None:
    """The README's command for an application; it takes effect on the running agent."""
    device = platform.add_device()
    order: dict[str, Any] = {
        "device": device.sfdi,
        "duration": 60,
        "modes": {"opModMaxLimW": 5000},
    }
    with pytest.raises(RemoteError, match=r"not have access to call ieee2030_5\.create_control"):
        _created(stranger, order)
    assert stranger.rpc(AGENT, "get_controls", device.sfdi) == []
    platform.platform.vctl(*_readme_command())
    mrid = _created(stranger, order)
    assert stranger.rpc(AGENT, "cancel_control", mrid)["status"] == "cancelled"
    with pytest.raises(RemoteError, match=r"--rpc-capabilities ieee2030_5\.remove_device"):
        stranger.rpc(AGENT, "remove_device", device.sfdi)


def _readme_command() -> list[str]:
    """The arguments of vctl that grant an application of the user's own its calls."""
    text = (PROJECT / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    (command,) = [line for line in text.splitlines() if line.startswith("vctl authz add agent my.")]
    return shlex.split(command.replace("my.controller", STRANGER).removeprefix("vctl "))


def _created(peer: Peer, order: dict[str, Any]) -> str:
    (created,) = peer.rpc(AGENT, "create_control", **order)
    return str(created["mRID"])
