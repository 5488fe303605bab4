"""FlowReservationRequests. Their answers are events as DERControls are."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.fleet import Fleet
from ...model.reservations import Reservation
from ...sep import models
from ..documents import Document, from_document, to_document
from .kind import Key, Kind, Restoring, TextKey


def _reservation(fleet: Fleet, key: Key) -> Document | None:
    found = fleet.reservations.by_number(int(key[0]))
    if found is None:
        return None
    return {
        "sfdi": found.sfdi,
        "mRID": found.mrid.hex(),
        "start": found.start,
        "duration": found.duration,
        "request": to_document(found.request),
        "grant": None if found.grant is None else found.grant.number,
    }


def _restore(to: Restoring, key: TextKey, document: Document) -> None:
    number = document["grant"]
    reservation = Reservation(
        number=int(key[0]),
        sfdi=document["sfdi"],
        mrid=bytes.fromhex(document["mRID"]),
        start=document["start"],
        duration=document["duration"],
        request=from_document(models.FlowReservationRequest, document["request"]),
        grant=None if number is None else to.fleet.reservations.grant(number),
    )
    to.fleet.reservations.add(reservation)


def _keys(fleet: Fleet) -> Iterator[Key]:
    for reservation in fleet.reservations.all_requests():
        yield (reservation.number,)


KINDS = (Kind("reservation", _reservation, _restore, _keys),)
