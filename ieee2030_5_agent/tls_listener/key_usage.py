"""keyUsage of a certificate, without a look at its other extensions.

cryptography's own ``extensions`` reads all of them or none, and raises various exceptions for what
OpenSSL takes: devices in the field have a subjectAltName of a kind that it does not know, or a
policy that is empty.
"""

from __future__ import annotations

from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1

_DIGITAL_SIGNATURE = 0x80  # the first bit


@asn1.sequence
class _Extension:
    oid: x509.ObjectIdentifier
    critical: Annotated[bool, asn1.Default(False)]
    value: bytes


@asn1.sequence
class _ToBeSigned:
    """TBSCertificate (RFC 5280 4.1); what is not asked for stays as it is."""

    version: Annotated[int, asn1.Explicit(0), asn1.Default(0)]
    serial: asn1.TLV
    signature: asn1.TLV
    issuer: asn1.TLV
    validity: asn1.TLV
    subject: asn1.TLV
    key: asn1.TLV
    issuer_id: Annotated[asn1.BitString | None, asn1.Implicit(1)]
    subject_id: Annotated[asn1.BitString | None, asn1.Implicit(2)]
    extensions: Annotated[list[_Extension] | None, asn1.Explicit(3)]


def signs(certificate: x509.Certificate) -> bool:
    """Whether the key of a certificate may make digital signatures; without keyUsage it may.

    Raises what cryptography does for one that is not DER.
    """
    content = asn1.decode_der(_ToBeSigned, certificate.tbs_certificate_bytes)
    for extension in content.extensions or ():
        if extension.oid == x509.KeyUsage.oid:
            bits = asn1.decode_der(asn1.BitString, extension.value).as_bytes()
            return bool(bits) and bool(bits[0] & _DIGITAL_SIGNATURE)
    return True
