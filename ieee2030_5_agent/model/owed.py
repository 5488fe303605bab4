"""Which answers to an event a device owes by now: who has not answered in time.

Which are asked for follows from responseRequired, when from the life of the event. A device finds
an event, or its end, within two poll periods; what it draws at random is given its whole range.
Source: IEEE 2030.5-2018 RespondableResource.responseRequired, Response.status, event rules.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Set

from .controls import ENDED_EARLY, Control, Event, Status
from .response_set import Code

# Bits of responseRequired: that it was received, and what became of it.
RECEIPT, OUTCOME = 0x01, 0x02
POLLS = 2

_REFUSED = frozenset(
    {
        Code.NOT_SUPPORTED,
        Code.REJECTED_NOT_APPLICABLE,
        Code.REJECTED_INVALID,
        Code.REJECTED_LATE,
    }
)
_GIVEN_UP = _REFUSED | {
    Code.OPTED_OUT,
    Code.CANCELLED,
    Code.SUPERSEDED,
    Code.PARTIALLY_COMPLETED_OPTED_OUT,
    Code.PARTIALLY_COMPLETED_OPTED_IN,
    Code.COMPLETED_WITHOUT_PARTICIPATION,
    Code.ABORTED_BY_OTHER_SERVER,
    Code.ABORTED_BY_OTHER_PROGRAM,
}
# What makes up for an answer that was not given.
_INSTEAD: dict[Code, frozenset[Code]] = {
    Code.RECEIVED: _REFUSED,
    Code.STARTED: _GIVEN_UP,
    Code.COMPLETED: _GIVEN_UP,
    Code.CANCELLED: _GIVEN_UP | {Code.COMPLETED},
    Code.SUPERSEDED: _GIVEN_UP | {Code.COMPLETED},
}
_END_CODES = {
    Status.CANCELLED: Code.CANCELLED,
    Status.CANCELLED_WITH_RANDOMIZATION: Code.CANCELLED,
    Status.SUPERSEDED: Code.SUPERSEDED,
}


def owed(event: Event, required: int, given: Set[Code], poll_s: int, now: float) -> dict[Code, int]:
    """The answers that are overdue, with the time at which each was due.

    ``required``: the bits asked for. ``given``: what the device answered so far.
    """
    return {
        code: due
        for code, due in _expected(event, given, poll_s * POLLS)
        if due < now
        and required & (RECEIPT if code is Code.RECEIVED else OUTCOME)
        and not _settled(code, given)
    }


def _settled(code: Code, given: Set[Code]) -> bool:
    return code in given or not _INSTEAD[code].isdisjoint(given)


def _expected(event: Event, given: Container[Code], patience: int) -> Iterator[tuple[Code, int]]:
    """All answers of a device that obeys, and the latest time of each."""
    found = event.creation_time + patience
    started = max(found, _latest_start(event))
    if event.status not in ENDED_EARLY:
        yield Code.RECEIVED, found
        yield Code.STARTED, started
        yield Code.COMPLETED, max(found, _latest_end(event))
        return
    ended = event.status_time
    if ended > found:
        yield Code.RECEIVED, found
    elif Code.RECEIVED not in given:
        return  # it may never have seen the event before its end
    if ended > started:
        yield Code.STARTED, started
    yield _END_CODES[event.status], ended + patience


def _latest_start(event: Event) -> int:
    late = event.randomize_start if isinstance(event, Control) else 0
    return event.start + max(0, late)


def _latest_end(event: Event) -> int:
    return event.latest_end if isinstance(event, Control) else event.end
