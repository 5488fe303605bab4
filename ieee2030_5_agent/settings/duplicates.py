"""Identities that two entries of a configuration have."""

from __future__ import annotations

from collections.abc import Mapping

from ..sep.identity import IdentityError, format_sfdi, sfdi_of_lfdi
from .fields import absent, optional_lfdi, sfdi_text


def duplicates(raw: Mapping[str, object]) -> list[str]:
    """A line for each entry whose SFDI or LFDI an earlier entry has; unreadable ones are skipped.

    Works on the raw entries, so that duplicates are reported together with all other mistakes.
    """
    lines: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    for name in ("aggregators", "devices"):
        entries = raw.get(name)
        for index, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
            if not isinstance(entry, Mapping):
                continue
            where = f"{name}[{index}]"
            for key, value in _identifiers(entry):
                first = seen.setdefault((key, value), where)
                if first != where:
                    lines.append(f"{where}.{key}: {value} is already that of {first}")
    return lines


def _identifiers(entry: Mapping[str, object]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    lfdi = entry.get("lfdi")
    try:
        normal = optional_lfdi(lfdi)
    except IdentityError:
        normal = None
    try:
        sfdi = None if absent(entry.get("sfdi")) else sfdi_text(entry.get("sfdi"))
    except IdentityError:
        sfdi = None
    if sfdi is None and normal is not None:
        sfdi = format_sfdi(sfdi_of_lfdi(normal))
    if sfdi is not None:
        found.append(("sfdi", sfdi))
    if normal is not None:
        found.append(("lfdi", normal))
    return found
