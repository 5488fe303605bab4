"""What the agent's call ``get_changes`` answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .rpc import AgentRefused, AgentRpc, AgentUnavailable


class Changes(NamedTuple):
    """What changed since a cursor, by SFDI; None for a device that was removed."""

    epoch: str
    cursor: str
    points: Mapping[str, Mapping[str, Any] | None]
    # The registries of the devices whose points are all there, as config_points named them.
    registries: Mapping[str, object]


def get_changes(
    rpc: AgentRpc, cursor: str | None, sfdis: list[str] | None, timeout: float
) -> Changes:
    """Asks the agent. Raises AgentUnavailable, also for an answer that is none."""
    try:
        answer = rpc.call("get_changes", cursor, sfdis, timeout=timeout)
    except AgentRefused as error:
        raise AgentUnavailable(f"agent {rpc.identity!r}: get_changes: {error}") from None
    try:
        new_cursor, points = answer["cursor"], answer["points"]
        epoch, colon, _ = new_cursor.rpartition(":")
        if colon and isinstance(points, dict):
            return Changes(epoch, new_cursor, points, dict(answer["registries"]))
    except (TypeError, ValueError, KeyError, AttributeError):
        pass
    raise AgentUnavailable(
        f"agent {rpc.identity!r} answered get_changes with {str(answer)[:80]!r}:"
        " is it an IEEE 2030.5 agent?"
    )
