"""DERPrograms with their curves, and the events of all kinds that devices can answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ...model.controls import Control, Event
from ...model.fleet import Fleet
from ...model.programs import Assignment, Program
from ...model.reservations import Grant
from ...model.response_set import ResponseSet, Subject
from ...sep import models
from ...sep.identity import mrid_text
from ..documents import Document, from_document, to_document
from .kind import Key, Kind, Restoring, TextKey

# Fields of Program that are stored as they are.
_FIELDS = (
    "description",
    "primacy",
    "origin",
    "version",
    "last_created",
    "next_control",
    "next_curve",
)
_EVENTS: dict[str, type[Event]] = {"Control": Control, "Grant": Grant}


def _program(fleet: Fleet, key: Key) -> Document | None:
    """Also a program that was removed, as long as its events can be answered."""
    response_set = fleet.response_sets.by_number(int(key[0]))
    if response_set is None:
        return None
    program = response_set.program
    fields = {name: getattr(program, name) for name in _FIELDS}
    return fields | {
        "mRID": program.mrid.hex(),
        "assignment": to_document(program.assignment),
        "default": to_document(program.default),
        "next_response": response_set.next_number,
        "closed": response_set.closed,
        "configured": program.configured,
    }


def _restore_program(to: Restoring, key: TextKey, document: Document) -> None:
    program = Program(
        number=int(key[0]),
        mrid=bytes.fromhex(document["mRID"]),
        assignment=from_document(Assignment, document["assignment"]),
        default=from_document(models.DefaultDERControl, document["default"]),
        configured=document.get("configured"),  # not in the records of the first versions
        **{name: document[name] for name in _FIELDS},
    )
    response_set = ResponseSet(program)
    response_set.next_number = document["next_response"]
    response_set.closed = document["closed"]
    to.fleet.response_sets.put_set(response_set)
    if response_set.closed is None:
        to.fleet.programs.put(program)


def _program_keys(fleet: Fleet) -> Iterator[Key]:
    for response_set in fleet.response_sets.all:
        yield (response_set.number,)


def _curve(fleet: Fleet, key: Key) -> Document | None:
    response_set = fleet.response_sets.by_number(int(key[0]))
    curve = None if response_set is None else response_set.program.curves.get(int(key[1]))
    return None if curve is None else to_document(curve)


def _restore_curve(to: Restoring, key: TextKey, document: Document) -> None:
    curve = from_document(models.DERCurve, document)
    _set(to, key).program.curves[int(key[1])] = curve


def _curve_keys(fleet: Fleet) -> Iterator[Key]:
    for response_set in fleet.response_sets.all:
        for number in response_set.program.curves:
            yield (response_set.number, number)


def _event(fleet: Fleet, key: Key) -> Document | None:
    subject = fleet.response_sets.find(bytes.fromhex(str(key[1])))
    if subject is None or subject.program.number != int(key[0]):
        return None
    document: Document = {
        "mRID": subject.mrid.hex(),
        "answer": subject.answer.__name__,
        "left": subject.left,
    }
    if subject.event is not None:
        document |= {"class": type(subject.event).__name__, "event": to_document(subject.event)}
    return document


def _restore_event(to: Restoring, key: TextKey, document: Document) -> None:
    event: Event | None = None
    if "event" in document:
        event = from_document(_EVENTS[document["class"]], document["event"])
    response_set, mrid = _set(to, key), bytes.fromhex(document["mRID"])
    answer = getattr(models, document["answer"])
    subject = Subject(mrid, response_set.program, answer, event, document["left"])
    to.fleet.response_sets.put_subject(subject)
    if subject.left is not None:
        return
    if isinstance(event, Grant):
        to.fleet.granting.restore(event)
    elif isinstance(event, Control) and response_set.closed is None:
        to.fleet.dispatch.restore(response_set.program, event)
        to.controls[key[1]] = event


def _event_keys(fleet: Fleet) -> Iterator[Key]:
    for subject in fleet.response_sets.subjects:
        yield (subject.program.number, mrid_text(subject.mrid))


def _event_order(key: TextKey, text: str) -> Any:
    """By their latest change: of those that ended early the first to end goes first, and of those
    that left their list the first that left."""
    document = json.loads(text)
    if document["left"] is not None:
        return document["left"]
    return document["event"]["status_time"] if "event" in document else 0


def _standing(fleet: Fleet, key: Key) -> Document | None:
    lost = fleet.dispatch.standings.all_lost(str(key[0]))
    if not lost:
        return None
    modes = {mrid_text(control.mrid): sorted(modes) for control, modes in lost.items()}
    return {"lost": modes}


def _restore_standing(to: Restoring, key: TextKey, document: Document) -> None:
    lost = {to.controls[mrid]: set(modes) for mrid, modes in document["lost"].items()}
    to.fleet.dispatch.standings.restore(key[0], lost)


def _standing_keys(fleet: Fleet) -> Iterator[Key]:
    for device in fleet.registry.listed:
        yield (device.sfdi,)


def _set(to: Restoring, key: TextKey) -> ResponseSet:
    response_set = to.fleet.response_sets.by_number(int(key[0]))
    if response_set is None:
        raise LookupError(f"there is no program {key[0]}")
    return response_set


PROGRAMS = (
    Kind("program", _program, _restore_program, _program_keys, ("curve", "event", "response")),
    Kind("curve", _curve, _restore_curve, _curve_keys),
)
EVENTS = (
    Kind("event", _event, _restore_event, _event_keys, order=_event_order),
    Kind("standing", _standing, _restore_standing, _standing_keys),
)
