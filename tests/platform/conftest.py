"""One VOLTTRON platform for all platform tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.platform.installed import installed
from tests.platform.under_test import PlatformUnderTest
from tools.private_platform import PrivatePlatform


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
    """The platform with agent and driver; the agent has the two devices of config/agent.json."""
    with installed(booted_platform, say) as under_test:
        yield under_test
