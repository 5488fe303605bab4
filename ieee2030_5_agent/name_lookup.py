"""The addresses of a host that a client has named.

Who names it may also own its name server, and let it hang. gevent's usual look-up waits for that
in one of ten threads that the whole process shares, and cannot be ended. So this one is c-ares,
which comes with gevent: it waits without a thread, for as long as it is told, for any number of
names at once. It asks /etc/hosts and DNS, and nothing else that the machine may be set up with.
"""

from __future__ import annotations

import socket
from typing import Any

import gevent
from gevent.resolver.ares import Resolver

# How long the first answer is waited for, which doubles with each further try.
FIRST_S = 1.0
TRIES = 3

AddressInfo = tuple[int, int, int, str, Any]


class NoAddress(Exception):
    """A host whose addresses cannot be found now; the text says why."""


def find_addresses(host: str, port: int, limit_s: float) -> list[AddressInfo]:
    """As ``socket.getaddrinfo`` gives them, for TCP. Raises NoAddress, after ``limit_s`` at most.

    Each look-up has a resolver of its own: that reads /etc/resolv.conf as it is now.
    """
    late = NoAddress(f"{host}: no name server has answered in {limit_s:g} s")
    resolver = Resolver(gevent.get_hub(), timeout=FIRST_S, tries=TRIES)
    try:
        with gevent.Timeout(limit_s, late):
            found: list[AddressInfo] = resolver.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAddress(f"{host} has no address: {error}") from error
    finally:
        resolver.close()
    return found
