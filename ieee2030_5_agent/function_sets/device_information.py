"""Device Information and Device Status: what a device says of its make and its state.

Source: IEEE 2030.5-2018 DeviceInformation, DeviceStatus.
"""

from __future__ import annotations

from ..rest.call import Answer, Call
from ..rest.errors import FOREIGN_IDENTITY, Forbidden
from ..rest.routing import Route
from ..rest.stored import read, write
from ..sep import models
from ..sep.identity import normalise_lfdi

_write_information = write("DeviceInformation")


def write_information(call: Call) -> Answer:
    """PUT: the LFDI in the body must be the device's own.

    Clients of 2013-era editions are spared: the original took any LFDI, and its devices send one
    of their own making.
    """
    device = call.device
    lfdi = normalise_lfdi(call.body.lFDI) if call.strict else device.lfdi
    if device.lfdi is not None and lfdi != device.lfdi:
        raise Forbidden(f"lFDI {lfdi} is not that of EndDevice {device.number}", FOREIGN_IDENTITY)
    return _write_information(call)


ROUTES = (
    Route(
        "DeviceInformation",
        "/edev/{edev}/di",
        GET=read("DeviceInformation"),
        PUT=write_information,
        bodies=(models.DeviceInformation,),
        post_as_put=True,
    ),
    Route(
        "DeviceStatus",
        "/edev/{edev}/dstat",
        GET=read("DeviceStatus"),
        PUT=write("DeviceStatus"),
        bodies=(models.DeviceStatus,),
        post_as_put=True,
    ),
)
