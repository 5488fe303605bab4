"""Killed at any moment, with a disk that fails at any moment: nothing acknowledged is lost, nothing
is invented, no file is damaged.

``SOAK_ROUNDS`` says how often (``make soak``).
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

from ieee2030_5_agent.store.database import is_whole
from tests.kill.load import KEPT, REFUSED

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "3"))
# What devices repeat is on disk at the latest so long after it was acknowledged.
BEHIND_S = 1.0
START_LIMIT_S = 60.0

Expected = dict[tuple[Any, ...], list[Any]]


class Deed(NamedTuple):
    key: tuple[Any, ...]
    value: Any
    outcome: str
    at: float


class Served:
    """The server in a process of its own."""

    def __init__(self, path: Path, seed: str | None) -> None:
        command = [sys.executable, "-m", "tests.kill.served", str(path)]
        self.errors = (path.parent.parent / "errors.txt").open("a")
        self.process = subprocess.Popen(
            command + ([seed] if seed else []),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.strip().isdigit(), (path.parent.parent / "errors.txt").read_text()[-2000:]
        self.port = int(line)

    def get(self, path: str) -> int:
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=30).status_code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.errors.close()


@contextmanager
def serving(path: Path, seed: str | None = None) -> Iterator[Served]:
    served = Served(path, seed)
    try:
        yield served
    finally:
        served.kill()


def load_until_killed(path: Path, seed: str, faults: bool) -> tuple[list[list[Deed]], float]:
    """Lets eight clients loose and kills the server under them; what they wrote down, and when."""
    chance = random.Random(seed)
    with serving(path, seed if faults else None) as served:
        command = [sys.executable, "-m", "tests.kill.load", str(served.port), seed]
        load = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        time.sleep(1.0 + chance.uniform(0.5, 2.5))
        killed = time.time()
        os.kill(served.process.pid, signal.SIGKILL)
        said, _ = load.communicate(timeout=60)
    assert load.returncode == 0
    stories = json.loads(said)
    return [[Deed(tuple(key), *rest) for key, *rest in story] for story in stories], killed


def observed(path: Path) -> dict[tuple[Any, ...], Any]:
    """What the file holds, in the words of the clients."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = connection.execute("SELECT kind, key, document, sum FROM records").fetchall()
    assert all(is_whole(row) for row in rows)
    documents = {(kind, key): json.loads(document) for kind, key, document, _ in rows}
    found: dict[tuple[Any, ...], Any] = {}
    for (kind, key), document in documents.items():
        if kind in SEEN:
            found |= SEEN[kind](key.split("/"), document, documents)
    return found


Seen = dict[tuple[Any, ...], Any]
STATUSES = {0: "scheduled", 2: "cancelled"}


def _device(parts: list[str], document: Any, documents: Any) -> Seen:
    seen: Seen = {("device", parts[0]): document["number"]}
    if document["registry"] is not None:
        (row,) = documents["registry", document["registry"]]["rows"]
        seen["registry", parts[0]] = row["Volttron Point Name"]
    return seen


def _resource(parts: list[str], document: Any, _: Any) -> Seen:
    if parts[1] == "DERStatus":
        value = document["fields"]["stateOfChargeStatus"]["value"]
        return {("latest", parts[0], parts[1]): value}
    if parts[1] == "DERCapability":
        return {("resource", parts[0], parts[1]): document["fields"]["rtgMaxW"]["value"]}
    return {}


def _program(_: list[str], document: Any, __: Any) -> Seen:
    if document["origin"] != "rpc":
        return {}
    mrid = document["mRID"].upper()
    base = document["default"].get("DERControlBase", {})
    default = {("default", mrid): base["opModMaxLimW"]} if "opModMaxLimW" in base else {}
    return {("program", mrid): "0" if document["closed"] is None else "closed", **default}


# What the file holds of each kind, in the words of the clients.
SEEN: dict[str, Callable[[list[str], Any, Any], Seen]] = {
    "device": _device,
    "resource": _resource,
    "log_event": lambda key, doc, _: {("log_event", *key): doc["event"]["logEventID"]},
    "mirror": lambda _, doc, __: {("mirror", doc["usage_point"]["mRID"].upper()): "there"},
    "event": lambda key, doc, _: {("control", key[1]): STATUSES[doc["event"]["status"]]},
    "response": lambda _, doc, __: {
        ("response", doc["subject"], doc["sfdi"], doc["code"]): "there"
    },
    "reservation": lambda _, doc, __: {("reservation", doc["mRID"].upper()): "there"},
    "program": _program,
    "subscription": lambda _, doc, __: {
        ("subscription", doc["sfdi"], doc["notification_uri"]): "there"
    },
    "access": lambda key, _, __: {("access", key[0]): False},
}


def possible(expected: Expected, story: list[Deed], killed: float) -> None:
    """What may be there after a client's deeds: what was acknowledged last, or what came after it
    and got no answer. Readings that came just before the end may be there or not."""
    for deed in story:
        if deed.outcome == REFUSED:
            continue
        before = expected.setdefault(deed.key, [None])
        late = deed.key[0] == "latest" and deed.at > killed - BEHIND_S
        if deed.outcome == KEPT and not late:
            expected[deed.key] = [deed.value]
        else:
            before.append(deed.value)


def settle(expected: Expected, found: dict[tuple[Any, ...], Any]) -> list[str]:
    """Differences between what may be there and what is; then all is certain again."""
    wrong = []
    doubtful = {key[:2]: key[3] for key in expected if key[0] == "log_event" and key[2] == "?"}
    for key in list(expected):
        if key[0] == "log_event" and key[2] == "?":
            del expected[key]
            continue
        if expected[key] == ["any"]:
            expected[key] = [found.get(key)]
        if found.get(key) not in expected[key]:
            wrong.append(f"{key}: {found.get(key)!r} instead of {expected[key]!r}")
        expected[key] = [found.get(key)]
    for key in found.keys() - expected.keys():
        if key[0] == "log_event" and doubtful.get(key[:2]) == found[key]:
            expected[key] = [found[key]]
        else:
            wrong.append(f"{key}: {found[key]!r} was never acknowledged")
    return wrong


@pytest.mark.parametrize("faults", [False, True], ids=["killed", "killed on a failing disk"])
def test_nothing_acknowledged_is_lost(tmp_path: Path, faults: bool) -> None:
    path = tmp_path / "data" / "store.sqlite"
    expected: Expected = {}
    outcomes: dict[str, int] = {}
    kinds: set[str] = set()
    for number in range(ROUNDS):
        seed = f"{number}/{faults}"
        stories, killed = load_until_killed(path, seed, faults)
        for story in stories:
            possible(expected, story, killed)
            for deed in story:
                outcomes[deed.outcome] = outcomes.get(deed.outcome, 0) + 1
                if deed.outcome == KEPT:
                    kinds.add(str(deed.key[0]))
        with serving(path) as again:  # reads it all, and writes what is due
            assert again.get("/dcap/edev?l=255") == 200
            wrong = settle(expected, observed(path))
        assert not wrong, f"round {number}: {wrong[:10]}"
        assert not list(path.parent.glob("*damaged*")), f"round {number}"
    assert kinds >= {
        *("device", "resource", "latest", "log_event", "mirror", "control", "response"),
        *("reservation", "program", "default", "access", "registry", "subscription"),
    }
    assert bool(outcomes.get(REFUSED)) == faults
    print(f"{ROUNDS} rounds: {outcomes}, {len(expected)} things followed")
