"""Certificates of laboratories and tests: made, read, and kept in files."""

from .certificates import (
    FOREVER,
    POLICIES,
    Authority,
    Issued,
    PkiError,
    load_ca,
    make_ca,
    read_certificate,
)
from .files import load_authority, save

__all__ = [
    "FOREVER",
    "POLICIES",
    "Authority",
    "Issued",
    "PkiError",
    "load_authority",
    "load_ca",
    "make_ca",
    "read_certificate",
    "save",
]
