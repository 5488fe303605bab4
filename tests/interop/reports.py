"""What py20305's print connector tells, and the registry that makes points of it."""

from __future__ import annotations

import csv
from pathlib import Path

_VECTORS = Path(__file__).parents[1] / "data" / "interop" / "print_connector.csv"
_ROWS = list(csv.DictReader(_VECTORS.read_text(encoding="utf-8").splitlines()))

REGISTRY = [{key: cell for key, cell in row.items() if key != "Expected"} for row in _ROWS]
EXPECTED = {row["Volttron Point Name"]: float(row["Expected"]) for row in _ROWS}
