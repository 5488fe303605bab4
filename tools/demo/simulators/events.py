"""What a device does with DERControls: it follows one and answers for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple
from xml.etree.ElementTree import Element

from .client import text
from .documents import document, fields

# EventStatus.currentStatus
SCHEDULED, ACTIVE, CANCELLED, CANCELLED_RANDOMLY, SUPERSEDED = "0", "1", "2", "3", "4"
# Response.status
RECEIVED, STARTED, COMPLETED, WAS_CANCELLED, WAS_SUPERSEDED = 1, 2, 3, 6, 7
_ENDED_EARLY = {
    CANCELLED: WAS_CANCELLED,
    CANCELLED_RANDOMLY: WAS_CANCELLED,
    SUPERSEDED: WAS_SUPERSEDED,
}
# Bits of responseRequired: that it came, and what became of it.
_BIT = {RECEIVED: 1}
_OUTCOME = 2

# Posts a document to a path.
Post = Callable[[str, str], object]


class Control(NamedTuple):
    """What matters of a DERControl, and the primacy of its program."""

    primacy: int
    mrid: str
    created: int
    status: str
    end: int
    base: Element
    reply_to: str
    required: int

    @classmethod
    def read(cls, element: Element, primacy: int) -> Control:
        """From the resource as the server sends it."""
        base = element.find("DERControlBase")
        start = int(text(element, "interval/start"))
        return cls(
            primacy,
            text(element, "mRID"),
            int(text(element, "creationTime")),
            text(element, "EventStatus/currentStatus"),
            start + int(text(element, "interval/duration")),
            Element("DERControlBase") if base is None else base,
            element.get("replyTo", ""),
            int(element.get("responseRequired", "0"), 16),
        )


def followed(controls: Iterable[Control], mode: str) -> Control | None:
    """The active control that counts for a mode: lowest primacy, then the latest created."""
    return min(
        (one for one in controls if one.status == ACTIVE and one.base.find(mode) is not None),
        key=lambda one: (one.primacy, -one.created),
        default=None,
    )


class Answers:
    """The Responses of one device, each told once."""

    def __init__(self, lfdi: str, post: Post) -> None:
        self._lfdi = lfdi
        self._post = post
        # Controls that are not over for this device, and what it answered to each.
        self._known: dict[str, tuple[Control, set[int]]] = {}
        self._over: set[str] = set()

    def update(self, controls: Iterable[Control], follows: Control | None, now: int) -> list[str]:
        """Answers for what changed; returns what was answered, in words for a log."""
        said: list[str] = []
        mrid = None if follows is None else follows.mrid
        listed = {one.mrid: one for one in controls if one.mrid not in self._over}
        # What is over is answered before what takes its place.
        ended = [one for one in listed.values() if one.status in _ENDED_EARLY]
        for control in ended:
            said += self._see(control, mrid, now)
        said += self._complete(listed, now)
        for control in listed.values():
            if control not in ended and control.mrid not in self._over:
                said += self._see(control, mrid, now)
        return said

    def _complete(self, listed: Mapping[str, Control], now: int) -> list[str]:
        """Those whose end has come, whether the server still lists them or not."""
        said: list[str] = []
        for mrid, (control, given) in list(self._known.items()):
            if STARTED in given and control.end <= now:
                said += self._end(control, COMPLETED, now)
            elif mrid not in listed and control.end <= now:
                self._known.pop(mrid)
        return said

    def _see(self, control: Control, follows: str | None, now: int) -> list[str]:
        early = _ENDED_EARLY.get(control.status)
        if control.mrid not in self._known and (early is not None or control.end <= now):
            self._over.add(control.mrid)  # nothing that it ever knew of
            return []
        self._known[control.mrid] = (control, self._given(control))
        said = self._answer(control, RECEIVED, now)
        if control.mrid == follows:
            said += self._answer(control, STARTED, now)
        if early is not None:
            said += self._end(control, early, now)
        return said

    def _given(self, control: Control) -> set[int]:
        return self._known[control.mrid][1] if control.mrid in self._known else set()

    def _end(self, control: Control, code: int, now: int) -> list[str]:
        said = self._answer(control, code, now)
        self._known.pop(control.mrid)
        self._over.add(control.mrid)
        return said

    def _answer(self, control: Control, code: int, now: int) -> list[str]:
        given = self._given(control)
        if code in given:
            return []
        if control.required & _BIT.get(code, _OUTCOME) and control.reply_to:
            self._post(control.reply_to, self._document(control, code, now))
        given.add(code)
        return [f"answers {code} to DERControl {control.mrid}"]

    def _document(self, control: Control, code: int, now: int) -> str:
        return document(
            "DERControlResponse",
            fields(
                createdDateTime=now, endDeviceLFDI=self._lfdi, status=code, subject=control.mrid
            ),
        )
