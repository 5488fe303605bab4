"""EndDevice: one device's identity, the latest of each resource it sent, and its points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..sep import models
from ..sep.editions import Edition
from .changes import PointValue, Record
from .log_events import DeviceLog
from .mirrors import Mirror
from .point_values import PointValues
from .points import PointMap
from .readings import Frame
from .received import Received

# What a device repeats all the time: of these the latest may be written a little later. Everything
# else it says once, and may not say again.
REPEATED = frozenset({"DERStatus", "DERAvailability", "DeviceStatus", "PowerStatus"})


@dataclass(frozen=True, slots=True)
class Registration:
    """What an operator says about a device: ``sfdi`` as 12 digits, ``lfdi`` as 40 hex digits.

    ``aggregator``: it manages others. ``manager``: SFDI of the aggregator that manages it.
    ``groups``: names that programs are assigned to. ``ders``: how many DERs it has.
    ``csip_aus``: it is shown the elements of CSIP-AUS. ``direction_frame``: from whose side its
    readings count flowDirection.
    """

    sfdi: str
    lfdi: str | None = None
    pin: int | None = None
    category: bytes | None = None
    aggregator: bool = False
    manager: str | None = None
    groups: frozenset[str] = frozenset()
    ders: int = 1
    enabled: bool = True
    csip_aus: bool = True
    direction_frame: Frame = Frame.CUSTOMER

    @property
    def membership(self) -> tuple[bool, str | None, frozenset[str]]:
        """What decides, besides its identity, which programs it follows and who else sees them."""
        return self.aggregator, self.manager, self.groups


@dataclass(frozen=True, slots=True)
class Commit:
    """Staged values that became a whole.

    ``result``: 1 completed, 2 failed (then the rest is of the one before). ``curves``: by mode the
    number of the DERCurve in the device's own program.
    """

    result: int
    values: Mapping[str, PointValue] = field(default_factory=dict)
    curves: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Switched:
    """``side``: below or above zero, where a switch put the control with this mRID."""

    mrid: bytes
    side: str


# Most devices never have any of what these hold: they share one that nobody writes into.
_NOTHING: dict[str, Any] = {}
Value = TypeVar("Value")


def without(held: Mapping[str, Value], name: str) -> Mapping[str, Value]:
    """What was held but for one."""
    return {each: value for each, value in held.items() if each != name}


def _nothing() -> Mapping[str, Any]:
    return _NOTHING


@dataclass(slots=True, eq=False)
class EndDevice:
    """One registered device. Only the Fleet changes it.

    ``origin`` tells who registered it: ``config``, ``rpc`` or ``in_band``. ``points`` has the
    points that have a value, so that a large registry costs a device only what it sends.
    """

    number: int
    registration: Registration
    origin: str
    registered_at: int
    changed_time: int
    program: int
    point_map: PointMap
    post_rate: int | None = None
    # Whether an operator set it: then the device's own proposals count no more.
    post_rate_ruled: bool = False
    edition: Edition | None = None
    last_contact: float | None = None
    resources: Received = field(default_factory=Received)
    mirrors: tuple[Mirror, ...] = ()
    log: DeviceLog = field(default_factory=DeviceLog)
    points: PointValues = field(default_factory=lambda: PointValues({}))
    # From the store: times of points that the registry so far does not have; the one that is
    # configured may. And what was received since, whose points are younger than that.
    former_times: Mapping[str, float] = field(default_factory=_nothing)
    renewed: frozenset[tuple[str, int]] = frozenset()
    # What set_point is keeping until it is sent, by point in the order it was set.
    staged: Mapping[str, PointValue] = field(default_factory=_nothing)
    # By group of points: the last commit, and the number of the latest control in the device's own
    # program.
    commits: Mapping[str, Commit] = field(default_factory=_nothing)
    controls: Mapping[str, int] = field(default_factory=_nothing)
    # By group of points: which side of zero was switched on, which a set point of 0 does not tell.
    switched: Mapping[str, Switched] = field(default_factory=_nothing)
    # Which of the fleet's registries it was given by config_points; None: the default.
    registry: str | None = None

    @property
    def record(self) -> Record:
        return ("device", self.sfdi)

    @property
    def sfdi(self) -> str:
        return self.registration.sfdi

    @property
    def lfdi(self) -> str | None:
        return self.registration.lfdi

    @property
    def der_count(self) -> int:
        """How many DERs it has; an aggregator has none of its own."""
        return 0 if self.registration.aggregator else self.registration.ders

    @property
    def point_times(self) -> dict[str, float]:
        """When each point that has a value was received."""
        return self.points.times

    @property
    def all_points(self) -> dict[str, PointValue]:
        """Every configured point, None for those without a value."""
        values: dict[str, PointValue] = dict.fromkeys(self.point_map.rows)
        return values | self.points.as_dict()

    @property
    def identity(self) -> models.EndDevice:
        """What the registration says, for the points that read it."""
        lfdi = self.lfdi
        return models.EndDevice(
            sFDI=int(self.sfdi),
            lFDI=None if lfdi is None else bytes.fromhex(lfdi),
            deviceCategory=self.registration.category,
            enabled=self.registration.enabled,
            changedTime=self.changed_time,
            postRate=self.post_rate,
        )

    @property
    def owners(self) -> tuple[str, ...]:
        """Whose view holds this device: its own, and that of the aggregator that manages it."""
        manager = self.registration.manager
        return (self.sfdi,) if manager is None else (self.sfdi, manager)
