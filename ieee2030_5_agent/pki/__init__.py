"""Certificates of laboratories and tests: made, read, and kept in files."""

from .certificates import (
    FOREVER,
    POLICIES,
    Authority,
    Issued,
    PkiError,
    is_authority,
    load_ca,
    make_ca,
    read_any,
    read_certificate,
)
from .files import load_authority, save

__all__ = [
    "FOREVER",
    "POLICIES",
    "Authority",
    "Issued",
    "PkiError",
    "is_authority",
    "load_authority",
    "load_ca",
    "make_ca",
    "read_any",
    "read_certificate",
    "save",
]
