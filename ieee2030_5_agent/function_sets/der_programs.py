"""DER Programs and their controls, as a device finds and reads them.

Source: IEEE 2030.5-2018 DERProgram, DERControl, DefaultDERControl, DERCurve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..model.controls import Control, Status
from ..model.programs import Program
from ..rest.call import Answer, Call, ok
from ..rest.errors import NotFound
from ..rest.lists import TimeKey
from ..rest.routing import SUBSCRIBABLE, Route
from ..sep import models


def read_programs(call: Call) -> Answer:
    """All DERPrograms of a device."""
    return _program_list(call, call.fleet.programs.of(call.device))


def read_assigned_programs(call: Call) -> Answer:
    """The DERPrograms of one of a device's FunctionSetAssignments."""
    return _program_list(call, call.fsa.programs)


def read_program(call: Call) -> Answer:
    return ok(_program(call, _asked_program(call)))


def read_controls(call: Call) -> Answer:
    program = _asked_program(call)
    return _control_list(call, program, program.listed)


def read_active_controls(call: Call) -> Answer:
    program = _asked_program(call)
    return _control_list(call, program, program.active)


def read_control(call: Call) -> Answer:
    program, number = _asked_program(call), call.params["derc"]
    control = program.controls.get(number)
    if control is None:
        raise NotFound(f"DERProgram {program.number} has no DERControl {number}")
    return ok(_control(call, program, control))


def read_default_control(call: Call) -> Answer:
    program = _asked_program(call)
    return ok(replace(program.default, href=call.self_href))


def read_curves(call: Call) -> Answer:
    program = _asked_program(call)
    return call.page(
        models.DERCurveList,
        program.listed_curves,
        lambda item: _curve(call, program, *item),
    )


def read_curve(call: Call) -> Answer:
    program, number = _asked_program(call), call.params["dc"]
    curve = program.curves.get(number)
    if curve is None:
        raise NotFound(f"DERProgram {program.number} has no DERCurve {number}")
    return ok(_curve(call, program, number, curve))


def _asked_program(call: Call) -> Program:
    """The program of the URI: by its own number, or the one that the device has for itself."""
    number = call.device.program if "edev" in call.params else call.params["derp"]
    program = call.fleet.programs.by_number(number)
    if program is None or not call.scope.sees_program(program):
        raise call.not_found(f"there is no DERProgram {number}", program)
    if program.is_own and call.contact is None:
        (sfdi,) = program.assignment.devices
        call.contact = call.fleet.device(sfdi)
    return program


def _program_list(call: Call, programs: Sequence[Program]) -> Answer:
    return call.page(
        models.DERProgramList,
        programs,
        lambda program: _program(call, program),
        pollRate=call.poll_rate("DERProgramList"),
    )


def _program(call: Call, program: Program) -> models.DERProgram:
    n = program.number
    return models.DERProgram(
        href=call.href("DERProgram", derp=n),
        mRID=program.mrid,
        description=program.description,
        version=program.version,
        ActiveDERControlListLink=call.list_link(
            models.ActiveDERControlListLink, len(program.active), derp=n
        ),
        DefaultDERControlLink=_default_link(call, program),
        DERControlListLink=call.list_link(models.DERControlListLink, len(program.controls), derp=n),
        DERCurveListLink=call.list_link(models.DERCurveListLink, len(program.curves), derp=n),
        primacy=program.primacy,
    )


def _default_link(call: Call, program: Program) -> models.DefaultDERControlLink | None:
    """A device's own program is there for set points, few of which go into a default. Clients that
    follow the default of the lowest primacy as a whole, not mode by mode, would stop at it."""
    empty = call.settings.compatibility.empty_defaults and not program.is_own
    if program.has_default or empty:
        return call.link(models.DefaultDERControlLink, derp=program.number)
    return None


def _control_list(call: Call, program: Program, controls: Sequence[Control]) -> Answer:
    return call.page(
        models.DERControlList,
        controls,
        lambda control: _control(call, program, control),
        TimeKey(lambda control: control.start),
    )


def _curve(call: Call, program: Program, number: int, curve: models.DERCurve) -> models.DERCurve:
    return replace(curve, href=call.href("DERCurve", derp=program.number, dc=number))


def _control(call: Call, program: Program, control: Control) -> models.DERControl:
    href = call.href("DERControl", derp=program.number, derc=control.number)
    model = control.model(href, *call.reply_to(program.number, control.response_required))
    status = model.EventStatus
    if status is None:
        return model
    if call.spoken.year >= 2023:
        # Since 2023 the clients alone find out; the server says only that it may be so.
        status.potentiallySuperseded = True
    elif control.status is Status.COMPLETED:
        status.currentStatus = int(Status.ACTIVE)  # before 2023 there is no word for it
    return model


ROUTES = (
    Route(
        "EndDeviceDERProgramList", "/edev/{edev}/derp", GET=read_programs, subscribable=SUBSCRIBABLE
    ),
    Route(
        "FunctionSetAssignmentsDERProgramList",
        "/edev/{edev}/fsa/{fsa}/derp",
        GET=read_assigned_programs,
        subscribable=SUBSCRIBABLE,
    ),
    Route(
        "EndDeviceDERControlList", "/edev/{edev}/derc", GET=read_controls, subscribable=SUBSCRIBABLE
    ),
    Route(
        "EndDeviceDERControl",
        "/edev/{edev}/derc/{derc}",
        GET=read_control,
        subscribable=SUBSCRIBABLE,
    ),
    Route("DERProgram", "/derp/{derp}", GET=read_program, subscribable=SUBSCRIBABLE),
    Route("DERControlList", "/derp/{derp}/derc", GET=read_controls, subscribable=SUBSCRIBABLE),
    Route("DERControl", "/derp/{derp}/derc/{derc}", GET=read_control, subscribable=SUBSCRIBABLE),
    Route(
        "ActiveDERControlList",
        "/derp/{derp}/actderc",
        GET=read_active_controls,
        subscribable=SUBSCRIBABLE,
    ),
    Route(
        "DefaultDERControl",
        "/derp/{derp}/dderc",
        GET=read_default_control,
        subscribable=SUBSCRIBABLE,
    ),
    Route("DERCurveList", "/derp/{derp}/dc", GET=read_curves),
    Route("DERCurve", "/derp/{derp}/dc/{dc}", GET=read_curve),
)
