"""Whom files belong to that are made beside others: root, who may look after the store of an agent,
must not leave any that the agent cannot open."""

from __future__ import annotations

import os
from pathlib import Path


def make_folder(path: Path) -> None:
    """Makes a folder that only the owner of the one above may enter. Raises OSError."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        _give(path, path.parent)


def owned(path: Path) -> int:
    """A descriptor of a file, which is made if it is not there: for the owner of the folder only.

    Raises OSError.
    """
    made = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, mode=0o600)
    if made:
        _give(path, path.parent)
    return descriptor


def _give(path: Path, like: Path) -> None:
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
