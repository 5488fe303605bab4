"""What devices answered to events, and what they owe."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..model.controls import Control
from ..model.end_device import EndDevice
from ..model.owed import owed
from ..model.precedence import addresses
from ..model.reservations import Grant
from ..model.response_set import StoredResponse, Subject
from ..rest.call import DEFAULT_POLL_RATE_S
from .arguments import mrid_of
from .part import Part


class Responses(Part):
    """The answers to DERControls and to FlowReservationResponses."""

    def get_responses(self, mRID: str) -> dict[str, dict[str, Any]]:
        """By SFDI, what each device answered to an event, and what is overdue.

        ``{"responses": [...], "missing": {"started": 1780000000}}``: the answers in the order
        received, and since when which one is due. A device that neither answered nor owes an
        answer is left out. Events are remembered for ``keep_events_s`` after they left their list,
        the last ``max_remembered_events`` of each program.
        """
        mrid = mrid_of(mRID)
        self._fleet.dispatch.catch_up()
        answered = self._fleet.answering.to(mrid)
        subject = self._fleet.response_sets.subject(mrid)
        devices = {device.sfdi: device for device in self._addressed(subject)}
        found = {
            sfdi: {
                "responses": [_answer(stored) for stored in answered.get(sfdi, ())],
                "missing": self._missing(subject, answered.get(sfdi, ()))
                if sfdi in devices
                else {},
            }
            for sfdi in [*answered, *(sfdi for sfdi in devices if sfdi not in answered)]
        }
        return {sfdi: one for sfdi, one in found.items() if one["responses"] or one["missing"]}

    def _addressed(self, subject: Subject) -> list[EndDevice]:
        """The devices that the event is for; nobody once its program is gone."""
        event, program = subject.event, subject.program
        if self._fleet.programs.by_number(program.number) is not program:
            return []
        followers = self._fleet.dispatch.followers(program)
        if isinstance(event, Control):
            return [
                device
                for device in followers
                if addresses(event, device) and device.registered_at < event.latest_end
            ]
        if isinstance(event, Grant):
            return [device for device in followers if device.sfdi == event.sfdi]
        return []

    def _missing(self, subject: Subject, answers: Iterable[StoredResponse]) -> dict[str, int]:
        if subject.event is None:
            return {}
        own = subject.event.response_required if isinstance(subject.event, Control) else None
        required = self._server.settings.responses_to(own)
        poll_s = self._fleet.rating.rates.poll.get("DERProgramList", DEFAULT_POLL_RATE_S)
        given = {stored.code for stored in answers}
        now = self._server.clock()
        overdue = owed(subject.event, int.from_bytes(required), given, poll_s, now)
        return {code.words: due for code, due in overdue.items()}


def _answer(stored: StoredResponse) -> dict[str, Any]:
    return {**stored.detail, "received": stored.received}
