"""A public key infrastructure in the profile of IEEE 2030.5, for laboratories and tests.

Its certificates are what devices in the field have (EC P-256, empty subject, a critical
subjectAltName with the hardware module's name, no end), except that their policies say "test".
Real devices have theirs from the manufacturing PKI; nothing made here is trusted there.

Pure: nothing here reads or writes a file.
Source: IEEE 2030.5-2018, certificate profiles (SERCA, MCA, MICA, device); RFC 4108
hardwareModuleName; RFC 5280.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ..sep.identity import format_sfdi, lfdi_of_certificate, sfdi_of_lfdi

_ARC = "1.3.6.1.4.1.40732"  # the enterprise arc of the standard's policies
POLICIES = {
    "generic": f"{_ARC}.1.1",
    "mobile": f"{_ARC}.1.2",
    "post-manufacture": f"{_ARC}.1.3",
    "test": f"{_ARC}.2.1",
    "self-signed": f"{_ARC}.2.2",
    "commercial": f"{_ARC}.2.3",
    "bulk": f"{_ARC}.2.4",
}
TEST_DEVICE = ("generic", "test")
ANY_POLICY = "2.5.29.32.0"
HARDWARE_MODULE_NAME = "1.3.6.1.5.5.7.8.4"
# The arc that is reserved for examples: no manufacturer's hardware is of this type.
EXAMPLE_HARDWARE = "2.999.1"
FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
# Devices whose clock is a little slow take a new certificate too.
_BACKDATED = timedelta(days=1)


class PkiError(ValueError):
    """What was given cannot become a certificate, or is none; the text says why."""


@asn1.sequence
class _HardwareModuleName:
    """RFC 4108 HardwareModuleName."""

    hwType: x509.ObjectIdentifier
    hwSerialNum: bytes


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key: PEM texts, and the identity that follows from it.

    ``lfdi`` has 40 upper-case hex digits, ``sfdi`` 12 digits. ``chain_pem`` is what a TLS peer
    sends: the certificate, then the intermediate authorities, without the root.
    """

    cert_pem: bytes
    key_pem: bytes
    chain_pem: bytes
    lfdi: str
    sfdi: str


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority that can issue: a root (SERCA) or an intermediate (MICA)."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    # What stands between its certificates and the root: itself and those above it; a root: none.
    intermediates: tuple[x509.Certificate, ...] = ()

    @property
    def cert_pem(self) -> bytes:
        return _pem(self.certificate)

    @property
    def key_pem(self) -> bytes:
        return _key_pem(self.key)

    @property
    def chain_pem(self) -> bytes:
        """Its certificate and the intermediates above it; of a root its certificate."""
        return b"".join(map(_pem, self.intermediates)) or self.cert_pem

    def issue_ca(self, name: str, *, not_after: datetime = FOREVER) -> Authority:
        """An intermediate authority that issues only end entities (MICA: path length 0).

        Raises PkiError when this one is such an authority itself.
        """
        limits = self.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        if limits.value.path_length is not None:
            raise PkiError("an intermediate authority issues no other authority")
        return _authority(name, not_after, self, path_length=0)

    def issue_device(
        self,
        serial: str,
        *,
        policies: Sequence[str] = TEST_DEVICE,
        hardware: str = EXAMPLE_HARDWARE,
        not_before: datetime | None = None,
        not_after: datetime = FOREVER,
    ) -> Issued:
        """A device certificate.

        ``serial``: hwSerialNum, as on the label. ``policies``: names of ``POLICIES`` or object
        identifiers, at least one. ``hardware``: the manufacturer's object identifier of the type.
        Raises PkiError.
        """
        names = [_hardware_name(hardware, serial)]
        return self._end_entity(names, policies, not_before, not_after)

    def issue_server(
        self,
        names: Iterable[str],
        *,
        serial: str = "server",
        policies: Sequence[str] = TEST_DEVICE,
        not_after: datetime = FOREVER,
    ) -> Issued:
        """A server certificate: a device certificate with DNS names and IP addresses besides.

        Native clients ask for the profile and for no name; generic ones compare the name. What
        the profile says is critical is so, and nothing else: some clients in the field check it.
        Raises PkiError.
        """
        alternatives = [_hardware_name(EXAMPLE_HARDWARE, serial), *map(_host_name, names)]
        return self._end_entity(alternatives, policies, None, not_after)

    def _end_entity(
        self,
        names: list[x509.GeneralName],
        policies: Sequence[str],
        not_before: datetime | None,
        not_after: datetime,
    ) -> Issued:
        if not policies:
            raise PkiError("policies: at least the type of the device is expected")
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(x509.Name([]), self.certificate.subject, key, not_after, not_before)
            .add_extension(_usage(digital_signature=True, key_agreement=True), critical=True)
            .add_extension(_policies(map(_policy, policies)), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=True)
            .add_extension(_issued_by(self.certificate), critical=False)
        )
        certificate = builder.sign(self.key, hashes.SHA256())
        above = b"".join(map(_pem, self.intermediates))
        lfdi, sfdi = _identity(certificate)
        return Issued(
            _pem(certificate), _key_pem(key), _pem(certificate) + above, lfdi, format_sfdi(sfdi)
        )


def make_ca(name: str, *, not_after: datetime = FOREVER) -> Authority:
    """A new root authority (SERCA), named ``name``. Raises PkiError."""
    return _authority(name, not_after, None, path_length=None)


def load_ca(chain_pem: bytes, key_pem: bytes) -> Authority:
    """The authority of files: its certificate, then those above it without the root, and its key.

    Raises PkiError for what is no authority, or for a key of another certificate.
    """
    chain = read_certificates(chain_pem)
    key = read_key(key_pem)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PkiError("the key of the authority is no EC key")
    if key.public_key() != chain[0].public_key():
        raise PkiError("the key does not belong to the certificate of the authority")
    try:
        limits = chain[0].extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        limits = x509.BasicConstraints(ca=False, path_length=None)
    if not limits.ca:
        raise PkiError("the certificate is not that of an authority")
    is_root = chain[0].issuer == chain[0].subject
    return Authority(chain[0], key, () if is_root else tuple(chain))


def read_certificates(pem: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM text, in its order. Raises PkiError when there is none."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:  # its text explains PEM at length
        raise PkiError("no certificate in PEM") from None


def read_any(content: bytes) -> list[x509.Certificate]:
    """The certificates of a file: one in DER, or those of a PEM text. Raises PkiError."""
    if content.lstrip()[:1] != b"\x30":
        return read_certificates(content)
    try:
        return [x509.load_der_x509_certificate(content)]
    except ValueError as problem:
        raise PkiError(f"no certificate in DER: {problem}") from None


def read_certificate(content: bytes) -> bytes:
    """The DER octets of the (first) certificate of a file in PEM or DER. Raises PkiError."""
    return read_any(content)[0].public_bytes(serialization.Encoding.DER)


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may issue others. Raises PkiError for extensions that are not readable."""
    try:
        extensions = certificate.extensions
        return extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
    except ValueError as problem:
        raise PkiError(f"extensions: {problem}") from None


def read_key(pem: bytes) -> object:
    """The private key of a PEM text without password. Raises PkiError."""
    try:
        return serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise PkiError("no private key in PEM that needs no password") from None


def _authority(
    name: str, not_after: datetime, issuer: Authority | None, path_length: int | None
) -> Authority:
    subject = _name(name)
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_name = subject if issuer is None else issuer.certificate.subject
    builder = (
        _builder(subject, issuer_name, key, not_after)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(_policies([ANY_POLICY]), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer is None:
        return Authority(builder.sign(key, hashes.SHA256()), key)
    builder = builder.add_extension(_issued_by(issuer.certificate), critical=False)
    certificate = builder.sign(issuer.key, hashes.SHA256())
    return Authority(certificate, key, (certificate, *issuer.intermediates))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    not_after: datetime,
    not_before: datetime | None = None,
) -> x509.CertificateBuilder:
    not_before = not_before or min(datetime.now(UTC), not_after) - _BACKDATED
    if not_after <= not_before:
        raise PkiError("the certificate would end before it begins")
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )


def _name(name: str) -> x509.Name:
    try:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    except ValueError as problem:
        raise PkiError(f"name of the authority: {problem}") from None


def _usage(**uses: bool) -> x509.KeyUsage:
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{use: uses.get(use, False) for use in every})


def _policies(identifiers: Iterable[str]) -> x509.CertificatePolicies:
    return x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(one), None) for one in identifiers]
    )


def _policy(policy: str) -> str:
    return POLICIES.get(policy) or _identifier("policies", policy).dotted_string


def _issued_by(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
        issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    )


def _identifier(what: str, dotted: str) -> x509.ObjectIdentifier:
    try:
        return x509.ObjectIdentifier(dotted)
    except ValueError:
        known = ", ".join(POLICIES)
        hint = f", nor one of {known}" if what == "policies" else ""
        raise PkiError(f"{what}: {dotted!r} is no object identifier{hint}") from None


def _hardware_name(hardware: str, serial: str) -> x509.GeneralName:
    if not serial:
        raise PkiError("serial: the serial number of the device is expected")
    encoded = asn1.encode_der(
        _HardwareModuleName(hwType=_identifier("hardware", hardware), hwSerialNum=serial.encode())
    )
    return x509.OtherName(x509.ObjectIdentifier(HARDWARE_MODULE_NAME), encoded)


def _host_name(name: str) -> x509.GeneralName:
    """An IP address where it is one, else a DNS name."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass  # no address, so a name
    labels = name.split(".")
    if not name.isascii() or not all(labels) or any(c.isspace() or c in "/:" for c in name):
        raise PkiError(f"{name!r} is neither a DNS name nor an IP address")
    return x509.DNSName(name)


def _identity(certificate: x509.Certificate) -> tuple[str, int]:
    lfdi = lfdi_of_certificate(certificate.public_bytes(serialization.Encoding.DER))
    return lfdi, sfdi_of_lfdi(lfdi)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
