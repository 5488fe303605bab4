"""The socket on which clients connect."""

from __future__ import annotations

import socket

from ieee2030_5_agent.tls_listener.listener import listening_socket


def test_no_answer_of_an_accepted_connection_waits_for_an_acknowledgement() -> None:
    with (
        listening_socket("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()[:2]),
    ):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
