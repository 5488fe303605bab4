"""Puts a configuration in force on the fleet: what is new is added, what is gone is removed.

Only what came from the configuration is touched: devices that registered in band and what an
operator added by RPC stay as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Mapping
from dataclasses import replace

from .model.end_device import Registration
from .model.errors import DuplicateProgram
from .model.filling import without_collection
from .model.fleet import Fleet
from .model.programs import Assignment
from .model.programs import Program as DERProgram
from .sep.json_form import to_json
from .settings import Device, Program, Settings

CONFIG = "config"


def check_configuration(fleet: Fleet, settings: Settings) -> None:
    """Raises DuplicateProgram for what cannot be put in force, before anything is changed."""
    for entry in settings.programs:
        known = None if entry.mrid is None else fleet.programs.find(entry.mrid)
        if known is not None:
            _refuse_other_origin(known, CONFIG)
        else:
            fleet.programming.check_new(entry.mrid)


@without_collection()
def configure_fleet(fleet: Fleet, settings: Settings) -> None:
    """Devices first, so that programs find them; aggregators before those that they manage."""
    aggregators = [registration_of(entry, aggregator=True) for entry in settings.aggregators]
    devices = [registration_of(entry) for entry in settings.devices]
    wanted = {entry.sfdi: entry for entry in (*aggregators, *devices)}
    _release(fleet, wanted, {entry.sfdi for entry in aggregators})
    for registration in wanted.values():
        _put_device(fleet, registration)
    for device in list(fleet.registry.listed):
        if device.origin == CONFIG and device.sfdi not in wanted:
            fleet.remove(device.sfdi)
    _configure_programs(fleet, settings)


def _release(fleet: Fleet, wanted: Mapping[str, Registration], aggregators: Container[str]) -> None:
    """Who is managed by an aggregator that the configuration takes away is managed by nobody."""
    for aggregator in list(fleet.registry.listed):
        stays = aggregator.sfdi in aggregators or (
            aggregator.origin != CONFIG and aggregator.sfdi not in wanted
        )
        if not stays:
            for device in list(fleet.registry.managed_by(aggregator.sfdi)):
                fleet.update(replace(device.registration, manager=None))


def _put_device(fleet: Fleet, registration: Registration) -> None:
    known = fleet.registry.by_sfdi(registration.sfdi)
    if known is None:
        fleet.register(registration, CONFIG)
    else:
        fleet.update(registration)
        fleet.set_origin(known, CONFIG)


def _configure_programs(fleet: Fleet, settings: Settings) -> None:
    known = {
        int.from_bytes(program.mrid): program
        for program in fleet.programs.all
        if program.origin == CONFIG
    }
    wanted = {int.from_bytes(entry.mrid) for entry in settings.programs if entry.mrid}
    for mrid, program in known.items():
        if mrid not in wanted:
            fleet.programming.remove(program)
    for entry in settings.programs:
        known_one = None if entry.mrid is None else fleet.programs.find(entry.mrid)
        said = _said(entry)
        # It comes again with each start and each connection: what an operator changed since then
        # stands until it says something else.
        if known_one is None or known_one.configured != said:
            fleet.programming.configured(put_program(fleet, entry, CONFIG), said)


def _said(entry: Program) -> str:
    """Tells one entry from another, also in another process."""
    content = [
        *(entry.description, entry.primacy, entry.everyone, entry.fsa),
        *(sorted(entry.groups), sorted(entry.devices)),
        None if entry.default is None else to_json(entry.default),
        [to_json(curve) for curve in entry.curves],
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def put_program(fleet: Fleet, entry: Program, origin: str) -> DERProgram:
    """Creates a program, or makes the one of the same mRID what the entry says.

    A curve that the entry does not have stays while a control or the default links it. Raises
    DuplicateProgram for the mRID of a program that another origin made.
    """
    assignment = Assignment(entry.everyone, entry.groups, entry.devices, entry.fsa)
    program = None if entry.mrid is None else fleet.programs.find(entry.mrid)
    if program is None:
        program = fleet.programming.create(
            entry.description, entry.primacy, assignment, origin, entry.mrid
        )
    else:
        _refuse_other_origin(program, origin)
        fleet.programming.change(program, entry.description, entry.primacy, assignment)
    fleet.contents.set_default(program, entry.default)
    known = {curve.mRID for curve in entry.curves}
    linked = [program.curves[number] for number in fleet.contents.linked_curves(program)]
    linked = [curve for curve in linked if curve.mRID not in known]
    fleet.contents.set_curves(program, [*entry.curves, *linked])
    return program


def _refuse_other_origin(program: DERProgram, origin: str) -> None:
    if program.origin != origin:
        raise DuplicateProgram(
            f"program {program.mrid.hex().upper()} was made by {program.origin}, not by {origin}"
        )


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
        direction_frame=entry.direction_frame,
    )
