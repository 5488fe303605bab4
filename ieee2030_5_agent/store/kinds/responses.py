"""Responses: what devices answered to events."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.fleet import Fleet
from ...model.response_set import Code, StoredResponse
from ...sep.identity import mrid_text
from ..documents import Document, of_model, to_model
from .kind import Key, Kind, Restoring, TextKey


def _response(fleet: Fleet, key: Key) -> Document | None:
    response_set = fleet.response_sets.by_number(int(key[0]))
    stored = None if response_set is None else response_set.by_number(int(key[1]))
    if stored is None:
        return None
    return {
        "sfdi": stored.sfdi,
        "received": stored.received,
        "code": int(stored.code),
        "subject": mrid_text(stored.subject.mrid),
        **of_model(stored.response),
    }


def _restore(to: Restoring, key: TextKey, document: Document) -> None:
    sets = to.fleet.response_sets
    response_set = sets.by_number(int(key[0]))
    subject = sets.find(bytes.fromhex(document["subject"]))
    if response_set is None or subject is None:
        raise LookupError(f"there is no event {document['subject']} of program {key[0]}")
    stored = StoredResponse(
        number=int(key[1]),
        sfdi=document["sfdi"],
        owners=to.fleet.device(document["sfdi"]).owners,
        received=document["received"],
        code=Code(document["code"]),
        subject=subject,
        response=to_model(document),
    )
    response_set.put(stored)
    sets.relate(stored)


def _keys(fleet: Fleet) -> Iterator[Key]:
    for response_set in fleet.response_sets.all:
        for stored in response_set.listed:
            yield (response_set.number, stored.number)


KINDS = (Kind("response", _response, _restore, _keys),)
