"""The answers that refuse a request, one class each: HTTP status and ``Error.reasonCode``.

Handlers raise them; ``Server.handle`` renders them in one place.
Source: IEEE 2030.5-2018 Error (0 request format, 1 request values, 2 resource limit,
3 subscription condition, 4 request frequency).
"""

from __future__ import annotations

from collections.abc import Iterable

from ..model.errors import LimitReached, ModelError, NotOwner, StoreUnavailable
from .one_line import one_line

# When a client is told to come again that found the store out of order.
RETRY_AFTER_S = 10

FORMAT, VALUES, LIMIT, CONDITION, FREQUENCY = range(5)

# Why somebody does not belong here: what get_status counts and the log tells once per client.
NO_CERTIFICATE = "no certificate"
FORGED = "forged identity"
REVOKED = "revoked"
WITHDRAWN = "access withdrawn"
NOT_REGISTERED = "not registered"
NOT_PERMITTED = "not permitted to register"
DISABLED = "disabled"
FOREIGN_IDENTITY = "identity of another device"
FOREIGN_RESOURCE = "resource of another device"


class ProtocolError(Exception):
    """A request that is refused; the message is the one-line reason that the client reads.

    ``cause``: one of the above where the client has no business there.
    """

    status = 500
    reason_code = FORMAT

    def __init__(self, text: str, cause: str | None = None) -> None:
        super().__init__(one_line(text))
        self.cause = cause

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return ()


class BadRequest(ProtocolError):
    """The body or the query cannot be read."""

    status = 400


class BadValue(ProtocolError):
    """Readable, but a value is not acceptable."""

    status = 400
    reason_code = VALUES


class BadCondition(ProtocolError):
    """A subscription with a condition that the server cannot watch."""

    status = 400
    reason_code = CONDITION


class Forbidden(ProtocolError):
    """Known, and not allowed to this client."""

    status = 403
    reason_code = VALUES


class NotFound(ProtocolError):
    """No such resource, or none that this client may know of."""

    status = 404
    reason_code = VALUES


class MovedPermanently(ProtocolError):
    """The resource has another, canonical URI.

    301 for reading; a client that writes would follow it by GET and lose its body, so it gets
    308, which keeps the method.
    """

    reason_code = VALUES

    def __init__(self, location: str, method: str) -> None:
        super().__init__(f"the resource is at {location}")
        self.location = location
        self.status = 301 if method in ("GET", "HEAD") else 308

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("Location", self.location),)


class MethodNotAllowed(ProtocolError):
    """The resource exists and does not take this method."""

    status = 405

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        self.allowed = tuple(allowed)
        super().__init__(f"{method} is not allowed here, only {', '.join(self.allowed)}")

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("Allow", ", ".join(self.allowed)),)


class Conflict(ProtocolError):
    """The resource exists already."""

    status = 409
    reason_code = VALUES


class TooLarge(ProtocolError):
    """The body is larger than the server takes."""

    status = 413
    reason_code = LIMIT


class NoRoom(ProtocolError):
    """The client has as many of these objects as the server keeps for it."""

    status = 413
    reason_code = LIMIT


class Unavailable(ProtocolError):
    """What is to be kept cannot be kept at present; nothing was changed."""

    status = 503
    reason_code = LIMIT

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("Retry-After", str(RETRY_AFTER_S)),)


class UnsupportedMediaType(ProtocolError):
    """The body is not XML of IEEE 2030.5 by its Content-Type."""

    status = 415


def of_model(error: ModelError) -> ProtocolError:
    """The answer to what the model refuses, where a handler did not find a better one."""
    kinds = {NotOwner: Forbidden, LimitReached: NoRoom, StoreUnavailable: Unavailable}
    return kinds.get(type(error), BadValue)(str(error))
