from __future__ import annotations

from dataclasses import dataclass, field

from .common import Resource

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class Time(Resource):
    """
    The server's clock and time zone.

    All event times of the server refer to it.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    currentTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    dstEndTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    dstOffset: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    dstStartTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    localTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    quality: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    tzOffset: None | int = field(
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
