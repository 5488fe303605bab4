from __future__ import annotations

from dataclasses import dataclass, field

from .common import (
    Link,
    ListLink,
)

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class ActiveDERControlListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class AggregatedDeviceListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class AggregationPriorityLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class AssociatedDERProgramListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class AssociatedUsagePointLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class ConfigurationLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class CurrentDERControlsLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class CurrentDERProgramLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class CustomerAccountListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class DERAvailabilityLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class DERCapabilityLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class DERComponentListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class DERControlListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class DERCurveLink(Link):
    disabled: None | bool = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERCurveListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class DERListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class DERProgramListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class DERSettingsLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class DERStatusLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class DefaultDERControlLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class DemandResponseProgramListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class DeviceInformationLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class DeviceStatusLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class EndDeviceListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class FileListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class FileStatusLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class FlowReservationRequestListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class FlowReservationResponseListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class FunctionSetAssignmentsListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class IPInterfaceListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class LoadShedAvailabilityListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class LogEventListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class MessagingProgramListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class MeterReadingListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class MirrorUsagePointListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class PowerStatusLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class PrepaymentListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class ProxiedDeviceListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class RateComponentListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class ReadingLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class ReadingListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class ReadingSetListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class ReadingTypeLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class RegistrationLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class ResponseListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class ResponseSetListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class SelfDeviceLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class SubscriptionListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class SupportedLocaleListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class TariffProfileListLink(ListLink):
    pass


@dataclass(slots=True, kw_only=True)
class TimeLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class UsagePointLink(Link):
    pass


@dataclass(slots=True, kw_only=True)
class UsagePointListLink(ListLink):
    pass
