"""The time of day that a platform and all its agents see, set by a test.

Setting the machine's clock needs root, and would set it for everybody. So the processes are
started with libfaketime, which stands between them and the C library: every question for the
time of day, whoever asks it in whatever language, is answered with the machine's time and what a
file says it is off by. The file can change while they run, and then the time of day jumps for all
of them in one moment, as it does when an operator sets the clock or NTP steps it. Timers that
nobody can set (CLOCK_MONOTONIC) go on as they do then.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest


class SetClock:
    """Seconds that the clock is off, in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.ahead = 0.0
        self.set(0)

    def set(self, ahead: float) -> None:
        """Sets the clock so many seconds ahead of the machine's; behind it when negative."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{ahead:+.0f}\n")
        new.rename(self._file)  # nobody reads half of it
        self.ahead = ahead

    @property
    def now(self) -> float:
        """The time that the processes see."""
        return time.time() + self.ahead

    @property
    def variables(self) -> Mapping[str, str]:
        """What the environment of a process needs; skips the test where that has no effect."""
        found = {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        before = self.ahead
        self.set(-86400)
        said = subprocess.run(
            [sys.executable, "-c", "import time; print(time.time())"],
            env={**os.environ, **found},
            capture_output=True,
            text=True,
            check=True,
        )
        off = float(said.stdout) - time.time()
        self.set(before)
        if abs(off + 86400) > 60:
            pytest.skip(f"libfaketime has no effect on this machine: {said.stderr or off}")
        return found


def _library() -> Path:
    """The wheel of libfaketime carries it for x86-64 Linux; elsewhere the loader ignores it."""
    package = importlib.util.find_spec("libfaketime")
    assert package is not None
    assert package.submodule_search_locations is not None
    (folder,) = package.submodule_search_locations
    return Path(folder) / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
