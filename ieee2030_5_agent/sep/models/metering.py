from __future__ import annotations

from dataclasses import dataclass, field

from .common import (
    DateTimeInterval,
    IdentifiedObject,
    Resource,
    SubscribableList,
)
from .links import (
    MeterReadingListLink,
    RateComponentListLink,
    ReadingLink,
    ReadingListLink,
    ReadingSetListLink,
    ReadingTypeLink,
)
from .quantities import UnitValueType

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class MeterReadingBase(IdentifiedObject):
    """
    What meter readings and their mirrors share.
    """


@dataclass(slots=True, kw_only=True)
class ReadingBase(Resource):
    """
    A value and what it is worth.
    """

    consumptionBlock: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    qualityFlags: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 2,
            "format": "base16",
        },
    )
    timePeriod: None | DateTimeInterval = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    touTier: None | int = field(
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
            "min_inclusive": -140737488355328,
            "max_inclusive": 140737488355328,
        },
    )


@dataclass(slots=True, kw_only=True)
class ReadingSetBase(IdentifiedObject):
    """
    What reading sets and their mirrors share.
    """

    timePeriod: None | DateTimeInterval = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class ReadingType(Resource):
    """
    What a reading means.

    Absent codes count as 0.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    accumulationBehaviour: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    calorificValue: None | UnitValueType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    commodity: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    conversionFactor: None | UnitValueType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    dataQualifier: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    flowDirection: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    intervalLength: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    kind: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    maxNumberOfIntervals: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    numberOfConsumptionBlocks: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    numberOfTouTiers: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    phase: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    powerOfTenMultiplier: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "min_inclusive": -9,
            "max_inclusive": 9,
        },
    )
    subIntervalLength: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    supplyLimit: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "max_inclusive": 281474976710655,
        },
    )
    tieredConsumptionBlocks: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    uom: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class UsagePointBase(IdentifiedObject):
    """
    What usage points and their mirrors share.
    """

    roleFlags: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 2,
            "format": "base16",
        },
    )
    serviceCategoryKind: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    status: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class MeterReading(MeterReadingBase):
    """
    A measured quantity; its type and values stand behind the links.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    RateComponentListLink: None | RateComponentListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    ReadingLink: None | ReadingLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    ReadingSetListLink: None | ReadingSetListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    ReadingTypeLink: None | ReadingTypeLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class Reading(ReadingBase):
    """
    A measured value.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    localID: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 2,
            "format": "base16",
        },
    )
    subscribable: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class ReadingSet(ReadingSetBase):
    """
    Values of a stretch of time.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    ReadingListLink: None | ReadingListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class UsagePoint(UsagePointBase):
    """
    A place where something is measured.
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
    MeterReadingListLink: None | MeterReadingListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class MeterReadingList(SubscribableList):
    """
    The meter readings of a usage point.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    MeterReading: list[MeterReading] = field(
        default_factory=list,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class ReadingList(SubscribableList):
    """
    The values of a reading set.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    Reading: list[Reading] = field(
        default_factory=list,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class ReadingSetList(SubscribableList):
    """
    The reading sets of a meter reading.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    ReadingSet: list[ReadingSet] = field(
        default_factory=list,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class UsagePointList(SubscribableList):
    """
    The usage points of a server.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    UsagePoint: list[UsagePoint] = field(
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
