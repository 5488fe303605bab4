"""Who sees what. Every handler reaches devices, programs and mirrors through a scope.

The client's LFDI makes the scope, once per request. What a client may not know of does not exist
for it (404), so that nobody can count or name other people's devices.
Source: CSIP 2.1 access rules; IEEE 2030.5-2018 resource access.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from ..model.end_device import EndDevice
from ..model.fleet import Fleet
from ..model.mirrors import Mirror
from ..model.programs import Program
from ..model.response_set import ResponseSet, StoredResponse
from .errors import (
    FORGED,
    NO_CERTIFICATE,
    NOT_REGISTERED,
    REVOKED,
    WITHDRAWN,
    Forbidden,
    NotFound,
)
from .messages import Client


class Scope(Protocol):
    """What one client may see and change. ``registered``: more than how to register."""

    registered: ClassVar[bool]

    @property
    def own(self) -> EndDevice | None:
        """The client's own EndDevice, if it has one."""

    def sees(self, device: EndDevice) -> bool: ...

    def sees_program(self, program: Program) -> bool: ...

    def devices(self) -> Sequence[EndDevice]:
        """The EndDevices in the order of the client's EndDeviceList."""

    def mirrors(self) -> Sequence[Mirror]:
        """The MirrorUsagePoints in the order of their list."""

    def response_sets(self) -> Sequence[ResponseSet]:
        """The ResponseSets of the client's programs, in the order of their list."""

    def responses(self, response_set: ResponseSet) -> Sequence[StoredResponse]:
        """The Responses of a set that the client may read, in the order of their list."""


@dataclass(frozen=True, slots=True)
class Everybody:
    """Laboratory mode: a client without identity sees all, as in the original."""

    fleet: Fleet
    own: EndDevice | None = None
    registered: ClassVar[bool] = True

    def sees(self, device: EndDevice) -> bool:
        return True

    def sees_program(self, program: Program) -> bool:
        return True

    def devices(self) -> Sequence[EndDevice]:
        return self.fleet.registry.listed

    def mirrors(self) -> Sequence[Mirror]:
        return self.fleet.mirrors.listed

    def response_sets(self) -> Sequence[ResponseSet]:
        return self.fleet.response_sets.listed

    def responses(self, response_set: ResponseSet) -> Sequence[StoredResponse]:
        return response_set.listed


@dataclass(frozen=True, slots=True)
class _Registered:
    """What a client finds by its own SFDI, whether it stands for itself or manages others."""

    fleet: Fleet
    own: EndDevice
    registered: ClassVar[bool] = True

    def mirrors(self) -> Sequence[Mirror]:
        return self.fleet.mirrors.of(self.own.sfdi)

    def response_sets(self) -> Sequence[ResponseSet]:
        return self.fleet.answering.sets_seen_by(self.own)

    def responses(self, response_set: ResponseSet) -> Sequence[StoredResponse]:
        return response_set.of(self.own.sfdi)


@dataclass(frozen=True, slots=True)
class Device(_Registered):
    """A registered device: itself, its programs, its mirrors."""

    def sees(self, device: EndDevice) -> bool:
        return device is self.own

    def sees_program(self, program: Program) -> bool:
        return program.applies_to(self.own)

    def devices(self) -> Sequence[EndDevice]:
        return (self.own,)


@dataclass(frozen=True, slots=True)
class Aggregator(_Registered):
    """An aggregator: its own EndDevice first, then every EndDevice that it manages."""

    def sees(self, device: EndDevice) -> bool:
        return device is self.own or device.registration.manager == self.own.sfdi

    def sees_program(self, program: Program) -> bool:
        if program.is_own:
            (sfdi,) = program.assignment.devices
            return self.fleet.device(sfdi).registration.manager == self.own.sfdi
        return self.own.sfdi in self.fleet.programs.managers(program, self.fleet.registry)

    def devices(self) -> Sequence[EndDevice]:
        return Led(self.own, self.fleet.registry.managed_by(self.own.sfdi))


@dataclass(frozen=True, slots=True)
class Stranger:
    """A client with a certificate that is not registered: enough to register, nothing more."""

    own: EndDevice | None = None
    registered: ClassVar[bool] = False

    def sees(self, device: EndDevice) -> bool:
        return False

    def sees_program(self, program: Program) -> bool:
        return False

    def devices(self) -> Sequence[EndDevice]:
        return ()

    def mirrors(self) -> Sequence[Mirror]:
        raise NotFound("only registered devices have mirrors", NOT_REGISTERED)

    def response_sets(self) -> Sequence[ResponseSet]:
        raise NotFound("only registered devices have response sets", NOT_REGISTERED)

    def responses(self, response_set: ResponseSet) -> Sequence[StoredResponse]:
        raise NotFound("only registered devices have responses", NOT_REGISTERED)


class Led(Sequence[EndDevice]):
    """A sequence with one member before all others; a slice costs what it holds."""

    def __init__(self, first: EndDevice, others: Sequence[EndDevice]) -> None:
        self._first = first
        self._others = others

    def __len__(self) -> int:
        return 1 + len(self._others)

    def __getitem__(self, index: int | slice) -> EndDevice | Sequence[EndDevice]:  # type: ignore[override]
        if isinstance(index, int):
            return self._first if index == 0 else self._others[index - (index > 0)]
        start, stop, _ = index.indices(len(self))
        led = [self._first] if start == 0 < stop else []
        return [*led, *self._others[max(start - 1, 0) : max(stop - 1, 0)]]


def scope_of(
    client: Client, fleet: Fleet, certificate_required: bool, revoked: Collection[str]
) -> Scope:
    """The scope of a client. ``revoked``: the LFDIs of certificates that count no more.

    Raises Forbidden for one that may not even ask.
    """
    if client.forged is not None:
        raise Forbidden(client.forged, FORGED)
    if client.lfdi is None:
        if certificate_required:
            raise Forbidden("a client certificate is required", NO_CERTIFICATE)
        return Everybody(fleet)
    if client.lfdi in revoked:
        raise Forbidden("this certificate was revoked", REVOKED)
    if client.lfdi in fleet.withdrawn:
        raise Forbidden("the access of this client was withdrawn", WITHDRAWN)
    device = fleet.registry.by_lfdi(client.lfdi)
    if device is None:
        return Stranger()
    return Aggregator(fleet, device) if device.registration.aggregator else Device(fleet, device)
