"""End Device: the devices of this server, and the registration of each.

Source: IEEE 2030.5-2018 EndDevice, Registration; CSIP 2.1 registration.
"""

from __future__ import annotations

from ..model.end_device import EndDevice
from ..rest.call import Answer, Call, ok
from ..rest.errors import NotFound
from ..rest.routing import Route
from ..sep import models


def read_list(call: Call) -> Answer:
    return call.page(
        models.EndDeviceList,
        call.scope.devices(),
        lambda device: end_device(call, device),
        pollRate=call.poll_rate("EndDeviceList"),
    )


def read(call: Call) -> Answer:
    return ok(end_device(call, call.device))


def read_registration(call: Call) -> Answer:
    device = call.device
    if device.registration.pin is None:
        raise NotFound(f"EndDevice {device.number} was registered without a PIN")
    return ok(
        models.Registration(
            href=call.self_href,
            pollRate=call.poll_rate("Registration"),
            dateTimeRegistered=device.registered_at,
            pIN=device.registration.pin,
        )
    )


def end_device(call: Call, device: EndDevice) -> models.EndDevice:
    """The EndDevice resource. Links are there from registration on: clients look for them
    before they send anything."""
    n = device.number
    lfdi = device.lfdi
    return models.EndDevice(
        href=call.href("EndDevice", edev=n),
        DERListLink=call.list_link(models.DERListLink, device.der_count, edev=n),
        deviceCategory=device.registration.category,
        DeviceInformationLink=call.link(models.DeviceInformationLink, edev=n),
        DeviceStatusLink=call.link(models.DeviceStatusLink, edev=n),
        lFDI=None if lfdi is None else bytes.fromhex(lfdi),
        PowerStatusLink=call.link(models.PowerStatusLink, edev=n),
        sFDI=int(device.sfdi),
        changedTime=device.changed_time,
        enabled=True,
        FunctionSetAssignmentsListLink=call.list_link(
            models.FunctionSetAssignmentsListLink, 1, edev=n
        ),
        RegistrationLink=(
            None if device.registration.pin is None else call.link(models.RegistrationLink, edev=n)
        ),
    )


ROUTES = (
    Route("EndDeviceList", "/edev", GET=read_list),
    Route("EndDevice", "/edev/{edev}", GET=read),
    Route("Registration", "/edev/{edev}/reg", GET=read_registration),
)
