"""What a TLS handshake tells: who the client is, or why it is refused.

OpenSSL verifies the chain, the dates and, as far as the certificate has one, that its
extendedKeyUsage lets it be a client. It does not look whether the key may sign; and when a session
is resumed, not at the dates either.
"""

from __future__ import annotations

import functools
import ssl
from _ssl import ENCODING_DER
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

from cryptography import x509

from ..rest.errors import NO_CERTIFICATE
from ..sep.identity import lfdi_of_certificate
from .key_usage import signs
from .refused import EXPIRED

# OpenSSL's X509_V_ERR_..., the ones that have a name of their own for an operator.
_UNVERIFIED = {
    9: "certificate not yet valid",
    10: EXPIRED,
    18: "self-signed certificate",
    19: "unknown CA",
    20: "unknown CA",
    21: "unknown CA",
    2: "unknown CA",
    26: "wrong key usage",
    32: "wrong key usage",
    79: "unknown CA",
}
# OpenSSL's reason, as Python names it.
_FAILED = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": NO_CERTIFICATE,
    "NO_SHARED_CIPHER": "no common cipher",
    "UNSUPPORTED_PROTOCOL": "TLS version not spoken",
    "VERSION_TOO_LOW": "TLS version not spoken",
    "TLSV1_ALERT_PROTOCOL_VERSION": "TLS version not spoken",
    "HTTP_REQUEST": "not TLS",
    "HTTPS_PROXY_REQUEST": "not TLS",
    "WRONG_VERSION_NUMBER": "not TLS",
    "UNKNOWN_PROTOCOL": "not TLS",
    "BAD_SIGNATURE": "certificate of another key",
}


class BadCertificate(Exception):
    """A certificate that is in order for OpenSSL and not for the standard."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause


def why_failed(failure: OSError) -> tuple[str, str]:
    """Cause, one of few, and detail of a handshake that failed."""
    if isinstance(failure, ssl.SSLCertVerificationError):
        cause = _UNVERIFIED.get(failure.verify_code, "certificate not valid")
        return cause, failure.verify_message
    if isinstance(failure, ssl.SSLEOFError | ssl.SSLZeroReturnError | ConnectionError):
        return "handshake broken off", ""
    reason = getattr(failure, "reason", None) or ""
    if "ALERT" in reason and reason not in _FAILED:
        return "client refuses our certificate or TLS", reason
    return _FAILED.get(reason, "handshake failed"), reason


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose certificate it is, and its last second of validity (since 1970)."""

    lfdi: str
    not_after: float


# Devices whose chain is remembered.
MOST_CHAINS = 4096


class Chains:
    """Which clients' chains of certificates expire before the client's own, of those seen lately.

    A session that is resumed brings the client's certificate again and none of those above it.
    """

    def __init__(self) -> None:
        self._not_after: OrderedDict[str, float] = OrderedDict()

    def identify(self, sock: Any) -> Identity:
        """Who is at the other side of a handshake that is done. Raises BadCertificate.

        ``not_after`` is that of the first to expire of its certificate and those above it.
        """
        identity = identify(sock.getpeercert(binary_form=True))
        # Public from Python 3.13 on; None where the session was resumed.
        chain = sock._sslobj.get_verified_chain()
        if chain:
            above = [_not_after(one.public_bytes(ENCODING_DER)) for one in chain[1:]]
            self._learn(identity, min(above, default=identity.not_after))
        # So many others came since that nothing is known: then a session is too old before long.
        known = self._not_after.get(identity.lfdi)
        return identity if known is None else replace(identity, not_after=known)

    def _learn(self, identity: Identity, not_after: float) -> None:
        """``not_after``: of the authorities above a client."""
        self._not_after.pop(identity.lfdi, None)
        if not_after < identity.not_after:
            self._not_after[identity.lfdi] = not_after
            if len(self._not_after) > MOST_CHAINS:
                self._not_after.popitem(last=False)


@functools.lru_cache(maxsize=256)
def _not_after(der: bytes) -> float:
    """The last second of an authority, of which there are few."""
    return x509.load_der_x509_certificate(der).not_valid_after_utc.timestamp()


# A device comes back, after each of its pauses and every restart, with the same certificate.
@functools.lru_cache(maxsize=4096)
def identify(der: bytes) -> Identity:
    """Who the client's certificate says it is. Raises BadCertificate for a key that may not sign.

    The profile demands keyUsage digitalSignature; a certificate without keyUsage may do all.
    Source: IEEE 2030.5-2018 device certificates; RFC 5280 4.2.1.3.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        may_sign = signs(certificate)
        identity = Identity(lfdi_of_certificate(der), certificate.not_valid_after_utc.timestamp())
    except Exception as unreadable:  # noqa: BLE001 - who made it decides what is wrong with it
        raise BadCertificate("unreadable certificate", repr(unreadable)) from None
    if not may_sign:
        raise BadCertificate("wrong key usage", "keyUsage has no digitalSignature")
    return identity
