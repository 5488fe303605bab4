"""Where a notification is to go: the parts of a notificationURI, checked.

Source: IEEE 2030.5-2018 Subscription.notificationURI, an absolute URI on the client.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

MAX_LENGTH = 1024
# Printable ASCII, without what means something to an HTTP parser and has no place in a URI.
_URI = re.compile(r"[!#-;=?-\[\]_a-z~]+", re.ASCII)
_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?", re.ASCII)
_PORTS = {"http": 80, "https": 443}


class BadTarget(ValueError):
    """A notificationURI that nothing can be sent to."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect. ``host``: a name, or an address without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def address(self) -> IPv4Address | IPv6Address | None:
        """The host where it is an address, None for a name."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def local(self) -> bool:
        """Whether the name stands for loopback by definition (RFC 6761)."""
        name = self.host.rstrip(".").lower()
        return name == "localhost" or name.endswith(".localhost")


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint, and the path there with its query."""

    endpoint: Endpoint
    path: str


def parse_target(uri: str) -> Target:
    """The parts of a notificationURI. Raises BadTarget."""
    if len(uri) > MAX_LENGTH:
        raise BadTarget(f"is longer than {MAX_LENGTH} characters")
    if _URI.fullmatch(uri) is None:
        raise BadTarget("has characters that a URI cannot have")
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise BadTarget(str(error)) from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise BadTarget("is no absolute http or https URI")
    if "@" in parts.netloc:
        raise BadTarget("carries a user name")
    if "#" in uri:
        raise BadTarget("has a fragment")
    if port == 0:
        raise BadTarget("has port 0")
    endpoint = Endpoint(parts.scheme, parts.hostname, port or _PORTS[parts.scheme])
    if "%" in endpoint.host or (endpoint.address is None and not _NAME.fullmatch(endpoint.host)):
        raise BadTarget("has no valid host")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(endpoint, path)
