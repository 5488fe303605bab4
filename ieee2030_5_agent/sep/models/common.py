from __future__ import annotations

from dataclasses import dataclass, field

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class DateTimeInterval:
    """
    A stretch of time.
    """

    duration: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    start: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class Error:
    """
    Why a request was refused.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    maxRetryDuration: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    reasonCode: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class EventStatus:
    """
    Where an event is in its life.
    """

    currentStatus: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    dateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    potentiallySuperseded: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    potentiallySupersededTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    reason: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 192,
        },
    )


@dataclass(slots=True, kw_only=True)
class Link:
    """
    Where a resource is found.
    """

    href: None | str = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class Resource:
    """
    Anything that has an address.
    """

    href: None | str = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class IdentifiedObject(Resource):
    """
    A resource with a global identifier.
    """

    mRID: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 16,
            "format": "base16",
        },
    )
    description: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 32,
        },
    )
    version: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class List(Resource):
    """
    A list, or a page of it.
    """

    all: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )
    results: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class ListLink(Link):
    """
    Where a list is found.
    """

    all: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class RespondableResource(Resource):
    """
    A resource that asks for responses.
    """

    replyTo: None | str = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )
    responseRequired: None | bytes = field(
        default=None,
        metadata={
            "type": "Attribute",
            "max_length": 1,
            "format": "base16",
        },
    )


@dataclass(slots=True, kw_only=True)
class SubscribableResource(Resource):
    """
    A resource that a client may subscribe to.
    """

    subscribable: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class RespondableSubscribableIdentifiedObject(RespondableResource):
    """
    An identified object that a client may subscribe to and is asked to respond to.
    """

    mRID: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 16,
            "format": "base16",
        },
    )
    description: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 32,
        },
    )
    version: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    subscribable: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class SubscribableIdentifiedObject(SubscribableResource):
    """
    An identified object that a client may subscribe to.
    """

    mRID: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 16,
            "format": "base16",
        },
    )
    description: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 32,
        },
    )
    version: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class SubscribableList(SubscribableResource):
    """
    A list that a client may subscribe to.
    """

    all: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )
    results: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class Event(RespondableSubscribableIdentifiedObject):
    """
    Something that a server asks for during an interval.
    """

    creationTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    EventStatus: None | EventStatus = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    interval: None | DateTimeInterval = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class RandomizableEvent(Event):
    """
    An event whose start and length each device may shift at random.
    """

    randomizeDuration: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "min_inclusive": -3600,
            "max_inclusive": 3600,
        },
    )
    randomizeStart: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "min_inclusive": -3600,
            "max_inclusive": 3600,
        },
    )
