"""The environment that VOLTTRON and its commands run in, and the seed of a quick first boot."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tools.own_home import CACHE, PROJECT, USERS_ENVIRONMENT

__all__ = ["BIN", "CACHE", "PROJECT", "environment", "plant_seed", "remove_distribution"]

BIN = Path(sys.prefix) / "bin"
DISTRIBUTION = "volttron-ieee2030-5"
SEED_FILES = ("pyproject.toml", "poetry.lock")

# Runs a command in the environment of a platform and returns what it printed.
Run = Callable[[list[str]], str]

# Asked of pip itself, so that every way to configure it counts: environment, user, machine.
PIP_OPTIONS = """\
from pip._internal.commands import create_command
options = create_command("download").parser.get_default_values()
print(options.index_url, options.cert or "", options.proxy or "", sep="\\n")
"""
# What VOLTTRON itself does in a home without a poetry project. That pins all distributions of the
# venv, which takes 20 s and fails if one of them is not in the package index, as ours.
FIRST_BOOT = """\
import pathlib, sys
from volttron.server.run_server import setup_poetry_project
setup_poetry_project(pathlib.Path(sys.argv[1]))
"""


@cache
def _poetry_settings() -> dict[str, str]:
    """VOLTTRON installs agents with poetry: it gets pip's index, certificate and proxy.

    The mirror plugin makes poetry content with the simple index that pip uses; without it
    poetry asks for more than many indexes have.
    """
    answer = subprocess.run(
        [sys.executable, "-c", PIP_OPTIONS],
        env=USERS_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    index, certificate, proxy = answer.stdout.splitlines()
    settings = {
        "POETRY_PYPI_MIRROR_URL": index,
        "POETRY_KEYRING_ENABLED": "false",  # a locked keyring would wait for somebody to type
        "POETRY_VIRTUALENVS_CREATE": "false",
        "POETRY_CACHE_DIR": str(CACHE / "poetry"),  # for all homes
    }
    if certificate:
        settings["REQUESTS_CA_BUNDLE"] = certificate
    if proxy:
        settings["HTTPS_PROXY"] = settings["HTTP_PROXY"] = proxy
    return settings


def environment(home: Path) -> dict[str, str]:
    """The environment for volttron, vctl and hand-run agents of the platform at ``home``."""
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("VOLTTRON", "AGENT_", "POETRY_", "PYTHON"))
    }
    return {
        **inherited,
        **_poetry_settings(),
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": sys.prefix,
        "VOLTTRON_HOME": str(home),
        "PYTHONUNBUFFERED": "1",
    }


def remove_distribution(run: Run) -> None:
    """Takes our own distribution out of the venv, where an earlier platform has put it."""
    run([str(BIN / "pip"), "uninstall", "--quiet", "--yes", DISTRIBUTION])


def plant_seed(home: Path, run: Run, say: Callable[[str], None]) -> None:
    """Copies the poetry project of a first boot to ``home``; makes it when versions are new."""
    listed = run([str(BIN / "pip"), "list", "--format", "freeze", "--exclude", DISTRIBUTION])
    seed = CACHE / "seed" / hashlib.sha256((sys.version + listed).encode()).hexdigest()[:16]
    seed.parent.mkdir(parents=True, exist_ok=True)
    with (CACHE / "seed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a platform beside this one waits for the same seed
        if not seed.exists():
            say("VOLTTRON's first boot lists all packages of .venv (once, about 30 s)")
            # Left by a run that was killed: nobody installs before there is a seed.
            remove_distribution(run)
            fresh = seed.with_name(f"{seed.name}.part")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            run([str(BIN / "python"), "-c", FIRST_BOOT, str(fresh)])
            fresh.rename(seed)
    for name in SEED_FILES:
        shutil.copy(seed / name, home / name)
