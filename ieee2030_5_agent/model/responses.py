"""Responses: what devices answer to events, kept by ResponseSet and by event.

There is one ResponseSet for each DERProgram. An event can be answered from the moment it is listed
until some time after it left its list (``remembered_s``); then its answers go with it.
Source: IEEE 2030.5-2018 Response, ResponseSet, event rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import partial

from ..sep import models
from ..sep.identity import derived_mrid, mrid_text
from ..sep.json_form import to_json
from .changes import PointValue, Record
from .controls import Event
from .door import Door
from .end_device import EndDevice
from .errors import BadValue, UnknownEvent
from .listing import Listing
from .programs import Program

# The end of an event is told after it left the list, and a device may have been offline.
REMEMBERED_S = 86400
# Of one program. Ten thousand devices answer one event three to four times: two such events are
# kept whole, and nobody can fill the memory. The oldest goes first.
MOST_RESPONSES = 100_000


class Code(IntEnum):
    """Response.status of IEEE 2030.5; what is not named here is reserved."""

    RECEIVED = 1
    STARTED = 2
    COMPLETED = 3
    OPTED_OUT = 4
    OPTED_IN = 5
    CANCELLED = 6
    SUPERSEDED = 7
    PARTIALLY_COMPLETED_OPTED_OUT = 8
    PARTIALLY_COMPLETED_OPTED_IN = 9
    COMPLETED_WITHOUT_PARTICIPATION = 10
    ACKNOWLEDGED = 11
    CANNOT_BE_DISPLAYED = 12
    ABORTED_BY_OTHER_SERVER = 13
    ABORTED_BY_OTHER_PROGRAM = 14
    RESUMED = 15
    NOT_SUPPORTED = 251
    REJECTED_NOT_APPLICABLE = 252
    REJECTED_INVALID = 253
    REJECTED_LATE = 254

    @property
    def words(self) -> str:
        return self.name.lower().replace("_", " ")


CODES = frozenset(int(code) for code in Code)
# Reserved before the edition of 2023.
NEW_IN_2023 = frozenset({Code.RESUMED, Code.NOT_SUPPORTED})


def code_of(status: int | None, year: int) -> Code:
    """The meaning of a status in an edition. Raises BadValue when it is absent or reserved."""
    if status is None:
        raise BadValue("status is missing")
    if status not in CODES or (status in NEW_IN_2023 and year < 2023):
        raise BadValue(f"status {status} is reserved in IEEE 2030.5-{max(year, 2018)}")
    return Code(status)


@dataclass(slots=True, eq=False)
class Subject:
    """An event that can be answered. ``answer``: the class of responses that is made for it.

    ``event``: what it is about, also after it left its list.
    """

    mrid: bytes
    program: Program
    answer: type[models.Response]
    event: Event | None = None
    # When it left its list.
    left: int | None = None
    # By device and status: of two equal answers the first counts.
    answers: dict[tuple[str, int], StoredResponse] = field(default_factory=dict)

    @property
    def record(self) -> Record:
        return ("event", self.program.number, mrid_text(self.mrid))

    def answered_by(self, sfdi: str) -> bool:
        """Whether a device has given any answer to it: then it was meant for that device."""
        return any((sfdi, code) in self.answers for code in Code)


@dataclass(slots=True, eq=False)
class StoredResponse:
    """One accepted answer. ``owners``: whose view holds it."""

    number: int
    sfdi: str
    owners: tuple[str, ...]
    received: float
    code: Code
    subject: Subject
    response: models.Response

    @property
    def record(self) -> Record:
        return ("response", self.subject.program.number, self.number)

    def model(self, href: str) -> models.Response:
        """The resource as a client reads it, of the class that was sent."""
        return replace(self.response, href=href)

    @property
    def detail(self) -> dict[str, PointValue]:
        """The standard's fields as JSON, and the status in words."""
        return {**to_json(self.response), "statusName": self.code.words}


class ResponseSet:
    """The answers to the events of one program."""

    __slots__ = ("_by_number", "_listing", "closed", "mrid", "next_number", "program")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.mrid = derived_mrid(program.mrid, "ResponseSet")
        self._listing: Listing[StoredResponse] = Listing(_response_order)
        self._by_number: dict[int, StoredResponse] = {}
        self.next_number = 0
        # When the program was removed.
        self.closed: int | None = None

    @property
    def number(self) -> int:
        return self.program.number

    @property
    def listed(self) -> Sequence[StoredResponse]:
        """All answers: the newest by its own time first, then by LFDI."""
        return self._listing.all

    def of(self, sfdi: str) -> Sequence[StoredResponse]:
        """The answers of a device, or of all devices that an aggregator manages."""
        return self._listing.of(sfdi)

    def by_number(self, number: int) -> StoredResponse | None:
        return self._by_number.get(number)

    def oldest(self, room: int) -> StoredResponse | None:
        """What was received first, once there is no room for more."""
        if len(self._by_number) <= room:
            return None
        return next(iter(self._by_number.values()))

    def add(self, stored: StoredResponse) -> None:
        """Gives the answer its number; numbers are never used again."""
        stored.number = self.next_number
        self.next_number += 1
        self.put(stored)

    def put(self, stored: StoredResponse) -> None:
        """Lists an answer that has its number, as one from the store has."""
        self._by_number[stored.number] = stored
        self._listing.add(stored, stored.owners)

    def remove(self, stored: StoredResponse) -> None:
        del self._by_number[stored.number]
        self._listing.remove(stored, stored.owners)

    def hand_over(self, stored: StoredResponse, owners: tuple[str, ...]) -> None:
        self._listing.remove(stored, stored.owners)
        stored.owners = owners
        self._listing.add(stored, owners)


class ResponseSets:
    """All ResponseSets by number, and the events that can be answered by mRID."""

    def __init__(self, door: Door) -> None:
        self.remembered_s = REMEMBERED_S
        self.most_responses = MOST_RESPONSES
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
        """A program is gone: its set is no longer listed, but can still be answered to."""
        response_set = self._by_number[program.number]
        response_set.closed = self._door.now
        self._listing.remove(response_set)

    def drop(self, number: int) -> None:
        """Forgets a closed set with its events and their answers."""
        response_set = self._by_number.pop(number)
        self._door.keep(gone=[response_set.program.record])
        for subject in list(self._subjects.values()):
            if subject.program is response_set.program:
                del self._subjects[int.from_bytes(subject.mrid)]
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
        self._subjects[int.from_bytes(subject.mrid)] = subject

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
        number = int.from_bytes(mrid)
        subject = self._subjects.get(number)
        if subject is not None:
            subject.left = left
            self._door.keep(subject.record)
        self._door.bring(left + self.remembered_s, partial(self._forget_left, number, subject))

    def forget(self, mrid: int) -> None:
        """An event that left its list long ago cannot be answered any more."""
        subject = self._subjects.pop(mrid, None)
        if subject is None:
            return
        for stored in list(subject.answers.values()):
            self.remove(stored)
        self._door.keep(subject.record)

    def _forget_left(self, mrid: int, subject: Subject | None, _: int) -> None:
        # Where a device was removed meanwhile, another event may have taken the mRID.
        if self._subjects.get(mrid) is subject:
            self.forget(mrid)

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
        self._add(stored)
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

    def _add(self, stored: StoredResponse) -> None:
        response_set = self._by_number[stored.subject.program.number]
        response_set.add(stored)
        self.relate(stored)
        oldest = response_set.oldest(self.most_responses)
        if oldest is not None:
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


def _response_order(stored: StoredResponse) -> tuple[int, bytes]:
    response = stored.response
    return (-(response.createdDateTime or 0), response.endDeviceLFDI or b"")


def _set_order(response_set: ResponseSet) -> int:
    return -int.from_bytes(response_set.mrid)
