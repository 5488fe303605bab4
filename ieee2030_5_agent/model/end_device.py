"""EndDevice: one device's identity, the latest of each resource it sent, and its points."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..sep.editions import Edition
from .changes import PointValue
from .points import PointMap
from .readings import StoredReading

# (class name of the resource, instance): a DER's resources carry its number, all others 1.
ResourceKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Registration:
    """What an operator says about a device: ``sfdi`` as 12 digits, ``lfdi`` as 40 hex digits."""

    sfdi: str
    lfdi: str | None = None
    pin: int | None = None
    category: bytes | None = None


@dataclass(slots=True, eq=False)
class EndDevice:
    """One registered device. Only the Fleet changes it."""

    number: int
    registration: Registration
    registered_at: int
    changed_time: int
    program: int
    point_map: PointMap
    der_count: int = 1
    edition: Edition | None = None
    last_contact: float | None = None
    resources: dict[ResourceKey, Any] = field(default_factory=dict)
    readings: dict[str, StoredReading] = field(default_factory=dict)
    points: dict[str, PointValue] = field(default_factory=dict)
    point_times: dict[str, float] = field(default_factory=dict)
    # Field paths below DERControlBase that set_point has in force, with their wire values.
    set_fields: dict[str, Any] = field(default_factory=dict)
    control: int | None = None

    @property
    def sfdi(self) -> str:
        return self.registration.sfdi

    @property
    def lfdi(self) -> str | None:
        return self.registration.lfdi
