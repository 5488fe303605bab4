"""The order in which waiting subscribers are served: fair, and bounded wherever one could hang.

Each endpoint has its queue and each owner its own place in it; turns go round. What does not
answer holds connections for a while, so there are limits for an owner, for an endpoint, and for
all endpoints that failed lately: whatever fails, half of all connections remain for the others.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import TypeVar

from ..rest.targets import Endpoint

_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class Lane:
    """Where a subscription queues: whose it is (SFDI), and where its notifications go."""

    owner: str
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class Limits:
    """How many may be served at once.

    ``suspect``: at an endpoint that failed lately, and there only one of each owner, so that one
    who lets it hang does not keep the others out.
    """

    total: int = 128
    endpoint: int = 8
    owner: int = 8
    suspect: int = 2

    @property
    def suspects(self) -> int:
        return self.total // 2


class Lanes:
    """Waiting subscriptions, by number."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._members: Counter[Endpoint] = Counter()
        self._queues: OrderedDict[Endpoint, OrderedDict[str, dict[int, None]]] = OrderedDict()
        self._busy_endpoints: Counter[Endpoint] = Counter()
        self._busy_owners: Counter[str] = Counter()
        self._busy_lanes: Counter[Lane] = Counter()
        self._busy = 0
        self._suspects: set[Endpoint] = set()
        self._busy_suspects = 0

    def __len__(self) -> int:
        return sum(len(q) for owners in self._queues.values() for q in owners.values())

    @property
    def busy(self) -> int:
        """How many are being served."""
        return self._busy

    def join(self, endpoint: Endpoint) -> None:
        """One more subscription goes to an endpoint."""
        self._members[endpoint] += 1

    def leave(self, endpoint: Endpoint) -> None:
        """One that went there does no more; with the last one the endpoint is forgotten."""
        _take_one(self._members, endpoint)
        self._forget_unused(endpoint)

    def put(self, number: int, lane: Lane) -> None:
        owners = self._queues.setdefault(lane.endpoint, OrderedDict())
        owners.setdefault(lane.owner, {})[number] = None

    def drop(self, number: int, lane: Lane) -> None:
        """Takes one out that does not wait any more."""
        owners = self._queues.get(lane.endpoint, OrderedDict())
        queue = owners.get(lane.owner, {})
        queue.pop(number, None)
        self._clean(lane, owners, queue)

    def take(self) -> int | None:
        """The next one to be served; None where none waits or all that wait have to."""
        if self._busy >= self._limits.total:
            return None
        for endpoint, owners in self._queues.items():
            if not self._free(endpoint):
                continue
            for owner, queue in owners.items():
                lane = Lane(owner, endpoint)
                if self._admits(lane):
                    return self._start(lane, owners, queue)
        return None

    def done(self, lane: Lane, answered: bool | None) -> None:
        """One that was taken is served.

        ``answered``: whether its endpoint took or refused it, or failed; None: it was not asked.
        """
        endpoint = lane.endpoint
        self._busy -= 1
        _take_one(self._busy_owners, lane.owner)
        _take_one(self._busy_endpoints, endpoint)
        _take_one(self._busy_lanes, lane)
        suspect = endpoint in self._suspects
        if suspect:
            self._busy_suspects -= 1
        busy = self._busy_endpoints[endpoint]
        if answered is False and not suspect:
            self._suspects.add(endpoint)
            self._busy_suspects += busy
        elif answered and suspect:
            self._suspects.discard(endpoint)
            self._busy_suspects -= busy
        self._forget_unused(endpoint)

    def _forget_unused(self, endpoint: Endpoint) -> None:
        if not self._members[endpoint] and not self._busy_endpoints[endpoint]:
            self._suspects.discard(endpoint)

    def _free(self, endpoint: Endpoint) -> bool:
        busy = self._busy_endpoints[endpoint]
        if endpoint in self._suspects:
            return busy < self._limits.suspect and self._busy_suspects < self._limits.suspects
        return busy < self._limits.endpoint

    def _admits(self, lane: Lane) -> bool:
        if lane.endpoint in self._suspects and self._busy_lanes[lane]:
            return False
        return self._busy_owners[lane.owner] < self._limits.owner

    def _start(
        self, lane: Lane, owners: OrderedDict[str, dict[int, None]], queue: dict[int, None]
    ) -> int:
        number = next(iter(queue))
        del queue[number]
        owners.move_to_end(lane.owner)
        self._queues.move_to_end(lane.endpoint)
        self._clean(lane, owners, queue)
        self._busy += 1
        self._busy_owners[lane.owner] += 1
        self._busy_endpoints[lane.endpoint] += 1
        self._busy_lanes[lane] += 1
        if lane.endpoint in self._suspects:
            self._busy_suspects += 1
        return number

    def _clean(
        self, lane: Lane, owners: OrderedDict[str, dict[int, None]], queue: dict[int, None]
    ) -> None:
        if not queue:
            owners.pop(lane.owner, None)
        if not owners:
            self._queues.pop(lane.endpoint, None)


def _take_one(counter: Counter[_Kind], key: _Kind) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
