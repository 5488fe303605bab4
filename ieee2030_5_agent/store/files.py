"""The store's file and those beside it: what they are called, and what they must be before SQLite
opens the file. All functions raise OSError."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from .belonging import owned
from .errors import DamagedStore, StoreError

# Beside the file itself: its log, and what readers of the log share.
LOG, SHARED = "-wal", "-shm"

# Beside it too: what is locked while somebody has it open, and the whole new file that is to take
# the place of a damaged one.
LOCK, SALVAGED = ".lock", ".salvaged"

# What SQLite would take for a change that was cut off.
_JOURNAL = "-journal"


def is_own(path: Path, store: Path) -> bool:
    """Whether a path leads to the store's file or to one beside it, which may still be to come."""
    path, store = path.resolve(), store.resolve()
    own = (store.name + name for name in ("", LOG, SHARED, LOCK, SALVAGED, _JOURNAL))
    return path.name in own and path.parent.samefile(store.parent)


def put_in_place(path: Path) -> None:
    """Replaces a damaged file, with its log, by what was salvaged of it, if there is such.

    Whoever is interrupted here leaves it to the next to open the file.
    """
    salvaged = path.with_name(path.name + SALVAGED)
    if salvaged.exists():
        for name in (LOG, SHARED):
            path.with_name(path.name + name).unlink(missing_ok=True)
        os.replace(salvaged, path)


def has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def refuse_without_head(path: Path) -> None:
    """SQLite takes an empty file for a new one and drops its log; it is never empty with a log."""
    if has_content(path.with_name(path.name + LOG)) and not has_content(path):
        raise DamagedStore(f"{path} is empty or gone, and its log is not")


def refuse_other_names(path: Path) -> None:
    """SQLite keeps one log for each name of a file, so that two of them destroy it; and the lock
    of one name does not keep the other out."""
    if path.exists() and path.stat().st_nlink > 1:
        raise StoreError(f"{path} has another name (a hard link): remove one of them, or copy it")


def made_private(path: Path) -> None:
    """Only the owner may read it, before anything is in it: SQLite gives its log the same mode."""
    os.close(owned(path))
    for name in ("", LOG, SHARED):
        with suppress(FileNotFoundError):
            os.chmod(path.with_name(path.name + name), 0o600)
