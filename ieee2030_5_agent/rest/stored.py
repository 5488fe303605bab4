"""Singletons that a device writes and everybody reads back: one read and one write for all."""

from __future__ import annotations

from dataclasses import replace

from ..sep.facets import ELEMENTS
from .call import Answer, Call, created, no_content, ok
from .errors import NotFound
from .routing import Handler


def read(name: str) -> Handler:
    """GET: the latest of a resource; 404 until it was first received."""

    def handler(call: Call) -> Answer:
        device = call.device
        model = device.resources.get(_key(call, name))
        if model is None:
            raise NotFound(f"EndDevice {device.number} has not sent its {name} yet")
        if "pollRate" in ELEMENTS[name]:
            model = replace(model, pollRate=call.poll_rate(name))
        return ok(model)

    return handler


def write(name: str) -> Handler:
    """PUT: replaces the resource as a whole; elements that are absent now are gone.

    Attributes are the server's to say: where it lives, how often to ask, who may subscribe.
    """
    attributes = [each for each, element in ELEMENTS[name].items() if element.attribute]

    def handler(call: Call) -> Answer:
        device, key = call.device, _key(call, name)
        for attribute in attributes:
            setattr(call.body, attribute, None)
        call.body.href = call.self_href
        first = call.fleet.put_resource(device, key, call.body)
        return created(call.self_href) if first else no_content()

    return handler


def _key(call: Call, name: str) -> tuple[str, int]:
    return (name, call.der if "der" in call.params else 1)
