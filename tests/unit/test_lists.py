"""The query keys s, a and l."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ieee2030_5_agent.rest.errors import BadRequest
from ieee2030_5_agent.rest.lists import ListQuery, TimeKey

MEMBERS = ["m0", "m1", "m2", "m3", "m4"]


@pytest.mark.parametrize(
    ("query", "members"),
    [
        ("", MEMBERS),
        ("l=3", MEMBERS[:3]),
        ("s=3&l=10", MEMBERS[3:]),
        ("s=5&l=10", []),
        ("s=99999999", []),
        ("l=0", []),
        ("s=1", MEMBERS[1:]),
        ("s=1&s=4&l=1", ["m1"]),
        ("colour=red&l=1", ["m0"]),
        ("l=100000", MEMBERS),
        ("a=-5&l=1", ["m0"]),
    ],
)
def test_pages(query: str, members: list[str]) -> None:
    assert ListQuery.parse(query, 255, 255).page(MEMBERS) == members


def test_without_l_the_default_limit_counts() -> None:
    assert ListQuery.parse("", 1, 255).page(MEMBERS) == ["m0"]


def test_no_page_is_longer_than_the_highest_limit() -> None:
    assert ListQuery.parse("l=4", 1, 2).page(MEMBERS) == ["m0", "m1"]


@pytest.mark.parametrize("query", ["s=x", "l=", "s=-1", "l=-1", "l=1.5", "a=now", "s=" + "9" * 30])
def test_refuses(query: str) -> None:
    with pytest.raises(BadRequest, match="query key"):
        ListQuery.parse(query, 255, 255)


class Counting(Sequence[int]):
    """Members that count how many of them are handed out."""

    def __init__(self, members: list[int]) -> None:
        self._members = members
        self.handed = 0

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, index: Any) -> Any:
        found = self._members[index]
        self.handed += len(found) if isinstance(index, slice) else 1
        return found


@pytest.mark.parametrize("descending", [False, True])
def test_a_page_after_a_time_costs_what_it_holds(descending: bool) -> None:
    members = Counting(sorted(range(10_000), reverse=descending))
    key: TimeKey[int] = TimeKey(lambda member: member, descending)
    later = key.after(members, 0)
    assert len(later) == 9_999
    first = 9_999 if descending else 1
    assert ListQuery.parse("l=2", 255, 255).page(later)[0] == first
    # Beside the page those that are compared to find the place: one for each halving.
    assert members.handed <= 2 + 14


def test_what_is_after_a_time_is_a_list_like_any_other() -> None:
    key: TimeKey[int] = TimeKey(lambda member: member)
    later = key.after([1, 2, 3, 4], 2)
    assert (len(later), later[0], later[-1], list(later)) == (2, 3, 4, [3, 4])
    assert [list(later[1:]), list(later[:1]), list(later[5:9])] == [[4], [3], []]
    with pytest.raises(IndexError):
        later[2]
