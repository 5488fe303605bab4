"""Agent and driver on a booted platform, installed and authorised as the README says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.platform.under_test import AGENT, DRIVER, DRIVER_CALLS, PlatformUnderTest
from tools.private_platform import PrivatePlatform

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = PROJECT / "config"
SAMPLE: Mapping[str, Any] = json.loads((CONFIG / "agent.json").read_text())


@contextmanager
def installed(
    private: PrivatePlatform, say: Callable[[str], None], config: Mapping[str, Any] = SAMPLE
) -> Iterator[PlatformUnderTest]:
    """The agent with a configuration; the driver with the registry and without devices."""
    say("installing agent and driver with vctl (about 15 s)")
    private.install(str(PROJECT), AGENT, default=True)
    private.install("volttron-platform-driver", DRIVER)
    private.authorize(AGENT, "platform.web.register_agent_route")
    private.authorize(DRIVER, *(f"{AGENT}.{call}" for call in DRIVER_CALLS))
    stored = private.folder / "agent.json"
    stored.write_text(json.dumps(config))
    private.store(AGENT, "config", stored)
    private.store(DRIVER, "legacy.csv", CONFIG / "points" / "legacy.csv")
    under_test = PlatformUnderTest(private, config)
    private.start_agent(AGENT)
    private.start_agent(DRIVER)
    under_test.ready()
    say("platform is ready\n")
    yield under_test
    under_test.close()
