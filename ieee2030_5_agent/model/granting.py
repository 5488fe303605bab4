"""Flow reservations: devices ask for energy, the operator grants it as an event.

Source: IEEE 2030.5-2018 FlowReservationRequest, FlowReservationResponse.
"""

from __future__ import annotations

from functools import partial

from ..sep import models
from .changes import Record
from .controls import Status
from .door import Door
from .end_device import EndDevice
from .programs import Program
from .registry import Registry
from .reservations import Grant, Reservation, Reservations
from .responses import ResponseSets

RESERVATION_NUMBERS: Record = ("counter", "reservation")


class Granting:
    """Changes to requests and to the answers that they get."""

    def __init__(
        self,
        door: Door,
        registry: Registry,
        reservations: Reservations,
        response_sets: ResponseSets,
    ) -> None:
        self._door = door
        self._registry = registry
        self._reservations = reservations
        self._response_sets = response_sets

    def request(
        self, device: EndDevice, request: models.FlowReservationRequest
    ) -> tuple[Reservation, bool]:
        """Keeps a request for energy, or updates the one of the same mRID; True when it is new.

        A request that is cancelled cancels its answer. Raises BadValue, NotOwner, LimitReached.
        """
        now = self._door.now
        reservation, new = self._reservations.put(device, request, now)
        self._tell_request(reservation, "created" if new else "changed")
        if reservation.cancelled:
            self._end(reservation, "cancel", now)
        return reservation, new

    def withdraw(self, reservation: Reservation) -> None:
        """Takes back a request, which cancels its answer."""
        self._reservations.remove(reservation)
        self._tell_request(reservation, "removed")
        self._end(reservation, "cancel", self._door.now)

    def answer(
        self,
        reservation: Reservation,
        program: Program,
        start: int,
        duration: int,
        energy: models.SignedRealEnergy,
        power: models.ActivePower,
    ) -> Grant:
        """Answers a request by an event, which supersedes the answer before. Raises BadValue.

        ``program``: where the device's Responses to it are collected.
        """
        now = self._door.now
        reservation.check_answer(energy, start + duration, now)
        former = reservation.grant
        grant = Grant(
            number=self._reservations.new_number(),
            mrid=self._door.new_mrid(),
            sfdi=reservation.sfdi,
            subject=reservation.mrid,
            creation_time=now if former is None else max(now, former.creation_time + 1),
            start=start,
            duration=duration,
            energy=energy,
            power=power,
            status=Status.ACTIVE if start <= now else Status.SCHEDULED,
            status_time=now,
        )
        self._end(reservation, "supersede", now)
        reservation.grant = grant
        self._reservations.add_grant(grant)
        self._response_sets.expect(
            grant.mrid, program, models.FlowReservationResponseResponse, grant
        )
        self._remember(grant)
        self._tell_grant(grant, "granted")
        return grant

    def _end(self, reservation: Reservation, step: str, now: int) -> None:
        """Ends the answer to a request before its time, if one stands."""
        grant, reservation.grant = reservation.grant, None
        self._door.keep(reservation.record)
        if grant is not None and grant.stands and grant.end > now:
            grant.step(step, now)
            self._remember(grant)
            self._tell_grant(grant, grant.status.name.lower())

    def restore(self, grant: Grant) -> None:
        """Lists an answer that comes from the store."""
        self._reservations.add_grant(grant)
        self._remember(grant)

    def _remember(self, grant: Grant) -> None:
        self._door.bring(grant.due(), partial(self._due, grant))

    def _due(self, grant: Grant, at: int) -> None:
        if self._reservations.grant(grant.number) is not grant or grant.due() != at:
            return
        if grant.status is Status.SCHEDULED:
            grant.step("activate", grant.start)
            self._remember(grant)
            self._tell_grant(grant, "active")
            return
        self._reservations.remove_grant(grant)
        reservation = self._reservations.by_mrid(grant.subject)
        if reservation is not None and reservation.grant is grant:
            reservation.grant = None
            self._door.keep(reservation.record)
        self._response_sets.forget_later(grant.mrid, at)
        if grant.stands:
            self._tell_grant(grant, "completed")

    def _tell_request(self, reservation: Reservation, change: str) -> None:
        device = self._registry.device(reservation.sfdi)
        self._door.emit(
            "flow_reservation",
            device,
            {"change": change, **reservation.detail},
            records=[reservation.record, RESERVATION_NUMBERS],
        )

    def _tell_grant(self, grant: Grant, change: str) -> None:
        device = self._registry.device(grant.sfdi)
        subject = self._response_sets.find(grant.mrid)
        event = () if subject is None else (subject.record,)
        self._door.emit(
            "flow_reservation",
            device,
            {"change": change, **grant.detail},
            records=[RESERVATION_NUMBERS, *event],
        )
