"""Who asks through a TLS proxy: one line that the proxy writes into the User-Agent header.

platform.web passes on no certificate and hardly a header. The User-Agent it does pass on, and
unlike a query it stands in nobody's log. The proxy replaces what the client sent by

    ieee2030-5-proxy secret=<secret>; sha256=<digest of the certificate's DER, hex>
    ieee2030-5-proxy secret=<secret>; cert=<the certificate in PEM, URL-escaped or in one line>

The secret, known to proxy and agent alone, proves that the request came through the proxy. Of the
certificate only the octets count, none of its fields: nothing that a client can choose is read.
"""

from __future__ import annotations

import binascii
import hmac
import re
from urllib.parse import unquote_to_bytes

from .sep.identity import LFDI_DIGITS, IdentityError, lfdi_of_certificate

MARK = "ieee2030-5-proxy"
# What a secret may consist of, so that it needs no quoting in any proxy's configuration.
SECRET = re.compile(r"[A-Za-z0-9_.~+/=-]{16,256}", re.ASCII)
# platform.web takes no longer header line; a device certificate has 700 to 1,500 octets in PEM.
LONGEST = 8192

_LINE = re.compile(
    MARK + r" secret=(?P<secret>[!-:<-~]+); "
    r"(?:sha256=(?P<sha256>[0-9A-Fa-f]{64})|cert=(?P<cert>[A-Za-z0-9%+/= -]+))",
    re.ASCII,
)
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")


class ForgedIdentity(ValueError):
    """An identity line that no proxy of ours has written; the text says what is wrong with it."""


def lfdi_from(user_agent: str, secret: str | None) -> str | None:
    """The LFDI of the client that the line names; None when the header has no such line.

    ``secret``: that of the configuration, None when no proxy is configured. Raises ForgedIdentity
    for a wrong secret and for everything that only resembles a line; nothing that looks like one
    is ever taken for an ordinary client's User-Agent.
    """
    if MARK not in user_agent:
        return None
    if secret is None:
        raise ForgedIdentity("an identity line, but no proxy is configured (proxy.secret_file)")
    found = _LINE.fullmatch(user_agent) if len(user_agent) <= LONGEST else None
    if found is None:
        raise ForgedIdentity("the identity line of the proxy is malformed")
    if not hmac.compare_digest(found["secret"].encode(), secret.encode()):
        raise ForgedIdentity("the identity line of the proxy has a wrong secret")
    if found["sha256"] is not None:
        return found["sha256"][:LFDI_DIGITS].upper()
    return _lfdi_of_pem(found["cert"])


def _lfdi_of_pem(escaped: str) -> str:
    """From PEM whose line ends are escaped (nginx) or have become blanks (Apache)."""
    pem = _PEM.fullmatch(unquote_to_bytes(escaped))
    if pem is None:
        raise ForgedIdentity("the certificate in the identity line is not in PEM")
    try:
        der = binascii.a2b_base64(b"".join(pem[1].split()), strict_mode=True)
        return lfdi_of_certificate(der)
    except (binascii.Error, IdentityError) as problem:
        raise ForgedIdentity(f"the certificate in the identity line: {problem}") from None
