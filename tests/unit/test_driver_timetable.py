"""Due times: one per interval and entry, whatever else happens to the table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ieee2030_5_driver.timetable import Entry, Timetable

START = 1_800_000_000.0
A, B = Entry("a", 5), Entry("b", 5)


def table(*entries: Entry[str], spacing: float = 0.02, offset: float = 0.0) -> Timetable[str]:
    made: Timetable[str] = Timetable(spacing, offset)
    for entry in entries:
        made.add(entry, START)
    return made


def due_times(timetable: Timetable[str], start: float, end: float) -> dict[Entry[str], list[float]]:
    taken: dict[Entry[str], list[float]] = {}
    while (due := timetable.next_due()) is not None and due <= end:
        for entry in timetable.take_due(max(due, start)):
            taken.setdefault(entry, []).append(due)
    return taken


def test_due_times_are_multiples_of_the_interval_apart_by_the_spacing() -> None:
    times = due_times(table(A, B), START, START + 15)
    assert times[A] == [START + 5, START + 10, START + 15]
    assert times[B] == pytest.approx([START + 0.02, START + 5.02, START + 10.02])


def test_the_groups_offset() -> None:
    assert due_times(table(A, offset=1.5), START, START + 9)[A] == [START + 1.5, START + 6.5]


def test_the_slot_of_one_that_left_is_used_again() -> None:
    timetable = table(A, B, Entry("c", 5))
    timetable.discard(B)
    timetable.add(Entry("d", 5), START)
    assert timetable.offset(Entry("d", 5)) == 0.02
    assert timetable.offset(Entry("c", 5)) == 0.04


def test_entries_of_one_remote_are_due_together() -> None:
    timetable = table(B, A, Entry("a", 10))
    assert timetable.offset(A) == timetable.offset(Entry("a", 10)) == 0.02


def test_more_remotes_than_fit_into_the_interval() -> None:
    timetable = table(*(Entry(str(number), 1) for number in range(60)))
    times = due_times(timetable, START, START + 3)
    assert {len(each) for each in times.values()} == {3}


def test_adding_again_and_discarding_what_is_not_there() -> None:
    timetable = table(A)
    before = timetable.next_due()
    timetable.add(A, START + 3)
    timetable.discard(B)
    assert timetable.next_due() == before
    assert list(timetable.entries) == [A]


def test_scheduling_again_does_not_lose_what_is_overdue() -> None:
    timetable = table(A)
    timetable.add(A, START + 5.001)
    assert timetable.take_due(START + 5.002) == [A]


def test_rounding_does_not_make_an_entry_due_twice() -> None:
    # Here a multiple of the interval plus the offset is not more than the time it comes from.
    now = 1708036608.732
    timetable: Timetable[str] = Timetable(0.0, 0.032)
    timetable.add(Entry("a", 0.1), now - 0.1)
    timetable.take_due(now)
    due = timetable.next_due()
    assert due is not None
    assert due > now


def test_after_a_pause_each_is_due_once() -> None:
    timetable = table(A, B)
    assert sorted(timetable.take_due(START + 1000)) == [A, B]
    assert timetable.take_due(START + 1000) == []
    assert timetable.next_due() == pytest.approx(START + 1000.02)


def test_the_clock_is_set_back() -> None:
    timetable = table(A)
    timetable.take_due(START + 7)
    assert timetable.take_due(START - 3600) == []
    assert timetable.next_due() == START - 3595
    assert due_times(timetable, START - 3600, START - 3590)[A] == [START - 3595, START - 3590]


@pytest.mark.parametrize("interval", [0, -5, 1e-9, 1e12, float("nan"), float("inf")])
def test_an_interval_that_nothing_can_be_polled_at(interval: float) -> None:
    timetable = table(A)
    with pytest.raises(
        ValueError, match=r"^interval: .* is not between 0\.01 and 31622400 seconds"
    ):
        timetable.add(Entry("bad", interval), START)
    assert timetable.take_due(START + 5) == [A]
    assert list(timetable.entries) == [A]


def test_an_empty_table() -> None:
    timetable = table()
    assert timetable.take_due(START) == []
    assert timetable.next_due() is None
    assert timetable.last_due() is None


@given(
    spacing=st.sampled_from([0.0, 0.02, 0.3, 1.0, 7.0]),
    offset=st.sampled_from([0.0, 0.1, 12.0]),
    steps=st.lists(
        st.tuples(
            st.floats(min_value=0.0, max_value=8.0),
            st.sampled_from(["add", "discard"]),
            st.sampled_from("abcd"),
            st.sampled_from([1, 2, 3, 5, 7.5]),
        ),
        max_size=40,
    ),
)
def test_every_entry_is_due_once_per_interval(
    spacing: float, offset: float, steps: list[tuple[float, str, str, float]]
) -> None:
    timetable = table(spacing=spacing, offset=offset)
    now = START
    last: dict[Entry[str], float] = {}
    due_before: set[Entry[str]] = set()
    for pause, action, remote, interval in [*steps, (20.0, "add", "a", 5)]:
        end = now + pause
        while (due := timetable.next_due()) is not None and due <= end:
            now = due
            for entry in timetable.take_due(now):
                since = now - last[entry]
                if entry in due_before:
                    assert since == pytest.approx(entry.interval, abs=1e-5)
                else:
                    assert 0 < since <= entry.interval + 1e-5
                last[entry] = now
                due_before.add(entry)
        now = end
        for entry in timetable.entries:
            assert now - last[entry] <= entry.interval + 1e-5
        entry = Entry(remote, interval)
        if action == "add" and entry not in last:
            timetable.add(entry, now)
            last[entry] = now
        elif action == "discard":
            timetable.discard(entry)
            last.pop(entry, None)
            due_before.discard(entry)
