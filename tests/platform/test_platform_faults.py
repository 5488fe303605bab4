"""Faults of the platform itself, and everything that must recover from them without help.

In each test a device with a certificate goes on at the agent's own listener, which has no part in
the platform's troubles, and the driver publishes it each second. The seconds until all was well
again are listed at the end of the run.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from datetime import datetime

import gevent
import psutil
import pytest

from tests.listening import Files
from tests.platform.fault_site import FaultSite, has
from tests.platform.own_web import OwnWeb
from tests.platform.recovery import RECOVERS_S, Record
from tests.platform.set_clock import SetClock
from tests.platform.under_test import AGENT, DRIVER, PlatformUnderTest
from tools.private_platform.processes import free_ports

# The minute.
BUS_DOWN_S = 60.0
HOUR_S = 3600
SCHEDULED, ACTIVE = 0, 1
# Longer than the driver waits for an answer of the agent.
POLL_FAILS_S = 5.0
# How close times are that two processes look at one after the other.
CLOSE_S = 5.0
PROMPT_S = 0.5


@pytest.fixture(scope="module")
def site(
    platform: PlatformUnderTest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FaultSite]:
    before = dict(platform.agent_config)
    site = FaultSite(platform, Files.make(tmp_path_factory.mktemp("faults")), free_ports(1)[0])
    yield site
    site.close()
    platform.agent_config = before
    platform.configure_agent(listener=None)


def test_the_message_bus_is_down_for_a_minute(site: FaultSite, record_property: Record) -> None:
    """The router stands still with all connections open, the worst way for it to be away."""
    platform = site.platform
    statuses: list[int | None] = []
    with platform.bus(site.news) as news, site.goes_on() as posted:
        control = site.create_control(time.time() + 10, 20)
        news.wait(lambda message: message.topic.endswith("/control"), what="a scheduled control")
        with platform.platform.frozen():
            until = time.monotonic() + BUS_DOWN_S
            while time.monotonic() < until:
                status = site.status_of(control)
                if [status] != statuses[-1:]:
                    statuses.append(status)
                gevent.sleep(0.5)
        site.recovered(record_property, "the message bus down for a minute")
        # Time went on, for devices and for what agents are told of it later.
        assert statuses[:2] == [SCHEDULED, ACTIVE]
        assert ACTIVE not in statuses[2:]
        assert len(statuses) > 2
        platform.until(
            lambda: (
                sum(message.topic.endswith("/log_event") for message in news) >= len(posted) - 1
            ),
            "the news of the minute",
        )
    told = [message.body["status"] for message in news if message.topic.endswith("/control")]
    assert told == ["scheduled", "active", "completed"]


def test_the_driver_is_killed_in_the_middle_of_a_poll(
    site: FaultSite, record_property: Record
) -> None:
    platform = site.platform
    agent = platform.platform.agent_process(AGENT)
    assert agent is not None
    with platform.bus(f"devices/{site.topic}/multi") as heard:
        heard.wait()
        agent.suspend()
        try:
            # The agent gives no answer: the poll that publishes nothing is under way.
            last = platform.until(lambda: _late(heard.messages[-1].at), "a poll without an answer")
            assert last < POLL_FAILS_S
            platform.kill(DRIVER)
        finally:
            agent.resume()
    charge = site.put_charge()
    began = time.monotonic()
    with platform.bus(f"devices/{site.topic}/multi") as heard:
        platform.platform.start_agent(DRIVER)
        heard.wait(timeout=RECOVERS_S)
        assert all(has(message, charge) for message in heard)  # nothing stale, not even at first
        site.recovered(record_property, "the driver killed in the middle of a poll", began)
        several = len(heard) + 3
        platform.until(lambda: len(heard) >= several, "three more polls")
    seconds = [round(message.at - index) for index, message in enumerate(heard)]
    assert max(seconds) - min(seconds) <= 1, "each second one poll"


def _late(last: float) -> float | None:
    """Seconds since the last message, once a poll must have begun since."""
    late = time.time() - last
    return late if late > 1.5 else None


def test_the_platform_process_dies(site: FaultSite, record_property: Record) -> None:
    """While the agent waits for its answer, and a connection is begun that comes to nothing."""
    platform, private = site.platform, site.platform.platform
    agent = private.agent_process(AGENT)
    assert agent is not None
    platform.peer.close()
    with site.goes_on() as posted:
        with private.frozen():
            platform.until(lambda: len(posted) > 4, "some news that nobody takes")
            private.crash()
        _half_a_connection(private.vip_address)
        # VOLTTRON's own agents hang once they are without a platform for a second.
        private.kill_agent(DRIVER)
        private.start()
        began = time.monotonic()
        platform.connect()
        private.start_agent(DRIVER)
        site.recovered(record_property, "the platform process killed and started", began)
        assert agent.is_running()
    _one_agent_after(site, agent)


def _half_a_connection(address: str) -> None:
    """Somebody takes the agent's connection and gives it up before it is one, as a dying
    process does whose port still listens; then nobody is there for a while."""
    port = int(address.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)) as somebody:
        somebody.settimeout(RECOVERS_S)
        connection, _ = somebody.accept()
        connection.close()
    # By then ZeroMQ has told of more attempts than its queue of events holds.
    gevent.sleep(5)


def _one_agent_after(site: FaultSite, agent: psutil.Process) -> None:
    """The new platform does not know the old process and starts another one in its place."""
    platform = site.platform
    platform.platform.start_agent(AGENT)
    platform.until(lambda: not agent.is_running(), "the end of the old process")
    platform.ready()


def test_the_whole_platform_is_restarted(site: FaultSite, record_property: Record) -> None:
    """As with a machine that boots: agent and driver are started by the platform."""
    platform, private = site.platform, site.platform.platform
    for identity in (AGENT, DRIVER):
        private.autostart(identity, True)
    platform.peer.close()
    private.stop()
    site.device.close()
    private.start()
    began = time.monotonic()
    platform.connect()
    platform.until(site.answered, "an answer of the agent's listener", RECOVERS_S)
    site.recovered(record_property, "the whole platform restarted", began)
    for identity in (AGENT, DRIVER):
        private.autostart(identity, False)


@pytest.fixture(scope="module")
def clock(site: FaultSite, tmp_path_factory: pytest.TempPathFactory) -> SetClock:
    return SetClock(tmp_path_factory.mktemp("clock") / "ahead")


@pytest.fixture(scope="module")
def web(site: FaultSite, clock: SetClock) -> Iterator[OwnWeb]:
    """The platform with a clock that can be set, and platform.web as a process of its own."""
    platform, variables = site.platform, clock.variables
    web = OwnWeb(platform, variables)
    platform.peer.close()
    platform.platform.stop()
    site.device.close()  # it connects again with its next request
    try:
        platform.platform.start(web=False, variables=variables)
        web.start()
        platform.connect()
        for identity in (AGENT, DRIVER):
            platform.platform.start_agent(identity)
        platform.ready()
        yield web
    finally:
        web.stop()
        platform.restart_everything()
        site.device.close()


def test_the_web_service_stops_and_starts(
    site: FaultSite, web: OwnWeb, record_property: Record
) -> None:
    with site.goes_on() as posted:
        web.stop()
        site.platform.until(lambda: site.health() == "BAD", "a word on platform.web")
        several = len(posted) + 2
        site.platform.until(lambda: len(posted) > several, "devices to go on meanwhile")
        web.start()
        site.recovered(record_property, "platform.web stopped and started")


@pytest.mark.parametrize(
    ("ahead", "words"), [(HOUR_S, "ahead"), (-HOUR_S, "back")], ids=["ahead", "back"]
)
@pytest.mark.usefixtures("web")
def test_the_clock_is_set_by_an_hour(
    site: FaultSite, clock: SetClock, record_property: Record, ahead: int, words: str
) -> None:
    """There and back again: what is due by the new time happens, and nothing waits for the old."""
    platform = site.platform
    over = site.create_control(clock.now + 600, 600)
    begins = site.create_control(clock.now + 1800, 2 * HOUR_S, opModConnect=True)
    expected = [None, ACTIVE] if ahead > 0 else [SCHEDULED, SCHEDULED]
    began = time.monotonic()
    platform.agent("heartbeat.start")
    with site.goes_on(), platform.bus("heartbeat/" + AGENT) as heart:
        clock.set(ahead)
        platform.until(
            lambda: [site.status_of(control) for control in (over, begins)] == expected,
            "the controls to be as they are at the new time",
        )
        site.recovered(record_property, f"the clock set {words} by an hour", began)
        _lives_by(site, clock)
        heart.wait(what="a heartbeat after the clock was set")
        beats = len(heart)
        clock.set(0)
        site.recovered(record_property, f"the clock set right after it was {words}")
        _lives_by(site, clock)
        heart.wait(after=beats, what="a heartbeat after the clock was set right")
    # What has begun or ended is not taken back.
    assert [site.status_of(control) for control in (over, begins)] == expected


def _lives_by(site: FaultSite, clock: SetClock) -> None:
    """The Time resource, times of what is known, and a control from its start to its end."""
    platform = site.platform
    # After a step ahead VOLTTRON's services send all heartbeats of the hour, which takes seconds.
    platform.until(lambda: _prompt(site), "prompt answers", RECOVERS_S)
    _, text = site.device.ask("GET", "/dcap/tm")
    shown = re.search(r"<currentTime>(\d+)<", text)
    assert shown is not None
    assert int(shown[1]) == pytest.approx(clock.now, abs=CLOSE_S)
    site.put_charge()
    (summary,) = (one for one in platform.agent("get_devices") if one["sfdi"] == site.sfdi)
    assert summary["last_contact"] == pytest.approx(clock.now, abs=CLOSE_S)
    with platform.bus(f"devices/{site.topic}/multi") as polled, platform.bus(site.news) as news:
        site.create_control(clock.now + 3, 3)
        stamp = datetime.fromisoformat(polled.wait().headers["TimeStamp"])
        assert stamp.timestamp() == pytest.approx(clock.now, abs=CLOSE_S)
        for status in ("active", "completed"):
            news.wait(
                lambda message, status=status: message.body.get("status") == status,
                what=f"a control that is {status}",
            )


def _prompt(site: FaultSite) -> bool:
    began = time.monotonic()
    site.platform.agent("get_cursor")
    return time.monotonic() - began < PROMPT_S
