"""Which resources read differently after a change: a table, and the look-up in it.

The table may name more than what has changed: what a subscriber would read is compared before
anything is sent. It must not name less. That the links of an EndDevice count log events and
reservations is no reason to tell of the EndDevice: nothing about the device has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..model.changes import Changed
from ..model.fleet import Fleet
from ..rest.routing import Route

# Name of the resource, first number of its URI.
Key = tuple[str, int | None]
# In the place of the number: all resources of the name.
EVERY = -1
ALL: Key = ("", EVERY)

_PROGRAM_LISTS = ("EndDeviceDERProgramList", "FunctionSetAssignmentsDERProgramList")
_ASSIGNMENTS = ("FunctionSetAssignmentsList", "FunctionSetAssignments")
_SCHEDULE = ("DERControlList", "ActiveDERControlList", "DERControl", "DERProgram")
_CONTROLLED = ("EndDeviceDERControlList", "EndDeviceDERControl", *_PROGRAM_LISTS, "DER")
_CONTROLS = (*_SCHEDULE, *_CONTROLLED)
_READINGS = ("MeterReadingList", "Reading", "ReadingSetList", "ReadingList")
_DEVICE = ("EndDeviceList", "EndDevice", *_ASSIGNMENTS, *_PROGRAM_LISTS, "DER")
_BELOW_DEVICE = (
    *("DERSettings", "DERStatus", "DERAvailability", "LogEventList"),
    *("FlowReservationResponseList", "FlowReservationResponse"),
    *("EndDeviceDERControlList", "EndDeviceDERControl"),
)

AFFECTED: Mapping[str, tuple[str, ...]] = {
    "registration": _DEVICE,
    "removal": (*_DEVICE, *_BELOW_DEVICE),
    "points": ("DER",),
    "control": _CONTROLLED,
    "schedule": _SCHEDULE,
    "control_overlap": _CONTROLS,
    "control_removal": _CONTROLS,
    "program": (*_CONTROLS, "DefaultDERControl", *_ASSIGNMENTS, "EndDeviceList", "EndDevice"),
    "log_event": ("LogEventList",),
    "log_event_removal": ("LogEventList",),
    "flow_reservation": ("FlowReservationResponseList", "FlowReservationResponse"),
    "mirror": ("UsagePointList", *_READINGS),
}
# Where the change tells which resource it was of.
_NAMED = frozenset({"resource", "poll_rate"})
# What changes in a program, without effect on whom it is for. That matters: clients read all anew
# that they know when they are told of their EndDevice.
_CONTENTS = frozenset({"default", "curves"})
_CONTENTS_OF_PROGRAM = ("DefaultDERControl", "DERProgram", *_PROGRAM_LISTS)
_WHOLE = frozenset({"configuration", "access"})
# Lists that show the rate of another name.
_RATED = {"DERProgramList": _PROGRAM_LISTS}


class Affected:
    """The look-up, for the resources of one table of routes."""

    def __init__(self, routes: Iterable[Route], fleet: Fleet) -> None:
        self._fleet = fleet
        self._groups = {route.name: route.group for route in routes if route.subscribable}

    def __call__(self, change: Changed) -> Iterator[Key]:
        """The resources that a change affects; a number says that it is only the one of that."""
        if change.what in _WHOLE:
            yield ALL
            return
        numbers: dict[str, int] | None = None
        for name in _names(change):
            if name not in self._groups:
                continue
            if numbers is None:
                numbers = self._numbers(change)
            group = self._groups[name]
            yield (name, None if group is None else numbers.get(group, EVERY))

    def _numbers(self, change: Changed) -> dict[str, int]:
        """The numbers that a change is about, by their names in the URIs."""
        numbers: dict[str, int] = {}
        number, program = change.detail.get("number"), change.detail.get("program")
        device = None if change.sfdi is None else self._fleet.registry.by_sfdi(change.sfdi)
        if device is not None:
            numbers["edev"] = device.number
        elif change.what == "removal" and isinstance(number, int):
            numbers["edev"] = number
        if change.what == "mirror" and isinstance(number, int):
            numbers["upt"] = number
        if isinstance(program, int):
            numbers["derp"] = program
        elif isinstance(program, str):
            known = self._fleet.programs.find(bytes.fromhex(program))
            if known is not None:
                numbers["derp"] = known.number
        return numbers


def _names(change: Changed) -> Iterable[str]:
    if change.what in _NAMED:
        name = str(change.detail.get("resource"))
        return (name, *_RATED.get(name, ()))
    if change.what == "mirror" and change.detail.get("change") == "readings":
        return _READINGS
    if change.what == "program" and change.detail.get("change") in _CONTENTS:
        return _CONTENTS_OF_PROGRAM
    return AFFECTED.get(change.what, ())
