"""DERControl: the life of an event, as a table of steps and the times that bring them.

Source: IEEE 2030.5-2018 Event, EventStatus, RandomizableEvent and the rules for events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from enum import IntEnum

from ..sep import models
from .changes import PointValue

# An answer to a reservation that ended early stays listed at most so long: a client that polls at
# the default rate of 900 s still finds it and learns its end.
VISIBLE_AFTER_END_S = 1800
# A control that ran to its end stays listed so long: a client knows the server's time to a second
# at best, and takes a control that is gone before its own end of it for cancelled.
COMPLETED_VISIBLE_S = 10
# A cancelled control stays listed at least so long, also beyond its own end.
CANCELLED_VISIBLE_S = 60
VERSIONS = 2**16  # VersionType is a UInt16

# The fields of DERControlBase; all but one command something, that one says how fast.
BASE_FIELDS = tuple(one.name for one in fields_of(models.DERControlBase))
RAMP_TIME = "rampTms"
MODES = tuple(name for name in BASE_FIELDS if name != RAMP_TIME)


class Status(IntEnum):
    """EventStatus.currentStatus; completed is of 2023, before it such an event just leaves."""

    SCHEDULED = 0
    ACTIVE = 1
    CANCELLED = 2
    CANCELLED_WITH_RANDOMIZATION = 3
    SUPERSEDED = 4
    COMPLETED = 5

    @property
    def words(self) -> str:
        return self.name.lower().replace("_", " ")


# Which step each status allows and where it leads; anything else is refused.
STEPS: dict[Status, dict[str, Status]] = {
    Status.SCHEDULED: {
        "activate": Status.ACTIVE,
        "cancel": Status.CANCELLED,
        "cancel randomized": Status.CANCELLED_WITH_RANDOMIZATION,
        "supersede": Status.SUPERSEDED,
    },
    Status.ACTIVE: {
        "complete": Status.COMPLETED,
        "cancel": Status.CANCELLED,
        "cancel randomized": Status.CANCELLED_WITH_RANDOMIZATION,
        "supersede": Status.SUPERSEDED,
    },
    Status.CANCELLED: {},
    Status.CANCELLED_WITH_RANDOMIZATION: {},
    Status.SUPERSEDED: {},
    Status.COMPLETED: {},
}

LIVE = frozenset({Status.SCHEDULED, Status.ACTIVE})
CANCELLED = frozenset({Status.CANCELLED, Status.CANCELLED_WITH_RANDOMIZATION})
ENDED_EARLY = CANCELLED | {Status.SUPERSEDED}

# Where too many have ended early, one leaves its list before its end: a superseded one soon, as
# what superseded it is listed; a cancelled one when also a client that polls at the default rate
# has seen it, because clients go on with what is gone without a word.
CROWDED_S = {
    Status.SUPERSEDED: 30,
    Status.CANCELLED: 900,
    Status.CANCELLED_WITH_RANDOMIZATION: 900,
}


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
        """The end of the scheduled period, which does not belong to it any more."""
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

    def overlaps(self, other: Event) -> bool:
        """Whether the scheduled periods have a moment in common."""
        return self.start < other.end and other.start < self.end

    def step(self, name: str, now: int) -> None:
        """Takes one step of STEPS. Raises ValueError for a step that the status does not allow."""
        following = STEPS[self.status].get(name)
        if following is None:
            raise ValueError(f"an event that is {self.status.words} cannot {name}")
        self.status = following
        self.status_time = now
        self.changed()

    def changed(self) -> None:
        """Clients will read something else than before."""
        self.version = (self.version + 1) % VERSIONS

    def due(self) -> int:
        """When time next changes something about this event."""
        if self.status is Status.SCHEDULED:
            return self.start
        if self.status in ENDED_EARLY:
            return min(self.end, self.status_time + VISIBLE_AFTER_END_S)
        return self.end


@dataclass(slots=True, eq=False, kw_only=True)
class Control(Event):
    """One DERControl of a program. ``modes``: the fields of DERControlBase that it commands."""

    description: str
    base: models.DERControlBase
    randomize_start: int = 0
    randomize_duration: int = 0
    device_category: bytes | None = None
    # None: what the server asks of all events.
    response_required: bytes | None = None
    potentially_superseded_time: int | None = None
    modes: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.modes = modes_of(self.base)

    @property
    def earliest_start(self) -> int:
        """The first moment at which a client may have drawn its start."""
        return self.start + min(0, self.randomize_start)

    @property
    def latest_end(self) -> int:
        """The last moment at which a client may have drawn its end."""
        return self.end + max(0, self.randomize_start) + max(0, self.randomize_duration)

    @property
    def randomized(self) -> bool:
        return self.randomize_start != 0 or self.randomize_duration != 0

    @property
    def potentially_superseded(self) -> bool:
        """Whether a newer control of the same program takes some of its modes for some time."""
        return self.potentially_superseded_time is not None

    @property
    def event_status(self) -> models.EventStatus:
        return models.EventStatus(
            currentStatus=int(self.status),
            dateTime=self.status_time,
            potentiallySuperseded=self.potentially_superseded,
            potentiallySupersededTime=self.potentially_superseded_time,
        )

    @property
    def detail(self) -> dict[str, PointValue]:
        """What the bus is told."""
        return {
            "mRID": self.mrid.hex().upper(),
            "currentStatus": int(self.status),
            "status": self.status.words,
            "dateTime": self.status_time,
            "potentiallySuperseded": self.potentially_superseded,
            "version": self.version,
            "creationTime": self.creation_time,
            "start": self.start,
            "duration": self.duration,
        }

    def due(self) -> int:
        """When time next changes something: it becomes active, or leaves its list."""
        if self.status is Status.SCHEDULED:
            return self.earliest_start
        if self.status is Status.CANCELLED:
            return max(self.end, self.status_time + CANCELLED_VISIBLE_S)
        if self.status is Status.CANCELLED_WITH_RANDOMIZATION:
            return max(self.latest_end, self.status_time + CANCELLED_VISIBLE_S)
        if self.status is Status.COMPLETED:
            return self.latest_end + COMPLETED_VISIBLE_S
        return self.latest_end

    @property
    def seen_until(self) -> int:
        """When clients have had the time to see that it ended early."""
        return self.status_time + CROWDED_S[self.status]

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
            randomizeDuration=self.randomize_duration or None,
            randomizeStart=self.randomize_start or None,
            DERControlBase=self.base,
            deviceCategory=self.device_category,
        )


def modes_of(base: models.DERControlBase) -> frozenset[str]:
    """The names of the modes that a DERControlBase commands."""
    return frozenset(mode for mode in MODES if getattr(base, mode) is not None)
