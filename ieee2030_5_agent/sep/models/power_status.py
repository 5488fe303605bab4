from __future__ import annotations

from dataclasses import dataclass, field

from .common import Resource
from .quantities import (
    ActivePower,
    RealEnergy,
)

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class PEVInfo:
    """
    Charging state and wishes of an electric vehicle.
    """

    chargingPowerNow: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    energyRequestNow: None | RealEnergy = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    maxForwardPower: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    minimumChargingDuration: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    targetStateOfCharge: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "min_inclusive": 0,
            "max_inclusive": 10000,
        },
    )
    timeChargeIsNeeded: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    timeChargingStatusPEV: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class PowerStatus(Resource):
    """
    Power source and battery of a device.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    batteryStatus: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    changedTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    currentPowerSource: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    estimatedChargeRemaining: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "min_inclusive": 0,
            "max_inclusive": 10000,
        },
    )
    estimatedTimeRemaining: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    PEVInfo: None | PEVInfo = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    sessionTimeOnBattery: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    totalTimeOnBattery: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    pollRate: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )
