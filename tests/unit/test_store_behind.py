"""What is written behind: the names of one device stay together."""

from __future__ import annotations

from ieee2030_5_agent.store.behind import Behind

READING, TIMES, OTHER = ("reading", 1), ("times", "A"), ("times", "B")


def test_all_of_a_device_is_due_with_one_record_of_it() -> None:
    behind = Behind()
    behind.add([READING, TIMES], "A")
    behind.add([OTHER], "B")
    assert behind.due(0, [TIMES]) == [READING, TIMES]
    assert behind.due(1, []) == [READING, TIMES]
    assert behind.due(3, []) == [READING, TIMES, OTHER]


def test_what_is_taken_or_forgotten_is_not_due_any_more() -> None:
    behind = Behind()
    behind.add([READING, TIMES], "A")
    behind.add([OTHER], "B")
    assert list(behind.take([TIMES, READING])) == [TIMES, READING]
    assert behind.discard(OTHER)
    assert not behind.discard(OTHER)
    assert behind.due(9, []) == []


def test_what_is_put_back_goes_first_and_stays_with_its_device() -> None:
    """Also a record that was noted anew under another name of the device."""
    taken, noted = Behind(), Behind()
    taken.add([READING], "A")
    noted.add([OTHER], "B")
    noted.add([READING], "1")
    both = taken | noted
    assert list(both) == both.due(9, []) == [READING, OTHER]
    assert both.discard(READING)
    assert both.due(9, []) == [OTHER]
