"""Runs commands side by side, and shows what they say as if one came after the other.

The first is shown while it runs; the others write into files meanwhile and are shown in their
turn. None is stopped because another one failed. Ctrl-C ends all of them.

    python -m tools.side_by_side --run "the short name" "command of a shell" --run ...
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

PAUSE_S = 0.1
NOTICED_S = 3.0
# What a platform with its agents may take to stop.
GRACE_S = 60.0
INTERRUPTED = 130  # as shells say it
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Run:
    """A command in a process group of its own, so that a signal reaches it exactly once."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]
    began: float = field(default_factory=time.monotonic)
    seconds: float | None = None

    @classmethod
    def start(cls, name: str, command: str, folder: Path, number: int) -> Run:
        """Starts a command that writes into a file of the folder."""
        log = folder / f"{number}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        return cls(name, log, process)

    def goes_on(self) -> bool:
        """Whether it still runs; notes when it ended."""
        if self.process.poll() is None:
            return True
        if self.seconds is None:
            self.seconds = time.monotonic() - self.began
        return False

    def signal(self, number: int) -> None:
        """Sends a signal to the command and what it started."""
        if self.goes_on():
            os.killpg(self.process.pid, number)

    def verdict(self) -> str:
        """One line for the end."""
        code = self.process.returncode
        result = "passed" if code == 0 else f"FAILED ({code})"
        return f"   {_minutes(self.seconds or 0)} {self.name}: {result}"


class Machine:
    """Notes when nothing ran on this machine or its clock was set: a run may fail for that."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._began = self._last = time.monotonic()
        self._ahead = time.time() - self._last

    def look(self) -> None:
        """To be called often."""
        now = time.monotonic()
        ahead = time.time() - now
        for what, seconds in (
            ("nothing ran for {:.0f} s", now - self._last),
            ("the clock was set by {:+.0f} s", ahead - self._ahead),
        ):
            if abs(seconds) > NOTICED_S:
                self.notes.append(f"   {_minutes(now - self._began)} {what.format(seconds)}")
        self._last, self._ahead = now, ahead


def _minutes(seconds: float) -> str:
    return "{}:{:02}".format(*divmod(round(seconds), 60))


def show(run: Run, others: Sequence[Run], machine: Machine) -> None:
    """Copies what a command says to our own output until it has ended."""
    with run.log.open("rb") as log:
        while True:
            machine.look()
            ended = not run.goes_on()
            for other in others:
                other.goes_on()  # so that their times are right, whoever is shown
            while part := log.read(65536):
                sys.stdout.buffer.write(part)
            sys.stdout.buffer.flush()
            if ended:
                return
            time.sleep(PAUSE_S)


def end(runs: Sequence[Run]) -> None:
    """Ends all of them; those that do not end in good time are killed."""
    # Once more Ctrl-C would leave behind what is stopping in good order.
    for end_of_us in ENDS:
        signal.signal(end_of_us, signal.SIG_IGN)
    for number, patience in ((signal.SIGINT, GRACE_S), (signal.SIGKILL, 5.0)):
        for run in runs:
            run.signal(number)
        limit = time.monotonic() + patience
        while any(run.goes_on() for run in runs) and time.monotonic() < limit:
            time.sleep(PAUSE_S)


def run_all(commands: Sequence[tuple[str, str]], folder: Path) -> int:
    """Runs the commands by their names; 0 when all went well, 1 when one failed."""
    # Before the first starts, or a Ctrl-C in between would leave it behind.
    for end_of_us in ENDS:
        signal.signal(end_of_us, _interrupted)
    runs: list[Run] = []
    machine = Machine()
    try:
        for number, (name, command) in enumerate(commands):
            runs.append(Run.start(name, command, folder, number))
        for run in runs:
            print(f"-- {run.name}", flush=True)
            show(run, runs, machine)
    except KeyboardInterrupt:
        print("\n-- interrupted: waits until all is stopped", flush=True)
        end(runs)
        return INTERRUPTED
    print("-- all of it")
    for line in (*(run.verdict() for run in runs), *machine.notes):
        print(line)
    return int(any(run.process.returncode for run in runs))


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Takes the commands from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--run", nargs=2, metavar=("NAME", "COMMAND"), action="append", required=True
    )
    with tempfile.TemporaryDirectory() as folder:
        return run_all([(name, command) for name, command in parser.parse_args().run], Path(folder))


if __name__ == "__main__":
    sys.exit(main())
