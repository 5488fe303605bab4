"""Flow reservations: devices ask for energy in a window of time, the operator answers.

The answer is an event of its own, with the life of all events.
Source: IEEE 2030.5-2018 FlowReservationRequest, FlowReservationResponse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..sep import models
from ..sep.units import scaled, to_multiplier
from .changes import PointValue, Record
from .controls import ENDED_EARLY, Event
from .door import Door
from .end_device import EndDevice
from .errors import BadValue, LimitReached, NotOwner
from .listing import Listing

# A charger asks some times a day and may never delete: its requests of the last weeks.
MOST_REQUESTS = 100
REQUESTED, CANCELLED = range(2)
INT16_MAX = 2**15 - 1
INT48_MAX = 2**47 - 1


@dataclass(slots=True, eq=False, kw_only=True)
class Grant(Event):
    """One FlowReservationResponse; ``subject`` is the mRID of the request that it answers."""

    sfdi: str
    subject: bytes
    energy: models.SignedRealEnergy
    power: models.ActivePower

    @property
    def stands(self) -> bool:
        return self.status not in ENDED_EARLY

    @property
    def detail(self) -> dict[str, PointValue]:
        """What the bus is told, Wh and W."""
        return {
            "mRID": self.mrid.hex().upper(),
            "subject": self.subject.hex().upper(),
            "currentStatus": int(self.status),
            "start": self.start,
            "duration": self.duration,
            "energyAvailable": _number(self.energy),
            "powerAvailable": _number(self.power),
        }

    def model(
        self,
        href: str | None,
        reply_to: str | None = None,
        response_required: bytes | None = None,
    ) -> models.FlowReservationResponse:
        """The resource as a client reads it; ``reply_to`` and ``response_required`` go together."""
        return models.FlowReservationResponse(
            href=href,
            replyTo=reply_to,
            responseRequired=response_required,
            mRID=self.mrid,
            version=self.version,
            creationTime=self.creation_time,
            EventStatus=self.event_status,
            interval=self.interval,
            energyAvailable=self.energy,
            powerAvailable=self.power,
            subject=self.subject,
        )


@dataclass(slots=True, eq=False)
class Reservation:
    """One FlowReservationRequest, complete (see ``checked``), and the latest answer to it."""

    number: int
    sfdi: str
    mrid: bytes
    start: int
    duration: int
    request: models.FlowReservationRequest
    grant: Grant | None = None

    @property
    def record(self) -> Record:
        return ("reservation", self.number)

    @property
    def cancelled(self) -> bool:
        status = self.request.RequestStatus
        return status is not None and status.requestStatus == CANCELLED

    @property
    def detail(self) -> dict[str, PointValue]:
        """What the bus is told, Wh and W."""
        return {
            "mRID": self.mrid.hex().upper(),
            "requestStatus": CANCELLED if self.cancelled else REQUESTED,
            "start": self.start,
            "duration": self.duration,
            "durationRequested": self.request.durationRequested,
            "energyRequested": _number(self.request.energyRequested),
            "powerRequested": _number(self.request.powerRequested),
        }

    def check_answer(self, energy: models.SignedRealEnergy, end: int, now: int) -> None:
        """Raises BadValue for an answer that makes no sense; what is less than asked for does."""
        asked = self.request.energyRequested
        if self.cancelled:
            raise BadValue(f"mRID: the request {self.mrid.hex().upper()} was cancelled")
        if end <= now:
            raise BadValue(f"start and duration: they end at {end}, now it is {now}")
        if (energy.value or 0) * ((asked and asked.value) or 0) < 0:
            raise BadValue("energy_wh: charging (positive) and discharging are mixed up")

    def model(self, href: str) -> models.FlowReservationRequest:
        """The resource as a client reads it."""
        return replace(self.request, href=href)


class Reservations:
    """All requests and answers by number, and in the order of each device's lists."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._requests: Listing[Reservation] = Listing(_request_order)
        self._grants: Listing[Grant] = Listing(_grant_order)
        self._by_number: dict[int, Reservation] = {}
        self._by_mrid: dict[int, Reservation] = {}
        self._grants_by_number: dict[int, Grant] = {}
        self.next_number = 0

    def new_number(self) -> int:
        """The number of the next request or answer; numbers are never used again."""
        self.next_number += 1
        return self.next_number - 1

    def requests(self, sfdi: str) -> Sequence[Reservation]:
        """A device's requests: by start, of the same start the newest and highest mRID first."""
        return self._requests.of(sfdi)

    def grants(self, sfdi: str) -> Sequence[Grant]:
        """The answers to a device, in the same order."""
        return self._grants.of(sfdi)

    def all_requests(self) -> Sequence[Reservation]:
        return self._requests.all

    def all_grants(self) -> Sequence[Grant]:
        return self._grants.all

    def by_number(self, number: int) -> Reservation | None:
        return self._by_number.get(number)

    def request(self, sfdi: str, number: int) -> Reservation | None:
        found = self._by_number.get(number)
        return found if found is not None and found.sfdi == sfdi else None

    def by_mrid(self, mrid: bytes) -> Reservation | None:
        return self._by_mrid.get(int.from_bytes(mrid))

    def grant(self, number: int) -> Grant | None:
        return self._grants_by_number.get(number)

    def put(
        self, device: EndDevice, request: models.FlowReservationRequest, now: int
    ) -> tuple[Reservation, bool]:
        """Keeps a request, or updates the device's own of the same mRID; True when it is new.

        Raises BadValue for an incomplete one, NotOwner, LimitReached.
        """
        new = _checked(request, device.sfdi, now)
        known = self.by_mrid(new.mrid)
        if known is not None:
            self._update(known, new)
            return known, False
        self._make_room(device.sfdi, now)
        new.number = self.new_number()
        self.add(new)
        return new, True

    def add(self, reservation: Reservation) -> None:
        """Lists a request that has its number."""
        self._by_number[reservation.number] = reservation
        self._by_mrid[int.from_bytes(reservation.mrid)] = reservation
        self._requests.add(reservation, (reservation.sfdi,))

    def remove(self, reservation: Reservation) -> None:
        del self._by_number[reservation.number]
        del self._by_mrid[int.from_bytes(reservation.mrid)]
        self._requests.remove(reservation, (reservation.sfdi,))
        self._door.keep(reservation.record)

    def add_grant(self, grant: Grant) -> None:
        self._grants_by_number[grant.number] = grant
        self._grants.add(grant, (grant.sfdi,))

    def remove_grant(self, grant: Grant) -> None:
        del self._grants_by_number[grant.number]
        self._grants.remove(grant, (grant.sfdi,))

    def forget_device(self, sfdi: str) -> None:
        """A device is gone, and all of this with it."""
        for reservation in list(self.requests(sfdi)):
            self.remove(reservation)
        for grant in list(self.grants(sfdi)):
            self.remove_grant(grant)

    def _update(self, known: Reservation, new: Reservation) -> None:
        if known.sfdi != new.sfdi:
            raise NotOwner("another device has a FlowReservationRequest with this mRID")
        self._requests.remove(known, (known.sfdi,))
        known.request, known.start, known.duration = new.request, new.start, new.duration
        self._requests.add(known, (known.sfdi,))

    def _make_room(self, sfdi: str, now: int) -> None:
        """Where there are too many, the one goes whose window closed first."""
        requests = self.requests(sfdi)
        if len(requests) < MOST_REQUESTS:
            return
        first = min(requests, key=_window_end)
        if _window_end(first) > now:
            raise LimitReached(f"device {sfdi} has {len(requests)} open flow reservation requests")
        self.remove(first)


def energy(watt_hours: float) -> models.SignedRealEnergy:
    """Raises ValueError for what is no finite number or too large."""
    value, multiplier = to_multiplier(watt_hours, -INT48_MAX, INT48_MAX)
    return models.SignedRealEnergy(multiplier=multiplier, value=value)


def power(watts: float) -> models.ActivePower:
    """Raises ValueError for what is no finite number or too large."""
    value, multiplier = to_multiplier(watts, -INT16_MAX, INT16_MAX)
    return models.ActivePower(multiplier=multiplier, value=value)


def _checked(request: models.FlowReservationRequest, sfdi: str, now: int) -> Reservation:
    """The request with all that the standard demands; what can be known is filled in.

    Documents of 2013-era clients are not held to the schema, so much can be absent here.
    """
    for name in ("mRID", "intervalRequested", "energyRequested", "powerRequested"):
        if getattr(request, name) is None:
            raise BadValue(f"FlowReservationRequest has no {name}")
    window = request.intervalRequested
    if window is None or window.start is None or window.duration is None:
        raise BadValue("intervalRequested has no start or no duration")
    status = request.RequestStatus or models.RequestStatus()
    if status.requestStatus not in (None, REQUESTED, CANCELLED):
        raise BadValue(f"requestStatus {status.requestStatus} is none of 0 and 1")
    complete = replace(
        request,
        href=None,
        creationTime=now if request.creationTime is None else request.creationTime,
        RequestStatus=models.RequestStatus(
            dateTime=now if status.dateTime is None else status.dateTime,
            requestStatus=status.requestStatus or REQUESTED,
        ),
    )
    return Reservation(-1, sfdi, request.mRID or b"", window.start, window.duration, complete)


def _number(quantity: models.SignedRealEnergy | models.ActivePower | None) -> PointValue:
    if quantity is None or quantity.value is None:
        return None
    return scaled(quantity.value, quantity.multiplier)


def _window_end(reservation: Reservation) -> int:
    return reservation.start + reservation.duration


def _request_order(reservation: Reservation) -> tuple[int, int, int]:
    created = reservation.request.creationTime or 0
    return (reservation.start, -created, -int.from_bytes(reservation.mrid))


def _grant_order(grant: Grant) -> tuple[int, int, int]:
    return (grant.start, -grant.creation_time, -int.from_bytes(grant.mrid))
