"""Answers of the listener itself, to what never reaches the server: status and cause of each."""

from __future__ import annotations

from ..rest.errors import LIMIT, VALUES, ProtocolError

EXPIRED = "certificate expired"


class Refused(ProtocolError):
    """A request that is not for the server. ``cause`` is what get_status counts it as."""

    cause: str

    def __init__(self, text: str) -> None:
        super().__init__(text, self.cause)


class Malformed(Refused):
    """No request of HTTP/1.1, or one that could be read in two ways."""

    status = 400
    cause = "malformed request"


class Expired(Refused):
    """The client's certificate ended while the connection was open."""

    status = 403
    reason_code = VALUES
    cause = EXPIRED


class BodyTooLarge(Refused):
    """A body above the limit; it is not read to its end."""

    status = 413
    reason_code = LIMIT
    cause = "body too large"


class Overdue(Refused):
    """The rest of the request did not come in time."""

    status = 408
    reason_code = LIMIT
    cause = "request too slow"


class TargetTooLong(Refused):
    """A URI longer than any of ours."""

    status = 414
    reason_code = LIMIT
    cause = "request target too long"


class UnknownContentCoding(Refused):
    """A body that is compressed or otherwise coded."""

    status = 415
    cause = "unknown content coding"


class Expectation(Refused):
    """Expect with something else than 100-continue."""

    status = 417
    cause = "unknown expectation"


class HeaderTooLarge(Refused):
    """A header above the limit."""

    status = 431
    reason_code = LIMIT
    cause = "header too large"


class UnknownMethod(Refused):
    """A method that HTTP does not have; one that it has and we do not is 405."""

    status = 501
    cause = "unknown method"


class UnknownCoding(Refused):
    """A Transfer-Encoding besides chunked."""

    status = 501
    cause = "unknown transfer coding"


class Crowded(Refused):
    """The client has as many connections as it may have, and all are busy."""

    status = 503
    reason_code = LIMIT
    cause = "too many connections"

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("Retry-After", "60"),)


class UnknownVersion(Refused):
    """HTTP/0.9, HTTP/2 and others."""

    status = 505
    cause = "unknown HTTP version"
