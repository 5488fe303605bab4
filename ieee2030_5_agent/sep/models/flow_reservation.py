from __future__ import annotations

from dataclasses import dataclass, field

from .common import (
    DateTimeInterval,
    Event,
    IdentifiedObject,
    List,
    SubscribableList,
)
from .quantities import (
    ActivePower,
    SignedRealEnergy,
)

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class RequestStatus:
    """
    Whether a request still stands.
    """

    dateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    requestStatus: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class FlowReservationRequest(IdentifiedObject):
    """
    A device's wish for energy.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    creationTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    durationRequested: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    energyRequested: None | SignedRealEnergy = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    intervalRequested: None | DateTimeInterval = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    powerRequested: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    RequestStatus: None | RequestStatus = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class FlowReservationResponse(Event):
    """
    The energy that a device is granted; an event.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    energyAvailable: None | SignedRealEnergy = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    powerAvailable: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    subject: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 16,
            "format": "base16",
        },
    )


@dataclass(slots=True, kw_only=True)
class FlowReservationRequestList(List):
    """
    The requests of a device.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    FlowReservationRequest: list[FlowReservationRequest] = field(
        default_factory=list,
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


@dataclass(slots=True, kw_only=True)
class FlowReservationResponseList(SubscribableList):
    """
    What a device is granted.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    FlowReservationResponse: list[FlowReservationResponse] = field(
        default_factory=list,
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
