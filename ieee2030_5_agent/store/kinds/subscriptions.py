"""Subscriptions: whom to notify of what, and whom of the end of one."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.fleet import Fleet
from ...model.subscriptions import Subscription
from ..documents import Document, from_document, to_document
from .kind import Key, Kind, Restoring, TextKey


def _subscription(fleet: Fleet, key: Key) -> Document | None:
    number = int(key[0])
    found = fleet.subscriptions.by_number(number) or fleet.subscriptions.ending.get(number)
    return None if found is None else to_document(found)


def _restore(to: Restoring, key: TextKey, document: Document) -> None:
    to.fleet.subscriptions.restore(from_document(Subscription, document))


def _keys(fleet: Fleet) -> Iterator[Key]:
    for subscription in fleet.subscriptions.listed:
        yield (subscription.number,)
    for number in fleet.subscriptions.ending:
        yield (number,)


KINDS = (Kind("subscription", _subscription, _restore, _keys),)
