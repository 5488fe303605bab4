"""What holds for all tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

from tools.own_home import CACHE, RUN  # before anything imports VOLTTRON

if TYPE_CHECKING:
    from tools.private_platform import PrivatePlatform

set_hypothesis_home_dir(CACHE / "hypothesis")
# Two shared cores make times useless as a criterion; the same examples each time make a failure
# repeatable.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Says what takes long, past pytest's capture."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stdout.write(f"\n[{text}]")
            sys.stdout.flush()

    return say


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The seconds that platform tests noted under "recovery", see tests/platform/recovery.py."""
    rows = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "recovery" and report.when == "call"
    ]
    if rows:
        terminalreporter.section("seconds until all was well again")
    for row in rows:
        parts = ", ".join(f"{part} {one:.1f}" for part, one in row["seconds"].items())
        terminalreporter.line(f"{max(row['seconds'].values()):5.1f}  {row['fault']} ({parts})")


@pytest.fixture(scope="session")
def booted_platform(say: Callable[[str], None]) -> Iterator[PrivatePlatform]:
    """A VOLTTRON platform for all tests that want a real one, without agents of ours."""
    # Here, because it imports VOLTTRON, which patches sockets for the whole process.
    from tools.private_platform import PrivatePlatform

    private = PrivatePlatform(CACHE / f"test-platform{RUN and '-'}{RUN}", say)
    with private:
        yield private
        say("stopping the platform")
    left = private.processes()
    assert not left, f"processes of the platform are left: {left}"
