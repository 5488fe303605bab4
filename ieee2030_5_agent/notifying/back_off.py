"""When to try again after a subscriber could not be reached: more and more seldom.

A change must arrive soon after an outage of minutes (test suites demand a try per minute), while
one that lasts for hours must not cost much.
"""

from __future__ import annotations

FIRST_S = 5.0
# At least once a minute while the outage is young.
MOST_S = 60.0
YOUNG_S = 1800.0
LATER_S = 300.0


def pause(failures: int, failing_for: float) -> float:
    """Seconds until the next try after so many failures in a row (1: the first) and so long."""
    if failing_for >= YOUNG_S:
        return LATER_S
    return min(FIRST_S * (1 << min(failures - 1, 10)), MOST_S)
