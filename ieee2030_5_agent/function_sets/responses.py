"""Response: what devices answer to events, in one ResponseSet for each DERProgram.

Source: IEEE 2030.5-2018 ResponseSet, Response; CSIP 2.1 responses.
"""

from __future__ import annotations

from ..model.end_device import EndDevice
from ..model.errors import UnknownEvent
from ..model.response_set import ResponseSet, StoredResponse, Subject
from ..rest.call import Answer, Call, created, no_content, ok
from ..rest.errors import BadValue
from ..rest.lists import TimeKey
from ..rest.routing import Route
from ..sep import models
from ..sep.editions import Edition
from ..sep.identity import mrid_text, normalise_lfdi

BY_CREATION: TimeKey[StoredResponse] = TimeKey(
    lambda stored: stored.response.createdDateTime or 0, descending=True
)


def read_sets(call: Call) -> Answer:
    return call.page(
        models.ResponseSetList,
        call.scope.response_sets(),
        lambda response_set: _set(call, response_set),
        pollRate=call.poll_rate("ResponseSetList"),
    )


def read_set(call: Call) -> Answer:
    return ok(_set(call, _asked_set(call)))


def read_list(call: Call) -> Answer:
    return call.page(
        models.ResponseList,
        call.scope.responses(_asked_set(call)),
        lambda stored: stored.model(_href(call, stored)),
        BY_CREATION,
    )


def respond(call: Call) -> Answer:
    """POST: a device answers an event, or an aggregator does for a device that it manages.

    The answer is kept in the set of the event's program, whichever set it was posted to. A device
    that has answered in a program may go on to do so when it is taken out of the program.
    """
    _asked_set(call, answers=True)
    device = _responder(call)
    year = (call.edition or Edition.E2018).year
    stored = call.fleet.answering.respond(_subject(call, device), device, call.body, year)
    return created(_href(call, stored))


def read(call: Call) -> Answer:
    return ok(_asked_response(call).model(call.self_href))


def delete(call: Call) -> Answer:
    """DELETE: a device takes back its own answer."""
    call.fleet.answering.remove(_asked_response(call))
    return no_content()


def _set(call: Call, response_set: ResponseSet) -> models.ResponseSet:
    n = response_set.number
    return models.ResponseSet(
        href=call.href("ResponseSet", rsps=n),
        mRID=response_set.mrid,
        description=response_set.program.description,
        ResponseListLink=call.list_link(
            models.ResponseListLink, len(call.scope.responses(response_set)), rsps=n
        ),
    )


def _asked_set(call: Call, answers: bool = False) -> ResponseSet:
    """The set in the URI. ``answers``: also one that the client has answers in and sees no more."""
    number = call.params["rsps"]
    response_set = call.fleet.response_sets.by_number(number)
    if response_set is not None:
        own = call.scope.own
        if call.scope.sees_program(response_set.program):
            return response_set
        if answers and own is not None and response_set.of(own.sfdi):
            return response_set
    raise call.not_found(f"there is no ResponseSet {number}", response_set)


def _asked_response(call: Call) -> StoredResponse:
    response_set, number = _asked_set(call), call.params["rsp"]
    stored = response_set.by_number(number)
    device = None if stored is None else call.fleet.device(stored.sfdi)
    if stored is None or device is None or not call.scope.sees(device):
        text = f"ResponseSet {response_set.number} has no Response {number}"
        raise call.not_found(text, stored)
    call.contact = device
    call.refuse_disabled(device)
    return stored


def _responder(call: Call) -> EndDevice:
    if call.body.endDeviceLFDI is None:
        raise BadValue("endDeviceLFDI is missing")
    return call.named_device(normalise_lfdi(call.body.endDeviceLFDI), "endDeviceLFDI")


def _subject(call: Call, device: EndDevice) -> Subject:
    """The event that is answered; one that the client could never see is none for it."""
    if call.body.subject is None:
        raise BadValue("subject is missing")
    subject = call.fleet.response_sets.subject(call.body.subject)
    if not call.scope.sees_program(subject.program) and not subject.answered_by(device.sfdi):
        raise UnknownEvent(f"{mrid_text(call.body.subject)} is no event of this server")
    return subject


def _href(call: Call, stored: StoredResponse) -> str:
    return call.href("Response", rsps=stored.subject.program.number, rsp=stored.number)


ROUTES = (
    Route("ResponseSetList", "/rsps", GET=read_sets),
    Route("ResponseSet", "/rsps/{rsps}", GET=read_set),
    Route(
        "ResponseList",
        "/rsps/{rsps}/rsp",
        GET=read_list,
        POST=respond,
        bodies=(
            models.Response,
            models.DERControlResponse,
            models.FlowReservationResponseResponse,
        ),
    ),
    Route("Response", "/rsps/{rsps}/rsp/{rsp}", GET=read, DELETE=delete),
)
