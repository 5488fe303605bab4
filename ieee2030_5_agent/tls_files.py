"""Certificates and keys of the configuration, as TLS takes them; for both sides of a connection.

Source: IEEE 2030.5-2018 security (TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8); RFC 7251.
"""

from __future__ import annotations

import ssl

# The suite of the standard first; GCM for newer peers, laboratories and proxies.
CIPHERS = "ECDHE-ECDSA-AES128-CCM8:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
if ssl.OPENSSL_VERSION_INFO >= (3, 2):
    # There a MAC of 64 bits counts as too short at any security level but 0.
    CIPHERS += ":@SECLEVEL=0"


class BadFiles(Exception):
    """Certificate, key or CA file cannot be used; the text says which and why."""


def load_own(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Our certificate with what stands between it and the root, and its key. Raises BadFiles."""
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as problem:  # ssl.SSLError is an OSError
        raise _bad(f"certificate {certificate} with key {key}", problem) from None


def load_authorities(context: ssl.SSLContext, ca: str) -> None:
    """The authorities that the other side's certificate must come from. Raises BadFiles."""
    # A CA that issues to devices may be trusted without the root above it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(ca)
    except (OSError, ValueError) as problem:  # ssl.SSLError is an OSError
        raise _bad(f"ca {ca}", problem) from None


def _bad(what: str, problem: OSError | ValueError) -> BadFiles:
    return BadFiles(f"{what}: {getattr(problem, 'strerror', None) or problem}")


def _no_password() -> str:
    # Without it OpenSSL asks at the terminal, and the agent would wait for ever.
    raise ValueError("the private key is encrypted")
