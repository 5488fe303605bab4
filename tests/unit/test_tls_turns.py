"""Requests of one client take turns, and others come in between."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import gevent.socket
import pytest

from ieee2030_5_agent.tls_listener.turns import Turns


@pytest.fixture
def turns() -> Iterator[Turns]:
    turns = Turns()
    yield turns
    turns.close()


def taken(turns: Turns, clients: str) -> str:
    """Greenlets of these clients take their turns, all at once; the order of what they did."""
    done: list[str] = []

    def request(client: str) -> None:
        turns.take(client)
        done.append(client)

    gevent.joinall([gevent.spawn(request, client) for client in clients], timeout=20)
    return "".join(done)


@pytest.mark.parametrize(
    ("clients", "order"),
    [("AAAA", "AAAA"), ("AAAB", "ABAA"), ("AABBC", "ABCAB"), ("ABABAB", "ABABAB")],
)
def test_each_client_has_one_before_any_has_another(turns: Turns, clients: str, order: str) -> None:
    assert taken(turns, clients) == order


def test_the_sockets_of_others_are_looked_at_between_two_of_one_client(turns: Turns) -> None:
    """Also when what is served is ready only meanwhile, as what comes from a network is."""
    near, far = gevent.socket.socketpair()
    events: list[str] = []

    def other() -> None:
        near.recv(1)
        events.append("other")

    def client(number: int) -> None:
        turns.take("A")
        events.append(f"A{number}")
        if number == 0:
            far.send(b"x")

    reader = gevent.spawn(other)
    gevent.sleep(0)
    many = [gevent.spawn(client, number) for number in range(32)]
    with near, far:
        gevent.joinall([reader, *many], timeout=20)
    assert events.index("other") <= 2
    assert [event for event in events if event != "other"] == [f"A{n}" for n in range(32)]


def test_who_ends_while_it_waits_holds_nobody_up(turns: Turns) -> None:
    turns.take("A")
    waiting = gevent.spawn(turns.take, "A")
    gevent.sleep(0)
    waiting.kill()
    assert taken(turns, "AAA") == "AAA"


def test_nothing_is_kept_of_who_is_done(turns: Turns) -> None:
    assert taken(turns, "ABC" * 5) == "ABC" * 5
    with gevent.Timeout(20):
        while turns._waiting:
            gevent.sleep(0.001)
