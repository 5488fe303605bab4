"""Processes that a private platform starts: none is left, and none is forgotten."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import pytest

from tools.private_platform import PlatformProblem
from tools.private_platform.processes import Sessions

WAITS = (sys.executable, "-c", "import time; time.sleep(600)")


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path / "sessions")


def test_what_nobody_holds_any_more_is_ended_and_waited_for(
    sessions: Sessions, tmp_path: Path
) -> None:
    """Python warns of a process that runs when its Popen goes, and here a warning is an error."""
    pid = sessions.start(WAITS, env=os.environ, log=tmp_path / "log", cwd=tmp_path).pid
    gc.collect()
    assert [one.pid for one in sessions.members()] == [pid]
    sessions.end()
    assert not sessions.members()
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def test_a_command_that_takes_too_long_is_ended_and_waited_for(
    sessions: Sessions, tmp_path: Path
) -> None:
    with pytest.raises(PlatformProblem, match=r"was not through after 0\.5 s"):
        sessions.run(WAITS, env=os.environ, cwd=tmp_path, timeout=0.5)
    gc.collect()
    assert not sessions.members()
    (pid,) = map(int, (tmp_path / "sessions").read_text().split())
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
