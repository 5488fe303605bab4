"""Clients come back by themselves when the agent was away."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from ieee2030_5_agent.settings import POLLED
from tests.interop.conftest import AWAY, PROGRAM, running
from tests.interop.laboratory import Laboratory
from tests.interop.py20305_client import PATIENCE_S, Py20305
from tests.interop.reports import EXPECTED
from tests.platform.under_test import AGENT, PlatformUnderTest

COMPLETED = 3
# Longer than the agent is away: the client stops polling for good when several polls in a row do
# not reach the server (docs/interop.md).
POLL_S = 30


@pytest.fixture
def away(
    platform: PlatformUnderTest, laboratory: Laboratory, clients: dict[str, Py20305]
) -> Iterator[list[Py20305]]:
    """Clients that have just polled, and will not do so for a while."""
    for resource in POLLED:
        platform.agent("set_poll_rate", resource, POLL_S)
    with running(platform, laboratory, AWAY) as started:
        yield list(started.values())


def test_clients_report_and_follow_again_after_a_restart_of_the_agent(
    platform: PlatformUnderTest, clients: dict[str, Py20305], away: list[Py20305]
) -> None:
    """All report again; those that subscribe, or did not miss several polls, follow again too."""
    platform.restart(AGENT)
    restarted = time.time()
    with platform.bus("devices/interop/") as bus:
        for client in (*clients.values(), *away):
            bus.wait(
                lambda message, who=client: (
                    message.topic.startswith(f"devices/{who.topic}/")
                    and message.body[0] == EXPECTED
                ),
                PATIENCE_S,
                what=f"all points of {client.name}",
            )
            platform.until(
                lambda who=client: contacts(platform)[who.sfdi] > restarted,
                f"{client.name} to speak to the agent again",
                PATIENCE_S,
            )
    (control,) = platform.agent(
        "create_control",
        program=PROGRAM["mRID"],
        duration=POLL_S + 10,
        modes={"opModMaxLimW": 1200},
    )
    for client in (*(one for one in clients.values() if one.subscribes), *away):
        client.until_told("update_p_lim", POLL_S + PATIENCE_S, p_lim_w=12.0)
        platform.until(
            lambda who=client: COMPLETED in answers(platform, who, control["mRID"]),
            f"{client.name} to complete the control",
            POLL_S + PATIENCE_S,
        )


def contacts(platform: PlatformUnderTest) -> dict[str, float]:
    """When the agent last heard of each device."""
    return {one["sfdi"]: one["last_contact"] or 0.0 for one in platform.agent("get_devices")}


def answers(platform: PlatformUnderTest, client: Py20305, mrid: str) -> list[int]:
    found = platform.agent("get_responses", mrid).get(client.sfdi, {})
    return [one["status"] for one in found.get("responses", [])]
