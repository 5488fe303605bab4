"""A fleet is restored kind by kind: the rows of all kinds are never held at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from ieee2030_5_agent.store.database import Database
from ieee2030_5_agent.store.journal import Batch
from ieee2030_5_agent.store.kinds import KINDS
from ieee2030_5_agent.store.restoring import restore
from tests.stored import Following

LFDIS = [f"{number:09}{'A' * 31}" for number in range(1, 4)]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "store.sqlite")) as database:
        yield database


def test_rows_are_read_in_the_order_of_the_kinds_and_unknown_ones_last(database: Database) -> None:
    kinds = [*KINDS, "of tomorrow"]
    database.write(Batch(put=[(kind, key, "{}") for key in "21" for kind in reversed(kinds)]))
    assert [kind for kind, _, _ in database.by_kind()] == [kind for kind in kinds for _ in "12"]
    assert sorted(database.by_kind()) == sorted(database.read())


def test_a_kind_is_in_the_fleet_before_the_next_but_one_is_read() -> None:
    server = Server(Settings.load({"devices": [{"lfdi": lfdi} for lfdi in LFDIS]}))
    following = Following(server)
    following.write_all()
    fleet = server.new_fleet(server.settings)
    there: list[int] = []

    def rows() -> Iterator[tuple[str, str, str]]:
        for (kind, key), text in following.rows.items():  # all are noted in the order of the kinds
            if kind in ("program", "device"):
                yield kind, key, text
        for kind in ("of tomorrow", "of the day after"):
            yield kind, "1", "{}"
            there.append(len(fleet.registry.listed))

    unusable = restore(fleet, rows())
    assert [each.kind for each in unusable] == ["of tomorrow", "of the day after"]
    assert there[0] == len(LFDIS)
