"""Responses: what devices answer to events, kept by ResponseSet and by event.

There is one ResponseSet for each DERProgram. An event can be answered from the moment it is listed
until some time after it left its list (``remembered_s``) or until so many others have left it
since (``most_remembered``); then its answers go with it.
Source: IEEE 2030.5-2018 Response, ResponseSet, event rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from ..sep import models
from ..sep.identity import mrid_text
from .controls import Event
from .door import Door
from .end_device import EndDevice
from .errors import BadValue, UnknownEvent
from .listing import Listing
from .programs import Program
from .response_set import ResponseSet, StoredResponse, Subject, code_of

# The end of an event is told after it left the list, and a device may have been offline.
REMEMBERED_S = 86400
# Of one program. Of the set points of a device fewer, because there are many devices, but as many
# as five-minute controls of a day. The first that left is forgotten first.
MOST_REMEMBERED = 10_000
MOST_REMEMBERED_OWN = 300
# Of one program. Ten thousand devices answer one event three to four times: two such events are
# kept whole, and nobody can fill the memory. The oldest goes first.
MOST_RESPONSES = 100_000


class ResponseSets:
    """All ResponseSets by number, and the events that can be answered by mRID."""

    def __init__(self, door: Door) -> None:
        self.remembered_s = REMEMBERED_S
        self.most_remembered = MOST_REMEMBERED
        self.most_responses = MOST_RESPONSES
        # Called when a program that was removed has been forgotten with its events.
        self.forgotten: Callable[[Program], object] = lambda program: None
        self._door = door
        self._listing: Listing[ResponseSet] = Listing(_set_order)
        self._by_number: dict[int, ResponseSet] = {}
        self._subjects: dict[int, Subject] = {}
        self._by_device: dict[str, set[StoredResponse]] = {}
        self._seen: dict[str, tuple[int, Sequence[ResponseSet]]] = {}

    # --- sets ----------------------------------------------------------------------------------

    @property
    def listed(self) -> Sequence[ResponseSet]:
        """The sets of all programs, highest mRID first."""
        return self._listing.all

    def by_number(self, number: int) -> ResponseSet | None:
        """The set of a program; for ``remembered_s`` also that of one that was removed."""
        return self._by_number.get(number)

    def seen_by(
        self, viewer: str, generation: int, programs: Callable[[], Iterable[Program]]
    ) -> Sequence[ResponseSet]:
        """The sets of the programs that somebody sees, highest mRID first.

        They are gathered anew only when ``generation`` is another than the last time.
        """
        known, sets = self._seen.get(viewer, (-1, ()))
        if known != generation:
            numbers = {program.number for program in programs()}
            sets = sorted((self._by_number[number] for number in numbers), key=_set_order)
            self._seen[viewer] = (generation, sets)
        return sets

    def of(self, program: Program) -> ResponseSet:
        return self._by_number[program.number]

    def open(self, program: Program) -> None:
        """A program is new: its events can be answered."""
        self.put_set(ResponseSet(program))

    def put_set(self, response_set: ResponseSet) -> None:
        """Takes a set as it is: one of a program that was removed is not listed."""
        self._by_number[response_set.number] = response_set
        if response_set.closed is None:
            self._listing.add(response_set)

    @property
    def all(self) -> Sequence[ResponseSet]:
        """The sets that can be answered to, also closed ones."""
        return list(self._by_number.values())

    @property
    def subjects(self) -> Sequence[Subject]:
        """The events that can be answered."""
        return list(self._subjects.values())

    def close(self, program: Program) -> None:
        """A program is gone: its set is no longer listed, but can be answered to for a while."""
        response_set = self._by_number[program.number]
        response_set.closed = self._door.now
        self._listing.remove(response_set)

    def drop(self, number: int) -> None:
        """Forgets a closed set with its events and their answers."""
        response_set = self._by_number.pop(number)
        self._door.keep(gone=[response_set.program.record])
        for subject in list(self._subjects.values()):
            if subject.program is response_set.program:
                del self._subjects[subject.number]
        for stored in response_set.listed:
            self._forget(stored)

    # --- events --------------------------------------------------------------------------------

    def expect(
        self,
        mrid: bytes,
        program: Program,
        answer: type[models.Response],
        event: Event | None = None,
    ) -> None:
        """An event is listed now: it can be answered."""
        subject = Subject(mrid, program, answer, event)
        self.put_subject(subject)
        self._door.keep(subject.record)

    def put_subject(self, subject: Subject) -> None:
        """Takes an event as it is, as one from the store."""
        self._subjects[subject.number] = subject
        if subject.left is not None:
            self.of(subject.program).left[subject.number] = subject

    def find(self, mrid: bytes) -> Subject | None:
        return self._subjects.get(int.from_bytes(mrid))

    def subject(self, mrid: bytes) -> Subject:
        """The event with this mRID. Raises UnknownEvent."""
        subject = self.find(mrid)
        if subject is None:
            raise UnknownEvent(f"{mrid_text(mrid)} is no event of this server")
        return subject

    def knows(self, mrid: bytes) -> bool:
        """Whether an event has this mRID, or had it lately."""
        return int.from_bytes(mrid) in self._subjects

    def forget_later(self, mrid: bytes, left: int) -> None:
        """An event has left its list: answers to it are taken for a while."""
        subject = self.find(mrid)
        if subject is not None:
            subject.left = left
            self.put_subject(subject)
            self._door.keep(subject.record)
            self.review(self.of(subject.program), left)

    def review(self, response_set: ResponseSet, at: int) -> None:
        """What left long ago or is too much is forgotten: events that left their list, answers, and
        the whole set when its program is gone. It is looked at again when the next one's time is
        over."""
        if self._by_number.get(response_set.number) is not response_set:
            return
        since, closed = at - self.remembered_s, response_set.closed
        if closed is not None and closed <= since:
            self.drop(response_set.number)
            self.forgotten(response_set.program)
            return
        room = self._room(response_set.program)
        while (first := response_set.first_left) is not None and (
            len(response_set.left) > room or first.left_by(since)
        ):
            self._forget_event(first)
        self._remove_surplus(response_set)
        times = [closed, None if first is None else first.left]
        if known := [time for time in times if time is not None]:
            again = partial(self.review, response_set)
            response_set.recall.by(self._door.bring, min(known) + self.remembered_s, again)

    def _room(self, program: Program) -> int:
        """How many events that left their list are remembered."""
        most = self.most_remembered
        return min(most, MOST_REMEMBERED_OWN) if program.is_own else most

    def _forget_event(self, subject: Subject) -> None:
        """An event that left its list cannot be answered any more."""
        del self._subjects[subject.number]
        del self.of(subject.program).left[subject.number]
        for stored in list(subject.answers.values()):
            self.remove(stored)
        self._door.keep(subject.record)

    # --- answers -------------------------------------------------------------------------------

    def put(
        self, subject: Subject, device: EndDevice, response: models.Response, year: int, now: float
    ) -> tuple[StoredResponse, bool]:
        """Keeps an answer to an event; True when it is new, not one that was given before.

        Raises BadValue: reserved status, class of another kind of event, event of others.
        """
        code = code_of(response.status, year)
        _check(subject, device, response)
        known = subject.answers.get((device.sfdi, code))
        if known is not None:
            return known, False
        stored = StoredResponse(
            -1, device.sfdi, device.owners, now, code, subject, _complete(response, device, now)
        )
        response_set = self._by_number[subject.program.number]
        response_set.add(stored)
        self.relate(stored)
        self._remove_surplus(response_set)
        return stored, True

    def remove(self, stored: StoredResponse) -> None:
        self._by_number[stored.subject.program.number].remove(stored)
        self._forget(stored)

    def hand_over(self, device: EndDevice) -> None:
        """A device has another manager now, who sees its answers instead of the one before."""
        for stored in self._by_device.get(device.sfdi, ()):
            response_set = self._by_number[stored.subject.program.number]
            response_set.hand_over(stored, device.owners)

    def forget_device(self, sfdi: str) -> None:
        """A device is gone, and its answers with it."""
        self._seen.pop(sfdi, None)
        for stored in list(self._by_device.get(sfdi, ())):
            self.remove(stored)

    def _remove_surplus(self, response_set: ResponseSet) -> None:
        while (oldest := response_set.oldest(self.most_responses)) is not None:
            self.remove(oldest)

    def relate(self, stored: StoredResponse) -> None:
        """Notes an answer with its event and its device."""
        stored.subject.answers[stored.sfdi, stored.code] = stored
        self._by_device.setdefault(stored.sfdi, set()).add(stored)

    def _forget(self, stored: StoredResponse) -> None:
        stored.subject.answers.pop((stored.sfdi, stored.code), None)
        answers = self._by_device[stored.sfdi]
        answers.remove(stored)
        if not answers:
            del self._by_device[stored.sfdi]
        self._door.keep(stored.record)


def _check(subject: Subject, device: EndDevice, response: models.Response) -> None:
    if type(response) not in (models.Response, subject.answer):
        raise BadValue(
            f"subject {mrid_text(subject.mrid)} is answered by {subject.answer.__name__},"
            f" this is {type(response).__name__}"
        )
    # An aggregator follows no program itself but may speak for all its devices at once. Who was
    # taken out of the program has to tell how its events ended.
    concerned = device.registration.aggregator or subject.program.applies_to(device)
    if not concerned and not subject.answered_by(device.sfdi):
        raise BadValue(f"subject {mrid_text(subject.mrid)} is not for device {device.sfdi}")


def _complete(response: models.Response, device: EndDevice, now: float) -> models.Response:
    """The response as it is kept: without an address, with a time, with the whole LFDI."""
    created = int(now) if response.createdDateTime is None else response.createdDateTime
    return replace(
        response,
        href=None,
        createdDateTime=created,
        endDeviceLFDI=bytes.fromhex(device.lfdi or ""),
    )


def _set_order(response_set: ResponseSet) -> int:
    return -int.from_bytes(response_set.mrid)
