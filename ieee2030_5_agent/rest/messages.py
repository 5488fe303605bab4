"""What passes between an adapter and the server: who asks for what, and the answer."""

from __future__ import annotations

from dataclasses import dataclass, field

MEDIA_TYPE = "application/sep+xml"


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: the LFDI of the client's certificate (40 upper-case hex digits), or nobody.

    ``forged``: why the adapter does not believe what it was told of the client, which is refused.
    """

    lfdi: str | None = None
    forged: str | None = None


NOBODY = Client()


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, free of any transport. ``path`` is percent-decoded, ``query`` raw."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    content_type: str | None = None
    accept: str | None = None
    client: Client = NOBODY


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response. For HEAD, ``body`` is that of GET; the adapter sends only its length."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
