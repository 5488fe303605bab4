"""The section ``subscriptions``: whom notifications may reach, how, and how long."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from .base import Strict
from .fields import MAX_LIST, WEEK_S, absent, no_bool

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Clients renew once a day: whoever has missed that by a day is gone.
_DEFAULT_EXPIRY_S = 48 * 3600
_MIN_EXPIRY_S = 3600
# Addresses that stand for an IPv4 address elsewhere, so that the one that is checked would not be
# the one that is reached: NAT64, Teredo, 6to4.
_TRANSLATED = tuple(
    ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
)
# Addresses of no device: "this network", protocol assignments, what site-local was, and where
# clouds have their metadata besides the link-local one.
_SPECIAL = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "192.0.0.0/24",
        "fec0::/10",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "fd00:ec2::254/128",
    )
)

_Time = Annotated[float, Field(gt=0, le=300), BeforeValidator(no_bool)]
_Days = Annotated[int, Field(ge=_MIN_EXPIRY_S, le=4 * WEEK_S), BeforeValidator(no_bool)]
_Path = Annotated[str, Field(min_length=1)]


def _network(value: object) -> Network:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no network, expected is text such as 192.168.4.0/22")
    try:
        return ip_network(value.strip())
    except ValueError as exc:
        raise ValueError(f"{exc}; expected is such as 192.168.4.0/22 or fd00:4::/64") from None


def _is_loopback(network: Network) -> bool:
    """Whether there is nothing in a network but this machine, also as IPv4 in IPv6."""
    return all(
        (getattr(address, "ipv4_mapped", None) or address).is_loopback
        for address in (network.network_address, network.broadcast_address)
    )


def _server_uri(value: str) -> str:
    scheme, slashes, authority = value.partition("://")
    if scheme not in ("http", "https") or not slashes or not authority or "/" in authority:
        raise ValueError(f"{value!r} is no URI of a server, such as https://utility.example:8443")
    return value


class Subscriptions(Strict):
    """Subscription/Notification. Times in seconds; the files are PEM."""

    # Where notifications may go. Loopback and plain HTTP only in the laboratory.
    networks: tuple[Annotated[Network, BeforeValidator(_network)], ...] = ()
    # None: where ``access`` is open.
    laboratory: bool | None = None
    max_per_device: Annotated[int, Field(ge=1, le=MAX_LIST), BeforeValidator(no_bool)] = 1000
    # A subscription that was not renewed for so long is over.
    expiry_s: _Days = _DEFAULT_EXPIRY_S
    # A subscriber that took no notification for so long is gone.
    give_up_s: _Days = 24 * 3600
    connect_s: _Time = 5
    # From the beginning of the connection to the end of the subscriber's answer.
    total_s: _Time = 15
    # The server's certificate as a client of its subscribers, its key, and the CAs of the
    # subscribers' certificates. Without them the listener's; without a listener none, and the CAs
    # that the machine trusts.
    certificate: _Path | None = None
    key: _Path | None = None
    ca: _Path | None = None
    # Certificates of devices name no host, so by default only their chain is checked.
    verify_host_name: bool = False
    # How clients reach this server, for URIs in notifications that have to be absolute.
    server_uri: Annotated[str, AfterValidator(_server_uri)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if absent(self.certificate) != absent(self.key):
            raise ValueError("certificate and key: either both are given or none")
        if self.connect_s > self.total_s:
            raise ValueError(f"connect_s: is more than total_s, {self.total_s:g}")
        return self

    def check_networks(self, laboratory: bool) -> None:
        """Raises ValueError for a network in which nothing would ever be notified."""
        for index, network in enumerate(self.networks):
            if not laboratory and _is_loopback(network):
                raise ValueError(
                    f"subscriptions.networks[{index}]: {network} is loopback, which only a"
                    " laboratory may notify (subscriptions.laboratory)"
                )

    def refusal(self, address: Address, laboratory: bool) -> str | None:
        """Why nothing may be sent to an address; None where it may.

        What is special stays out even of a network that holds it: an operator who writes 0.0.0.0/0
        means devices, not the machine's own services or a cloud's metadata (169.254.169.254).
        """
        reached = getattr(address, "ipv4_mapped", None) or address
        if reached.is_loopback:
            return None if laboratory else "is loopback, which only a laboratory may notify"
        if any(reached in network for network in _TRANSLATED):
            return "stands for another address"
        if (
            reached.is_unspecified
            or reached.is_multicast
            or reached.is_link_local
            or reached.is_reserved
        ):
            return "is no address of a host"
        if not laboratory and any(reached in network for network in _SPECIAL):
            return "is no address of a device"
        if not any(reached in network for network in self.networks):
            return "lies in none of the networks that subscriptions may notify"
        return None
