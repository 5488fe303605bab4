"""Paging against a naive model: any sequence of queries agrees with plain lists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ieee2030_5_agent.model.listing import Listing
from ieee2030_5_agent.rest.lists import ListQuery, TimeKey

KEYS = st.lists(st.integers(-50, 50), max_size=30)
NUMBERS = st.integers(0, 40)


@given(KEYS, st.booleans(), st.one_of(st.none(), st.integers(-60, 60)), NUMBERS, NUMBERS)
def test_a_page_is_what_a_naive_filter_gives(
    keys: list[int], descending: bool, after: int | None, start: int, limit: int
) -> None:
    members = sorted(keys, reverse=descending)
    key: TimeKey[int] = TimeKey(lambda member: member, descending)
    query = ListQuery.parse(
        f"s={start}&l={limit}" + ("" if after is None else f"&a={after}"), 255, 255
    )
    naive = [member for member in members if after is None or member > after]
    filtered = members if after is None else key.after(members, after)
    assert list(filtered) == naive
    assert list(query.page(filtered)) == naive[start : start + limit]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.sampled_from("ab")), max_size=60))
def test_a_listing_keeps_the_order_for_all_and_for_each_owner(
    steps: list[tuple[bool, int, str]],
) -> None:
    listing: Listing[tuple[int, str]] = Listing(lambda member: -member[0])
    naive: set[tuple[int, str]] = set()
    for adds, number, owner in steps:
        member = (number, owner)
        if adds and member not in naive:
            naive.add(member)
            listing.add(member, (owner,))
        elif not adds and member in naive:
            naive.discard(member)
            listing.remove(member, (owner,))
    assert [number for number, _ in listing.all] == sorted((n for n, _ in naive), reverse=True)
    for owner in "ab":
        owned = sorted((n for n, o in naive if o == owner), reverse=True)
        assert [number for number, _ in listing.of(owner)] == owned
