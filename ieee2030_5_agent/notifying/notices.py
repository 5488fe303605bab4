"""What a subscriber is told: the resource as its own GET would give it, and how to say it is over.

Source: IEEE 2030.5-2018 Notification.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..function_sets.subscriptions import reading_type
from ..model.end_device import EndDevice
from ..model.errors import ModelError
from ..model.fleet import Fleet
from ..model.subscriptions import Ended, Subscription
from ..rest.call import Call
from ..rest.errors import Forbidden, ProtocolError
from ..rest.messages import NOBODY, Client, Request
from ..rest.routing import Table
from ..sep import models
from ..sep.codec import encode
from ..sep.editions import Edition
from ..sep.facets import ELEMENTS
from ..settings import Settings
from .affected import Key
from .outbox import Turn
from .pages import Pages, View

CHANGED = 0


class SubscriptionOver(Exception):
    """There is nothing to follow any more; ``status`` is what the subscriber is told."""

    def __init__(self, status: Ended) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Notice:
    """A Notification, and the digest of what its reader then knows. No body: nothing to tell."""

    digest: bytes | None
    body: bytes | None = None


class Answering(Protocol):
    """The server, as far as notifications need it."""

    clock: Callable[[], float]
    fleet: Fleet
    settings: Settings
    table: Table

    def call_for(self, request: Request) -> Call:
        """A request as the server understands it. Raises Forbidden for who may not even ask."""

    def edition_of(self, model: Any, edition: Edition) -> Edition:
        """In which edition a model can be told to somebody who speaks one."""


class Notices:
    """Builds notifications from what the server would answer."""

    def __init__(self, server: Answering) -> None:
        self._server = server
        self._pages = Pages(server.clock)

    def forget(self, key: Key) -> None:
        """A change has affected these resources."""
        self._pages.forget(key)

    def digest(self, subscription: Subscription) -> bytes | None:
        """Of what the subscriber would read now; None where that is nothing."""
        try:
            return self._view(subscription).digest
        except SubscriptionOver:
            return None

    def of(self, turn: Turn) -> Notice:
        """What is to be told when it is a subscription's turn. Raises SubscriptionOver."""
        if turn.farewell is not None:
            return Notice(None, self._farewell(turn.subscription, turn.farewell))
        subscription = turn.subscription
        view = self._view(subscription)
        condition = subscription.condition
        if condition is not None and not condition.holds(view.model.value):
            # Should the same value come again after this one, it is news.
            return Notice(None)
        digest = view.digest
        if digest == turn.told and not (view.cut and turn.believed):
            return Notice(digest)
        return Notice(digest, self._changed(subscription, view))

    def _view(self, subscription: Subscription) -> View:
        """What a GET of the subscriber gives now. Raises SubscriptionOver when it gives none."""
        owner = self._server.fleet.device(subscription.sfdi)
        spoken = owner.edition
        view = self._pages.find(subscription, spoken)
        if view is None:
            view = self._built(subscription, owner)
            if _is_list(view.model):
                view = self._pages.keep(subscription, spoken, view)
        return view

    def _built(self, subscription: Subscription, owner: EndDevice) -> View:
        try:
            call = self._call(subscription, owner)
            route, handler, call.params = call.table.match("GET", call.request.path)
            subscribable = call.subscribable(route)
            model = handler(call).model
            unit = subscription.condition and reading_type(call, subscription.params)
        except Forbidden as error:
            raise SubscriptionOver(Ended.CANCELLED) from error
        except (ProtocolError, ModelError) as error:
            raise SubscriptionOver(Ended.DELETED) from error
        if not subscribable:
            raise SubscriptionOver(Ended.CANCELLED)
        if unit != subscription.reading_type:
            # The thresholds are numbers of the unit that it had.
            raise SubscriptionOver(Ended.REDEFINED)
        model = replace(model, subscribable=subscribable)
        return View(
            model=model,
            edition=self._server.edition_of(model, call.spoken),
            csip_aus=call.csip_aus_namespace(owner),
            cut=_is_list(model) and model.all > model.results,
        )

    def _call(self, subscription: Subscription, owner: EndDevice) -> Call:
        path = self._server.table.href(subscription.resource, subscription.params)
        if path != subscription.path:
            raise SubscriptionOver(Ended.MOVED)
        client = NOBODY if subscription.anonymous else _client(owner)
        page = f"l={self._server.settings.max_list_limit}"
        call = self._server.call_for(Request("GET", path, page, client=client))
        # What the owner speaks, also where the URI is that of a device which it manages.
        call.edition = owner.edition
        call.contact = owner
        return call

    def _changed(self, subscription: Subscription, view: View) -> bytes:
        model, limit = view.model, subscription.limit
        notification = self._notification(subscription, CHANGED)
        if _is_list(model):
            notification.Resource = _first(model, limit)
        elif limit > 0:
            notification.Resource = model
        return view.notification(notification, limit)

    def _farewell(self, subscription: Subscription, status: Ended) -> bytes:
        server = self._server
        notification = self._notification(subscription, int(status))
        if status is Ended.MOVED:
            href = server.table.href(subscription.resource, subscription.params)
            notification.newResourceURI = self._absolute(href)
        owner = server.fleet.registry.by_sfdi(subscription.sfdi)
        edition = None if owner is None else owner.edition
        return encode(notification, edition or server.settings.edition)

    def _notification(self, subscription: Subscription, status: int) -> models.Notification:
        place = {"edev": subscription.edev, "sub": subscription.number}
        return models.Notification(
            subscribedResource=subscription.subscribed_resource,
            createdDateTime=int(self._server.clock()),
            status=status,
            subscriptionURI=self._absolute(self._server.table.href("Subscription", place)),
        )

    def _absolute(self, href: str) -> str:
        """A URI with the server's own authority, as far as that is configured."""
        return (self._server.settings.subscriptions.server_uri or "") + href


def _client(owner: EndDevice) -> Client:
    """The subscriber. Raises SubscriptionOver when it is known by its certificate no more."""
    if owner.lfdi is None:
        raise SubscriptionOver(Ended.CANCELLED)
    return Client(owner.lfdi)


def _is_list(model: Any) -> bool:
    return "results" in ELEMENTS[type(model).__name__]


def _first(model: Any, limit: int) -> Any:
    """A page of a list as a GET with a lower limit gives it."""
    name = type(model).__name__.removesuffix("List")
    members = getattr(model, name)[:limit]
    return replace(model, results=len(members), **{name: members})
