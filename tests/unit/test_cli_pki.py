"""``ieee2030-5 pki`` and ``ieee2030-5 identity`` as an operator uses them."""

from __future__ import annotations

import base64
import errno
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509

from ieee2030_5_agent.cli.main import main

VECTOR = Path(__file__).parents[1] / "data" / "identity_certificate.pem"
IDENTITY = "LFDI  5E0561BF9E2A2826012D5F51F0A12FAEBCFA6854\nSFDI  252385761218\n"


def run(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(main, list(map(str, arguments)))
    assert done.exit_code == code, done.output
    assert code == 0 or "Traceback" not in done.output
    return done.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    run("pki", "ca", "--dir", tmp_path)
    return tmp_path


def test_a_device_below_an_intermediate_authority(folder: Path) -> None:
    run("pki", "ca", "mica", "--issuer", "ca", "--common-name", "My MICA", "--dir", folder)
    said = run(
        "pki", "device", "inv1", "--serial", "SN7", "--issuer", "mica", "--dir", folder,
        "--policy", "mobile", "--policy", "1.2.3", "--not-after", "2030-06-30",
    )  # fmt: skip
    device, mica = x509.load_pem_x509_certificates((folder / "inv1.crt").read_bytes())
    assert mica.subject.rfc4514_string() == "CN=My MICA"
    assert device.issuer == mica.subject
    assert device.not_valid_after_utc.isoformat() == "2030-06-30T23:59:59+00:00"
    policies = device.extensions.get_extension_for_class(x509.CertificatePolicies).value
    found = [policy.policy_identifier.dotted_string for policy in policies]
    assert found == ["1.3.6.1.4.1.40732.1.2", "1.2.3"]
    shown = run("identity", folder / "inv1.crt")
    assert [line.split()[1] for line in shown.splitlines()[-2:]] == [
        line.split()[-1] for line in said.splitlines()[-2:]
    ]


def test_a_server_with_its_names(folder: Path) -> None:
    run("pki", "server", "--host", "der.example.org", "--host", "192.0.2.7", "--dir", folder)
    (server,) = x509.load_pem_x509_certificates((folder / "server.crt").read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["der.example.org"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("pki", "ca"), "ca.crt exists; it is replaced only with --force"),
        (("pki", "device", "x", "--issuer", "nobody"), "nobody.crt: No such file"),
        (("pki", "device", "../x"), "are expected as a name"),
        (("pki", "device", "x", "--policy", "foo"), "'foo' is no object identifier"),
        (("pki", "server", "--host", "a b"), "neither a DNS name nor an IP address"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_refused_in_one_line(folder: Path, arguments: tuple[str, ...], text: str) -> None:
    key = (folder / "ca.key").read_bytes()
    said = run(*arguments, "--dir", folder, code=1)
    assert said.startswith("Error: ")
    assert text in said
    assert said.count("\n") == 1
    assert (folder / "ca.key").read_bytes() == key


def test_force_replaces(folder: Path) -> None:
    key = (folder / "ca.key").read_bytes()
    run("pki", "ca", "--force", "--dir", folder)
    assert (folder / "ca.key").read_bytes() != key


@pytest.mark.parametrize("kind", ["device", "server"])
def test_force_does_not_replace_an_authority_by_another_certificate(
    folder: Path, kind: str
) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    said = run("pki", kind, "ca", "--force", "--dir", folder, code=1)
    assert "ca.crt is an authority, which no other certificate replaces" in said
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("exists", [True, False], ids=["replaced", "new"])
def test_certificate_and_key_always_belong_together(
    folder: Path, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    if exists:
        run("pki", "device", "x", "--dir", folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    replace = os.replace

    def full(draft: Path, path: Path) -> None:
        if path.suffix == ".crt":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        replace(draft, path)

    monkeypatch.setattr(os, "replace", full)
    said = run("pki", "device", "x", "--dir", folder, *["--force"] * exists, code=1)
    assert "No space left on device" in said
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_file_systems_without_hard_links_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    run("pki", "ca", "--dir", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"ca.crt", "ca.key"}


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    run("pki", "ca", "--dir", tmp_path / "pki")
    assert (tmp_path / "pki").stat().st_mode & 0o777 == 0o700


def test_a_server_without_a_name_is_remarked(folder: Path) -> None:
    assert "Without --host generic clients" in run("pki", "server", "--dir", folder)
    said = run("pki", "server", "b", "--host", "localhost", "--dir", folder)
    assert "Without --host" not in said


def test_identity_remarks_on_what_is_no_single_device(folder: Path) -> None:
    run("pki", "ca", "mica", "--issuer", "ca", "--dir", folder)
    run("pki", "device", "one", "--issuer", "mica", "--dir", folder)
    run("pki", "device", "two", "--dir", folder)
    bundle, root, single = (
        run("identity", folder / f"{name}.crt").splitlines() for name in ("one", "ca", "two")
    )
    assert bundle[0] == f"{folder / 'one.crt'} has 2 certificates, this is the first"
    assert root[0] == f"{folder / 'ca.crt'} is the certificate of an authority, no device's"
    assert [len(bundle), len(root), len(single)] == [3, 3, 2]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = run("pki", "ca", "--dir", tmp_path / "file" / "pki", code=1)
    assert said == f"Error: {tmp_path / 'file' / 'pki'}: Not a directory\n"


def test_identity_of_the_published_certificate(tmp_path: Path) -> None:
    assert run("identity", VECTOR) == IDENTITY
    lines = VECTOR.read_text().splitlines()
    der = tmp_path / "certificate.der"
    der.write_bytes(base64.b64decode("".join(lines[1:-1])))
    assert run("identity", der) == IDENTITY


@pytest.mark.parametrize(
    ("pin", "shown"),
    [("11111", "111115"), ("00001", "000019"), ("123455", "123455"), ("123-455", "123455")],
)
def test_pin(pin: str, shown: str) -> None:
    assert run("identity", VECTOR, "--pin", pin) == f"{IDENTITY}PIN   {shown}\n"


@pytest.mark.parametrize(
    ("pin", "text"),
    [
        ("111114", "has the check digit 4, but 5 is expected"),
        ("1111", "five digits, or six with the check digit, are expected"),
        ("1111111", "five digits, or six with the check digit, are expected"),
        ("abcde", "is not a number of five digits"),
    ],
)
def test_pin_refused(pin: str, text: str) -> None:
    said = run("identity", VECTOR, "--pin", pin, code=1)
    assert text in said
    assert "LFDI" not in said


def test_identity_of_what_is_no_certificate(tmp_path: Path) -> None:
    (tmp_path / "x.crt").write_text("hello")
    said = run("identity", tmp_path / "x.crt", code=1)
    assert said == f"Error: {tmp_path / 'x.crt'}: no certificate in PEM\n"
    assert "does not exist" in run("identity", tmp_path / "y.crt", code=2)
