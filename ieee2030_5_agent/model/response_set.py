"""ResponseSet: the answers to the events of one program, each with the event that it answers.

Source: IEEE 2030.5-2018 Response, ResponseSet, event rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from ..sep import models
from ..sep.identity import derived_mrid, mrid_text
from ..sep.json_form import to_json
from .changes import PointValue, Record
from .controls import Event
from .errors import BadValue
from .listing import Listing
from .programs import Program
from .recall import Recall


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
    def number(self) -> int:
        """Its mRID, as that is compared."""
        return int.from_bytes(self.mrid)

    @property
    def record(self) -> Record:
        return ("event", self.program.number, mrid_text(self.mrid))

    def left_by(self, time: int) -> bool:
        """Whether it had left its list at a time."""
        return self.left is not None and self.left <= time

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

    __slots__ = (
        "_by_number",
        "_listing",
        "closed",
        "left",
        "mrid",
        "next_number",
        "program",
        "recall",
    )

    def __init__(self, program: Program) -> None:
        self.program = program
        self.mrid = derived_mrid(program.mrid, "ResponseSet")
        self._listing: Listing[StoredResponse] = Listing(_response_order)
        self._by_number: dict[int, StoredResponse] = {}
        self.next_number = 0
        # The events that left their list, the first that left first.
        self.left: dict[int, Subject] = {}
        # When the program was removed.
        self.closed: int | None = None
        # For what is remembered for some time.
        self.recall = Recall()

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

    @property
    def first_left(self) -> Subject | None:
        """The event that left its list first."""
        return next(iter(self.left.values()), None)

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


def _response_order(stored: StoredResponse) -> tuple[int, bytes]:
    response = stored.response
    return (-(response.createdDateTime or 0), response.endDeviceLFDI or b"")
