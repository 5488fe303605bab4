"""Who is told of what, and how that goes."""

from __future__ import annotations

from typing import Any

from ..model.errors import ModelError
from ..model.subscriptions import Ended, Subscription
from .arguments import whole
from .part import Part


class Subscriptions(Part):
    """The subscriptions that clients made."""

    def get_subscriptions(self, sfdi: str | int | None = None) -> list[dict[str, Any]]:
        """The subscriptions of a device or aggregator, or of all, and how they fare."""
        subscriptions = self._fleet.subscriptions
        shown = subscriptions.listed if sfdi is None else subscriptions.of(self._device(sfdi).sfdi)
        return [self._described(subscription) for subscription in shown]

    def remove_subscription(self, number: int) -> None:
        """Ends a subscription; the subscriber is told that it is cancelled."""
        subscription = self._fleet.subscriptions.by_number(whole("number", number, 0, 2**53))
        if subscription is None:
            raise ModelError(f"number: there is no subscription {number}")
        self._fleet.subscriptions.remove(subscription, Ended.CANCELLED)

    def _described(self, subscription: Subscription) -> dict[str, Any]:
        condition = subscription.condition
        place = {"edev": subscription.edev, "sub": subscription.number}
        return {
            "sfdi": subscription.sfdi,
            "number": subscription.number,
            "href": self._server.href("Subscription", **place),
            "subscribedResource": subscription.subscribed_resource,
            "notificationURI": subscription.notification_uri,
            "limit": subscription.limit,
            "condition": None if condition is None else [condition.lower, condition.upper],
            "renewed": subscription.renewed,
            "expires": subscription.renewed + self._fleet.subscriptions.expiry_s,
            **self._server.outbox.state(subscription.number),
        }
