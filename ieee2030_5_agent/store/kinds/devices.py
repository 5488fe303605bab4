"""EndDevices: registration, last contact, the latest of each resource, points' times, log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ...model.end_device import Commit, EndDevice, Registration, Switched
from ...model.fleet import Fleet
from ...model.log_events import Entry
from ...model.standings import IN_FORCE
from ...model.state_points import ADOPTION, SWITCHED
from ...sep import models
from ...sep.editions import Edition
from ..documents import Document, Thing, from_document, of_model, to_document, to_model
from .kind import Key, Kind, Restoring, TextKey

# They follow from the registration, the log, what is in force and what was committed or switched.
_DERIVED = {"EndDevice", "LogEventList", ADOPTION, SWITCHED, *IN_FORCE}
# Fields of EndDevice that are stored as they are.
_FIELDS = (
    "number",
    "origin",
    "registered_at",
    "changed_time",
    "program",
    "post_rate",
    "post_rate_ruled",
    "registry",
    "staged",
    "controls",
)


def _found(fleet: Fleet, key: Key) -> EndDevice | None:
    return fleet.registry.by_sfdi(str(key[0]))


def _device(fleet: Fleet, key: Key) -> Document | None:
    device = _found(fleet, key)
    if device is None:
        return None
    fields = {name: getattr(device, name) for name in _FIELDS}
    return fields | {
        "registration": to_document(device.registration),
        "log_total": device.log.total,
        "commits": {name: to_document(commit) for name, commit in device.commits.items()},
        "switched": {name: to_document(each) for name, each in device.switched.items()},
    }


def _restore_device(to: Restoring, key: TextKey, document: Document) -> None:
    device = EndDevice(
        **{name: document[name] for name in _FIELDS},
        registration=from_document(Registration, document["registration"]),
        point_map=to.fleet.default_points,
    )
    device.log.total = document["log_total"]
    device.commits = _restored(Commit, document["commits"])
    for name, commit in device.commits.items():
        device.resources[ADOPTION, name] = commit.result
    # A file of before has none.
    device.switched = _restored(Switched, document.get("switched", {}))
    for name, switched in device.switched.items():
        device.resources[SWITCHED, name] = switched
    to.fleet.restore_device(device)


def _restored(kind: type[Thing], documents: Mapping[str, Document]) -> dict[str, Thing]:
    return {name: from_document(kind, document) for name, document in documents.items()}


def _contact(fleet: Fleet, key: Key) -> Document | None:
    device = _found(fleet, key)
    if device is None or device.last_contact is None:
        return None
    edition = None if device.edition is None else device.edition.name
    return {"last_contact": device.last_contact, "edition": edition}


def _restore_contact(to: Restoring, key: TextKey, document: Document) -> None:
    device = to.fleet.device(key[0])
    device.last_contact = document["last_contact"]
    device.edition = None if document["edition"] is None else Edition[document["edition"]]


def _resource(fleet: Fleet, key: Key) -> Document | None:
    device = _found(fleet, key)
    model = None if device is None else device.resources.get((str(key[1]), int(key[2])))
    return None if model is None else of_model(model)


def _restore_resource(to: Restoring, key: TextKey, document: Document) -> None:
    to.fleet.device(key[0]).resources[key[1], int(key[2])] = to_model(document)


def _resource_keys(fleet: Fleet) -> Iterator[Key]:
    for device in fleet.registry.listed:
        for key in device.resources:
            if key[0] not in _DERIVED:
                yield (device.sfdi, *key)


def _times(fleet: Fleet, key: Key) -> Document | None:
    """The points by the time of their receipt: most have one of a few."""
    device = _found(fleet, key)
    if device is None or not device.point_times:
        return None
    by_time: dict[float, list[str]] = {}
    for name, at in device.point_times.items():
        by_time.setdefault(at, []).append(name)
    return {"received": [[at, sorted(names)] for at, names in sorted(by_time.items())]}


def _restore_times(to: Restoring, key: TextKey, document: Document) -> None:
    to.point_times[key[0]] = {name: at for at, names in document["received"] for name in names}


def _log_event(fleet: Fleet, key: Key) -> Document | None:
    device = _found(fleet, key)
    entry = None if device is None else device.log.by_number(int(key[1]))
    if entry is None:
        return None
    return {"received": entry.received, "event": to_document(entry.event)}


def _restore_log_event(to: Restoring, key: TextKey, document: Document) -> None:
    event = from_document(models.LogEvent, document["event"])
    to.fleet.device(key[0]).log.put(Entry(int(key[1]), event, document["received"]))


def _log_keys(fleet: Fleet) -> Iterator[Key]:
    for device in fleet.registry.listed:
        for entry in device.log.listed:
            yield (device.sfdi, entry.number)


def _sfdis(fleet: Fleet) -> Iterator[Key]:
    for device in fleet.registry.listed:
        yield (device.sfdi,)


KINDS = (
    Kind(
        "device",
        _device,
        _restore_device,
        _sfdis,
        parts=("contact", "resource", "times", "log_event", "standing"),
        order=lambda key, text: json.loads(text)["number"],
    ),
    Kind("contact", _contact, _restore_contact, _sfdis),
    Kind("resource", _resource, _restore_resource, _resource_keys),
    Kind("times", _times, _restore_times, _sfdis),
    Kind("log_event", _log_event, _restore_log_event, _log_keys),
)
