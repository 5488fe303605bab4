"""Distributed Energy Resources of a device: ratings, settings, status and availability.

Source: IEEE 2030.5-2018 DER, DERCapability, DERSettings, DERStatus, DERAvailability.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..model.programs import Program
from ..rest.call import Answer, Call, ok
from ..rest.routing import NOT_SUBSCRIBABLE, SUBSCRIBABLE, Route
from ..rest.stored import read, write
from ..sep import models


def read_list(call: Call) -> Answer:
    numbers = range(1, call.device.der_count + 1)
    return call.page(
        models.DERList,
        numbers,
        lambda number: der(call, number),
        pollRate=call.poll_rate("DERList"),
    )


def read_der(call: Call) -> Answer:
    return ok(der(call, call.der))


def der(call: Call, number: int) -> models.DER:
    """The DER resource: where to write, and the programs that it is to follow."""
    programs = call.fleet.programs.of(call.device)
    return models.DER(
        href=call.href("DER", der=number),
        AssociatedDERProgramListLink=models.AssociatedDERProgramListLink(
            href=call.href("EndDeviceDERProgramList"),
            all=len(programs),
        ),
        CurrentDERProgramLink=models.CurrentDERProgramLink(
            href=call.href("DERProgram", derp=_current(programs).number)
        ),
        DERAvailabilityLink=call.link(models.DERAvailabilityLink, der=number),
        DERCapabilityLink=call.link(models.DERCapabilityLink, der=number),
        DERSettingsLink=call.link(models.DERSettingsLink, der=number),
        DERStatusLink=call.link(models.DERStatusLink, der=number),
    )


def _current(programs: Sequence[Program]) -> Program:
    """The program that rules now: the first by primacy that has an active control, or else the
    first. Some clients look for controls nowhere else."""
    return next((program for program in programs if program.active), programs[0])


def _singleton(name: str, segment: str, body: type, subscribable: int = NOT_SUBSCRIBABLE) -> Route:
    return Route(
        name,
        "/edev/{edev}/der/{der}/" + segment,
        GET=read(name),
        PUT=write(name),
        bodies=(body,),
        post_as_put=True,
        subscribable=subscribable,
    )


ROUTES = (
    Route("DERList", "/edev/{edev}/der", GET=read_list),
    Route("DER", "/edev/{edev}/der/{der}", GET=read_der, subscribable=SUBSCRIBABLE),
    _singleton("DERCapability", "dercap", models.DERCapability),
    _singleton("DERSettings", "derg", models.DERSettings, SUBSCRIBABLE),
    _singleton("DERStatus", "ders", models.DERStatus, SUBSCRIBABLE),
    _singleton("DERAvailability", "dera", models.DERAvailability, SUBSCRIBABLE),
)
