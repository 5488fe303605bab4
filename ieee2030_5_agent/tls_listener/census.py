"""Who is connected, and who has to go when there are too many.

A newcomer is worth more than a connection on which nothing happens: devices that lost power leave
dead ones behind, and attackers hold theirs open. So at a limit the connection that was quiet for
longest is dismissed, and a newcomer is refused only if all others are busy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Protocol

from .refused import Crowded


class Member(Protocol):
    """A connection."""

    address: str
    lfdi: str | None

    def dismiss(self, why: str) -> None:
        """Ends the connection as soon as it does nothing."""


@dataclass(slots=True)
class Limits:
    """How many connections there may be."""

    total: int
    per_client: int
    handshakes_per_address: int


# Where handshakes are counted together: the smallest part of IPv6 that a site is given.
_SITE_BITS = 64


@lru_cache(maxsize=4096)
def origin(address: str) -> str:
    """What stands for whoever is at an address: in IPv6 the network, whose addresses are free.

    A link-local address stands for itself: all that are on the link share its network.
    Source: RFC 4291 2.5.1, RFC 6177.
    """
    found = ip_address(address)
    if not isinstance(found, IPv6Address) or found.is_link_local:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((found.packed, _SITE_BITS), strict=False))


class Census:
    """All connections: those in their handshake, those of each client, those that are idle."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        # Dictionaries for their order: the first entered is the oldest.
        self._members: dict[Member, None] = {}
        self._handshaking: dict[Member, None] = {}
        self._idle: dict[Member, None] = {}
        self._by_address: Counter[str] = Counter()
        self._by_client: dict[str, dict[Member, None]] = {}

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Member]:
        """All, also while they come and go."""
        return iter(list(self._members))

    @property
    def idle(self) -> list[Member]:
        return list(self._idle)

    def arrive(self, member: Member) -> None:
        """A new connection, its handshake still to come. Raises Crowded."""
        if self._by_address[origin(member.address)] >= self.limits.handshakes_per_address:
            raise Crowded("too many handshakes of this address at once")
        if len(self._members) >= self.limits.total:
            victim = next(iter(self._handshaking), None) or next(iter(self._idle), None)
            if victim is None:
                raise Crowded("all connections are busy")
            self._dismiss(victim)
        self._members[member] = self._handshaking[member] = None
        self._by_address[origin(member.address)] += 1

    def identify(self, member: Member, lfdi: str) -> None:
        """The handshake is done. Raises Crowded when this client has no room for another, and for
        a member that had to go while the end of its handshake was on the way."""
        if member not in self._members:
            raise Crowded("another connection was given the place of this one")
        self._end_handshake(member)
        member.lfdi = lfdi
        siblings = self._by_client.setdefault(lfdi, {})
        if len(siblings) >= self.limits.per_client:
            victim = next((other for other in siblings if other in self._idle), None)
            if victim is None:
                raise Crowded("all connections of this client are busy")
            self._dismiss(victim)
            siblings = self._by_client.setdefault(lfdi, {})
        siblings[member] = None

    def rest(self, member: Member) -> None:
        """Nothing is asked on this connection from now on. No effect on one that was dismissed."""
        if member in self._members:
            self._idle[member] = None

    def work(self, member: Member) -> None:
        """A request has begun."""
        self._idle.pop(member, None)

    def leave(self, member: Member) -> None:
        """The connection is closed, or will be at once; a second call has no effect."""
        self._members.pop(member, None)
        self._end_handshake(member)
        self._idle.pop(member, None)
        siblings = self._by_client.get(member.lfdi or "", {})
        # Who was refused, because of its siblings, is none of them.
        siblings.pop(member, None)
        if member.lfdi and not siblings:
            self._by_client.pop(member.lfdi, None)

    def _dismiss(self, victim: Member) -> None:
        self.leave(victim)
        victim.dismiss(Crowded.cause)

    def _end_handshake(self, member: Member) -> None:
        if member not in self._handshaking:
            return
        del self._handshaking[member]
        place = origin(member.address)
        self._by_address[place] -= 1
        if not self._by_address[place]:
            del self._by_address[place]
