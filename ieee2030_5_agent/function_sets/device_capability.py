"""Device Capability: the entry point that every client starts from.

Source: IEEE 2030.5-2018 DeviceCapability; CSIP 2.1 discovery.
"""

from __future__ import annotations

from ..rest.call import Answer, Call, ok
from ..rest.routing import Route
from ..sep import models


def read(call: Call) -> Answer:
    return ok(
        models.DeviceCapability(
            href=call.self_href,
            pollRate=call.poll_rate("DeviceCapability"),
            TimeLink=call.link(models.TimeLink),
            EndDeviceListLink=call.list_link(models.EndDeviceListLink, len(call.scope.devices())),
            MirrorUsagePointListLink=call.list_link(
                models.MirrorUsagePointListLink, len(call.scope.mirrors())
            ),
            SelfDeviceLink=(
                None if call.settings.server_sfdi is None else call.link(models.SelfDeviceLink)
            ),
        )
    )


ROUTES = (Route("DeviceCapability", "", GET=read),)
