"""Function Set Assignments: which programs and which clock a device is to follow.

Source: IEEE 2030.5-2018 FunctionSetAssignments; CSIP 2.1 groups.
"""

from __future__ import annotations

from ..model.programs import Assignments
from ..rest.call import Answer, Call, ok
from ..rest.routing import SUBSCRIBABLE, Route
from ..sep import models


def read_list(call: Call) -> Answer:
    return call.page(
        models.FunctionSetAssignmentsList,
        call.fleet.programs.assignments(call.device),
        lambda fsa: assignments(call, fsa),
        pollRate=call.poll_rate("FunctionSetAssignmentsList"),
    )


def read(call: Call) -> Answer:
    return ok(assignments(call, call.fsa))


def assignments(call: Call, fsa: Assignments) -> models.FunctionSetAssignments:
    return models.FunctionSetAssignments(
        href=call.href("FunctionSetAssignments", fsa=fsa.number),
        DERProgramListLink=models.DERProgramListLink(
            href=call.href("FunctionSetAssignmentsDERProgramList", fsa=fsa.number),
            all=len(fsa.programs),
        ),
        ResponseSetListLink=call.list_link(
            models.ResponseSetListLink, len(call.scope.response_sets())
        ),
        TimeLink=call.link(models.TimeLink),
        mRID=fsa.mrid,
        description=fsa.name,
    )


ROUTES = (
    Route(
        "FunctionSetAssignmentsList", "/edev/{edev}/fsa", GET=read_list, subscribable=SUBSCRIBABLE
    ),
    Route("FunctionSetAssignments", "/edev/{edev}/fsa/{fsa}", GET=read, subscribable=SUBSCRIBABLE),
)
