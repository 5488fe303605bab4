"""Starting processes, and leaving none behind, whatever happens."""

from __future__ import annotations

import os
import random
import re
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import gevent
import psutil

from .problems import PlatformProblem

PORTS = range(12_000, 32_000)


class Sessions:
    """Processes started here, each as the leader of a session that its children belong to.

    Ctrl-C at our terminal does not reach them, and all of them can be found again: by this object
    while it lives, and by the next one through the file of records when this one was killed.
    """

    def __init__(self, record: Path) -> None:
        self._record = record
        # Until their end: Python warns of a process that runs when its Popen goes.
        self._started: list[subprocess.Popen[bytes] | subprocess.Popen[str]] = []

    def start(
        self, command: Sequence[str], *, env: Mapping[str, str], log: Path, cwd: Path
    ) -> subprocess.Popen[bytes]:
        """Starts a process that prints into ``log``.

        An ignored SIGINT is inherited (from a shell's ``&``), and VOLTTRON stops its agents with
        SIGINT: it is set back to the default.
        """
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        self._remember(process)
        return process

    def run(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        timeout: float | None = None,
    ) -> str:
        """Runs a command to its end and returns what it printed; PlatformProblem when it failed.

        It runs in a thread, so that the greenlets of this process go on meanwhile.
        """
        process = subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._remember(process)
        try:
            out, err = gevent.get_hub().threadpool.apply(process.communicate, (None, timeout))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise PlatformProblem(
                f"{shlex.join(command)} was not through after {timeout:g} s"
            ) from None
        if process.returncode:
            raise PlatformProblem(
                f"{shlex.join(command)} failed ({process.returncode}):\n{out}{err}"
            )
        return str(out)

    def members(self) -> list[psutil.Process]:
        """All processes of the sessions that still run."""
        return _members(self._leaders())

    def end(self, grace: float = 5.0) -> None:
        """Ends all of them."""
        end(self.members(), grace)
        self._started = [one for one in self._started if one.poll() is None]

    def end_leftovers(self, project: Path) -> int:
        """Ends what a killed predecessor left; how many processes that were.

        Numbers of processes are used again: only commands that name the project are ours.
        """
        leftovers = [one for one in self.members() if _names(one, str(project))]
        end(leftovers)
        return len(leftovers)

    def _remember(self, process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
        self._started.append(process)
        with self._record.open("a") as record:
            record.write(f"{process.pid}\n")

    def _leaders(self) -> frozenset[int]:
        if not self._record.exists():
            return frozenset()
        return frozenset(map(int, self._record.read_text().split()))


def described(process: psutil.Process) -> str:
    """What a process is and does, as far as it still does; of its signals those that wait."""
    try:
        spent, age = process.cpu_times(), time.time() - process.create_time()
        status = Path(f"/proc/{process.pid}/status").read_text()
        waiting = re.findall(r"S(?:ig|hd)Pnd:\s*0*([1-9a-f][0-9a-f]*)", status)
        return (
            f"{process.pid} {process.status()}, {process.num_threads()} threads,"
            f" {spent.user + spent.system:.1f} s of CPU in {age:.0f} s,"
            f" signals {waiting}: {shlex.join(process.cmdline())}"
        )
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError) as gone:
        return str(gone)


def _members(leaders: frozenset[int]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if (
                os.getsid(process.pid) in leaders
                and process.status() != psutil.STATUS_ZOMBIE
                and process.pid != os.getpid()
            ):
                found.append(process)
        except (psutil.NoSuchProcess, ProcessLookupError, PermissionError):
            continue
    return found


def _names(process: psutil.Process, text: str) -> bool:
    try:
        return any(text in argument for argument in process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def end(processes: Iterable[psutil.Process | subprocess.Popen[bytes]], grace: float = 5.0) -> None:
    """Ends processes politely with SIGINT, those that stay with SIGKILL."""
    processes = list(processes)
    remaining = [psutil.Process(one.pid) for one in processes if psutil.pid_exists(one.pid)]
    for number, patience in ((signal.SIGINT, grace), (signal.SIGKILL, 5.0)):
        for process in remaining:
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue
        _, remaining = psutil.wait_procs(remaining, timeout=patience)
    for one in processes:
        if isinstance(one, subprocess.Popen):
            one.poll()  # so that it knows too


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now, all different.

    Below those that the system gives to outgoing connections: one of these could take the port
    before it is listened on, and where several tests run side by side one does now and then.
    """
    bound: list[socket.socket] = []
    try:
        for port in random.sample(PORTS, 100 * count):
            if len(bound) == count:
                break
            one = socket.socket()
            try:
                one.bind(("", port))
            except OSError:
                one.close()
            else:
                bound.append(one)
        if len(bound) < count:
            raise PlatformProblem(f"no {count} free ports from {PORTS.start} to {PORTS.stop - 1}")
        return [int(one.getsockname()[1]) for one in bound]
    finally:
        for one in bound:
            one.close()
