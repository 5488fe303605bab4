from __future__ import annotations

from dataclasses import dataclass, field

from .common import List
from .links import UsagePointLink
from .metering import (
    MeterReadingBase,
    Reading,
    ReadingSetBase,
    ReadingType,
    UsagePointBase,
)

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class MirrorReadingSet(ReadingSetBase):
    """
    Values of a stretch of time, posted by a device.
    """

    Reading: list[Reading] = field(
        default_factory=list,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class MirrorMeterReading(MeterReadingBase):
    """
    A quantity that a device measures and posts.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    lastUpdateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    MirrorReadingSet: list[MirrorReadingSet] = field(
        default_factory=list,
        metadata={
            "type": "Element",
        },
    )
    nextUpdateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    Reading: None | Reading = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    ReadingType: None | ReadingType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class MirrorMeterReadingList(List):
    """
    Several quantities posted at once.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    MirrorMeterReading: list[MirrorMeterReading] = field(
        default_factory=list,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class MirrorUsagePoint(UsagePointBase):
    """
    A place where a device measures and posts to the server.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    deviceLFDI: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 20,
            "format": "base16",
        },
    )
    MirrorMeterReading: list[MirrorMeterReading] = field(
        default_factory=list,
        metadata={
            "type": "Element",
        },
    )
    postRate: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    UsagePointLink: None | UsagePointLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    subscribable: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class MirrorUsagePointList(List):
    """
    The mirrors of a client.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    MirrorUsagePoint: list[MirrorUsagePoint] = field(
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
    subscribable: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )
