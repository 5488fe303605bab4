"""Flow reservations: energy that devices ask for."""

from __future__ import annotations

from typing import Any

from ..model.drafts import LATEST, LONGEST_S
from ..model.errors import UnknownReservation
from ..model.reservations import Grant, energy, power
from ..sep.json_form import to_json
from .arguments import mrid_of, quantity, whole
from .part import Part


class Reservations(Part):
    """Requests for energy, and the answers to them."""

    def get_flow_reservations(self, sfdi: str | int | None = None) -> list[dict[str, Any]]:
        """The flow reservation requests of a device, or of all; ``response``: the latest answer."""
        reservations = self._fleet.reservations
        shown = (
            reservations.all_requests()
            if sfdi is None
            else reservations.requests(self._device(sfdi).sfdi)
        )
        return [
            {
                "sfdi": reservation.sfdi,
                **to_json(reservation.request),
                "response": None if reservation.grant is None else _grant(reservation.grant),
            }
            for reservation in shown
        ]

    def answer_flow_reservation(
        self,
        sfdi: str | int,
        mRID: str,
        start: int,
        duration: int,
        energy_wh: float,
        power_w: float,
    ) -> dict[str, Any]:
        """Grants energy to a request, or grants another amount than before.

        ``start``: seconds since 1970 (UTC). Positive energy charges. Returns the
        FlowReservationResponse. Raises ValueError that names the argument.
        """
        device = self._device(sfdi)
        reservation = self._fleet.reservations.by_mrid(mrid_of(mRID))
        if reservation is None or reservation.sfdi != device.sfdi:
            raise UnknownReservation(
                f"mRID: device {device.sfdi} has no flow reservation request {mRID}"
            )
        grant = self._fleet.granting.answer(
            reservation,
            self._fleet.set_points.own_program(device),
            whole("start", start, 0, LATEST),
            whole("duration", duration, 1, LONGEST_S),
            quantity("energy_wh", energy_wh, energy),
            quantity("power_w", power_w, power),
        )
        return _grant(grant)


def _grant(grant: Grant) -> dict[str, Any]:
    return to_json(grant.model(None))
