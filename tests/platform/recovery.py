"""How long it took until all was well again, for the table at the end of a run.

``tests/conftest.py`` prints what ``record_property`` was told under ``RECOVERY``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

RECOVERY = "recovery"
# Two shared cores: the figures that are printed are what counts.
RECOVERS_S = 60.0

Record = Callable[[str, object], None]


def note(record_property: Record, fault: str, seconds: Mapping[str, float]) -> None:
    """Notes for each part how many seconds after the end of a fault it was well again."""
    record_property(RECOVERY, {"fault": fault, "seconds": dict(seconds)})
    assert max(seconds.values()) < RECOVERS_S, (fault, seconds)


@contextmanager
def recovery(record_property: Record, fault: str) -> Iterator[None]:
    """Notes how long the block took."""
    began = time.monotonic()
    yield
    note(record_property, fault, {"all": time.monotonic() - began})
