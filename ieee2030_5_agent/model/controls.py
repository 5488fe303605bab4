"""DERControl: the life of an event, as a table of steps and the times that bring them.

Source: IEEE 2030.5-2018 Event, EventStatus, RandomizableEvent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from ..sep import models

# A control that ended early stays listed at least so long, so that a client that polls at the
# default rate of 900 s still finds it and learns its end.
VISIBLE_AFTER_END_S = 1800


class Status(IntEnum):
    """EventStatus.currentStatus of IEEE 2030.5-2018."""

    SCHEDULED = 0
    ACTIVE = 1
    CANCELLED = 2
    CANCELLED_WITH_RANDOMIZATION = 3
    SUPERSEDED = 4


# Which step each status allows and where it leads; anything else is refused.
STEPS: dict[Status, dict[str, Status]] = {
    Status.SCHEDULED: {
        "activate": Status.ACTIVE,
        "cancel": Status.CANCELLED,
        "supersede": Status.SUPERSEDED,
    },
    Status.ACTIVE: {"cancel": Status.CANCELLED, "supersede": Status.SUPERSEDED},
    Status.CANCELLED: {},
    Status.CANCELLED_WITH_RANDOMIZATION: {},
    Status.SUPERSEDED: {},
}

ENDED_EARLY = frozenset({Status.CANCELLED, Status.CANCELLED_WITH_RANDOMIZATION, Status.SUPERSEDED})


@dataclass(slots=True, eq=False, kw_only=True)
class Event:
    """What all events have in common: times in whole seconds of the server's clock, a status."""

    number: int
    mrid: bytes
    creation_time: int
    start: int
    duration: int
    status: Status
    status_time: int
    version: int = 0

    @property
    def end(self) -> int:
        return self.start + self.duration

    @property
    def interval(self) -> models.DateTimeInterval:
        return models.DateTimeInterval(duration=self.duration, start=self.start)

    @property
    def event_status(self) -> models.EventStatus:
        return models.EventStatus(
            currentStatus=int(self.status),
            dateTime=self.status_time,
            potentiallySuperseded=False,
        )

    def step(self, name: str, now: int) -> None:
        """Takes one step of STEPS. Raises ValueError for a step that the status does not allow."""
        following = STEPS[self.status].get(name)
        if following is None:
            raise ValueError(f"an event that is {self.status.name.lower()} cannot {name}")
        self.status = following
        self.status_time = now
        self.version += 1

    def due(self) -> int:
        """When time next changes something about this event."""
        if self.status is Status.SCHEDULED:
            return self.start
        if self.status in ENDED_EARLY:
            return min(self.end, self.status_time + VISIBLE_AFTER_END_S)
        return self.end


@dataclass(slots=True, eq=False, kw_only=True)
class Control(Event):
    """One DERControl of a program."""

    description: str
    base: models.DERControlBase

    def model(
        self,
        href: str | None,
        reply_to: str | None = None,
        response_required: bytes | None = None,
    ) -> models.DERControl:
        """The resource as a client reads it; ``reply_to`` and ``response_required`` go together."""
        return models.DERControl(
            href=href,
            replyTo=reply_to,
            responseRequired=response_required,
            mRID=self.mrid,
            description=self.description,
            version=self.version,
            creationTime=self.creation_time,
            EventStatus=self.event_status,
            interval=self.interval,
            DERControlBase=self.base,
        )
