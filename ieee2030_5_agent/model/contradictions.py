"""Modes that contradict each other: a device can follow only one of them at a time.

Active power is either a percentage or watts; so is reactive power, which a power factor fixes, too,
in the direction of active power that it is for. Limits and curves go with any of them, and the two
power factors with each other. Source: IEEE 2030.5-2018 DERControlBase, in our own reading: the
standard describes each mode by itself and names no pairs.
"""

from __future__ import annotations

from collections.abc import Iterable

_ALTERNATIVES = (
    {"opModFixedW", "opModTargetW"},
    {"opModFixedVar", "opModTargetVar", "opModFixedPFInjectW"},
    {"opModFixedVar", "opModTargetVar", "opModFixedPFAbsorbW"},
)


def contradicting(modes: Iterable[str]) -> set[str]:
    """The modes that cannot hold beside some of these; none of these themselves."""
    wanted = set(modes)
    found = (alternatives for alternatives in _ALTERNATIVES if alternatives & wanted)
    return set().union(*found) - wanted
