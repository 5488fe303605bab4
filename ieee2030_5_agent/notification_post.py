"""One POST of a notification: to an address that was checked, and bounded in time and size.

A subscriber names the URI and so decides where this server connects to. So a name is looked up
once and the address that was checked is the one that is connected to; no redirect is followed; a
proxy of the environment is not asked; of an answer only its status counts, and only so much of it
is read.

urllib3 does HTTP: it is kept well, comes with VOLTTRON, and lets a caller make the socket and the
TLS context itself, here gevent's, so that it waits without anybody else, patched or not.
"""

from __future__ import annotations

import http.client
import io
import logging
import ssl
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, cast

import gevent
import gevent.socket
import gevent.ssl
import psutil
import urllib3
import urllib3.connection
from urllib3.exceptions import HTTPError

from .name_lookup import NoAddress, find_addresses
from .rest.messages import MEDIA_TYPE
from .rest.targets import Endpoint, Target
from .sep.identity import lfdi_of_certificate
from .settings import Settings
from .tls_files import CIPHERS, load_authorities, load_own

# A status line, some header fields and a few words. Who sends more is not listened to.
MAX_ANSWER_BYTES = 16 * 1024
# How long the rest of an answer may take once its status is there.
REST_S = 1.0
# Endpoints whose connections are kept open, and how many of each.
KEPT_ENDPOINTS = 64
KEPT_CONNECTIONS = 8

# It warns of every odd header that a subscriber sends, with a traceback.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class Unreached(Exception):
    """The notification did not get there; the text says why."""


class Barred(Exception):
    """The notification may not go there; the text says why."""


class Withdrawn(Exception):
    """The notification is not to be sent any more; nothing of it was."""


# Whether what the greenlet is about to send is still wanted; each greenlet has its own.
_wanted: ContextVar[Callable[[], bool]] = ContextVar("_wanted")


class _TooMuch(http.client.HTTPException):
    """The answer has more octets than are read."""


class _Bounded(io.RawIOBase):
    """A stream that ends in an error after so many octets."""

    def __init__(self, stream: Any, most: int) -> None:
        self._stream = stream
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        count: int | None = self._stream.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise _TooMuch(f"the answer has more than {MAX_ANSWER_BYTES} octets")
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer of bounded size, from its first octet on."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Bounded(sock.makefile("rb", buffering=0), MAX_ANSWER_BYTES))


class _Dialled:
    """What makes the socket of a connection: looks up, checks, connects."""

    response_class: Any = _Response

    def __init__(self, *args: Any, settings: Settings, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._settings = settings

    def connect(self) -> None:
        """Connecting takes time, in which what was to be sent may have been withdrawn."""
        super().connect()  # type: ignore[misc]  # of urllib3's class
        _check_wanted()

    def _new_conn(self) -> Any:
        host, port = self._dns_host, self.port  # type: ignore[attr-defined]  # of urllib3's class
        addresses = _allowed(host, port, self._settings)
        problem: OSError | None = None
        for family, kind, protocol, address in addresses:
            sock = gevent.socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self._settings.subscriptions.connect_s)
                sock.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
                sock.connect(address)
            except OSError as error:
                problem = error
                sock.close()
            except BaseException:
                sock.close()
                raise
            else:
                return sock
        raise Unreached(f"cannot connect to {host}:{port}: {problem}")


class _Plain(_Dialled, urllib3.connection.HTTPConnection):
    """HTTP without TLS, for laboratories."""


class _Secure(_Dialled, urllib3.connection.HTTPSConnection):
    """HTTPS with the server's own certificate, as far as it is configured."""

    def connect(self) -> None:
        """Raises Unreached for a subscriber whose certificate counts no more.

        It may have another one tomorrow, so it is as one that does not verify, not as one barred.
        """
        super().connect()
        lfdi = lfdi_of_certificate(cast(Any, self.sock).getpeercert(binary_form=True))
        if lfdi in self._settings.revoked:
            raise Unreached(f"the subscriber's certificate {lfdi} was revoked")


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Secure


def _check_wanted() -> None:
    if not _wanted.get()():
        raise Withdrawn


def _allowed(host: str, port: int, settings: Settings) -> list[tuple[Any, ...]]:
    """The addresses of a host that may be notified. Raises Unreached, Barred."""
    try:
        found = find_addresses(host, port, settings.subscriptions.connect_s)
    except NoAddress as problem:
        raise Unreached(str(problem)) from problem
    laboratory = settings.notifies_loopback
    own = frozenset() if laboratory else _own_addresses()
    allowed: list[tuple[Any, ...]] = []
    refusals: list[str] = []
    for family, kind, protocol, _, address in found:
        checked = ip_address(address[0].partition("%")[0])
        refusal = settings.subscriptions.refusal(checked, laboratory)
        if refusal is None and (getattr(checked, "ipv4_mapped", None) or checked) in own:
            refusal = "is this machine, which only a laboratory may notify"
        if refusal is None:
            allowed.append((family, kind, protocol, address))
        else:
            refusals.append(f"{checked} {refusal}")
    if not allowed:
        raise Barred("; ".join(refusals))
    return allowed


def _own_addresses() -> frozenset[IPv4Address | IPv6Address]:
    """Those of the machine's interfaces as they are now: its services are no subscribers."""
    return frozenset(
        ip_address(one.address.partition("%")[0])
        for some in psutil.net_if_addrs().values()
        for one in some
        if one.family in (gevent.socket.AF_INET, gevent.socket.AF_INET6)
    )


def tls_context(settings: Settings) -> ssl.SSLContext:
    """The server as a client of its subscribers. Raises BadFiles.

    What the section ``subscriptions`` does not say is as the listener has it.
    """
    section, listener = settings.subscriptions, settings.listener
    context: ssl.SSLContext = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = section.verify_host_name
    context.options |= ssl.OP_NO_COMPRESSION
    own = section if section.certificate is not None else listener
    if own is not None and own.certificate is not None and own.key is not None:
        load_own(context, own.certificate, own.key)
    ca = listener.ca if section.ca is None and listener is not None else section.ca
    if ca is None:
        # The standard's suite needs a security level that is too low for the public authorities.
        context.load_default_certs()
    else:
        context.set_ciphers(f"{CIPHERS}:ECDHE+AESGCM")  # subscribers may have RSA keys
        load_authorities(context, ca)
    return context


class Poster:
    """Sends notifications by one configuration; connections that stay open are used again."""

    def __init__(self, settings: Settings, context: ssl.SSLContext | None) -> None:
        """Without a context nothing goes out by HTTPS."""
        self._settings = settings
        self._context = context
        self._pools: OrderedDict[Endpoint, urllib3.HTTPConnectionPool] = OrderedDict()

    def post(self, target: Target, body: bytes, wanted: Callable[[], bool] = lambda: True) -> int:
        """The status of the subscriber's answer. Raises Unreached, Barred.

        ``wanted``: asked right before anything is written; where it is not, raises Withdrawn.
        """
        _wanted.set(wanted)
        _check_wanted()
        limits = self._settings.subscriptions
        late = Unreached(f"there was no answer in {limits.total_s:g} s")
        try:
            with gevent.Timeout(limits.total_s, late):
                response = self._send(target, body)
        except HTTPError as error:
            raise Unreached(_reason(error)) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreached(f"{type(error).__name__}: {error}") from error
        _leave(response)
        return response.status

    def close(self) -> None:
        """Closes the connections that nobody uses."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()

    def _send(self, target: Target, body: bytes) -> urllib3.BaseHTTPResponse:
        limits = self._settings.subscriptions
        return self._pool(target.endpoint).urlopen(
            "POST",
            target.path,
            body=body,
            headers={"Content-Type": MEDIA_TYPE, "User-Agent": "ieee2030_5"},
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=urllib3.Timeout(connect=limits.connect_s, read=limits.total_s),
            preload_content=False,
            decode_content=False,
        )

    def _pool(self, endpoint: Endpoint) -> urllib3.HTTPConnectionPool:
        pool = self._pools.pop(endpoint, None) or self._new_pool(endpoint)
        self._pools[endpoint] = pool
        if len(self._pools) > KEPT_ENDPOINTS:
            self._pools.popitem(last=False)[1].close()
        return pool

    def _new_pool(self, endpoint: Endpoint) -> urllib3.HTTPConnectionPool:
        kept: dict[str, Any] = {"maxsize": KEPT_CONNECTIONS, "settings": self._settings}
        if endpoint.scheme == "http":
            if not self._settings.notifies_loopback:
                raise Barred("only https is notified")
            return _PlainPool(endpoint.host, endpoint.port, **kept)
        if self._context is None:
            raise Unreached("the files of the section subscriptions cannot be used")
        return _SecurePool(
            endpoint.host,
            endpoint.port,
            ssl_context=self._context,
            assert_hostname=None if self._settings.subscriptions.verify_host_name else False,
            **kept,
        )


def _leave(response: urllib3.BaseHTTPResponse) -> None:
    """The rest of an answer is read only so that its connection can be used again."""
    with gevent.Timeout(REST_S, False):
        try:
            response.read(MAX_ANSWER_BYTES)
        except (HTTPError, OSError, http.client.HTTPException):
            response.close()
        else:
            response.release_conn()
            return
    response.close()


def _reason(error: HTTPError) -> str:
    """urllib3's text without the representation of its objects."""
    cause = error.__cause__ or error.__context__ or error
    return f"{type(error).__name__}: {cause}"
