"""Two scheduled events in the demo: one that the battery follows, one that is cancelled before."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tools.private_platform import Peer

# The event that runs: it begins soon, and is long enough for the battery to ramp and for the
# driver to publish what it then does.
RUNS_IN_S, RUNS_FOR_S, RUNS_WATTS = 6, 15, 500.0
CANCELLED_IN_S, CANCELLED_FOR_S, CANCELLED_WATTS = 30, 60, -1000.0
CANCEL_AFTER_S = 3.0


@dataclass
class Event:
    """A control of ours, and what the message bus told of it."""

    name: str
    statuses: tuple[str, ...]
    answers: tuple[str, ...]
    mrid: str = field(default_factory=lambda: uuid.uuid4().hex.upper())
    seen_statuses: list[str] = field(default_factory=list)
    seen_answers: list[str] = field(default_factory=list)

    def problems(self) -> list[str]:
        """What was not told, or not in this order."""
        pairs = (
            ("status", self.statuses, self.seen_statuses),
            ("answers", self.answers, self.seen_answers),
        )
        return [
            f"the {self.name} event: {what} {', '.join(seen) or 'none'} instead of"
            f" {', '.join(wanted)}"
            for what, wanted, seen in pairs
            if list(wanted) != seen
        ]


class Events:
    """Creates both by RPC, cancels one, and listens to what becomes of them."""

    def __init__(
        self, peer: Peer, agent: str, sfdi: str, point: str, say: Callable[[str], None]
    ) -> None:
        self._peer = peer
        self._agent = agent
        self._sfdi = sfdi
        self._point = point
        self._say = say
        self._created_at: float | None = None
        self._cancelled = False
        self.followed = False
        self._runs = Event(
            "scheduled",
            ("scheduled", "active", "completed"),
            ("received", "started", "completed"),
        )
        self._dropped = Event("other", ("scheduled", "cancelled"), ("received", "cancelled"))
        peer.listen(f"ieee2030_5/{sfdi}/", self._hear)

    @property
    def running(self) -> bool:
        """Whether the event is active now."""
        return self._runs.seen_statuses[-1:] == ["active"]

    def advance(self, *, ready: bool) -> None:
        """Does what is to be done next; ``ready``: the battery is where the story begins."""
        now = time.monotonic()
        if self._created_at is None and ready:
            self._created_at = now
            self._create(self._runs, RUNS_IN_S, RUNS_FOR_S, RUNS_WATTS)
            self._create(self._dropped, CANCELLED_IN_S, CANCELLED_FOR_S, CANCELLED_WATTS)
        due = self._created_at is not None and now > self._created_at + CANCEL_AFTER_S
        if due and not self._cancelled:
            self._cancelled = True
            self._peer.rpc(self._agent, "cancel_control", self._dropped.mrid)
            self._say(f"{self._agent}.cancel_control('{self._dropped.mrid}')")

    def follows(self) -> bool:
        """Notes that the battery was seen to do what the event says; true the first time."""
        first = self.running and not self.followed
        self.followed = self.followed or first
        return first

    def problems(self) -> list[str]:
        """What did not happen as it should."""
        if self._created_at is None:
            return ["the events were not created: the battery did not follow its set point"]
        unseen = [] if self.followed else ["the battery was not seen to follow the event"]
        return [*unseen, *self._runs.problems(), *self._dropped.problems()]

    def _create(self, event: Event, starts_in: int, duration: int, watts: float) -> None:
        self._peer.rpc(
            self._agent,
            "create_control",
            device=self._sfdi,
            start=int(time.time()) + starts_in,
            duration=duration,
            modes={self._point: watts},
            description=f"demo, {event.name}",
            mRID=event.mrid,
        )
        self._say(
            f"{self._agent}.create_control(device='{self._sfdi}', start=in {starts_in} s,"
            f" duration={duration}, modes={{'{self._point}': {watts:g}}})"
        )

    def _hear(
        self,
        _peer: str,
        _sender: str,
        _bus: str,
        topic: str,
        _headers: dict[str, Any],
        body: Any,
    ) -> None:
        kind = topic.rpartition("/")[2]
        for event in (self._runs, self._dropped):
            if kind == "control" and body["mRID"] == event.mrid:
                event.seen_statuses.append(body["status"])
                self._say(f"the {event.name} event is {body['status']}")
            elif kind == "response" and body["subject"] == event.mrid:
                event.seen_answers.append(body["statusName"])
                self._say(f"the battery answers to the {event.name} event: {body['statusName']}")
