"""What belongs to no single device or program: counters, names, rates, access, registries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ...model.fleet import Fleet
from ...model.rates import Rates
from ..documents import Document, from_document, to_document
from .kind import Key, Kind, Restoring, TextKey

# Numbers are part of hrefs and never used again, also not after what had them is gone.
_COUNTED: dict[str, Callable[[Fleet], Any]] = {
    "device": lambda fleet: fleet.registry,
    "program": lambda fleet: fleet.programs,
    "fsa": lambda fleet: fleet.programs.fsas,
    "mirror": lambda fleet: fleet.mirrors,
    "reservation": lambda fleet: fleet.reservations,
    "subscription": lambda fleet: fleet.subscriptions,
}


def _counter(fleet: Fleet, key: Key) -> Document:
    holder = _COUNTED[str(key[0])](fleet)
    return {"next": holder.next_number}


def _restore_counter(to: Restoring, key: TextKey, document: Document) -> None:
    holder = _COUNTED[key[0]](to.fleet)
    holder.next_number = document["next"]


def raise_counters(fleet: Fleet) -> None:
    """Above all numbers that are in use, also where the record of a counter is lost."""
    devices, reservations = fleet.registry.listed, fleet.reservations
    programs = [each.number for each in fleet.response_sets.all]
    flow = [each.number for each in reservations.all_requests()]
    flow += [each.number for each in reservations.all_grants()]
    used = {
        "device": [device.number for device in devices],
        # That of a device's own may be lost, and its number still be known.
        "program": [*programs, *(device.program for device in devices)],
        "fsa": [number for number, _ in fleet.programs.fsas.by_name.values()],
        "mirror": [mirror.number for mirror in fleet.mirrors.listed],
        "reservation": flow,
        "subscription": [each.number for each in fleet.subscriptions.listed],
    }
    for name, find in _COUNTED.items():
        holder = find(fleet)
        holder.next_number = max([holder.next_number, *(number + 1 for number in used[name])])


def _fsa(fleet: Fleet, key: Key) -> Document | None:
    known = fleet.programs.fsas.by_name.get(str(key[0]))
    return None if known is None else {"name": key[0], "number": known[0], "mRID": known[1].hex()}


def _restore_fsa(to: Restoring, key: TextKey, document: Document) -> None:
    mrid = bytes.fromhex(document["mRID"])
    to.fleet.programs.fsas.by_name[document["name"]] = (document["number"], mrid)


def _rates(fleet: Fleet, key: Key) -> Document:
    return to_document(fleet.rating.rates)


def _restore_rates(to: Restoring, key: TextKey, document: Document) -> None:
    to.fleet.rating.restore(from_document(Rates, document))


def _access(fleet: Fleet, key: Key) -> Document | None:
    return {"granted": False} if key[0] in fleet.withdrawn else None


def _restore_access(to: Restoring, key: TextKey, document: Document) -> None:
    to.fleet.withdrawn.add(key[0])


def _registry(fleet: Fleet, key: Key) -> Document | None:
    rows = fleet.own_registries.rows(str(key[0]))
    return None if rows is None else {"rows": rows}


def _restore_registry(to: Restoring, key: TextKey, document: Document) -> None:
    to.fleet.own_registries.take(document["rows"])


def _kept_registry(fleet: Fleet, key: Key) -> Document | None:
    digest = fleet.kept_registries.get(str(key[0]))
    return None if digest is None else {"registry": digest}


def _restore_kept_registry(to: Restoring, key: TextKey, document: Document) -> None:
    digest = document["registry"]
    if to.fleet.own_registries.rows(digest) is None:
        raise LookupError(f"there is no registry {digest}")
    to.fleet.kept_registries[key[0]] = digest


def _singly(keys: Iterable[str]) -> list[Key]:
    return [(key,) for key in keys]


KINDS = (
    Kind("counter", _counter, _restore_counter, lambda fleet: _singly(_COUNTED)),
    Kind("fsa", _fsa, _restore_fsa, lambda fleet: _singly(fleet.programs.fsas.by_name)),
    Kind("rates", _rates, _restore_rates, lambda fleet: [()]),
    Kind("access", _access, _restore_access, lambda fleet: _singly(fleet.withdrawn)),
    Kind(
        "registry",
        _registry,
        _restore_registry,
        lambda fleet: _singly(fleet.own_registries.digests),
    ),
    Kind(
        "kept_registry",
        _kept_registry,
        _restore_kept_registry,
        lambda fleet: _singly(fleet.kept_registries),
    ),
)
