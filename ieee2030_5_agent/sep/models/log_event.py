from __future__ import annotations

from dataclasses import dataclass, field

from .common import (
    Resource,
    SubscribableList,
)

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class LogEvent(Resource):
    """
    An entry of a device's log.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    createdDateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    details: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 32,
        },
    )
    extendedData: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    functionSet: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    logEventCode: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    logEventID: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    logEventPEN: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    profileID: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class LogEventList(SubscribableList):
    """
    The log of a device.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    LogEvent: list[LogEvent] = field(
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
