"""The process of the agent ends when it is told to, and never in the middle of a change."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

# Four greenlets that are always at something; one of them sends the signals to the process.
BUSY = """
import os, signal, sys
import gevent
from ieee2030_5_agent.ending import end_when_told

def change(sends):
    try:
        for turn in range(10**9):
            if sends and turn == 20:
                for number in SIGNALS:
                    os.kill(os.getpid(), number)
            sum(range(1000))
            gevent.sleep(0)
    except KeyboardInterrupt:
        print("in the middle of a change")

end_when_told()
for place in range(4):
    gevent.spawn(change, place == 2)
try:
    gevent.sleep(20)
except KeyboardInterrupt:
    print("told")
gevent.sleep(0.1)
print("ended")
"""


@pytest.mark.parametrize(
    "numbers", ["SIGINT", "SIGTERM", "SIGINT SIGINT", "SIGINT SIGTERM SIGINT"], ids=str
)
def test_only_who_waits_for_the_end_is_interrupted_and_once(numbers: str) -> None:
    signals = [signal.Signals[name].value for name in numbers.split()]
    code = BUSY.replace("SIGNALS", repr(signals))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.split("\n")[:-1] == ["told", "ended"]


# The modules of the agent take long to load.
LOADING = """
import importlib.abc, sys, time

class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "ieee2030_5_agent.agent":
            print("loading", flush=True)
            time.sleep(20)
            raise SystemExit("was not told to end")

sys.meta_path.insert(0, Slow())
from ieee2030_5_agent.__main__ import main
main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_that_is_still_loading_can_be_ended(number: signal.Signals) -> None:
    """Also below a platform that was started with &, which passes on an ignored SIGINT."""
    with subprocess.Popen(
        [sys.executable, "-c", LOADING],
        stdout=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_IGN),
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"loading\n"
        process.send_signal(number)
        assert process.wait(timeout=30) == -number
