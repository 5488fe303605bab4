"""How often clients are asked to come: the configuration's rates, and what an operator ruled since.

Source: IEEE 2030.5-2018 pollRate, postRate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Rates:
    """Seconds. ``poll``: pollRate by resource. ``post``: postRate of all, None for the
    configuration's. ``configured``: what the configuration said last."""

    poll: dict[str, int] = field(default_factory=dict)
    post: int | None = None
    configured: dict[str, int] | None = None
    configured_post: int | None = None

    def configure(self, poll: Mapping[str, int], post: int) -> bool:
        """Puts the configuration's rates in force; False where it says what it said before, so
        that what an operator ruled since then stands."""
        if self.configured == poll and self.configured_post == post:
            return False
        self.configured, self.configured_post = dict(poll), post
        self.poll, self.post = dict(poll), None
        return True
