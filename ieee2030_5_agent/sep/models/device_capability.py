from __future__ import annotations

from dataclasses import dataclass, field

from .function_set_assignments import FunctionSetAssignmentsBase
from .links import (
    EndDeviceListLink,
    MirrorUsagePointListLink,
    SelfDeviceLink,
)

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class DeviceCapability(FunctionSetAssignmentsBase):
    """
    What a server offers: the first resource that a client reads.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    EndDeviceListLink: None | EndDeviceListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    MirrorUsagePointListLink: None | MirrorUsagePointListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    SelfDeviceLink: None | SelfDeviceLink = field(
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
