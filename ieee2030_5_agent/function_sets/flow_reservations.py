"""Flow Reservation: a device asks for energy in a window of time and reads what it is granted.

Source: IEEE 2030.5-2018 FlowReservationRequest, FlowReservationResponse.
"""

from __future__ import annotations

from ..model.end_device import EndDevice
from ..model.reservations import Grant, Reservation
from ..rest.call import Answer, Call, created, no_content, ok
from ..rest.errors import BadValue, NotFound
from ..rest.lists import TimeKey
from ..rest.routing import SUBSCRIBABLE, Route
from ..sep import models

BY_REQUEST_START: TimeKey[Reservation] = TimeKey(lambda reservation: reservation.start)
BY_GRANT_START: TimeKey[Grant] = TimeKey(lambda grant: grant.start)


def read_requests(call: Call) -> Answer:
    return call.page(
        models.FlowReservationRequestList,
        call.fleet.reservations.requests(_device(call).sfdi),
        lambda reservation: reservation.model(_href(call, reservation)),
        BY_REQUEST_START,
        pollRate=call.poll_rate("FlowReservationRequestList"),
    )


def create(call: Call) -> Answer:
    """POST: a new request, or an update of the device's own with the same mRID."""
    reservation, new = _put(call)
    href = _href(call, reservation)
    return created(href) if new else no_content(href)


def read_request(call: Call) -> Answer:
    return ok(_asked_request(call).model(call.self_href))


def write(call: Call) -> Answer:
    """PUT: changes a request; RequestStatus.requestStatus 1 cancels it and its answer."""
    reservation = _asked_request(call)
    mrid = call.body.mRID
    if mrid is None or int.from_bytes(mrid) != int.from_bytes(reservation.mrid):
        raise BadValue(f"the mRID is not that of FlowReservationRequest {reservation.number}")
    _put(call)
    return no_content()


def delete(call: Call) -> Answer:
    """DELETE: takes back a request, which cancels its answer."""
    call.fleet.granting.withdraw(_asked_request(call))
    return no_content()


def read_responses(call: Call) -> Answer:
    device = _device(call)
    return call.page(
        models.FlowReservationResponseList,
        call.fleet.reservations.grants(device.sfdi),
        lambda grant: _response(call, device, grant),
        BY_GRANT_START,
        pollRate=call.poll_rate("FlowReservationResponseList"),
    )


def read_response(call: Call) -> Answer:
    device, number = _device(call), call.params["frp"]
    grant = call.fleet.reservations.grant(number)
    if grant is None or grant.sfdi != device.sfdi:
        raise NotFound(f"EndDevice {device.number} has no FlowReservationResponse {number}")
    return ok(_response(call, device, grant))


def _device(call: Call) -> EndDevice:
    device = call.device
    if device.registration.aggregator:
        raise NotFound(f"EndDevice {device.number} is an aggregator and reserves nothing itself")
    return device


def _put(call: Call) -> tuple[Reservation, bool]:
    return call.fleet.granting.request(_device(call), call.body)


def _asked_request(call: Call) -> Reservation:
    device, number = _device(call), call.params["frq"]
    reservation = call.fleet.reservations.request(device.sfdi, number)
    if reservation is None:
        raise NotFound(f"EndDevice {device.number} has no FlowReservationRequest {number}")
    return reservation


def _response(call: Call, device: EndDevice, grant: Grant) -> models.FlowReservationResponse:
    href = call.href("FlowReservationResponse", edev=device.number, frp=grant.number)
    return grant.model(href, *call.reply_to(device.program))


def _href(call: Call, reservation: Reservation) -> str:
    return call.href("FlowReservationRequest", frq=reservation.number)


ROUTES = (
    Route(
        "FlowReservationRequestList",
        "/edev/{edev}/frq",
        GET=read_requests,
        POST=create,
        bodies=(models.FlowReservationRequest,),
    ),
    Route(
        "FlowReservationRequest",
        "/edev/{edev}/frq/{frq}",
        GET=read_request,
        PUT=write,
        DELETE=delete,
        bodies=(models.FlowReservationRequest,),
    ),
    Route(
        "FlowReservationResponseList",
        "/edev/{edev}/frp",
        GET=read_responses,
        subscribable=SUBSCRIBABLE,
    ),
    Route(
        "FlowReservationResponse",
        "/edev/{edev}/frp/{frp}",
        GET=read_response,
        subscribable=SUBSCRIBABLE,
    ),
)
