"""Where the proxies' programs are: installed, or unpacked from the distribution's packages."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tools.own_home import CACHE

FOLDER = CACHE / "proxies"
UNPACKED = FOLDER / "root"
# Programs of the machine that a user's PATH often lacks.
SYSTEM_PATH = ("/usr/local/sbin", "/usr/sbin", "/sbin")
APT_TIMEOUT_S = 120
# apt as it is configured on this machine, with folders of our own for everything that it writes.
APT_CONF = """\
Dir::State "{folder}/state";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "{folder}/cache";
Debug::NoLocking "true";
APT::Sandbox::User "";
"""


class ProxyUnavailable(Exception):
    """A proxy can be had neither from PATH nor from packages; the text says why."""


@cache
def program(name: str, package: str) -> Path:
    """The path of a program; its package and what that needs are fetched if it is missing.

    Raises ProxyUnavailable.
    """
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *SYSTEM_PATH))
    installed = shutil.which(name, path=path)
    if installed:
        return Path(installed)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _unpacked(name) is None:
            _fetch(package)
    found = _unpacked(name)
    if found is None:
        raise ProxyUnavailable(f"the package {package} has no program {name}")
    return found


def libraries() -> str:
    """LD_LIBRARY_PATH for programs that were unpacked."""
    return os.pathsep.join(str(path) for path in sorted(UNPACKED.glob("usr/lib/*-linux-*")))


def _unpacked(name: str) -> Path | None:
    path = UNPACKED / "usr" / "sbin" / name
    return path if path.exists() else None


def _fetch(package: str) -> None:
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise ProxyUnavailable(f"neither is {package} installed, nor is there {tool}")
    for folder in ("state/lists/partial", "cache/archives/partial", "debs"):
        (FOLDER / folder).mkdir(parents=True, exist_ok=True)
    (FOLDER / "apt.conf").write_text(APT_CONF.format(folder=FOLDER))
    try:
        _download(package)
    except ProxyUnavailable:  # no lists of packages yet, or they have become too old
        _apt("update")
        _download(package)
    for deb in (FOLDER / "debs").glob("*.deb"):
        _run(["dpkg-deb", "--extract", str(deb), str(UNPACKED)])
        deb.unlink()


def _download(package: str) -> None:
    """The package and those it needs that this machine does not have."""
    plan = _apt("install", "--simulate", "--no-install-recommends", package)
    wanted = re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+)", plan, re.MULTILINE)
    if not wanted:
        raise ProxyUnavailable(f"{package} is installed, but its program is not in PATH")
    _apt("download", *(f"{name}={version}" for name, version in wanted))


def _apt(*arguments: str) -> str:
    return _run(["apt-get", *arguments])


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=FOLDER / "debs",
            env={**os.environ, "APT_CONFIG": str(FOLDER / "apt.conf"), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=APT_TIMEOUT_S,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise ProxyUnavailable(f"{command[:2]} was not through in {APT_TIMEOUT_S} s") from None
    except subprocess.CalledProcessError as failure:
        said = failure.stderr.strip().splitlines() or ["nothing"]
        raise ProxyUnavailable(f"{command[:2]} said {said[-1]}") from None
    return done.stdout
