"""Stopping a private platform, with commands in the place of VOLTTRON and an agent."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tools.private_platform import PlatformProblem, PrivatePlatform, until
from tools.private_platform.processes import described

WAITS = "print('ready', flush=True); import time; time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);" + WAITS
BLOCKS = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]);" + WAITS
ENDS = "print('ready', flush=True); import time; time.sleep(0.1)"


class Stopping(PrivatePlatform):
    """Its vctl gives up, as the real one does after 20 s, but for call number ``heard``."""

    def __init__(self, folder: Path, agent: str, heard: int) -> None:
        self.said: list[str] = []
        self.asked, self.heard = 0, heard
        super().__init__(folder, self.said.append)
        self.log.write_text("a line of the log\n")
        self._process = self._run(WAITS, {})
        self.agent = self._run(agent, {"AGENT_UUID": "1"})
        self._serving = True

    def _run(self, code: str, variables: dict[str, str]) -> subprocess.Popen[bytes]:
        log = self.folder / f"{len(list(self.folder.iterdir()))}.log"
        process = self.spawn([sys.executable, "-c", code], log=log, variables=variables)
        until(lambda: "ready" in log.read_text(), "a process")
        return process

    def end(self) -> None:
        """Whatever still runs."""
        self._sessions.end(grace=0.1)

    def vctl(self, *arguments: str, timeout: float = 180) -> str:
        self.asked += 1
        if self.asked == self.heard:
            self.end()
            return ""
        raise PlatformProblem("operation timed out")


@pytest.fixture
def stopping(tmp_path: Path) -> Iterator[Callable[..., Stopping]]:
    """A platform with an agent that runs the code."""
    made: list[Stopping] = []

    def make(agent: str, heard: int = 0) -> Stopping:
        made.append(Stopping(tmp_path, agent, heard))
        return made[-1]

    yield make
    for platform in made:
        platform.end()


def test_a_platform_that_is_slow_to_stop_is_told_and_asked_again(
    stopping: Callable[..., Stopping],
) -> None:
    platform = stopping(WAITS, heard=2)
    platform.stop()
    assert not platform.processes()
    (told,) = platform.said
    assert "operation timed out" in told
    assert "a line of the log" in told
    assert f"\n{platform.agent.pid} " in told


def test_a_platform_that_does_not_end_after_its_agents_is_told_and_ended(
    stopping: Callable[..., Stopping],
) -> None:
    platform = stopping(ENDS)
    until(lambda: platform.agent.poll() is not None, "the end of the agent")
    platform.stop()
    assert not platform.processes()
    assert platform.asked == len(platform.said) == 1


def test_an_agent_that_does_not_end_is_a_problem_and_ended(
    stopping: Callable[..., Stopping],
) -> None:
    platform = stopping(DEAF)
    with pytest.raises(PlatformProblem, match="operation timed out") as problem:
        platform.stop()
    assert f"\n{platform.agent.pid} " in str(problem.value)
    assert not platform.processes()


def test_a_process_is_described_with_the_signals_that_it_has_not_heard(
    stopping: Callable[..., Stopping],
) -> None:
    process = psutil.Process(stopping(BLOCKS).agent.pid)
    process.send_signal(signal.SIGINT)
    assert "signals ['2']" in described(process)
