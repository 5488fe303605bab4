"""One VOLTTRON platform for all platform tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.platform.under_test import AGENT, DRIVER, DRIVER_CALLS, PlatformUnderTest
from tools.private_platform import PrivatePlatform

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = PROJECT / "config"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder needs the platform, whatever fixtures it names."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.platform)


@pytest.fixture(scope="session")
def platform(
    booted_platform: PrivatePlatform, say: Callable[[str], None]
) -> Iterator[PlatformUnderTest]:
    """The platform with agent and driver installed, authorised and configured as the README says.

    The agent has the two devices of config/agent.json; the driver has the registry and no device.
    """
    private = booted_platform
    say("installing agent and driver with vctl (about 15 s)")
    private.install(str(PROJECT), AGENT, default=True)
    private.install("volttron-platform-driver", DRIVER)
    private.authorize(AGENT, "platform.web.register_agent_route")
    private.authorize(DRIVER, *(f"{AGENT}.{call}" for call in DRIVER_CALLS))
    private.store(AGENT, "config", CONFIG / "agent.json")
    private.store(DRIVER, "legacy.csv", CONFIG / "points" / "legacy.csv")
    under_test = PlatformUnderTest(private, json.loads((CONFIG / "agent.json").read_text()))
    private.start_agent(AGENT)
    private.start_agent(DRIVER)
    under_test.ready()
    say("platform is ready\n")
    yield under_test
    under_test.close()
