from __future__ import annotations

from dataclasses import dataclass, field

from .common import (
    List,
    Resource,
)

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class Condition:
    """
    Notify only when a reading leaves a band.
    """

    attributeIdentifier: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    lowerThreshold: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "min_inclusive": -140737488355328,
            "max_inclusive": 140737488355328,
        },
    )
    upperThreshold: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "min_inclusive": -140737488355328,
            "max_inclusive": 140737488355328,
        },
    )


@dataclass(slots=True, kw_only=True)
class SubscriptionBase(Resource):
    """
    What subscriptions and notifications share.
    """

    subscribedResource: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class Notification(SubscriptionBase):
    """
    News about a subscribed resource.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    createdDateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    newResourceURI: None | str = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    Resource: None | Resource = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    status: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    subscriptionURI: None | str = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class Subscription(SubscriptionBase):
    """
    A client's wish to be told of changes.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    Condition: None | Condition = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    encoding: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    level: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 16,
        },
    )
    limit: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    notificationURI: None | str = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class NotificationList(List):
    """
    Several notifications.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    Notification: list[Notification] = field(
        default_factory=list,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class SubscriptionList(List):
    """
    The subscriptions of a client.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    Subscription: list[Subscription] = field(
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
