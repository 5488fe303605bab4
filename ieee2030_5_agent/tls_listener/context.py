"""The TLS settings of the listener: who may connect, and by which ciphers.

Source: IEEE 2030.5-2018 security (TLS 1.2, TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, mutual
authentication); RFC 7251; RFC 9325.
"""

from __future__ import annotations

import ssl

import gevent.ssl

from ..settings import Listener

# The suite of the standard first; GCM for newer clients, laboratories and proxies.
CIPHERS = "ECDHE-ECDSA-AES128-CCM8:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
if ssl.OPENSSL_VERSION_INFO >= (3, 2):
    # There a MAC of 64 bits counts as too short at any security level but 0.
    CIPHERS += ":@SECLEVEL=0"


class BadFiles(Exception):
    """Certificate, key or CA file cannot be used; the text says which and why."""


def make_context(settings: Listener) -> ssl.SSLContext:
    """A context for the server side. Raises BadFiles.

    gevent's class: with the standard one, one connection is served at a time.
    """
    context: ssl.SSLContext = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_3 if settings.tls13 else ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_COMPRESSION
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.verify_mode = ssl.CERT_REQUIRED
    # A CA that issues to devices may be trusted without the root above it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        what = f"certificate {settings.certificate} with key {settings.key}"
        context.load_cert_chain(settings.certificate, settings.key, password=_no_password)
        what = f"ca {settings.ca}"
        context.load_verify_locations(settings.ca)
    except (OSError, ValueError) as problem:  # ssl.SSLError is an OSError
        raise BadFiles(f"{what}: {getattr(problem, 'strerror', None) or problem}") from None
    return context


def _no_password() -> str:
    # Without it OpenSSL asks at the terminal, and the agent would wait for ever.
    raise ValueError("the private key is encrypted")
