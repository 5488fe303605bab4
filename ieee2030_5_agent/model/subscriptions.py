"""Subscriptions: which client wants to be told of changes of which resource, and where.

A subscription hangs below the EndDevice of the client that made it. It is over when the client
deletes it, when it was not renewed in time, or when the server has reason to end it.
Source: IEEE 2030.5-2018 Subscription, Notification.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from math import ceil

from .changes import PointValue, Record
from .door import Door
from .end_device import EndDevice
from .errors import DuplicateSubscription, LimitReached
from .listing import Listing
from .registry import Registry

SUBSCRIPTION_NUMBERS: Record = ("counter", "subscription")


class Ended(IntEnum):
    """Notification.status of a subscription that is over."""

    CANCELLED = 1
    MOVED = 2
    REDEFINED = 3
    DELETED = 4


@dataclass(frozen=True, slots=True)
class Condition:
    """A band of values: the subscriber is told what lies below ``lower`` or above ``upper``."""

    lower: int
    upper: int

    def holds(self, value: int | None) -> bool:
        return value is not None and not self.lower <= value <= self.upper


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One Subscription. All that it is, in plain types: a record to keep.

    ``sfdi``, ``edev``: of the EndDevice that it hangs below. ``anonymous``: made without a
    certificate, in the laboratory. ``resource``, ``params``, ``path``: the resource by name, by the
    numbers in its URI, and its URI when the subscription was made; ``group``: the first of the
    numbers. ``subscribed_resource``: as the client spelled it. ``reading_type``: what the values
    that a condition is about meant when it was made. ``renewed``: server time in seconds.
    ``ended``: why it is over, where its subscriber is still to be told.
    """

    number: int = -1
    sfdi: str
    edev: int
    anonymous: bool
    resource: str
    params: Mapping[str, int]
    path: str
    subscribed_resource: str
    notification_uri: str
    level: str | None
    limit: int
    condition: Condition | None = None
    reading_type: str | None = None
    renewed: int = 0
    ended: Ended | None = None

    @property
    def record(self) -> Record:
        return ("subscription", self.number)

    @property
    def group(self) -> int | None:
        return next(iter(self.params.values()), None)

    @property
    def wish(self) -> tuple[str, str, str]:
        """What tells subscriptions apart: who wants to be told of what, and where."""
        return (self.sfdi, self.path, self.notification_uri)

    @property
    def detail(self) -> dict[str, PointValue]:
        """What listeners are told, in the standard's field names."""
        return {
            "number": self.number,
            "subscribedResource": self.subscribed_resource,
            "notificationURI": self.notification_uri,
            "limit": self.limit,
        }


class Subscriptions:
    """All subscriptions, by number, by device and by what they are about."""

    def __init__(self, door: Door, registry: Registry) -> None:
        self.max_per_device = 1000
        self.expiry_s = 48 * 3600
        # What ages are measured by: a clock that is set forward must not end what is young.
        self.timer: Callable[[], float] = door.clock
        self._renewed: dict[int, float] = {}  # by the timer
        self._door = door
        self._registry = registry
        self._listing: Listing[Subscription] = Listing(lambda subscription: subscription.number)
        self._by_number: dict[int, Subscription] = {}
        # Those that are over, until their subscribers were told, or cannot be.
        self.ending: dict[int, Subscription] = {}
        self._by_wish: dict[tuple[str, str, str], int] = {}
        # Numbers by name of the resource, then by the first number of its URI.
        self._about: dict[str, dict[int | None, set[int]]] = {}
        # When the agenda has the subscriptions looked through; None: there are none.
        self._look_at: int | None = None
        self.next_number = 0

    # --- questions -----------------------------------------------------------------------------

    @property
    def listed(self) -> Sequence[Subscription]:
        return self._listing.all

    def of(self, sfdi: str) -> Sequence[Subscription]:
        """The SubscriptionList of a device: in the order in which they were made."""
        return self._listing.of(sfdi)

    def by_number(self, number: int) -> Subscription | None:
        return self._by_number.get(number)

    def about(self, resource: str, group: int | None) -> Iterable[int]:
        """The numbers of the subscriptions to resources of a name and group."""
        return self._about.get(resource, {}).get(group, ())

    def anything_about(self, resource: str) -> bool:
        """Whether there is a subscription to any resource of a name."""
        return bool(self._about.get(resource))

    def about_all(self, resource: str) -> Iterable[int]:
        """The numbers of the subscriptions to all resources of a name."""
        return [number for some in self._about.get(resource, {}).values() for number in some]

    # --- changes -------------------------------------------------------------------------------

    def put(self, device: EndDevice, wanted: Subscription) -> tuple[Subscription, bool]:
        """Makes a subscription, or renews the one that is the same wish; True when it is new.

        Raises LimitReached.
        """
        known = self._by_wish.get(wanted.wish)
        if known is not None:
            return self._renew(device, self._by_number[known], wanted), False
        if len(self.of(wanted.sfdi)) >= self.max_per_device:
            raise LimitReached(f"a device has at most {self.max_per_device} subscriptions")
        subscription = replace(wanted, number=self.next_number, renewed=self._door.now)
        self.next_number += 1
        self._add(subscription)
        self._tell(device, subscription, "created")
        return subscription, True

    def restore(self, subscription: Subscription) -> None:
        """Takes a subscription back as it was kept; nobody is told."""
        self.next_number = max(self.next_number, subscription.number + 1)
        if subscription.ended is None:
            self._add(subscription)
        else:
            self.ending[subscription.number] = subscription

    def change(
        self, device: EndDevice, subscription: Subscription, wanted: Subscription
    ) -> Subscription:
        """Makes a subscription another one, which renews it.

        Raises DuplicateSubscription when there is one like that already.
        """
        known = self._by_wish.get(wanted.wish, subscription.number)
        if known != subscription.number:
            raise DuplicateSubscription(f"Subscription {known} is the same already")
        return self._renew(device, subscription, wanted)

    def remove(self, subscription: Subscription, status: Ended | None = None) -> None:
        """Ends a subscription; ``status``: what the subscriber is told, None: nothing."""
        self._drop(subscription)
        if status is not None:
            self.ending[subscription.number] = replace(subscription, ended=status)
        device = self._registry.by_sfdi(subscription.sfdi)
        told = None if status is None else int(status)
        detail = {**subscription.detail, "status": told}
        records = [subscription.record]
        self._door.emit("subscription_removal", device, detail, records=records)

    def told_end(self, number: int) -> None:
        """The subscriber of one that is over was told so, or cannot be."""
        ended = self.ending.pop(number, None)
        if ended is not None:
            self._door.keep(latest=[ended.record])

    def forget_device(self, device: EndDevice) -> None:
        """A device is going: its subscriptions go with it."""
        for subscription in list(self.of(device.sfdi)):
            self.remove(subscription, Ended.DELETED)

    def configure(self, max_per_device: int, expiry_s: int) -> None:
        """What the configuration says; the expiry holds for those that are there too."""
        self.max_per_device = max_per_device
        if expiry_s != self.expiry_s:
            self.expiry_s = expiry_s
            self._look_again(self._door.now)

    # --- inside --------------------------------------------------------------------------------

    def _renew(self, device: EndDevice, known: Subscription, wanted: Subscription) -> Subscription:
        renewed = replace(wanted, number=known.number, renewed=self._door.now)
        self._drop(known)
        self._add(renewed)
        same = replace(renewed, renewed=known.renewed) == known
        self._tell(device, renewed, "renewed" if same else "changed")
        return renewed

    def _add(self, subscription: Subscription) -> None:
        number = subscription.number
        self._by_number[number] = subscription
        self._by_wish[subscription.wish] = number
        groups = self._about.setdefault(subscription.resource, {})
        groups.setdefault(subscription.group, set()).add(number)
        self._listing.add(subscription, (subscription.sfdi,))
        age = max(self._door.clock() - subscription.renewed, 0)
        self._renewed[number] = self.timer() - age
        self._look_when(self._left(number), self._door.now)

    def _drop(self, subscription: Subscription) -> None:
        number = subscription.number
        del self._by_number[number], self._renewed[number]
        del self._by_wish[subscription.wish]
        groups = self._about[subscription.resource]
        groups[subscription.group].discard(number)
        if not groups[subscription.group]:
            del groups[subscription.group]
        self._listing.remove(subscription, (subscription.sfdi,))

    def _left(self, number: int) -> float:
        """In how many seconds a subscription is over unless it is renewed."""
        return self._renewed[number] + self.expiry_s - self.timer()

    def _look_when(self, left: float, now: int) -> None:
        """Has the agenda one entry for all: renewals do not fill it, nor who comes and goes."""
        at = now + max(ceil(left), 0)
        if self._look_at is None or at < self._look_at:
            self._look_at = at
            self._door.bring(at, self._due)

    def _look_again(self, now: int) -> None:
        if self._renewed:
            self._look_when(min(self._left(number) for number in self._renewed), now)

    def _due(self, at: int) -> None:
        if at != self._look_at:
            return  # one that came earlier has taken its place
        self._look_at = None
        for subscription in list(self._listing.all):
            if self._left(subscription.number) <= 0:
                self.remove(subscription, Ended.CANCELLED)
        self._look_again(max(at, self._door.now))

    def _tell(self, device: EndDevice, subscription: Subscription, change: str) -> None:
        detail = {**subscription.detail, "change": change}
        records = [subscription.record, SUBSCRIPTION_NUMBERS]
        self._door.emit("subscription", device, detail, records=records)
