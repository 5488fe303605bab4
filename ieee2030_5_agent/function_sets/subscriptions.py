"""Subscription/Notification: clients say what they want to be told of, and where.

The list is below the client's own EndDevice, also that of an aggregator, whose subscriptions are
about any resource that it may read. What is sent, and when, is not decided here.
Source: IEEE 2030.5-2018 Subscription; CSIP 2.1 subscriptions of aggregators.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from ..model.end_device import EndDevice
from ..model.errors import DuplicateSubscription
from ..model.subscriptions import Condition, Subscription
from ..rest.call import Answer, Call, created, no_content, ok
from ..rest.errors import (
    BadCondition,
    BadValue,
    Conflict,
    Forbidden,
    MovedPermanently,
    NotFound,
)
from ..rest.routing import CONDITIONALLY, Route
from ..rest.targets import MAX_LENGTH, BadTarget, parse_target
from ..sep import models
from ..sep.json_form import to_json

XML = 0
READING_VALUE = 0
ONE_MEMBER = "l=1"


def read_list(call: Call) -> Answer:
    device = _holder(call)
    return call.page(
        models.SubscriptionList,
        call.fleet.subscriptions.of(device.sfdi),
        lambda subscription: model(call, subscription),
        pollRate=call.poll_rate("SubscriptionList"),
    )


def create(call: Call) -> Answer:
    """POST: a new subscription, or the renewal of the same one."""
    device = _holder(call)
    subscription, new = call.fleet.subscriptions.put(device, _wanted(call, device))
    href = call.href("Subscription", sub=subscription.number)
    return created(href) if new else no_content(href)


def read(call: Call) -> Answer:
    return ok(model(call, _asked(call)))


def write(call: Call) -> Answer:
    """PUT: renews a subscription, with or without changes."""
    subscription = _asked(call)
    device = call.device
    try:
        call.fleet.subscriptions.change(device, subscription, _wanted(call, device))
    except DuplicateSubscription as error:
        raise Conflict(str(error)) from error
    return no_content()


def delete(call: Call) -> Answer:
    """DELETE: the subscriber hears nothing more, not even that it is over."""
    call.fleet.subscriptions.remove(_asked(call))
    return no_content()


def model(call: Call, subscription: Subscription) -> models.Subscription:
    """The resource as the client reads it."""
    condition = subscription.condition
    return models.Subscription(
        href=call.href("Subscription", sub=subscription.number),
        subscribedResource=subscription.subscribed_resource,
        Condition=(
            None
            if condition is None
            else models.Condition(
                attributeIdentifier=READING_VALUE,
                lowerThreshold=condition.lower,
                upperThreshold=condition.upper,
            )
        ),
        encoding=XML,
        level=subscription.level,
        limit=subscription.limit,
        notificationURI=subscription.notification_uri,
    )


def reading_type(call: Call, params: Mapping[str, int]) -> str:
    """What the values of a Reading mean, as text to compare: its ReadingType."""
    path = call.table.href("ReadingType", params)
    _, handler, numbers = call.table.match("GET", path)
    request = replace(call.request, method="GET", path=path, query="", body=b"")
    answer = handler(replace(call, request=request, params=numbers, body=None))
    return json.dumps(to_json(replace(answer.model, href=None)), sort_keys=True)


def _holder(call: Call) -> EndDevice:
    """The EndDevice of the URI, which must be the client's own. In the laboratory it may be any."""
    device = call.device
    if not call.settings.notifies:
        raise NotFound("this server sends no notifications")
    if call.scope.own is not None and call.scope.own is not device:
        raise Forbidden(f"your subscriptions are below EndDevice {call.scope.own.number}")
    return device


def _asked(call: Call) -> Subscription:
    device, number = _holder(call), call.params["sub"]
    subscription = call.fleet.subscriptions.by_number(number)
    if subscription is None or subscription.sfdi != device.sfdi:
        raise NotFound(f"EndDevice {device.number} has no Subscription {number}")
    return subscription


def _wanted(call: Call, device: EndDevice) -> Subscription:
    """What the body asks for, checked. Raises ProtocolError."""
    body: models.Subscription = call.body
    if body.subscribedResource is None or body.notificationURI is None or body.limit is None:
        raise BadValue("subscribedResource, limit and notificationURI are needed")
    if body.encoding not in (XML, None):
        raise BadValue(f"encoding {body.encoding} is not offered, only {XML} (XML)")
    _check_target(call, body.notificationURI)
    route, params, path = _resource(call, body.subscribedResource)
    condition = _condition(body.Condition, route)
    return Subscription(
        sfdi=device.sfdi,
        edev=device.number,
        anonymous=call.request.client.lfdi is None,
        resource=route.name,
        params=params,
        path=path,
        subscribed_resource=body.subscribedResource,
        notification_uri=body.notificationURI,
        level=body.level,
        limit=body.limit,
        condition=condition,
        reading_type=None if condition is None else reading_type(call, params),
    )


def _resource(call: Call, uri: str) -> tuple[Route, dict[str, int], str]:
    """The subscribed resource: its route, the numbers in its URI, the URI itself.

    Raises NotFound for one that is not there for this client, BadValue for one that is not
    subscribable.
    """
    if len(uri) > MAX_LENGTH:
        raise BadValue(f"subscribedResource is longer than {MAX_LENGTH} characters")
    try:
        path = unquote(urlsplit(uri).path)
    except ValueError as error:
        raise BadValue(f"subscribedResource: {error}") from error
    try:
        route, handler, params = call.table.match("GET", path)
    except MovedPermanently as moved:
        path = moved.location
        route, handler, params = call.table.match("GET", path)
    if not call.subscribable(route):
        raise BadValue(f"subscribedResource: {route.name} is not subscribable")
    # What a GET refuses is refused in the same words.
    request = replace(call.request, method="GET", path=path, query=ONE_MEMBER, body=b"")
    handler(replace(call, request=request, params=params, body=None))
    return route, params, path


def _condition(body: models.Condition | None, route: Route) -> Condition | None:
    if body is None:
        return None
    if not route.subscribable & CONDITIONALLY:
        raise BadCondition(f"a Condition on {route.name} is not supported")
    if body.attributeIdentifier != READING_VALUE:
        raise BadCondition(f"attributeIdentifier {body.attributeIdentifier} is not supported")
    lower, upper = body.lowerThreshold, body.upperThreshold
    if lower is None or upper is None or lower > upper:
        raise BadValue(f"lowerThreshold {lower} and upperThreshold {upper} are no band")
    return Condition(lower, upper)


def _check_target(call: Call, uri: str) -> None:
    """Names are looked up when something is sent, and their addresses checked then."""
    try:
        endpoint = parse_target(uri).endpoint
    except BadTarget as error:
        raise BadValue(f"notificationURI {error}") from error
    laboratory = call.settings.notifies_loopback
    if endpoint.scheme != "https" and not laboratory:
        raise BadValue("notificationURI: only https is notified")
    if endpoint.local and not laboratory:
        raise BadValue("notificationURI: loopback is only notified in the laboratory")
    address = endpoint.address
    refusal = address and call.settings.subscriptions.refusal(address, laboratory)
    if refusal:
        raise BadValue(f"notificationURI: {address} {refusal}")


ROUTES = (
    Route(
        "SubscriptionList",
        "/edev/{edev}/sub",
        GET=read_list,
        POST=create,
        bodies=(models.Subscription,),
    ),
    Route(
        "Subscription",
        "/edev/{edev}/sub/{sub}",
        GET=read,
        PUT=write,
        DELETE=delete,
        bodies=(models.Subscription,),
    ),
)
