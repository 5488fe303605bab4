"""What devices answer to events, through the one door.

Source: IEEE 2030.5-2018 Response, ResponseSet; CSIP 5.2.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..sep import models
from .door import Door
from .end_device import EndDevice
from .programs import Program, Programs
from .registry import Registry
from .response_set import ResponseSet, StoredResponse, Subject
from .responses import ResponseSets


class Answering:
    """Keeps Responses, and says who sees and who gave which."""

    def __init__(
        self, door: Door, registry: Registry, programs: Programs, response_sets: ResponseSets
    ) -> None:
        self._door = door
        self._registry = registry
        self._programs = programs
        self._response_sets = response_sets

    def sets_seen_by(self, viewer: EndDevice) -> Sequence[ResponseSet]:
        """The ResponseSets of a device, or of all devices that an aggregator manages."""

        def followed() -> Iterator[Program]:
            for device in (viewer, *self._registry.managed_by(viewer.sfdi)):
                yield from self._programs.of(device)

        return self._response_sets.seen_by(viewer.sfdi, self._programs.generation, followed)

    def respond(
        self, subject: Subject, device: EndDevice, response: models.Response, year: int
    ) -> StoredResponse:
        """Keeps what a device answers to an event; of two equal answers the first.

        ``year``: the edition whose status codes hold. Raises BadValue.
        """
        now = self._door.clock()
        stored, new = self._response_sets.put(subject, device, response, year, now)
        if new:
            records = [stored.record, subject.program.record]
            self._door.emit("response", device, stored.detail, records=records)
        return stored

    def remove(self, stored: StoredResponse) -> None:
        """Takes back an answer."""
        self._response_sets.remove(stored)
        device = self._registry.device(stored.sfdi)
        self._door.emit("response_removal", device, stored.detail)

    def to(self, mrid: bytes) -> dict[str, list[StoredResponse]]:
        """What each device (by SFDI) answered to an event, in the order received.

        An event is remembered for some time after it left its list. Raises UnknownEvent.
        """
        answered: dict[str, list[StoredResponse]] = {}
        for stored in self._response_sets.subject(mrid).answers.values():
            answered.setdefault(stored.sfdi, []).append(stored)
        return answered
