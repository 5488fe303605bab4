"""Function Set Assignments: which programs and which clock a device is to follow.

Source: IEEE 2030.5-2018 FunctionSetAssignments; CSIP 2.1 groups.
"""

from __future__ import annotations

from ..rest.call import Answer, Call, ok
from ..rest.errors import NotFound
from ..rest.routing import Route
from ..sep import models


def read_list(call: Call) -> Answer:
    return call.page(
        models.FunctionSetAssignmentsList,
        (0,),
        lambda number: assignments(call, number),
        pollRate=call.poll_rate("FunctionSetAssignmentsList"),
    )


def read(call: Call) -> Answer:
    device, number = call.device, call.params["fsa"]
    if number != 0:
        raise NotFound(f"EndDevice {device.number} has no FunctionSetAssignments {number}")
    return ok(assignments(call, number))


def assignments(call: Call, number: int) -> models.FunctionSetAssignments:
    """The one assignment of a device: the program of its own set points."""
    program = call.fleet.programs[call.device.program]
    return models.FunctionSetAssignments(
        href=call.href("FunctionSetAssignments", fsa=number),
        DERProgramListLink=models.DERProgramListLink(
            href=call.href("FunctionSetAssignmentsDERProgramList", fsa=number), all=1
        ),
        TimeLink=call.link(models.TimeLink),
        mRID=program.fsa_mrid,
        description=program.description,
    )


ROUTES = (
    Route("FunctionSetAssignmentsList", "/edev/{edev}/fsa", GET=read_list),
    Route("FunctionSetAssignments", "/edev/{edev}/fsa/{fsa}", GET=read),
)
