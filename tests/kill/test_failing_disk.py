"""The disk of the kill test really fails, for SQLite as for everything else in the process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ieee2030_5_agent.store.database import Database
from ieee2030_5_agent.store.errors import StoreError
from ieee2030_5_agent.store.journal import Batch
from tests.kill.failing_disk import Disk, unsupported

ROOT = Path(__file__).parents[2]
GOOD = {"fsync": None, "fdatasync": None, "pwrite": None, "store": None}
EIO, ENOSPC = "Input/output error", "No space left on device"


def tell(folder: Path) -> None:
    """What becomes of each call as the disk fails and is well again; run in a process of its own,
    which is never rid of its filter."""
    disk = Disk()
    database = Database(folder / "store.sqlite")
    told = []
    for number, fault in enumerate((None, "failing", None, "full", None)):
        disk.fail(failing=fault == "failing", full=fault == "full")
        batch = Batch(put=[("device", "1", str(number))])
        told.append(_tried(folder / "file", lambda batch=batch: database.write(batch)))
    print(json.dumps(told))


def _tried(path: Path, store: Callable[[], object]) -> dict[str, str | None]:
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    outcomes: dict[str, str | None] = {}
    for name, call in {
        "fsync": lambda: os.fsync(file),
        "fdatasync": lambda: os.fdatasync(file),
        "pwrite": lambda: os.pwrite(file, b"-", 0),
        "store": store,
    }.items():
        outcomes[name] = None
        try:
            call()
        except StoreError as error:
            outcomes[name] = str(error).rpartition(": ")[2]
        except OSError as error:
            outcomes[name] = error.strerror
    os.close(file)
    return outcomes


def test_each_call_fails_as_on_such_a_disk_and_works_again(tmp_path: Path) -> None:
    if (reason := unsupported()) is not None:
        pytest.skip(f"the kernel lets no call fail: {reason}")
    command = [sys.executable, "-m", "tests.kill.test_failing_disk", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    failing = {"fsync": EIO, "fdatasync": EIO, "pwrite": None, "store": "disk I/O error"}
    full = {"fsync": None, "fdatasync": None, "pwrite": ENOSPC, "store": "database or disk is full"}
    assert json.loads(done.stdout) == [GOOD, failing, GOOD, full, GOOD]


if __name__ == "__main__":
    tell(Path(sys.argv[1]))
