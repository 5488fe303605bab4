"""A log that nobody reads stops nobody."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading

import pytest

from ieee2030_5_agent import log_writer
from ieee2030_5_agent.log_writer import LogWriter

# More than a pipe takes.
CHATTER = """
import logging
from ieee2030_5_agent.log_writer import LogWriter
logging.basicConfig(level=logging.INFO)
LogWriter(logging.getLogger())
for number in range(5000):
    logging.info("line %d %s", number, "x" * 100)
print("done", flush=True)
input()
"""


def test_a_pipe_that_nobody_reads() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CHATTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        killer = threading.Timer(20, process.kill)
        killer.start()
        try:
            assert process.stdout.readline() == "done\n"
            # All of it is there once somebody reads.
            lines = [process.stderr.readline() for _ in range(5000)]
            assert lines[-1].startswith("INFO:root:line 4999 ")
        finally:
            killer.cancel()
            process.kill()


def test_a_process_whose_pipe_nobody_reads_ends() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CHATTER.replace("LogWriter(", "writer = LogWriter(") + LEAVES],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(b"\n")
            process.stdin.flush()
            assert process.wait(timeout=30) == os.EX_IOERR
        finally:
            process.kill()


LEAVES = "writer.leave()\n"

# Each line takes a while.
LAST_WORDS = """
import logging, sys, time
from ieee2030_5_agent.log_writer import LogWriter
class Slow(logging.StreamHandler):
    def emit(self, record):
        time.sleep(0.001)
        super().emit(record)
logging.getLogger().addHandler(Slow(sys.stdout))
LogWriter(logging.getLogger())
for number in range(100):
    logging.warning("line %d", number)
"""


def test_the_last_lines_of_a_process_are_written() -> None:
    command = [sys.executable, "-c", LAST_WORDS]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout.splitlines() == [f"line {number}" for number in range(100)]


class Held(logging.Handler):
    """Waits with each line until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on, self.seen = threading.Event(), threading.Event(), list[str]()
        self.last = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.begun.set()
        self.go_on.wait()
        self.seen.append(record.getMessage())
        if self.seen[-1] == "last":
            self.last.set()


def test_a_handler_gets_the_levels_that_it_wants() -> None:
    held, logger = Held(), logging.Logger("chatter")
    held.go_on.set()
    held.setLevel(logging.WARNING)
    logger.addHandler(held)
    LogWriter(logger)
    logger.info("not wanted")
    logger.warning("last")
    assert held.last.wait(10)
    assert held.seen == ["last"]


def test_what_there_is_no_room_for_is_counted() -> None:
    held, logger = Held(), logging.Logger("chatter")
    logger.addHandler(held)
    root = logging.getLogger("ieee2030_5_agent.log_writer")
    writer = LogWriter(logger, lines=4)
    root.addHandler(writer)
    try:
        logger.info("first")
        assert held.begun.wait(10)
        for number in range(7):
            logger.info("%d", number)
        held.go_on.set()
        while not held.last.wait(0.01):
            if writer.queue.empty():
                logger.info("last")
    finally:
        root.removeHandler(writer)
    assert held.seen[:5] == ["first", "3", "4", "5", "6"]
    assert "3 lines of the log were left out" in held.seen


def test_lines_that_nobody_takes_are_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_writer, "LAST_LINES_S", 0.05)
    held, logger = Held(), logging.Logger("chatter")
    logger.addHandler(held)
    writer = LogWriter(logger)
    logger.info("first")
    assert held.begun.wait(10)
    flushing = threading.Thread(target=writer.flush, daemon=True)
    flushing.start()
    flushing.join(10)
    assert not flushing.is_alive()
    assert not held.seen
    held.go_on.set()
