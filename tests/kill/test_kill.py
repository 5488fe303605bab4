"""Killed at any moment, on a good disk and on one that fails at any moment: nothing acknowledged is
lost, nothing is invented, no file is damaged.

``SOAK_ROUNDS`` says how often (``make soak``), all three kinds of disk together.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from ieee2030_5_agent.store.kinds import KINDS
from tests.kill.asking import KEPT, REFUSED
from tests.kill.comparing import Deed, Expected, Fault, observed, possible, settle
from tests.kill.failing_disk import unsupported
from tests.kill.followed import FOLLOWED

ROOT = Path(__file__).parents[2]
# Of each kind of disk.
ROUNDS = -(-int(os.environ.get("SOAK_ROUNDS", "9")) // 3)


class Served:
    """The server in a process of its own."""

    def __init__(self, path: Path, *fault: str) -> None:
        command = [sys.executable, "-m", "tests.kill.served", str(path), *fault]
        said = path.parent.parent / "errors.txt"
        self.errors = said.open("a")
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.strip().isdigit(), said.read_text()[-2000:]
        self.port = int(line)

    def get(self, path: str) -> int:
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=30).status_code

    def kill(self) -> list[Fault]:
        """Ends it at once; when its disk failed. To be called once more has no effect."""
        if self.process.returncode is not None:
            return []
        self.process.kill()
        said, _ = self.process.communicate()
        self.errors.close()
        times = [float(line.split()[1]) for line in said.splitlines()]
        return list(zip(times[::2], [*times[1::2], None], strict=False))


class Life(NamedTuple):
    """What the clients wrote down, when the server was killed, when its disk failed."""

    stories: list[list[Deed]]
    killed: float
    faults: list[Fault]


@contextmanager
def serving(path: Path, *fault: str) -> Iterator[Served]:
    served = Served(path, *fault)
    try:
        yield served
    finally:
        served.kill()


def load_until_killed(path: Path, seed: str, *fault: str) -> Life:
    """Lets eight clients loose and kills the server under them."""
    with serving(path, *fault) as served:
        command = [sys.executable, "-m", "tests.kill.load", str(served.port), seed]
        load = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert load.stdout is not None
        assert load.stdout.readline() == "begun\n"
        if fault:
            os.kill(served.process.pid, signal.SIGUSR1)
        time.sleep(random.Random(seed).uniform(0.2, 2.5))
        killed = time.time()
        faults = served.kill()
    said, _ = load.communicate(timeout=60)
    assert load.returncode == 0
    stories = json.loads(said)
    return Life(
        [[Deed(tuple(key), *rest) for key, *rest in each] for each in stories], killed, faults
    )


def test_every_kind_of_record_is_followed() -> None:
    assert FOLLOWED.keys() == KINDS.keys()


@pytest.mark.parametrize("fault", ["none", "failing", "full"])
def test_nothing_acknowledged_is_lost(tmp_path: Path, fault: str) -> None:
    if fault != "none" and (reason := unsupported()) is not None:
        pytest.skip(f"no disk of this process can be made to fail: {reason}")
    path = tmp_path / "data" / "store.sqlite"
    expected: Expected = {}
    outcomes: Counter[str] = Counter()
    told: set[str] = set()
    faults: list[Fault] = []
    for number in range(ROUNDS):
        seed = f"{number}/{fault}"
        life = load_until_killed(path, seed, *([] if fault == "none" else [fault, seed]))
        faults += life.faults
        for story in life.stories:
            possible(expected, story, life.killed, life.faults)
            outcomes.update(deed.outcome for deed in story)
            told |= {deed.key[0] for deed in story if deed.outcome == KEPT}
        with serving(path) as again:  # reads it all, and writes what is due
            assert again.get("/dcap/edev?l=255") == 200
            wrong = settle(expected, observed(path))
        assert not wrong, f"round {number}: {len(wrong)} wrong: {wrong[:10]}"
        assert not list(path.parent.glob("*damaged*")), f"round {number}"
    assert told == {name for each in FOLLOWED.values() for name in each.told}
    assert bool(outcomes[REFUSED]) == bool(faults) == (fault != "none")
    lasting = [ends for _, ends in faults].count(None)
    disk = f"{len(faults)} faults, {lasting} of them to the end"
    print(f"{fault}: {ROUNDS} rounds, {disk}, {dict(outcomes)}, {len(expected)} things followed")
