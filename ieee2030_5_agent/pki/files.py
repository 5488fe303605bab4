"""Certificates and keys as files: ``NAME.crt`` with what a TLS peer sends, ``NAME.key``."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .certificates import Authority, Issued, PkiError, is_authority, load_ca, read_certificates

_FOLDER_MODE = 0o700
_KEY_MODE = 0o600
_FILE_MODE = 0o644
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)


def paths(folder: Path, name: str) -> tuple[Path, Path]:
    """The files of the certificate and the key. Raises PkiError for what is no plain name."""
    if not _NAME.fullmatch(name):
        raise PkiError(f"{name!r}: letters, digits, '.', '-' and '_' are expected as a name")
    return folder / f"{name}.crt", folder / f"{name}.key"


def save(folder: Path, name: str, made: Authority | Issued, *, force: bool = False) -> Path:
    """Writes both files, the key readable for its owner alone; the path of the certificate.

    A folder that is missing is made for its owner alone. Raises PkiError when one of the files
    exists and ``force`` does not ask to replace it, or when it would replace an authority by a
    certificate that is none; and OSError. Then both files are as before.
    """
    certificate, key = paths(folder, name)
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    for path in (certificate, key):
        if not force and os.path.lexists(path):
            raise PkiError(f"{path} exists; it is replaced only with --force")
    if isinstance(made, Issued) and _is_authority(certificate):
        raise PkiError(f"{certificate} is an authority, which no other certificate replaces")
    with ExitStack() as drafts:
        pair = (
            (drafts.enter_context(_draft(key, made.key_pem, _KEY_MODE)), key),
            (drafts.enter_context(_draft(certificate, made.chain_pem, _FILE_MODE)), certificate),
        )
        former = _content(key)
        _move(*pair[0], force)
        try:
            _move(*pair[1], force)
        except BaseException:
            # The new key does not belong to the certificate that is still there.
            _put_back(key, former)
            raise
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


def _is_authority(certificate: Path) -> bool:
    """Whether a file has the certificate of an authority (first); False without such a file."""
    content = _content(certificate)
    if content is None:
        return False
    try:
        return is_authority(read_certificates(content)[0])
    except PkiError:
        return False


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
        return
    with _draft(path, content, _KEY_MODE) as draft:
        os.replace(draft, path)


@contextmanager
def _draft(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """A whole file beside its place, so that nobody ever sees it half or readable to all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _move(draft: Path, path: Path, force: bool) -> None:
    """Puts a draft into its place; unless forced it replaces nothing, also not what came up now."""
    if force:
        os.replace(draft, path)
        return
    try:
        # Takes the name, as a link would, on file systems without links too.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _KEY_MODE))
    except FileExistsError:
        raise PkiError(f"{path} exists; it is replaced only with --force") from None
    try:
        os.replace(draft, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
