from __future__ import annotations

from dataclasses import dataclass, field

from .common import Resource
from .links import TimeLink

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class Temperature:
    """
    A temperature in degrees Celsius.
    """

    multiplier: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "min_inclusive": -9,
            "max_inclusive": 9,
        },
    )
    subject: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    value: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class DeviceStatus(Resource):
    """
    Running state of a device.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    changedTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    onCount: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opState: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    Temperature: list[Temperature] = field(
        default_factory=list,
        metadata={
            "type": "Element",
        },
    )
    TimeLink: None | TimeLink = field(
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
