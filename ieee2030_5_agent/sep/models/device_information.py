from __future__ import annotations

from dataclasses import dataclass, field

from .common import Resource
from .links import SupportedLocaleListLink
from .quantities import (
    ActivePower,
    RealEnergy,
)

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class GPSLocationType:
    """
    A place on earth, WGS 84.
    """

    lat: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 32,
        },
    )
    lon: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 32,
        },
    )


@dataclass(slots=True, kw_only=True)
class DRLCCapabilities:
    """
    What a device can do for load control.
    """

    averageEnergy: None | RealEnergy = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    maxDemand: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    optionsImplemented: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 4,
            "format": "base16",
        },
    )


@dataclass(slots=True, kw_only=True)
class DeviceInformation(Resource):
    """
    Identity, maker and software of a device.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    connectionPointID: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 32,
        },
    )
    DRLCCapabilities: None | DRLCCapabilities = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    functionsImplemented: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 8,
            "format": "base16",
        },
    )
    gpsLocation: None | GPSLocationType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    lFDI: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 20,
            "format": "base16",
        },
    )
    mfDate: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    mfHwVer: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 32,
        },
    )
    mfID: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    mfInfo: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 32,
        },
    )
    mfModel: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 32,
        },
    )
    mfSerNum: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 32,
        },
    )
    primaryPower: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    secondaryPower: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    SupportedLocaleListLink: None | SupportedLocaleListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    swActTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    swVer: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 32,
        },
    )
    pollRate: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )
