"""The agent, and the platform under it, stopped, killed and started again."""

from __future__ import annotations

import requests

from tests.platform.under_test import AGENT, DRIVER, TESTER, PlatformUnderTest
from tools.private_platform import Peer

# "By itself within a few seconds": the check runs every 5 s when no announcement wakes it.
COMES_BACK_S = 10.0


def status(platform: PlatformUnderTest) -> int | None:
    """The answer's status for the root; None when there is no answer in good time."""
    try:
        return platform.http("GET", "/dcap", timeout=2).status_code
    except requests.RequestException:
        return None


def comes_back(platform: PlatformUnderTest) -> None:
    platform.until(lambda: status(platform) == 200, "the route to come back", COMES_BACK_S)


def test_a_stopped_agent_leaves_no_dead_route(platform: PlatformUnderTest) -> None:
    cursor = platform.agent("get_changes")["cursor"]
    platform.stop(AGENT)
    # Not a connection that hangs: the agent took its route back.
    platform.until(lambda: status(platform) == 404, "404 from the web service")
    platform.platform.start_agent(AGENT)
    comes_back(platform)
    # Another run of the agent: cursors of the former one mean "everything".
    everything = platform.agent("get_changes", cursor)
    assert everything["cursor"].partition(":")[0] != cursor.partition(":")[0]
    assert everything["points"].keys() == {one["sfdi"] for one in platform.agent("get_devices")}


def test_a_killed_agent_comes_back(platform: PlatformUnderTest) -> None:
    platform.kill(AGENT)
    platform.platform.start_agent(AGENT)
    comes_back(platform)
    assert platform.agent("health.get_status")["status"] == "GOOD"


def test_the_platform_dies_and_comes_back(platform: PlatformUnderTest) -> None:
    """platform.web is a part of the platform's process and forgets all routes with it."""
    private = platform.platform
    device = platform.add_device()
    agent = private.agent_process(AGENT)
    assert agent is not None
    platform.peer.close()
    private.crash()
    # VOLTTRON's own agents hang once they are without a platform for a second.
    private.kill_agent(DRIVER)
    private.start()
    comes_back(platform)
    credentials = private.home / "credentials_store" / f"{TESTER}.json"
    platform.peer = Peer(credentials, private.vip_address)
    assert agent.is_running()
    assert device.sfdi in {one["sfdi"] for one in platform.agent("get_devices")}
    platform.until(
        lambda: platform.agent("health.get_status")["status"] == "GOOD", "a healthy agent"
    )
    # The new platform does not know the old process and starts another one in its place.
    private.start_agent(AGENT)
    platform.until(lambda: not agent.is_running(), "the end of the old process")
    comes_back(platform)
    platform.start(DRIVER)
    assert device.sfdi in {one["sfdi"] for one in platform.agent("get_devices")}
