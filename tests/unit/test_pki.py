"""Certificates of the 2030.5 profile: by the library that made them, and by openssl."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from ieee2030_5_agent import pki
from ieee2030_5_agent.pki.certificates import HARDWARE_MODULE_NAME
from ieee2030_5_agent.sep.identity import format_sfdi, lfdi_of_certificate, sfdi_of_lfdi

ROOT = pki.make_ca("Root (test)")
MICA = ROOT.issue_ca("MICA (test)")
OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not on this machine")

# What the standard wants to be critical, and nothing else: clients in the field check it.
CRITICAL = {
    x509.SubjectAlternativeName,
    x509.KeyUsage,
    x509.CertificatePolicies,
    x509.BasicConstraints,
}


def read(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


@pytest.fixture(
    params=[MICA.issue_device("SN7"), ROOT.issue_server(["localhost", "::1"], serial="SN7")],
    ids=["device", "server"],
)
def issued(request: pytest.FixtureRequest) -> pki.Issued:
    made: pki.Issued = request.param
    return made


def test_an_end_entity_has_the_profile(issued: pki.Issued) -> None:
    certificate = read(issued.cert_pem)
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert certificate.signature_algorithm_oid.dotted_string == "1.2.840.10045.4.3.2"
    assert list(certificate.subject) == []
    assert certificate.not_valid_after_utc == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage == x509.KeyUsage(True, False, False, False, True, False, False, False, False)
    policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert [policy.policy_identifier.dotted_string for policy in policies] == [
        "1.3.6.1.4.1.40732.1.1",
        "1.3.6.1.4.1.40732.2.1",
    ]
    kinds = {type(extension.value) for extension in certificate.extensions}
    assert x509.ExtendedKeyUsage not in kinds
    assert x509.AuthorityKeyIdentifier in kinds


@pytest.mark.parametrize(
    "pem",
    [ROOT.cert_pem, MICA.cert_pem, MICA.issue_device("1").cert_pem,
     MICA.issue_server(["localhost"]).cert_pem],
    ids=["root", "intermediate", "device", "server"],
)  # fmt: skip
def test_exactly_what_the_profile_names_is_critical(pem: bytes) -> None:
    extensions = read(pem).extensions
    assert {type(one.value) for one in extensions if one.critical} == CRITICAL & {
        type(one.value) for one in extensions
    }


def test_the_name_of_the_hardware_is_that_of_the_published_vector() -> None:
    """The same type and serial number give the octets of the certificate in tests/data."""
    vector = (Path(__file__).parents[1] / "data" / "identity_certificate.pem").read_bytes()
    made = MICA.issue_device("SN000001", hardware="1.3.6.1.4.1.40732.99999.1")

    def name(pem: bytes) -> list[bytes]:
        names = read(pem).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        kind = x509.ObjectIdentifier(HARDWARE_MODULE_NAME)
        others = names.get_values_for_type(x509.OtherName)
        return [one.value for one in others if one.type_id == kind]

    assert name(made.cert_pem) == name(vector)
    assert len(name(vector)) == 1


def test_a_server_has_its_names_and_addresses() -> None:
    issued = ROOT.issue_server(["der.example.org", "192.0.2.7", "2001:db8::1"])
    names = (
        read(issued.cert_pem).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    )
    assert names.get_values_for_type(x509.DNSName) == ["der.example.org"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == [
        "192.0.2.7",
        "2001:db8::1",
    ]


def test_identity_is_that_of_the_certificate(issued: pki.Issued) -> None:
    lfdi = lfdi_of_certificate(pki.read_certificate(issued.cert_pem))
    assert issued.lfdi == lfdi
    assert issued.sfdi == format_sfdi(sfdi_of_lfdi(lfdi))


def test_every_certificate_has_a_number_and_a_key_of_its_own() -> None:
    made = [MICA.issue_device("SN7") for _ in range(20)]
    assert len({read(one.cert_pem).serial_number for one in made}) == 20
    assert len({one.key_pem for one in made}) == 20


def test_the_chain_has_the_intermediates_and_not_the_root() -> None:
    def subjects(pem: bytes) -> list[str]:
        return [one.subject.rfc4514_string() for one in x509.load_pem_x509_certificates(pem)]

    assert subjects(MICA.issue_device("1").chain_pem) == ["", "CN=MICA (test)"]
    assert subjects(ROOT.issue_device("1").chain_pem) == [""]
    assert subjects(MICA.chain_pem) == ["CN=MICA (test)"]
    assert subjects(ROOT.chain_pem) == ["CN=Root (test)"]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: MICA.issue_ca("x"), "issues no other authority"),
        (lambda: pki.make_ca(""), "name of the authority"),
        (lambda: MICA.issue_device(""), "serial"),
        (lambda: MICA.issue_device("1", policies=()), "policies"),
        (lambda: MICA.issue_device("1", policies=("genetic",)), "'genetic' is no object identif"),
        (lambda: MICA.issue_device("1", hardware="x"), "hardware: 'x' is no object identifier"),
        (
            lambda: MICA.issue_device("1", not_before=pki.FOREVER),
            "would end before it begins",
        ),
        (lambda: MICA.issue_server(["a b"]), "neither a DNS name nor an IP address"),
        (lambda: MICA.issue_server([""]), "neither a DNS name nor an IP address"),
        (lambda: MICA.issue_server(["https://host/"]), "neither a DNS name nor an IP address"),
        (lambda: pki.load_ca(b"", ROOT.key_pem), "no certificate in PEM"),
        (lambda: pki.load_ca(ROOT.cert_pem, b""), "no private key in PEM"),
        (lambda: pki.load_ca(ROOT.cert_pem, MICA.key_pem), "does not belong to the certificate"),
        (lambda: _load_device(), "is not that of an authority"),
        (lambda: pki.read_certificate(b"\x30\x03\x02\x01\x01"), "no certificate in DER"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refused(make: object, text: str) -> None:
    assert callable(make)
    with pytest.raises(pki.PkiError, match=text):
        make()


def _load_device() -> pki.Authority:
    device = ROOT.issue_device("1")
    return pki.load_ca(device.cert_pem, device.key_pem)


# --- files -----------------------------------------------------------------------------------


def test_the_key_is_readable_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)  # the most generous there is
    try:
        pki.save(tmp_path / "new" / "folder", "inv1", MICA.issue_device("1"))
    finally:
        os.umask(before)
    key = tmp_path / "new" / "folder" / "inv1.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize("there", ["inv1.key", "inv1.crt"])
@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_nothing_that_exists_is_replaced(tmp_path: Path, there: str, kind: str) -> None:
    path = tmp_path / there
    if kind == "file":
        path.write_text("mine")
    else:
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(pki.PkiError, match=f"{there} exists; it is replaced only with --force"):
        pki.save(tmp_path, "inv1", MICA.issue_device("1"))
    assert [one.name for one in tmp_path.iterdir()] == [there]
    assert kind != "file" or path.read_text() == "mine"


def test_force_replaces_and_keeps_no_mode_of_the_former_file(tmp_path: Path) -> None:
    key = tmp_path / "inv1.key"
    key.write_text("mine")
    key.chmod(0o666)
    issued = MICA.issue_device("1")
    pki.save(tmp_path, "inv1", issued, force=True)
    assert key.read_bytes() == issued.key_pem
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert {one.name for one in tmp_path.iterdir()} == {"inv1.key", "inv1.crt"}


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b", "-x"])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(pki.PkiError, match="are expected as a name"):
        pki.save(tmp_path, name, ROOT)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("authority", [ROOT, MICA], ids=["root", "intermediate"])
def test_an_authority_comes_back_from_its_files(tmp_path: Path, authority: pki.Authority) -> None:
    pki.save(tmp_path, "ca", authority)
    loaded = pki.load_authority(tmp_path, "ca")
    assert (loaded.chain_pem, loaded.key_pem) == (authority.chain_pem, authority.key_pem)
    assert len(x509.load_pem_x509_certificates(loaded.issue_device("1").chain_pem)) == 1 + len(
        authority.intermediates
    )


def test_an_authority_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(pki.PkiError, match=r"ca\.crt: No such file"):
        pki.load_authority(tmp_path, "ca")


# --- openssl ---------------------------------------------------------------------------------


def openssl(*arguments: object, cwd: Path) -> str:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.fixture
def files(tmp_path: Path) -> Path:
    pki.save(tmp_path, "ca", ROOT)
    pki.save(tmp_path, "mica", MICA)
    pki.save(tmp_path, "device", MICA.issue_device("SN7"))
    pki.save(tmp_path, "server", MICA.issue_server(["localhost", "127.0.0.1"]))
    return tmp_path


@needs_openssl
@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("device", ("-purpose", "sslclient")),
        ("server", ("-purpose", "sslserver", "-verify_hostname", "localhost")),
        ("server", ("-purpose", "sslserver", "-verify_ip", "127.0.0.1")),
    ],
    ids=["device", "server by name", "server by address"],
)
def test_openssl_verifies_the_chain(files: Path, name: str, more: tuple[str, ...]) -> None:
    said = openssl(
        "verify", "-x509_strict", "-CAfile", "ca.crt", "-untrusted", "mica.crt", *more,
        f"{name}.crt", cwd=files,
    )  # fmt: skip
    assert said == f"{name}.crt: OK\n"


@needs_openssl
@pytest.mark.parametrize(
    ("more", "text"),
    [
        (("-verify_hostname", "elsewhere"), "hostname mismatch"),
        (("-CAfile", "other.crt"), "unable to get"),
    ],
    ids=["other name", "other authority"],
)
def test_openssl_refuses_what_is_not_so(files: Path, more: tuple[str, ...], text: str) -> None:
    """The check above can fail."""
    pki.save(files, "other", pki.make_ca("Root (test)"))
    arguments = ("-CAfile", "ca.crt") if "-CAfile" not in more else ()
    said = openssl("verify", *arguments, *more, "-untrusted", "mica.crt", "server.crt", cwd=files)
    assert text in said


@needs_openssl
def test_openssl_sees_the_same_identity(files: Path) -> None:
    said = openssl("x509", "-in", "device.crt", "-noout", "-fingerprint", "-sha256", cwd=files)
    digits = said.strip().partition("=")[2].replace(":", "")
    der = pki.read_certificate((files / "device.crt").read_bytes())
    assert digits[:40] == lfdi_of_certificate(der)
