"""The points of the devices as they are seen on the message bus."""

from __future__ import annotations

import csv
import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

LABEL_WIDTH = 16
UNIT_WIDTH = 4
VALUE_WIDTH = 16
HEADER_ROWS = 8
SAID_ROWS = 10


class Seen(NamedTuple):
    """What the last message about a device said."""

    values: dict[str, Any]
    units: dict[str, str]
    at: float
    changed_at: float


class View:
    """Collects the ``devices/.../multi`` messages and shows them."""

    def __init__(self, names: dict[str, str], registry: Path) -> None:
        """``names``: what to call each device, by its topic; ``registry``: the point table."""
        self.names = names
        self.seen: dict[str, Seen] = {}
        self.messages = 0
        self.said: list[str] = []
        self.started = time.monotonic()
        with registry.open(newline="", encoding="utf-8") as rows:
            self.notes = {row["Volttron Point Name"]: row["Notes"] for row in csv.DictReader(rows)}

    def receive(
        self,
        _peer: str,
        _sender: str,
        _bus: str,
        topic: str,
        _headers: dict[str, Any],
        message: Any,
    ) -> None:
        """Takes one message of the bus: ``[{point: value}, {point: {"units": ...}}]``."""
        device = topic.removesuffix("/multi")
        if device not in self.names:
            return
        values, meta = message
        now = time.monotonic()
        before = self.seen.get(device)
        changed_at = now if before is None or before.values != values else before.changed_at
        units = {point: str(of_point.get("units") or "") for point, of_point in meta.items()}
        self.seen[device] = Seen(values, units, now, changed_at)
        self.messages += 1
        self.tell(device, None if before is None else before.values)

    def say(self, text: str) -> None:
        """Something that happened, besides messages."""
        self.said.append(f"{time.monotonic() - self.started:5.0f} s  {text}")

    def tell(self, device: str, before: dict[str, Any] | None) -> None:
        """Called after each message; ``before`` are the values of the one before."""

    def refresh(self) -> None:
        """Called several times per second."""

    def finish(self) -> None:
        """Called once at the end."""


class LineView(View):
    """For pipes and files: one line per message, with the points that are new."""

    def say(self, text: str) -> None:
        super().say(text)
        print(self.said[-1], flush=True)

    def tell(self, device: str, before: dict[str, Any] | None) -> None:
        now = self.seen[device]
        old = before or {}
        news = [
            f"{point} {shown(now.values[point])} {now.units.get(point, '')}".rstrip()
            for point in self.notes
            if now.values.get(point) != old.get(point)
        ]
        age = time.monotonic() - self.started
        print(f"{age:5.0f} s  {device}: {', '.join(news) or 'unchanged'}", flush=True)


class TableView(View):
    """For a terminal: points in rows, devices in columns, drawn again and again in place."""

    def refresh(self) -> None:
        width, height = shutil.get_terminal_size()
        said = self.said[-SAID_ROWS:]
        rows = self.table(width, height - HEADER_ROWS - len(said))
        # Home, each line up to its end, and what is left below: nothing flickers.
        picture = "".join(f"{row[:width]}\x1b[K\n" for row in (*rows, *said))
        print(f"\x1b[H{picture}\x1b[J", end="", flush=True)

    def finish(self) -> None:
        self.refresh()

    def table(self, width: int, room: int) -> list[str]:
        """The whole table as lines."""
        now = time.monotonic()
        left = LABEL_WIDTH + UNIT_WIDTH
        ages = [
            f"{now - self.seen[device].at:.1f} s ago" if device in self.seen else "not yet"
            for device in self.names
        ]
        notes_at = left + len(self.names) * VALUE_WIDTH + 2
        points = list(self.notes)
        known = [
            point
            for point in points
            if any(seen.values.get(point) is not None for seen in self.seen.values())
        ]
        shown_points = points if len(points) <= room else known[: max(room, 5)]
        return [
            f"Points on VOLTTRON's message bus, {self.messages} messages in"
            f" {now - self.started:.0f} s. Ctrl-C ends.",
            "",
            " " * left + "".join(f"{name:>{VALUE_WIDTH}}" for name in self.names.values()),
            f"{'last message':<{left}}" + "".join(f"{age:>{VALUE_WIDTH}}" for age in ages),
            "",
            *(
                f"{self.row(point):<{notes_at}}"
                + (self.notes[point] if width > notes_at + 20 else "")
                for point in shown_points
            ),
            "",
        ]

    def row(self, point: str) -> str:
        """One point of all devices."""
        unit = next((seen.units[point] for seen in self.seen.values() if point in seen.units), "")
        cells = (
            shown(self.seen[device].values.get(point)) if device in self.seen else ""
            for device in self.names
        )
        values = "".join(f"{cell[: VALUE_WIDTH - 1]:>{VALUE_WIDTH}}" for cell in cells)
        return f"{point:<{LABEL_WIDTH}}{unit:<{UNIT_WIDTH}}{values}"


def shown(value: object) -> str:
    """A value for the eye; - is a point that was never received."""
    if value is None:
        return "-"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
