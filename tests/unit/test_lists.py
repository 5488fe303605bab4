"""The query keys s, a and l."""

from __future__ import annotations

import pytest

from ieee2030_5_agent.rest.errors import BadRequest
from ieee2030_5_agent.rest.lists import ListQuery

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
