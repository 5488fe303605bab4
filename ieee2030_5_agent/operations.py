"""What an operator can do at run time: the RPC calls beyond points, free of VOLTTRON.

Every argument and every result is JSON; every refusal is a ValueError that names the argument.
The same rules hold as for the configuration. Nothing here survives a restart of the agent unless
it is also in the configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from .configuration import put_program, registration_of
from .model.errors import ModelError, UnknownReservation
from .model.programs import Program
from .model.reservations import Grant, energy, power
from .sep.identity import format_sfdi, mrid_text, normalise_lfdi, parse_sfdi
from .sep.json_form import from_json, to_json
from .server import Server
from .settings import POLLED, WEEK_S, Device
from .settings import Program as ProgramEntry

RPC = "rpc"
_LONGEST = 2**32 - 1  # UInt32
_LATEST = 2**63 - 1 - _LONGEST  # TimeType is an Int64, and so is the end of an interval

_Quantity = TypeVar("_Quantity")


class Operations:
    """The operator's calls on one server. Public methods are the names of the RPC."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._fleet = server.fleet

    def all(self) -> Iterator[tuple[str, Callable[..., Any]]]:
        """Name and function of each call."""
        for name in vars(type(self)):
            if not name.startswith("_") and name != "all":
                yield name, getattr(self, name)

    # --- devices -------------------------------------------------------------------------------

    def register_device(self, **registration: Any) -> dict[str, Any]:
        """Registers a device; the keys are those of ``devices`` in the configuration.

        Returns its summary. Raises ValueError: bad key or value, or registered already.
        """
        return self._register(registration, aggregator=False)

    def register_aggregator(self, **registration: Any) -> dict[str, Any]:
        """Registers an aggregator, which then may be named by the devices that it manages."""
        return self._register(registration, aggregator=True)

    def remove_device(self, sfdi: str | int) -> None:
        """Removes a device with its data, mirrors and program; one of the configuration comes
        back when the configuration is next put in force."""
        self._fleet.remove(_sfdi(sfdi))

    def set_access(self, lfdi: str, granted: bool) -> None:
        """Withdraws a client's access, or grants it again."""
        if not isinstance(granted, bool):
            raise ModelError(f"granted is {granted!r}, true or false is expected")
        self._fleet.set_access(normalise_lfdi(lfdi), granted)

    def _register(self, registration: Mapping[str, Any], aggregator: bool) -> dict[str, Any]:
        device = Device.read(registration)
        entry = registration_of(device, aggregator)
        self._fleet.register(entry, RPC)
        return self._server.summary(self._fleet.device(entry.sfdi))

    # --- mirrors -------------------------------------------------------------------------------

    def get_mirrors(self, sfdi: str | int | None = None) -> list[dict[str, Any]]:
        """The MirrorUsagePoints of a device (of an aggregator: of all its devices), or of all."""
        mirrors = self._fleet.mirrors
        shown = mirrors.listed if sfdi is None else mirrors.of(self._device(sfdi).sfdi)
        return [
            {
                "sfdi": mirror.sfdi,
                **to_json(mirror.model(self._server.href("MirrorUsagePoint", mup=mirror.number))),
            }
            for mirror in shown
        ]

    def remove_mirror(self, mrid: str) -> None:
        """Removes a MirrorUsagePoint, as its owner could by DELETE."""
        mirrors = list(self._fleet.mirrors.by_mrid(int(mrid_text(mrid), 16)))
        if not mirrors:
            raise ModelError(f"there is no MirrorUsagePoint with mRID {mrid}")
        for mirror in mirrors:
            self._fleet.mirroring.remove(mirror)

    # --- programs ------------------------------------------------------------------------------

    def create_program(self, **program: Any) -> dict[str, Any]:
        """Creates a DERProgram, or changes the one of the same mRID that an operator made.

        The keys are those of ``programs`` in the configuration; without ``mRID`` it gets one.
        Returns the program as JSON. Raises ValueError: bad key or value.
        """
        return _program(put_program(self._fleet, ProgramEntry.read(program), RPC))

    def get_programs(self) -> list[dict[str, Any]]:
        """All programs but those of the devices' own set points."""
        return [
            _program(program) for program in self._fleet.programs.all if program.origin != "own"
        ]

    def assign_program(
        self,
        mRID: str,
        devices: list[str | int] | None = None,
        groups: list[str] | None = None,
        all: bool | None = None,
    ) -> dict[str, Any]:
        """Changes whom a program is for; what is not given stays."""
        program = self._shared_program(mRID)
        entry = ProgramEntry.read(
            {
                "primacy": program.primacy,
                "devices": sorted(program.assignment.devices) if devices is None else devices,
                "groups": sorted(program.assignment.groups) if groups is None else groups,
                "all": program.assignment.everyone if all is None else all,
            }
        )
        assignment = replace(
            program.assignment,
            everyone=entry.everyone,
            groups=entry.groups,
            devices=entry.devices,
        )
        self._fleet.change_program(program, program.description, program.primacy, assignment)
        return _program(program)

    def remove_program(self, mRID: str) -> None:
        """Removes a program; clients take its controls as cancelled."""
        self._fleet.remove_program(self._shared_program(mRID))

    def set_default_control(
        self,
        mRID: str,
        default: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        """Sets a program's DefaultDERControl: the standard's field names and wire values."""
        program = self._shared_program(mRID)
        model = None if default is None else from_json("DefaultDERControl", default)
        self._fleet.set_default_control(program, model)
        return to_json(program.default)

    # --- rates ---------------------------------------------------------------------------------

    def set_poll_rate(self, resource: str, seconds: int) -> None:
        """Changes the pollRate of a resource for all clients."""
        if resource not in POLLED:
            raise ModelError(
                f"{resource!r} carries no pollRate; these do: {', '.join(sorted(POLLED))}"
            )
        self._server.set_poll_rate(resource, _whole("seconds", seconds, 1, WEEK_S))

    def set_post_rate(self, seconds: int, sfdi: str | int | None = None) -> None:
        """Changes the postRate of a device and its mirrors, or of all and of what comes."""
        seconds = _whole("seconds", seconds, 1, WEEK_S)
        self._fleet.set_post_rates(seconds, None if sfdi is None else self._device(sfdi))

    # --- answers to events ---------------------------------------------------------------------

    def get_responses(self, mRID: str) -> dict[str, list[dict[str, Any]]]:
        """What each device (by SFDI) answered to an event, in the order received.

        Events are remembered for a day after they left their list.
        """
        answered = self._fleet.responses(bytes.fromhex(mrid_text(mRID)))
        return {
            sfdi: [{**stored.detail, "received": stored.received} for stored in answers]
            for sfdi, answers in answered.items()
        }

    # --- flow reservations ---------------------------------------------------------------------

    def get_flow_reservations(self, sfdi: str | int | None = None) -> list[dict[str, Any]]:
        """The flow reservation requests of a device, or of all; ``response``: the latest answer."""
        reservations = self._fleet.reservations
        shown = (
            reservations.all_requests()
            if sfdi is None
            else reservations.requests(self._device(sfdi).sfdi)
        )
        return [
            {
                "sfdi": reservation.sfdi,
                **to_json(reservation.request),
                "response": None if reservation.grant is None else _grant(reservation.grant),
            }
            for reservation in shown
        ]

    def answer_flow_reservation(
        self,
        sfdi: str | int,
        mRID: str,
        start: int,
        duration: int,
        energy_wh: float,
        power_w: float,
    ) -> dict[str, Any]:
        """Grants energy to a request, or grants another amount than before.

        ``start``: seconds since 1970 (UTC). Positive energy charges. Returns the
        FlowReservationResponse. Raises ValueError that names the argument.
        """
        device = self._device(sfdi)
        reservation = self._fleet.reservations.by_mrid(bytes.fromhex(mrid_text(mRID)))
        if reservation is None or reservation.sfdi != device.sfdi:
            raise UnknownReservation(
                f"mRID: device {device.sfdi} has no flow reservation request {mRID}"
            )
        grant = self._fleet.granting.answer(
            reservation,
            self._fleet.set_points.own_program(device),
            _whole("start", start, 0, _LATEST),
            _whole("duration", duration, 1, _LONGEST),
            _quantity("energy_wh", energy_wh, energy),
            _quantity("power_w", power_w, power),
        )
        return _grant(grant)

    # --- inside --------------------------------------------------------------------------------

    def _device(self, sfdi: str | int) -> Any:
        return self._fleet.device(_sfdi(sfdi))

    def _shared_program(self, mrid: str) -> Program:
        """A program that an operator may change: that of a device's set points is not one."""
        program = self._fleet.programs.by_mrid(bytes.fromhex(mrid_text(mrid)))
        if program.origin == "own":
            raise ModelError(f"program {mrid} is that of a device's own set points; use set_point")
        return program


def _sfdi(value: str | int) -> str:
    return format_sfdi(parse_sfdi(value))


def _whole(name: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ModelError(f"{name} is {value!r}, a whole number from {low} to {high} is expected")
    return value


def _quantity(name: str, value: object, make: Callable[[float], _Quantity]) -> _Quantity:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ModelError(f"{name} is {value!r}, a number is expected")
    try:
        return make(value)
    except ValueError as error:
        raise ModelError(f"{name}: {error}") from error


def _grant(grant: Grant) -> dict[str, Any]:
    return to_json(grant.model(None))


def _program(program: Program) -> dict[str, Any]:
    assignment = program.assignment
    return {
        "mRID": program.mrid.hex().upper(),
        "description": program.description,
        "primacy": program.primacy,
        "version": program.version,
        "all": assignment.everyone,
        "groups": sorted(assignment.groups),
        "devices": sorted(assignment.devices),
        "fsa": assignment.fsa,
        "controls": len(program.controls),
    }
