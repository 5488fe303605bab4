"""End Device: the devices of this server, registration in band, and the registration of each.

Source: IEEE 2030.5-2018 EndDevice, Registration; CSIP 2.1 registration.
"""

from __future__ import annotations

from dataclasses import replace

from ..model.end_device import EndDevice, Registration
from ..model.errors import DuplicateDevice
from ..rest.call import Answer, Call, created, no_content, ok
from ..rest.errors import FOREIGN_IDENTITY, NOT_PERMITTED, BadValue, Conflict, Forbidden, NotFound
from ..rest.lists import TimeKey
from ..rest.routing import SUBSCRIBABLE, Route
from ..sep import models
from ..sep.identity import IdentityError, format_sfdi, normalise_lfdi, parse_sfdi, sfdi_of_lfdi

IN_BAND = "in_band"
BY_CHANGED_TIME: TimeKey[EndDevice] = TimeKey(lambda device: device.changed_time, descending=True)


def read_list(call: Call) -> Answer:
    return call.page(
        models.EndDeviceList,
        call.scope.devices(),
        lambda device: end_device(call, device),
        BY_CHANGED_TIME,
        pollRate=call.poll_rate("EndDeviceList"),
    )


def read(call: Call) -> Answer:
    return ok(end_device(call, call.device))


def register(call: Call) -> Answer:
    """POST: a device registers itself, or an aggregator a device that it manages."""
    lfdi = _posted_lfdi(call)
    _refuse_foreign(call, lfdi)
    call.refuse_registration()
    policy = call.settings.in_band_registration
    if policy.permitted and lfdi not in policy.permitted:
        raise Forbidden(f"LFDI {lfdi} is not on the list of those that may register", NOT_PERMITTED)
    aggregator = call.scope.own
    registration = Registration(
        sfdi=format_sfdi(sfdi_of_lfdi(lfdi)),
        lfdi=lfdi,
        category=call.body.deviceCategory,
        manager=None if aggregator is None else aggregator.sfdi,
    )
    try:
        device = call.fleet.register(registration, IN_BAND)
    except DuplicateDevice as error:
        raise Conflict(str(error)) from error
    call.fleet.set_post_rate(device, call.body.postRate)
    call.contact = device
    return created(call.href("EndDevice", edev=device.number))


def write(call: Call) -> Answer:
    """PUT: a device tells its category and postRate; its identity cannot be changed."""
    device = call.device
    lfdi = _checked_lfdi(call.body, device.lfdi)
    if format_sfdi(call.body.sFDI) != device.sfdi or lfdi != device.lfdi:
        raise Forbidden(f"lFDI and sFDI of EndDevice {device.number} cannot be changed")
    if call.body.deviceCategory is not None:
        call.fleet.update(replace(device.registration, category=call.body.deviceCategory))
    call.fleet.set_post_rate(device, call.body.postRate)
    return no_content()


def delete(call: Call) -> Answer:
    """DELETE: only what registered in band can leave in band."""
    device = call.device
    if device.origin != IN_BAND:
        raise Forbidden(f"EndDevice {device.number} was registered by the operator")
    call.fleet.remove(device.sfdi)
    call.contact = None
    return no_content()


def read_registration(call: Call) -> Answer:
    device = call.device
    return ok(
        models.Registration(
            href=call.self_href,
            pollRate=call.poll_rate("Registration"),
            dateTimeRegistered=device.registered_at,
            pIN=_pin(device),
        )
    )


def write_registration(call: Call) -> Answer:
    """PUT: some clients send the PIN that they know; it is compared, never taken over."""
    device = call.device
    if call.body.pIN != _pin(device):
        raise Forbidden(f"this is not the PIN of EndDevice {device.number}")
    return no_content()


def end_device(call: Call, device: EndDevice) -> models.EndDevice:
    """The EndDevice resource. Links are there from registration on: clients look for them
    before they send anything."""
    n = device.number
    lfdi = device.lfdi
    resource = models.EndDevice(
        href=call.href("EndDevice", edev=n),
        deviceCategory=device.registration.category,
        DeviceInformationLink=call.link(models.DeviceInformationLink, edev=n),
        DeviceStatusLink=call.link(models.DeviceStatusLink, edev=n),
        lFDI=None if lfdi is None else bytes.fromhex(lfdi),
        LogEventListLink=call.list_link(models.LogEventListLink, len(device.log.listed), edev=n),
        PowerStatusLink=call.link(models.PowerStatusLink, edev=n),
        sFDI=int(device.sfdi),
        changedTime=device.changed_time,
        enabled=device.registration.enabled,
        postRate=device.post_rate,
        RegistrationLink=(
            None if device.registration.pin is None else call.link(models.RegistrationLink, edev=n)
        ),
    )
    if call.csip_aus_namespace(device) is not None:
        resource.ConnectionPointLink = models.Link(href=call.href("ConnectionPoint", edev=n))
    if call.settings.notifies and call.scope.own in (None, device):
        # A client has one SubscriptionList, below its own EndDevice.
        resource.SubscriptionListLink = call.list_link(
            models.SubscriptionListLink, len(call.fleet.subscriptions.of(device.sfdi)), edev=n
        )
    if not device.registration.aggregator:
        # An aggregator follows no programs and has no DERs: these are below its devices.
        resource.DERListLink = call.list_link(models.DERListLink, device.der_count, edev=n)
        reservations = call.fleet.reservations
        resource.FlowReservationRequestListLink = call.list_link(
            models.FlowReservationRequestListLink, len(reservations.requests(device.sfdi)), edev=n
        )
        resource.FlowReservationResponseListLink = call.list_link(
            models.FlowReservationResponseListLink, len(reservations.grants(device.sfdi)), edev=n
        )
        resource.FunctionSetAssignmentsListLink = call.list_link(
            models.FunctionSetAssignmentsListLink,
            len(call.fleet.programs.assignments(device)),
            edev=n,
        )
    return resource


def _posted_lfdi(call: Call) -> str:
    """The LFDI of a new EndDevice: that of the body, or a device's own from its certificate."""
    own = call.request.client.lfdi
    aggregator = call.scope.own is not None and call.scope.own.registration.aggregator
    return _checked_lfdi(call.body, None if aggregator else own)


def _checked_lfdi(body: models.EndDevice, otherwise: str | None) -> str:
    """The LFDI of a body, or else the one known. Raises BadValue when SFDI and LFDI disagree."""
    lfdi = otherwise if body.lFDI is None else normalise_lfdi(body.lFDI)
    if lfdi is None:
        raise BadValue("EndDevice has no lFDI, and no certificate tells it")
    if body.sFDI is None:
        raise BadValue("EndDevice has no sFDI")
    try:
        sfdi = parse_sfdi(body.sFDI)
    except IdentityError as error:
        raise BadValue(f"sFDI: {error}") from error
    if sfdi != sfdi_of_lfdi(lfdi):
        raise BadValue(f"sFDI {sfdi} is not that of lFDI {lfdi}, which is {sfdi_of_lfdi(lfdi)}")
    return lfdi


def _refuse_foreign(call: Call, lfdi: str) -> None:
    """A device registers nobody but itself; an aggregator is registered by the operator."""
    client, own = call.request.client.lfdi, call.scope.own
    if client is None:
        return
    manages = own is not None and own.registration.aggregator
    if manages and lfdi == client:
        raise Forbidden("an aggregator does not register itself")
    if not manages and lfdi != client:
        raise Forbidden(f"lFDI {lfdi} is not that of the client's certificate", FOREIGN_IDENTITY)


def _pin(device: EndDevice) -> int:
    if device.registration.pin is None:
        raise NotFound(f"EndDevice {device.number} was registered without a PIN")
    return device.registration.pin


ROUTES = (
    Route(
        "EndDeviceList",
        "/edev",
        GET=read_list,
        POST=register,
        bodies=(models.EndDevice,),
        subscribable=SUBSCRIBABLE,
        registers=True,
    ),
    Route(
        "EndDevice",
        "/edev/{edev}",
        GET=read,
        PUT=write,
        DELETE=delete,
        bodies=(models.EndDevice,),
        subscribable=SUBSCRIBABLE,
    ),
    Route(
        "Registration",
        "/edev/{edev}/reg",
        GET=read_registration,
        PUT=write_registration,
        bodies=(models.Registration,),
    ),
)
