"""Connection Point of CSIP-AUS: where on the network a device is connected.

Source: CSIP-AUS ConnectionPoint (csipaus.org namespace).
"""

from __future__ import annotations

import re

from ..rest.call import Answer, Call, created, no_content, ok
from ..rest.errors import BadValue, NotFound
from ..rest.routing import Route
from ..sep import models

KEY = ("ConnectionPoint", 1)


def read(call: Call) -> Answer:
    """GET: the identifier as it was last set; 404 until then."""
    _offered(call)
    stored = call.device.resources.get(KEY)
    if stored is None:
        raise NotFound(f"EndDevice {call.device.number} has not sent its ConnectionPoint yet")
    return ok(stored)


def write(call: Call) -> Answer:
    """PUT: sets or corrects the identifier; it must match the configured rule."""
    _offered(call)
    device, identifier = call.device, call.body.connectionPointId
    if identifier is None:
        raise BadValue("ConnectionPoint has no connectionPointId")
    if not re.fullmatch(call.settings.connection_point_pattern, identifier):
        raise BadValue(f"connectionPointId {identifier!r} is not of the expected form")
    call.body.href = call.self_href
    first = call.fleet.put_resource(device, KEY, call.body)
    # Test clients follow Location also after an update.
    return created(call.self_href) if first else no_content(call.self_href)


def _offered(call: Call) -> None:
    if call.csip_aus_namespace(call.device) is None:
        raise NotFound("CSIP-AUS is not switched on for this device")


ROUTES = (
    Route(
        "ConnectionPoint",
        "/edev/{edev}/cp",
        GET=read,
        PUT=write,
        bodies=(models.ConnectionPoint,),
    ),
)
