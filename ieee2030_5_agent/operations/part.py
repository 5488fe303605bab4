"""What every part of the operator's calls has: the server, and look-ups that name the argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..configuration import CONFIG
from ..model.end_device import EndDevice
from ..model.errors import ModelError, UnknownProgram
from ..model.fleet import Fleet
from ..model.programs import Program
from ..sep.identity import IdentityError
from ..server import Server
from .arguments import mrid_of, sfdi_of

RPC = "rpc"
_Found = TypeVar("_Found")


class Part:
    """Some of the calls on one server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @property
    def _fleet(self) -> Fleet:
        """The fleet in force: the store may bring another one."""
        return self._server.fleet

    def _device(self, sfdi: Any, name: str = "sfdi") -> EndDevice:
        return named(name, lambda: self._fleet.device(sfdi_of(sfdi)))

    def _program(self, mrid: Any, name: str = "mRID") -> Program:
        program = self._fleet.programs.find(mrid_of(mrid, name))
        if program is None:
            raise UnknownProgram(f"{name}: there is no program with mRID {mrid}")
        return program

    def _shared_program(self, mrid: Any, name: str = "mRID") -> Program:
        """A program that an operator may change: that of a device's set points is not one."""
        program = self._program(mrid, name)
        if program.is_own:
            raise ModelError(f"{name}: program {mrid} is that of a device's own set points")
        return program


def refuse_configured(name: str, value: object, origin: str) -> None:
    """What the configuration names would be back, as another one, when it is next put in force:
    with each start, and with each connection to the platform."""
    if origin == CONFIG:
        raise ModelError(f"{name}: {value} is named in the configuration, remove it there")


def named(name: str, find: Callable[[], _Found]) -> _Found:
    """What ``find`` gives; its refusal begins with the name of the argument."""
    try:
        return find()
    except (ModelError, IdentityError) as error:
        raise type(error)(f"{name}: {error}") from error
