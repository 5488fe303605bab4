"""A kill while a damaged file of the store is set aside and replaced, at any step of it."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import pytest

from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from ieee2030_5_agent.store import salvage
from ieee2030_5_agent.store.database import Database
from ieee2030_5_agent.store.journal import Batch
from ieee2030_5_agent.store.opening import Opened, open_store
from ieee2030_5_agent.store.salvage import COPIES_KEPT, set_aside

NAME = "store.sqlite"
SETTINGS = Settings.load({})
STORE = str(Path(salvage.__file__).parent)


class Kills:
    """The folder as a kill would leave it: before each line of the store's code that is run, and in
    the middle of each file that is copied."""

    def __init__(self, folder: Path, copies: Path) -> None:
        self._folder, self._copies = folder, copies
        self._last: object = None
        self.left: list[Path] = []

    @contextmanager
    def at_each_step(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        before = sys.gettrace()
        with monkeypatch.context() as patched:
            patched.setattr(shutil, "copyfile", self._copied_in_halves)
            sys.settrace(self._called)
            try:
                yield
            finally:
                sys.settrace(before)

    def _called(self, frame: FrameType, event: str, arg: object) -> Any:
        return self._stepped if frame.f_code.co_filename.startswith(STORE) else None

    def _stepped(self, frame: FrameType, event: str, arg: object) -> Any:
        self._keep()
        return self._stepped

    def _keep(self) -> None:
        files = [(each.name, each.stat()) for each in sorted(self._folder.iterdir())]
        seen = [(name, status.st_size, status.st_mtime_ns) for name, status in files]
        if seen != self._last:
            self._last = seen
            self.left.append(self._copies / str(len(self.left)))
            shutil.copytree(self._folder, self.left[-1], copy_function=_copy)

    def _copied_in_halves(self, source: Path, target: Path) -> None:
        content = source.read_bytes()
        with target.open("wb") as file:
            file.write(content[: len(content) // 2])
            file.flush()
            self._keep()
            file.write(content[len(content) // 2 :])


def _copy(source: str, target: str) -> None:
    Path(target).write_bytes(Path(source).read_bytes())


def _opened(path: Path, at: float) -> Opened:
    opened = open_store(path, lambda: Server(SETTINGS).new_fleet(SETTINGS), at)
    opened.database.close()
    return opened


def _rows(first: int) -> list[tuple[str, str, str]]:
    return [("access", f"{first}{n:039}", '{"granted":false}') for n in range(50)]


def _half_in_the_log(path: Path, damaged: Callable[[Database], object]) -> None:
    """A hundred records, half of them in the log only, and damage."""
    database = Database(path)
    database.write(Batch(put=_rows(0)))
    database.compact()
    database.write(Batch(put=_rows(1)))
    damaged(database)
    kept = {each: each.read_bytes() for each in path.parent.iterdir()}
    database.close()
    for each, content in kept.items():
        each.write_bytes(content)


def _wrong_record(path: Path) -> None:
    wrong = "UPDATE records SET sum = sum + 1 WHERE key = ?"
    key = _rows(1)[31][1]
    _half_in_the_log(path, lambda database: database._connection.execute(wrong, (key,)))


def _not_usable(path: Path) -> None:
    """A record as it was written, which is none of an access."""
    kind, key, _ = _rows(1)[31]
    wrong = Batch(removed=[(kind, key)], put=[("device", "000000000019", "{}")])
    _half_in_the_log(path, lambda database: database.write(wrong))


def _no_head(path: Path) -> None:
    """Its first page is none, so that it is read from a copy with another one."""
    database = Database(path)
    database.write(Batch(put=[*_rows(0), *_rows(1)[:49]]))
    database.close()
    path.write_bytes(b"no head" + path.read_bytes()[7:])


@pytest.mark.parametrize("damage", [_wrong_record, _not_usable, _no_head])
def test_a_kill_at_any_step_loses_nothing_and_the_damage_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    """All records but the damaged one go on, the copy that is told of has the damage, and no copy
    is but half of the file or without the log."""
    path = tmp_path / "data" / NAME
    damage(path)
    kills = Kills(path.parent, tmp_path)
    with kills.at_each_step(monkeypatch):
        _opened(path, 7)
    assert len(kills.left) > 10
    for left in kills.left:
        assert [_salvaged_of(copy) for copy in _copies(left)] in ([], [99])
        opened = _opened(left / NAME, 8)
        assert len(opened.fleet.withdrawn) == 99
        assert {_salvaged_of(copy) for copy in _copies(left)} == {99}
        told = re.findall(r"store\.damaged-\d+\.sqlite", opened.damage)
        assert set(told) <= {copy.name for copy in _copies(left)} != set()
        assert list(left.glob("*.part*")) == []


def test_a_kill_while_the_log_alone_is_set_aside_leaves_no_half_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data" / NAME
    _wrong_record(path)
    path.unlink()
    log = path.with_name(f"{NAME}-wal").read_bytes()
    kills = Kills(path.parent, tmp_path)
    with kills.at_each_step(monkeypatch):
        _opened(path, 7)
    for left in kills.left:
        assert _logs(left) in ([], [log])
        assert "is empty or gone, and its log is not" in _opened(left / NAME, 8).damage
        assert set(_logs(left)) == {log}
        assert list(left.glob("*.part*")) == []


def test_kills_again_and_again_do_not_fill_the_disk_with_copies(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(b"no database" * 1000)
    killed = [set_aside(path, at) for at in range(3 * COPIES_KEPT)]
    for at, each in enumerate(killed):
        each.__enter__()
        copies = _copies(tmp_path)
        assert len(copies) <= COPIES_KEPT
        assert path.with_name(f"store.damaged-{at}.sqlite") in copies


def _copies(folder: Path) -> list[Path]:
    return sorted(folder.glob("store.damaged-*.sqlite"))


def _logs(folder: Path) -> list[bytes]:
    return [each.read_bytes() for each in folder.glob("store.damaged-*.sqlite-wal")]


def _salvaged_of(copy: Path) -> int:
    """How many records go on of a copy, which is left as it is."""
    with TemporaryDirectory() as folder:
        for each in copy.parent.glob(f"{copy.name}*"):
            shutil.copyfile(each, Path(folder) / each.name)
        return len(_opened(Path(folder) / copy.name, 9).fleet.withdrawn)
