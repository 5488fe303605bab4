"""What may be in the file after a life of the server, and whether that is what is there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from ieee2030_5_agent.store.database import is_whole
from tests.kill.asking import ANY, KEPT, REFUSED, Key
from tests.kill.followed import FOLLOWED, Documents

# What devices repeat is on disk so long after it was acknowledged, if the disk is well meanwhile.
BEHIND_S = 1.0
BEHIND = {"latest", "contact", "times", "reading", "reading_set"}
# Times and counters only go on: what is there may also be of later than what was told last.
ONWARDS = {"contact", "counter"}
# A value and when it was received: between when it was sent and when that was acknowledged.
RECEIVED = {"times"}
# What a device has from its first contact or by itself, before a client tells anything of it.
UNTOLD = {"contact", "counter"}

# When the disk failed: from, to (None: to the end).
Fault = tuple[float, float | None]
Expected = dict[Key, list[Any]]


class Deed(NamedTuple):
    key: Key
    value: Any
    outcome: str
    at: float


def observed(path: Path) -> dict[Key, Any]:
    """What the file holds, in the words of the clients."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = connection.execute("SELECT kind, key, document, sum FROM records").fetchall()
    assert all(is_whole(row) for row in rows)
    documents: Documents = {kind: {} for kind in FOLLOWED}
    for kind, key, document, _ in rows:
        documents[kind][key] = json.loads(document)
    return {key: value for each in FOLLOWED.values() for key, value in each.found(documents)}


def possible(
    expected: Expected, story: Iterable[Deed], killed: float, faults: Sequence[Fault]
) -> None:
    """What may be there after a client's deeds: what was acknowledged last, or what came after it
    and got no answer, or was not on disk yet and needed not be."""
    for deed in story:
        if deed.outcome == REFUSED:
            continue
        before = expected.setdefault(deed.key, [None])
        family = deed.key[0]
        value = [*deed.value, deed.at] if family in RECEIVED else deed.value
        on_disk = deed.at if family not in BEHIND else written(deed.at, faults)
        if deed.outcome == KEPT and on_disk <= killed:
            expected[deed.key] = [_known(family, before, value)]
        elif family not in ONWARDS:
            before.append(value)


def written(at: float, faults: Sequence[Fault]) -> float:
    """When at the latest is on disk what was acknowledged then and nobody waited for."""
    for begins, ends in faults:
        if begins < at + BEHIND_S and (ends is None or ends > at):
            at = float("inf") if ends is None else ends + BEHIND_S
    return at + BEHIND_S


def _known(family: str, before: Sequence[Any], value: Any) -> Any:
    """What is there now. Numbers that several clients were given do not come in order; and what
    only the server knows is what it was before, if it was there."""
    if family in ONWARDS:
        return max([value, *(each for each in before if each is not None)])
    return before[0] if value == ANY and len(before) == 1 and before[0] is not None else value


def settle(expected: Expected, found: dict[Key, Any]) -> list[str]:
    """Differences between what may be there and what is; then all is certain again."""
    wrong = []
    for key, values in expected.items():
        now = found.get(key)
        if not any(_fits(key[0], now, value) for value in values):
            wrong.append(f"{key}: {now!r} instead of {values!r}")
        expected[key] = [now]
    for key in found.keys() - expected.keys():
        expected[key] = [found[key]]
        if key[0] not in UNTOLD:
            wrong.append(f"{key}: {found[key]!r} was never acknowledged")
    return wrong


def _fits(family: str, found: Any, value: Any) -> bool:
    if value == ANY:
        return found is not None
    if family in ONWARDS:
        return value is None or (found is not None and found >= value)
    if family in RECEIVED and found is not None and value is not None:
        (number, at, _), (sent, earliest, latest) = found, value
        return bool(number == sent and earliest <= at <= latest)
    return bool(found == value)
