from __future__ import annotations

from dataclasses import dataclass, field

from .common import (
    IdentifiedObject,
    Link,
    Resource,
    SubscribableList,
    SubscribableResource,
)
from .links import (
    AggregatedDeviceListLink,
    AggregationPriorityLink,
    ConfigurationLink,
    DERListLink,
    DeviceInformationLink,
    DeviceStatusLink,
    FileStatusLink,
    FlowReservationRequestListLink,
    FlowReservationResponseListLink,
    FunctionSetAssignmentsListLink,
    IPInterfaceListLink,
    LoadShedAvailabilityListLink,
    LogEventListLink,
    PowerStatusLink,
    ProxiedDeviceListLink,
    RegistrationLink,
    SubscriptionListLink,
)

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class PriorityData:
    """
    A place in the order of an aggregation.
    """

    lFDI: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 20,
            "format": "base16",
        },
    )


@dataclass(slots=True, kw_only=True)
class AbstractDevice(SubscribableResource):
    """
    What is known about any device: its identity and where its resources are.
    """

    AggregatedDeviceListLink: None | AggregatedDeviceListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    AggregationPriorityLink: None | AggregationPriorityLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    ConfigurationLink: None | ConfigurationLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    DERListLink: None | DERListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    deviceCategory: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 4,
            "format": "base16",
        },
    )
    DeviceInformationLink: None | DeviceInformationLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    DeviceStatusLink: None | DeviceStatusLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    distribution: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    FileStatusLink: None | FileStatusLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    IPInterfaceListLink: None | IPInterfaceListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    lFDI: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 20,
            "format": "base16",
        },
    )
    LoadShedAvailabilityListLink: None | LoadShedAvailabilityListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    LogEventListLink: None | LogEventListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    phase: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    PowerStatusLink: None | PowerStatusLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    sFDI: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_inclusive": 281474976710655,
        },
    )


@dataclass(slots=True, kw_only=True)
class AggregatedDevice(Resource):
    """
    A member of an aggregation.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    changedTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    deviceCategory: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 4,
            "format": "base16",
        },
    )
    enabled: None | bool = field(
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
    sFDI: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "max_inclusive": 281474976710655,
        },
    )


@dataclass(slots=True, kw_only=True)
class AggregationPriority(IdentifiedObject):
    """
    The order in which members of an aggregation are used, first one first.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    PriorityData: list[PriorityData] = field(
        default_factory=list,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class Registration(Resource):
    """
    When a device was registered, and the PIN that proves the server knows it.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    dateTimeRegistered: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    pIN: None | int = field(
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


@dataclass(slots=True, kw_only=True)
class AggregatedDeviceList(SubscribableList):
    """
    The members of an aggregation.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    AggregatedDevice: list[AggregatedDevice] = field(
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
class ExternalDevice(AbstractDevice):
    """
    A device other than the one that answers.
    """

    changedTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    enabled: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    FlowReservationRequestListLink: None | FlowReservationRequestListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    FlowReservationResponseListLink: None | FlowReservationResponseListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    FunctionSetAssignmentsListLink: None | FunctionSetAssignmentsListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    postRate: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    RegistrationLink: None | RegistrationLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class SelfDevice(AbstractDevice):
    """
    The device that answers, the server itself.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    ProxiedDeviceListLink: None | ProxiedDeviceListLink = field(
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


@dataclass(slots=True, kw_only=True)
class EndDevice(ExternalDevice):
    """
    A device as the server knows it.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    ProxiedDeviceListLink: None | ProxiedDeviceListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    SubscriptionListLink: None | SubscriptionListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    ConnectionPointLink: None | Link = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "https://csipaus.org/ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class ProxiedDevice(ExternalDevice):
    """
    A device that another one speaks for.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class EndDeviceList(SubscribableList):
    """
    The devices that a client may see.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    EndDevice: list[EndDevice] = field(
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
class ProxiedDeviceList(SubscribableList):
    """
    The devices that another one speaks for.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    ProxiedDevice: list[ProxiedDevice] = field(
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
