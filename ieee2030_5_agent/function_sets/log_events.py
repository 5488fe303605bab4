"""Log Event: a device keeps its log here, alarms and returns to normal above all.

Source: IEEE 2030.5-2018 LogEvent, LogEventList; CSIP 2.1 alarms.
"""

from __future__ import annotations

from dataclasses import replace

from ..model.log_events import Entry
from ..rest.call import Answer, Call, created, no_content, ok
from ..rest.errors import NotFound
from ..rest.lists import TimeKey
from ..rest.routing import SUBSCRIBABLE, Route
from ..sep import models

BY_TIME: TimeKey[Entry] = TimeKey(lambda entry: entry.time, descending=True)


def read_list(call: Call) -> Answer:
    return call.page(
        models.LogEventList,
        call.device.log.listed,
        lambda entry: _event(call, entry),
        BY_TIME,
        pollRate=call.poll_rate("LogEventList"),
    )


def post(call: Call) -> Answer:
    entry = call.fleet.logs.post(call.device, call.body)
    return created(call.href("LogEvent", lel=entry.number))


def read(call: Call) -> Answer:
    return ok(_event(call, _asked_entry(call)))


def write(call: Call) -> Answer:
    entry = _asked_entry(call)
    call.fleet.logs.put(call.device, entry, call.body)
    return no_content()


def delete(call: Call) -> Answer:
    entry = _asked_entry(call)
    call.fleet.logs.remove(call.device, entry)
    return no_content()


def _event(call: Call, entry: Entry) -> models.LogEvent:
    return replace(entry.event, href=call.href("LogEvent", lel=entry.number))


def _asked_entry(call: Call) -> Entry:
    device, number = call.device, call.params["lel"]
    entry = device.log.by_number(number)
    if entry is None:
        raise NotFound(f"EndDevice {device.number} has no LogEvent {number}")
    return entry


ROUTES = (
    Route(
        "LogEventList",
        "/edev/{edev}/lel",
        GET=read_list,
        POST=post,
        bodies=(models.LogEvent,),
        subscribable=SUBSCRIBABLE,
    ),
    Route(
        "LogEvent",
        "/edev/{edev}/lel/{lel}",
        GET=read,
        PUT=write,
        DELETE=delete,
        bodies=(models.LogEvent,),
    ),
)
