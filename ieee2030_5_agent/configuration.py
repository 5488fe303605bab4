"""Puts a configuration in force on the fleet: what is new is added, what is gone is removed.

Only what came from the configuration is touched: devices that registered in band and what an
operator added by RPC stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from .model.end_device import Registration
from .model.errors import DuplicateDevice, DuplicateProgram
from .model.fleet import Fleet
from .model.programs import Assignment
from .model.programs import Program as DERProgram
from .settings import Device, Program, Settings

CONFIG = "config"


def configure_fleet(fleet: Fleet, settings: Settings) -> None:
    """Devices first, so that programs find them."""
    aggregators = [registration_of(entry, aggregator=True) for entry in settings.aggregators]
    devices = [registration_of(entry) for entry in settings.devices]
    wanted = {entry.sfdi: entry for entry in (*aggregators, *devices)}
    _refuse_conflicts(fleet, wanted)
    _remove_devices(fleet, wanted)
    _put_devices(fleet, wanted)
    _configure_programs(fleet, settings)


def _refuse_conflicts(fleet: Fleet, wanted: Mapping[str, Registration]) -> None:
    """Raises DuplicateDevice, before anything is changed, for an LFDI that is another device's."""
    for sfdi, registration in wanted.items():
        holder = registration.lfdi and fleet.registry.by_lfdi(registration.lfdi)
        if holder and holder.origin != CONFIG and holder.sfdi != sfdi:
            raise DuplicateDevice(
                f"device {sfdi}: LFDI {registration.lfdi} is registered for {holder.sfdi} already"
            )


def _remove_devices(fleet: Fleet, wanted: Mapping[str, Registration]) -> None:
    gone = [
        device
        for device in fleet.registry.listed
        if device.origin == CONFIG and device.sfdi not in wanted
    ]
    # Managed devices go before the aggregator that they belong to.
    for device in sorted(gone, key=lambda device: device.registration.aggregator):
        fleet.remove(device.sfdi)


def _put_devices(fleet: Fleet, wanted: Mapping[str, Registration]) -> None:
    known = {device.sfdi: device for device in fleet.registry.listed}
    # An LFDI may move from one device to another: the one that gives it up comes first.
    for sfdi, registration in wanted.items():
        if sfdi in known and known[sfdi].lfdi != registration.lfdi:
            fleet.update(Registration(sfdi, aggregator=registration.aggregator))
    for sfdi, registration in wanted.items():
        if sfdi in known:
            fleet.update(registration)
            known[sfdi].origin = CONFIG
        else:
            fleet.register(registration, CONFIG)


def _configure_programs(fleet: Fleet, settings: Settings) -> None:
    known = {
        int.from_bytes(program.mrid): program
        for program in fleet.programs.all
        if program.origin == CONFIG
    }
    wanted = {int.from_bytes(entry.mrid) for entry in settings.programs if entry.mrid}
    for mrid, program in known.items():
        if mrid not in wanted:
            fleet.remove_program(program)
    for entry in settings.programs:
        put_program(fleet, entry, CONFIG)


def put_program(fleet: Fleet, entry: Program, origin: str) -> DERProgram:
    """Creates a program, or makes the one of the same mRID what the entry says.

    Raises DuplicateProgram for the mRID of a program that another origin made.
    """
    assignment = Assignment(entry.everyone, entry.groups, entry.devices, entry.fsa)
    program = None if entry.mrid is None else fleet.programs.find(entry.mrid)
    if program is None:
        program = fleet.create_program(
            entry.description, entry.primacy, assignment, origin, entry.mrid
        )
    elif program.origin != origin:
        raise DuplicateProgram(
            f"program {program.mrid.hex().upper()} was made by {program.origin}, not by {origin}"
        )
    else:
        fleet.change_program(program, entry.description, entry.primacy, assignment)
    fleet.set_default_control(program, entry.default)
    fleet.set_curves(program, entry.curves)
    return program


def registration_of(entry: Device, aggregator: bool = False) -> Registration:
    """What an entry of ``devices`` or ``aggregators`` says, as the fleet takes it."""
    return Registration(
        sfdi=entry.sfdi,
        lfdi=entry.lfdi,
        pin=entry.pin,
        category=entry.category,
        aggregator=aggregator,
        manager=entry.manager,
        groups=entry.groups,
        ders=entry.ders,
        enabled=entry.enabled,
        csip_aus=entry.csip_aus,
    )
