"""Between two pieces of much work others really go on."""

from __future__ import annotations

import gevent
import gevent.socket

from ieee2030_5_agent.fairness import let_others_go_on


def test_whoever_waits_for_a_socket_goes_on_between_two_pieces() -> None:
    ours, theirs = gevent.socket.socketpair()
    with ours, theirs:
        reader = gevent.spawn(ours.recv, 1)
        gevent.idle()
        theirs.send(b"x")
        pieces = 0
        while not reader.ready() and pieces < 200:
            pieces += 1
            let_others_go_on()
        assert pieces <= 2
        reader.get(timeout=1)
