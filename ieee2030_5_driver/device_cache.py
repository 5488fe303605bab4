"""What the driver knows about one device: its registry and the last values of its points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .registry import NAME, Row
from .settings import DEFAULT_RPC_TIMEOUT_S


@dataclass(slots=True, eq=False)
class DeviceCache:
    """Changed by AgentClient only."""

    sfdi: str
    rpc_timeout_s: float = DEFAULT_RPC_TIMEOUT_S
    # Whether it is wanted also when nobody reads it.
    kept_ready: bool = False
    rows: list[Row] = field(default_factory=list)
    # What tells these rows from others, without the rows.
    fingerprint: bytes = b""
    values: dict[str, Any] = field(default_factory=dict)
    # Whether the agent has the registry, and whether every point of it has been fetched since: from
    # then on another value is news.
    configured: bool = False
    complete: bool = False
    # What the agent calls the registry.
    registry: object = None
    refusal: str | None = None
    retry_at: float = float("-inf")

    @property
    def ready(self) -> bool:
        """Whether ``values`` can be served."""
        return self.configured and self.complete

    def configure(self, rows: list[Row], fingerprint: bytes) -> None:
        """A registry (the first or another one): what was known under the old one is void."""
        self.rows, self.fingerprint = rows, fingerprint
        self.refusal = None
        self.forget()

    def forget(self) -> None:
        """The agent does not have the registry any more."""
        self.configured = self.complete = False
        self.retry_at = float("-inf")
        self.values = {}

    def update(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Takes over values; those that are other ones than before."""
        before = self.values
        changed = {
            name: value
            for name, value in values.items()
            if name not in before
            or before[name] != value
            or type(before[name]) is not type(value)  # False is not 0
        }
        before.update(changed)
        return changed

    def accepted(self, rows: list[Row], registry: object) -> bool:
        """Notes that the agent took ``rows``; True when it had refused before."""
        if rows is not self.rows:
            return False  # replaced while they were on their way
        was_refused = self.refusal is not None
        self.configured, self.registry, self.refusal = True, registry, None
        return was_refused

    def refused(self, reason: str, retry_at: float) -> bool:
        """Notes why the device cannot be served; True when the reason is news."""
        news = reason != self.refusal
        self.forget()
        self.refusal, self.retry_at = reason, retry_at
        return news

    def missing_points(self) -> list[str]:
        """Configured points without a value (a point that was never received has one: None)."""
        return [row[NAME] for row in self.rows if not self._has(row)]

    def _has(self, row: Row) -> bool:
        return row[NAME] in self.values
