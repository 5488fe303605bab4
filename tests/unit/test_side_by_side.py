"""What ``make test`` runs side by side: shown in turn, judged together, ended together."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import side_by_side

ROOT = Path(__file__).parents[2]
LIMIT_S = 30.0


def started(*commands: str) -> subprocess.Popen[str]:
    """The tool with commands that are named by their numbers."""
    runs = [word for n, command in enumerate(commands) for word in ("--run", f"run {n}", command)]
    return subprocess.Popen(
        [sys.executable, "-m", "tools.side_by_side", *runs],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        # A shell's "&" lets SIGINT be ignored, which children inherit.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def meeting(folder: Path, mine: str, other: str) -> str:
    """A command that ends when another one of this kind runs at the same time."""
    return f"touch {folder}/{mine}; until [ -e {folder}/{other} ]; do sleep 0.02; done"


def test_they_run_at_the_same_time_and_are_shown_one_after_the_other(tmp_path: Path) -> None:
    first = f"echo one; {meeting(tmp_path, 'a', 'b')}; echo two"
    second = f"echo three; {meeting(tmp_path, 'b', 'a')}; echo four >&2"
    process = started(first, second)
    said, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0
    lines = said.splitlines()
    assert lines[:7] == ["-- run 0", "one", "two", "-- run 1", "three", "four", "-- all of it"]
    assert [line.split(None, 1)[1] for line in lines[7:]] == ["run 0: passed", "run 1: passed"]


def test_a_machine_that_stood_still_is_told(tmp_path: Path) -> None:
    process = started(f"until [ -e {tmp_path}/end ]; do sleep 0.02; done")
    assert process.stdout is not None
    assert process.stdout.readline() == "-- run 0\n"
    process.send_signal(signal.SIGSTOP)
    time.sleep(side_by_side.NOTICED_S + 0.5)
    process.send_signal(signal.SIGCONT)
    (tmp_path / "end").touch()
    said, _ = process.communicate(timeout=LIMIT_S)
    assert re.search(r"^   0:0\d nothing ran for [34] s$", said, re.MULTILINE), said


def test_a_clock_that_was_set_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = side_by_side.Machine()
    machine.look()
    assert not machine.notes
    later = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: later)
    machine.look()
    assert machine.notes == ["   0:00 the clock was set by +3600 s"]


@pytest.mark.parametrize("failing", [0, 1])
def test_one_that_fails_fails_all_and_the_other_goes_on(failing: int) -> None:
    commands = ["sleep 0.3; echo went on", "sleep 0.3; echo went on"]
    commands[failing] = "echo the reason; exit 7"
    process = started(*commands)
    said, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 1
    assert "the reason" in said
    assert "went on" in said
    assert re.findall(r"run (\d): (.*)", said) == [
        (str(n), "FAILED (7)" if n == failing else "passed") for n in range(2)
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_all_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    """Each is told once, with SIGINT, and what it says while it ends is waited for."""
    command = (
        f"{sys.executable} -c 'import os, signal, sys, time\n"
        "told = []\n"
        "signal.signal(signal.SIGINT, lambda number, _: told.append(number))\n"
        f'open("{tmp_path}/" + str(os.getpid()), "w").close()\n'
        "while not told: time.sleep(0.02)\n"
        "time.sleep(0.3)\n"
        f'open("{tmp_path}/" + str(os.getpid()), "w").write(str(told))\'; true'
    )
    process = started(command, command)
    limit = time.monotonic() + LIMIT_S
    while len(list(tmp_path.iterdir())) < 2:
        assert time.monotonic() < limit
        time.sleep(0.02)
    process.send_signal(number)
    process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130
    for file in tmp_path.iterdir():
        assert file.read_text() == "[<Signals.SIGINT: 2>]" or file.read_text() == "[2]"
        with pytest.raises(ProcessLookupError):
            os.kill(int(file.name), 0)
