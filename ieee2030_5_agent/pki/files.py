"""Certificates and keys as files: ``NAME.crt`` with what a TLS peer sends, ``NAME.key``."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from .certificates import Authority, Issued, PkiError, load_ca

_KEY_MODE = 0o600
_CERTIFICATE_MODE = 0o644
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)


def paths(folder: Path, name: str) -> tuple[Path, Path]:
    """The files of the certificate and the key. Raises PkiError for what is no plain name."""
    if not _NAME.fullmatch(name):
        raise PkiError(f"{name!r}: letters, digits, '.', '-' and '_' are expected as a name")
    return folder / f"{name}.crt", folder / f"{name}.key"


def save(folder: Path, name: str, made: Authority | Issued, *, force: bool = False) -> Path:
    """Writes both files, the key readable for its owner alone; the path of the certificate.

    Raises PkiError when one of them exists and ``force`` does not ask to replace it; then neither
    is touched.
    """
    certificate, key = paths(folder, name)
    folder.mkdir(parents=True, exist_ok=True)
    for path in (certificate, key):
        if not force and os.path.lexists(path):
            raise PkiError(f"{path} exists; it is replaced only with --force")
    _write(key, made.key_pem, _KEY_MODE, force)
    _write(certificate, made.chain_pem, _CERTIFICATE_MODE, force)
    return certificate


def load_authority(folder: Path, name: str) -> Authority:
    """The authority that ``save`` has written. Raises PkiError."""
    certificate, key = paths(folder, name)
    try:
        return load_ca(certificate.read_bytes(), key.read_bytes())
    except OSError as problem:
        raise PkiError(f"{problem.filename}: {problem.strerror}") from None
    except PkiError as problem:
        raise PkiError(f"{certificate}: {problem}") from None


def _write(path: Path, content: bytes, mode: int, force: bool) -> None:
    """Makes a whole file with its mode or none: nobody ever sees it half or readable to all."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if force:
            os.replace(draft, path)
        else:
            os.link(draft, path)  # unlike a rename it does not replace what came up meanwhile
    except FileExistsError:
        raise PkiError(f"{path} exists; it is replaced only with --force") from None
    finally:
        Path(draft).unlink(missing_ok=True)
