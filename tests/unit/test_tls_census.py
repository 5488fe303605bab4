"""Who is connected: limits, and who has to go for a newcomer."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from ieee2030_5_agent.tls_listener.census import Census, Limits
from ieee2030_5_agent.tls_listener.refused import Crowded


@dataclass(eq=False)
class Member:
    """A connection without a socket."""

    address: str = "10.0.0.1"
    lfdi: str | None = None
    dismissed: list[bool] = field(default_factory=list)

    def dismiss(self, why: str) -> None:
        assert why == "too many connections"
        self.dismissed.append(True)


def census(total: int = 10, per_client: int = 10, per_address: int = 10) -> Census:
    return Census(Limits(total, per_client, per_address))


def known(among: Census, lfdi: str) -> Member:
    """A client after its handshake, idle."""
    member = Member()
    among.arrive(member)
    among.identify(member, lfdi)
    among.rest(member)
    return member


def test_handshakes_count_by_address_until_they_are_done() -> None:
    among = census(per_address=1)
    first = Member()
    among.arrive(first)
    with pytest.raises(Crowded):
        among.arrive(Member())
    among.arrive(Member("10.0.0.2"))
    among.identify(first, "A")
    among.arrive(Member())
    assert len(among) == 3


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fd00:4::1", "fd00:4:0:0:1::1", True),
        ("fe80::1%eth0", "fe80::2%eth0", False),
        ("fe80::1%eth0", "fe80::1%eth0", True),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
    ],
)
def test_a_network_of_ipv6_counts_as_one_address(first: str, second: str, together: bool) -> None:
    among = census(per_address=1)
    member = Member(first)
    among.arrive(member)
    if together:
        with pytest.raises(Crowded):
            among.arrive(Member(second))
        among.leave(member)
    among.arrive(Member(second))


def test_the_longest_idle_one_makes_room_and_a_busy_one_does_not() -> None:
    among = census(total=3)
    busy, first, second = (known(among, lfdi) for lfdi in "ABC")
    among.work(busy)
    among.work(first)
    among.rest(first)
    known(among, "D")
    assert [m.dismissed for m in (busy, first, second)] == [[], [], [True]]
    assert len(among) == 3


def test_who_has_shown_no_certificate_goes_first() -> None:
    among = census(total=2)
    idle, newcomer = known(among, "A"), Member()
    among.arrive(newcomer)
    known(among, "B")
    assert (idle.dismissed, newcomer.dismissed) == ([], [True])


def test_a_client_makes_room_for_itself_only() -> None:
    among = census(per_client=1)
    other, own = known(among, "A"), known(among, "B")
    known(among, "B")
    assert (other.dismissed, own.dismissed) == ([], [True])


def test_who_was_refused_leaves_after_those_for_whom_it_was_refused() -> None:
    among = census(per_client=1)
    busy = known(among, "A")
    among.work(busy)
    refused = Member()
    among.arrive(refused)
    with pytest.raises(Crowded):
        among.identify(refused, "A")
    assert refused.lfdi == "A"
    among.leave(busy)
    among.leave(refused)
    assert len(among) == 0


def test_a_handshake_that_ends_after_its_member_had_to_go_leaves_nothing() -> None:
    """The last octets of the handshake and the newcomer came in the same turn of the hub."""
    among = census(total=1, per_client=2)
    for _ in range(3):
        evicted, newcomer = Member(), Member()
        among.arrive(evicted)
        among.arrive(newcomer)
        assert evicted.dismissed == [True]
        with pytest.raises(Crowded):
            among.identify(evicted, "A")
        among.leave(evicted)
        among.leave(newcomer)
    assert known(among, "A").dismissed == []
    assert len(among) == 1


def test_nothing_is_kept_of_who_has_left() -> None:
    """A thousand steps of a random life, then all leave."""
    rng = random.Random(1)
    among, members = census(total=20, per_client=3, per_address=5), []
    for _ in range(1000):
        member = Member(address=f"10.0.0.{rng.randrange(4)}")
        try:
            among.arrive(member)
            members.append(member)
            if rng.random() < 0.8:
                among.identify(member, rng.choice("ABCDEFGH"))
        except Crowded:
            among.leave(member)
        for other in rng.sample(members, min(3, len(members))):
            rng.choice([among.rest, among.work, among.leave])(other)
        assert len(among) <= 20
    for member in members:
        among.leave(member)
    assert len(among) == 0
    assert not any(vars(among)[name] for name in vars(among) if name != "limits")
