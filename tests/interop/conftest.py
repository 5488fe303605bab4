"""A real platform whose agent listens with TLS, and real clients that know its URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gevent.socket
import pytest

from ieee2030_5_agent.settings import POLLED
from tests.interop.laboratory import HOST, Laboratory
from tests.interop.py20305_client import Py20305
from tests.interop.reports import REGISTRY
from tests.platform.installed import SAMPLE, installed
from tests.platform.under_test import Device, PlatformUnderTest
from tools.private_platform import PrivatePlatform

# How each client is run; those that do not register in band were registered out of band.
CLIENTS: dict[str, dict[str, bool]] = {
    "polls-2018": {"compatible": True},
    "polls-2023": {"compatible": False},
    "registers-2018": {"compatible": True},
    "registers-2023": {"compatible": False},
    "subscribes-2018": {"compatible": True, "subscribes": True},
    "subscribes-2023": {"compatible": False, "subscribes": True},
}
# For restarts.
AWAY: dict[str, dict[str, bool]] = {
    "away-2018": {"compatible": True},
    "away-2023": {"compatible": False},
}
REGISTERS = {name for name in CLIENTS if name.startswith("registers")}
# A device with a fixed request template.
EMBEDDED = "embedded"
# The program that all devices follow.
PROGRAM = {
    "mRID": "0A",
    "primacy": 5,
    "all": True,
    "DERCurve": [
        {
            "mRID": "C1",
            "curveType": 11,
            "xMultiplier": 0,
            "yMultiplier": 0,
            "yRefType": 3,
            "CurveData": [{"xvalue": 90, "yvalue": 30}, {"xvalue": 110, "yvalue": -30}],
        }
    ],
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder needs the platform, whatever fixtures it names."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.interop)


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(tmp_path_factory.mktemp("laboratory"))


@pytest.fixture(scope="session")
def platform(
    booted_platform: PrivatePlatform, say: Callable[[str], None], laboratory: Laboratory
) -> Iterator[PlatformUnderTest]:
    """The agent listens with TLS and knows all devices but those that are to register."""
    known = [
        laboratory.device(name) for name in (*CLIENTS, *AWAY, EMBEDDED) if name not in REGISTERS
    ]
    config: dict[str, Any] = {
        **SAMPLE,
        "devices": [*SAMPLE["devices"], *({"lfdi": one.lfdi, "sfdi": one.sfdi} for one in known)],
        "programs": [PROGRAM],
        "listener": laboratory.listener,
        "in_band_registration": {
            "enabled": True,
            "permitted": [laboratory.device(name).lfdi for name in REGISTERS],
        },
        "poll_rates": dict.fromkeys(POLLED, 1),
        "post_rate": 1,
        # As docs/interop.md says for py20305.
        "compatibility": {"new_default_mrid": True, "randomized_cancellation": False},
    }
    with installed(booted_platform, say, config) as under_test:
        # It may be ready a moment later than the route of platform.web.
        under_test.until(lambda: _listens(laboratory), "the agent's listener")
        yield under_test


def _listens(laboratory: Laboratory) -> bool:
    try:
        gevent.socket.create_connection((HOST, laboratory.port)).close()
    except ConnectionRefusedError:
        return False
    return True


@contextmanager
def running(
    platform: PlatformUnderTest, laboratory: Laboratory, table: Mapping[str, dict[str, bool]]
) -> Iterator[dict[str, Py20305]]:
    """Clients by their names, each of them a device of the driver that has reported something."""
    started = {
        name: Py20305(platform.platform, laboratory, laboratory.device(name), **how)
        for name, how in table.items()
    }
    try:
        for client in started.values():
            client.start()
        for client in started.values():
            platform.until(lambda who=client: _known(platform, who), f"{client.name}'s EndDevice")
            platform.add_to_driver(
                Device(client.sfdi, client.lfdi), client.topic, registry=REGISTRY
            )
        for client in started.values():
            platform.until(lambda who=client: _reports(platform, who), f"{client.name}'s readings")
        yield started
    finally:
        for client in started.values():
            client.stop()


@pytest.fixture(scope="session")
def clients(platform: PlatformUnderTest, laboratory: Laboratory) -> Iterator[dict[str, Py20305]]:
    """All clients at once."""
    with running(platform, laboratory, CLIENTS) as started:
        yield started


def _known(platform: PlatformUnderTest, client: Py20305) -> bool:
    return client.sfdi in {one["sfdi"] for one in platform.agent("get_devices")}


def _reports(platform: PlatformUnderTest, client: Py20305) -> bool:
    return platform.agent("get_points", client.sfdi).get("A") is not None


@pytest.fixture(params=list(CLIENTS))
def client(request: pytest.FixtureRequest, clients: dict[str, Py20305]) -> Py20305:
    """Each of the clients."""
    return clients[request.param]
