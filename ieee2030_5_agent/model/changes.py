"""Changed: the one signal that everything outside the model listens to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# A curve is a list of [x, y].
PointValue = None | bool | int | float | str | list[list[int | float]]

# What is stored as one: its kind, and what tells it from others of its kind. The kinds stand in
# the table of the room `store`.
Record = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """One accepted change.

    ``what``: registration, removal, resource, points, staged (nothing changed in force), control
    (each change of its status, for each device that it addresses), schedule (a program lists its
    controls otherwise), control_overlap, mirror, program, log_event, response,
    flow_reservation, time (points that count it), subscription, access (of a client), poll_rate,
    post_rate, configuration, and the ``_removal`` of some; ``kept`` is news for nobody but who
    stores it. ``sfdi``: the device it concerns, None for what concerns several. ``points``: the
    points that changed, with their new values. ``at``: server time in seconds. ``detail``: more
    about it, JSON types with the standard's field names.

    What is another now, for who stores it: ``records`` before anybody is told, ``latest`` soon
    after; ``gone`` with all that belongs to it.
    """

    what: str
    sfdi: str | None
    at: float
    points: Mapping[str, PointValue] = field(default_factory=dict)
    detail: Mapping[str, PointValue] = field(default_factory=dict)
    records: tuple[Record, ...] = ()
    latest: tuple[Record, ...] = ()
    gone: tuple[Record, ...] = ()
