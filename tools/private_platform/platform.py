"""One VOLTTRON platform in a folder of its own: boot, vctl, stop with nothing left running."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import psutil

from . import environment, processes
from .problems import PlatformProblem
from .waiting import until

# VOLTTRON listens on an abstract socket named after its home, and the kernel allows 107 bytes.
LONGEST_HOME = 85
# What is shown of the log when something went wrong.
LAST_OCTETS = 4000
TIMES_ASKED = 3
CONFIG = """\
[volttron]
instance-name = {name}
address = {vip}
"""
WEB_CONFIG = """
[web]
bind-web-address = {web}
web-secret-key = {name}
"""


class Installed(NamedTuple):
    """An agent as vctl installed it."""

    identity: str
    uuid: str


def _silent(text: str) -> None:
    """Says nothing: for those who wait without wanting to know for what."""


class PrivatePlatform:
    """A platform that nobody else uses. Use it as a context manager, or call boot and shutdown.

    ``folder`` is its own: what was in there is removed at boot. ``say`` gets a line before each
    step that takes longer than two seconds.
    """

    def __init__(self, folder: Path, say: Callable[[str], None] = _silent) -> None:
        self.folder = folder.resolve()
        self.home = self.folder / "home"
        self.log = self.folder / "volttron.log"  # outside of home, which VOLTTRON watches
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._serving = False
        self._sessions = processes.Sessions(self.folder / "sessions")
        self._own_folder: IO[str] | None = None
        self._own_venv: IO[str] | None = None
        self._short_home: Path | None = None
        vip, web = processes.free_ports(2)
        self.vip_address = f"tcp://127.0.0.1:{vip}"
        self.web_address = f"http://127.0.0.1:{web}"

    def __enter__(self) -> PrivatePlatform:
        try:
            self.boot()
        except BaseException:
            self.shutdown()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    # --- life cycle ----------------------------------------------------------------------------

    def boot(self) -> None:
        """A first boot in an empty home, with the poetry project of the seed."""
        self._own_folder = _lock(environment.CACHE / f"{self.folder.name}.lock")
        self._empty_folder()
        environment.plant_seed(self.home, self.run, self._say)
        self.start()

    def start(self, *, web: bool = True, variables: Mapping[str, str] | None = None) -> None:
        """Starts the platform process and waits until it serves; its agents may still run.

        Without ``web`` it has no platform.web. ``variables`` of the environment are handed down
        to the agents that it starts.
        """
        self._say("starting VOLTTRON (about 4 s)")
        config = CONFIG + (WEB_CONFIG if web else "")
        (self.home / "config").write_text(
            config.format(name=self.folder.name, vip=self.vip_address, web=self.web_address)
        )
        self._process = self.spawn(
            [str(environment.BIN / "volttron"), "-v", "-l", str(self.log)],
            log=self.log.with_suffix(".stderr"),
            variables=variables,
        )
        until(lambda: self._serves(web), f"VOLTTRON to serve {self.web_address}", timeout=60)
        self._serving = True

    def _serves(self, web: bool) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise PlatformProblem(
                f"VOLTTRON ended with {self._process.returncode} while it started, "
                f"see {self.log.with_suffix('.stderr')} and {self.log}"
            )
        # The PID file alone comes too early, and the web service alone says nothing about agents.
        if not (self.home / "VOLTTRON_PID").exists():
            return False
        if not web:
            return True
        try:
            with urllib.request.urlopen(f"{self.web_address}/index.html", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        """Stops the platform with all its agents the proper way; its home stays.

        A PlatformProblem when something did not end by itself: it says what, and that is ended.
        """
        process, self._process = self._process, None
        if process is None or not self._serving or process.poll() is not None:
            return
        self._serving = False
        try:
            self._ask_to_stop(process)
            until(lambda: process.poll() is not None, "the end of VOLTTRON", timeout=20)
            until(lambda: not self._sessions.members(), "the end of all its processes", timeout=20)
        except PlatformProblem as problem:
            left = self._still_running(problem)
            self._sessions.end()
            raise PlatformProblem(left) from None

    def _ask_to_stop(self, process: subprocess.Popen[bytes]) -> None:
        """Patient: vctl waits 20 s for the end of all agents, VOLTTRON a minute for each."""
        for times_left in reversed(range(TIMES_ASKED)):
            try:
                self.vctl("shutdown", "--platform")
                return
            except PlatformProblem as impatient:
                if not times_left:
                    raise
                self._say(self._still_running(impatient))
            if not dict(self._agents()):  # which is what its agents waited for
                processes.end([process])
                return

    def _still_running(self, problem: PlatformProblem) -> str:
        running = "".join(f"\n{processes.described(one)}" for one in self._sessions.members())
        with self.log.open("rb") as log:
            log.seek(-min(LAST_OCTETS, self.log.stat().st_size), os.SEEK_END)
            last = log.read().decode(errors="replace")
        return f"VOLTTRON did not stop: {problem}\nstill running:{running}\nits log:\n{last}"

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The platform process stands still in the block, and with it the message bus."""
        self._running.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            if self._process is not None:
                self._process.send_signal(signal.SIGCONT)

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise PlatformProblem("the platform does not run")
        return self._process

    def crash(self) -> None:
        """Kills the platform process alone; what its agents then do is up to them."""
        self._running.kill()
        self._running.wait()
        self._process = None
        self._serving = False
        (self.home / "VOLTTRON_PID").unlink(missing_ok=True)

    def processes(self) -> list[psutil.Process]:
        """What runs now: the platform, its agents, commands to it, and what was spawned."""
        return self._sessions.members()

    def shutdown(self) -> None:
        """Ends everything, whatever state it is in, and gives folder and venv back."""
        if self._own_folder is None:
            return  # never booted: what runs in the folder may be somebody else's
        try:
            self.stop()
        except PlatformProblem as problem:
            self._say(str(problem))
        finally:
            self._sessions.end()
            self._process = None
            if self._own_venv is not None:
                environment.remove_distribution(self.run)
                self._own_venv.close()
                self._own_venv = None
            self._own_folder.close()
            self._own_folder = None
            if self._short_home is not None:
                shutil.rmtree(self._short_home, ignore_errors=True)
            self._say("VOLTTRON and all that was started with it is stopped")

    # --- vctl ----------------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the platform and of every command to it."""
        return environment.environment(self.home)

    def spawn(
        self,
        command: list[str],
        *,
        log: Path,
        cwd: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Starts a process that ends with the platform at the latest."""
        return self._sessions.start(
            command,
            env={**self.environment, **(variables or {})},
            log=log,
            cwd=cwd or self.folder,
        )

    def run(self, command: list[str], timeout: float = 600) -> str:
        """Runs a command and returns what it printed; a PlatformProblem when it failed."""
        return self._sessions.run(command, env=self.environment, cwd=self.folder, timeout=timeout)

    def vctl(self, *arguments: str, timeout: float = 180) -> str:
        """Runs vctl and returns what it printed; a PlatformProblem when it failed."""
        return self.run([str(environment.BIN / "vctl"), *arguments], timeout)

    def install(self, source: str, identity: str, *, default: bool = False) -> Installed:
        """Installs a folder, a wheel or a package name as an agent, tagged with its identity.

        With ``default`` the package has to bring that identity by itself.
        """
        self._take_venv()
        name = [] if default else ["--vip-identity", identity]
        said = self.vctl("install", source, *name, "--tag", identity)
        if not (self.home / "agents" / identity / "UUID").exists():
            raise PlatformProblem(f"vctl install {source} made no agent {identity}:\n{said}")
        return self.installed(identity)

    def installed(self, identity: str) -> Installed:
        """The agent with an identity, as installed."""
        uuid = self.home / "agents" / identity / "UUID"
        if not uuid.exists():
            raise PlatformProblem(f"no agent {identity} is installed")
        return Installed(identity, uuid.read_text().strip())

    def authorize(self, identity: str, *capabilities: str) -> None:
        """Grants an agent the right to make calls: ``peer.method``."""
        self.vctl("authz", "add", "agent", identity, "--rpc-capabilities", *capabilities)

    def make_peer_credentials(self, identity: str, *, admin: bool = False) -> Path:
        """Makes an identity for an agent that vctl does not install; the file with its keys."""
        self.vctl("auth", "add", identity)
        if admin:
            self.vctl("authz", "add", "agent", identity, "--role-names", "admin")
        return self.home / "credentials_store" / f"{identity}.json"

    def store(self, identity: str, name: str, file: Path) -> None:
        """Stores a file as an agent's configuration, JSON or CSV by its suffix."""
        kind = "--csv" if file.suffix == ".csv" else "--json"
        self.vctl("config", "store", identity, name, str(file), kind)

    def start_agent(self, identity: str) -> None:
        """Starts an installed agent; vctl returns when its process runs, not when it serves."""
        self.vctl("start", self.installed(identity).uuid)
        until(lambda: self.agent_process(identity), f"a process of {identity}")

    def autostart(self, identity: str, on: bool) -> None:
        """Has the platform start an agent whenever it starts itself, or not.

        By the file that it reads: `vctl enable` of 11.0.0rc3 passes no priority on, which means
        `vctl disable`.
        """
        file = self.home / "agents" / identity / "AUTOSTART"
        if on:
            file.write_text("50")
        else:
            file.unlink(missing_ok=True)

    def stop_agent(self, identity: str) -> None:
        """Stops an agent with SIGINT, so that its onstop runs."""
        self.vctl("stop", self.installed(identity).uuid)

    def restart_agent(self, identity: str) -> None:
        """Stops and starts an agent."""
        self.vctl("restart", self.installed(identity).uuid)
        until(lambda: self.agent_process(identity), f"a process of {identity}")

    def kill_agent(self, identity: str) -> None:
        """Kills an agent with SIGKILL: no onstop, no farewell."""
        process = self.agent_process(identity)
        if process is None:
            raise PlatformProblem(f"{identity} does not run")
        process.send_signal(signal.SIGKILL)
        until(lambda: self.agent_process(identity) is None, f"the end of {identity}")

    def agent_process(self, identity: str) -> psutil.Process | None:
        """The process of an installed agent, None when it does not run."""
        return dict(self._agents()).get(self.installed(identity).uuid)

    def _agents(self) -> Iterator[tuple[str, psutil.Process]]:
        """UUID and process of each installed agent that runs."""
        for process in self._sessions.members():
            try:
                uuid = process.environ().get("AGENT_UUID")
            except (psutil.NoSuchProcess, psutil.AccessDenied):  # denied while it dies
                continue
            if uuid is not None:
                yield uuid, process

    def start_by_hand(
        self, identity: str, module: str, variables: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Runs an agent from this checkout that is not installed, with the peer credentials."""
        credentials = self.home / "credentials_store" / f"{identity}.json"
        return self.spawn(
            [str(environment.BIN / "python"), "-m", module],
            log=self.folder / f"{identity}.log",
            cwd=environment.PROJECT,
            variables={
                "AGENT_VIP_IDENTITY": identity,
                "AGENT_CREDENTIALS": str(credentials),
                "VOLTTRON_PLATFORM_ADDRESS": self.vip_address,
                **(variables or {}),
            },
        )

    # --- folder --------------------------------------------------------------------------------

    def _take_venv(self) -> None:
        """All platforms of this checkout install into the same .venv: one of them at a time."""
        if self._own_venv is None:
            self._own_venv = _lock(environment.CACHE / "venv.lock")
            environment.remove_distribution(self.run)

    def _empty_folder(self) -> None:
        """An empty home; processes that a killed predecessor left there are ended first."""
        ended = self._sessions.end_leftovers(environment.PROJECT)
        if ended:
            self._say(f"ended {ended} processes of an earlier run that was killed")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        if len(os.fsencode(self.home)) > LONGEST_HOME:
            self._short_home = Path(tempfile.mkdtemp(prefix="volttron-"))
            self.home = self._short_home / "home"
        self.home.mkdir(mode=0o755)


def _lock(path: Path) -> IO[str]:
    """Locks a file until it is closed; a PlatformProblem that says who has locked it already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        owner = lock.read().strip()
        lock.close()
        raise PlatformProblem(
            f"another demo or platform test runs in this folder ({owner}); "
            "it uses the same .venv, so wait for its end"
        ) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()} since {time.strftime('%H:%M:%S')}\n")
    lock.flush()
    return lock
