"""The TLS settings of the listener: who may connect, and by which ciphers.

Source: IEEE 2030.5-2018 security (TLS 1.2, mutual authentication); RFC 9325.
"""

from __future__ import annotations

import ssl

import gevent.ssl

from ..settings import Listener
from ..tls_files import CIPHERS, load_authorities, load_own


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
    load_own(context, settings.certificate, settings.key)
    load_authorities(context, settings.ca)
    return context
