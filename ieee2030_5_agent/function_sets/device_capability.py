"""Device Capability: the entry point that every client starts from.

Source: IEEE 2030.5-2018 DeviceCapability; CSIP 2.1 discovery.
"""

from __future__ import annotations

from collections.abc import Callable

from ..rest.call import Answer, Call, LinkType, ok
from ..rest.routing import Route
from ..sep import models


def read(call: Call) -> Answer:
    return ok(
        models.DeviceCapability(
            href=call.self_href,
            pollRate=call.poll_rate("DeviceCapability"),
            TimeLink=call.link(models.TimeLink),
            EndDeviceListLink=call.list_link(models.EndDeviceListLink, len(call.scope.devices())),
            UsagePointListLink=_mirrors_link(call, models.UsagePointListLink),
            MirrorUsagePointListLink=_mirrors_link(call, models.MirrorUsagePointListLink),
            ResponseSetListLink=(
                call.list_link(models.ResponseSetListLink, len(call.scope.response_sets()))
                if call.scope.registered
                else None
            ),
            SelfDeviceLink=(
                None if call.settings.server_sfdi is None else call.link(models.SelfDeviceLink)
            ),
        )
    )


def _mirrors_link(call: Call, link_type: Callable[..., LinkType]) -> LinkType | None:
    """Mirrors and the usage points that they make are one list, for registered clients."""
    if not call.scope.registered:
        return None
    return call.list_link(link_type, len(call.scope.mirrors()))


ROUTES = (Route("DeviceCapability", "", GET=read),)
