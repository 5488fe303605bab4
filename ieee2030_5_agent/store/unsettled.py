"""What changes that may still be refused have touched, of what is acknowledged at once.

Values that devices repeat are written behind, so that a refused change may have come upon some that
were acknowledged before it and are in memory only: those are kept, and nothing of the change.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..model.changes import Record
from .kinds import KINDS


@dataclass(slots=True)
class Unsettled:
    """Of one batch, or of what is still to be written."""

    # The names of what they changed, and the names below which they took all away.
    records: set[Record] = field(default_factory=set)
    gone: set[Record] = field(default_factory=set)
    # Documents of before them, of what was acknowledged and still to be written.
    before: dict[Record, str | None] = field(default_factory=dict)
    # By device when they came: after the first, up to the second time.
    spans: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def add(self, later: Unsettled) -> None:
        """What came later; of two documents the first one is of before both."""
        self.records |= later.records
        self.gone |= later.gone
        self.before = later.before | self.before
        for sfdi, spans in later.spans.items():
            self.spans.setdefault(sfdi, []).extend(spans)

    def touches(self, record: Record) -> bool:
        if record in self.records or (record[0] == "times" and record[1] in self.spans):
            return True
        return any(
            record[0] in KINDS[str(whole[0])].parts and record[1 : len(whole)] == whole[1:]
            for whole in self.gone
        )

    def came_then(self, sfdi: str, at: float) -> bool:
        """Whether one of them told something of a device at a time."""
        return any(first < at <= last for first, last in self.spans.get(sfdi, ()))
