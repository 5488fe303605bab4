"""One request on its way through the protocol: what a handler is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ..model.end_device import EndDevice
from ..model.fleet import Fleet
from ..model.mirrors import Mirror
from ..model.programs import Assignments
from ..sep.editions import Edition
from ..sep.identity import format_sfdi, sfdi_of_lfdi
from ..settings import Settings
from .access import Scope
from .errors import (
    DISABLED,
    FOREIGN_IDENTITY,
    FOREIGN_RESOURCE,
    NOT_REGISTERED,
    Forbidden,
    NotFound,
)
from .lists import ListQuery, TimeKey
from .messages import Request
from .routing import NOT_SUBSCRIBABLE, Route, Table

# What the schema says of a resource that carries no pollRate.
DEFAULT_POLL_RATE_S = 900
CHANGING_METHODS = frozenset({"PUT", "POST", "DELETE"})

Member = TypeVar("Member")
LinkType = TypeVar("LinkType")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers: a status, a model to encode, a Location."""

    status: int
    model: Any = None
    location: str | None = None


def ok(model: Any) -> Answer:
    return Answer(200, model)


def created(location: str) -> Answer:
    return Answer(201, location=location)


def no_content(location: str | None = None) -> Answer:
    return Answer(204, location=location)


@dataclass(slots=True)
class Call:
    """A routed and decoded request.

    ``body`` is the decoded model (None without a body), ``edition`` the one it was written in.
    """

    request: Request
    params: dict[str, int]
    scope: Scope
    fleet: Fleet
    settings: Settings
    table: Table
    now: float
    started: float
    body: Any = None
    edition: Edition | None = None
    # The device that this request is about, as far as the URI or the body tells.
    contact: EndDevice | None = None

    @property
    def self_href(self) -> str:
        return self.request.path

    @property
    def device(self) -> EndDevice:
        """The EndDevice in the URI. Raises NotFound when there is none that the client may see."""
        number = self.params["edev"]
        device = self.fleet.registry.by_number(number)
        if device is None or not self.scope.sees(device):
            raise self.not_found(f"there is no EndDevice {number}", device)
        self.contact = device
        self.refuse_disabled(device)
        return device

    def not_found(self, text: str, found: object) -> NotFound:
        """The refusal of what does not exist (``found`` is None) or is not this client's, which
        is told in the same words."""
        if found is None:
            return NotFound(text)
        return NotFound(text, FOREIGN_RESOURCE if self.scope.registered else NOT_REGISTERED)

    @property
    def asker(self) -> EndDevice | None:
        """The client's EndDevice: by its certificate, or in the laboratory by what it asks for."""
        return self.scope.own or self.contact

    def refuse_disabled(self, device: EndDevice) -> None:
        """Raises Forbidden where a device that the operator disabled is to be changed."""
        if not device.registration.enabled and self.request.method in CHANGING_METHODS:
            raise Forbidden(f"EndDevice {device.number} is disabled", DISABLED)

    def refuse_unregistered(self, route: Route) -> None:
        """Raises NotFound or Forbidden where a client that is not registered may not write."""
        if self.scope.registered:
            return
        if not route.registers:
            raise NotFound("only registered devices write here", NOT_REGISTERED)
        self.refuse_registration()

    def refuse_registration(self) -> None:
        """Raises Forbidden unless devices may register themselves."""
        if not self.settings.in_band_registration.enabled:
            raise Forbidden("registration in band is switched off")

    def named_device(self, lfdi: str, element: str) -> EndDevice:
        """The device that a body names by its LFDI in ``element``.

        One that was registered by its SFDI alone is known by what follows from the LFDI. Raises
        Forbidden when it is none that the client may speak for.
        """
        registry = self.fleet.registry
        device = registry.by_lfdi(lfdi) or registry.by_sfdi(format_sfdi(sfdi_of_lfdi(lfdi)))
        if device is None or not self.scope.sees(device):
            raise Forbidden(f"{element} {lfdi} is not that of a device of yours", FOREIGN_IDENTITY)
        self.contact = device
        self.refuse_disabled(device)
        return device

    @property
    def strict(self) -> bool:
        """Whether the body is held to today's rules: documents of 2013-era clients are not."""
        return self.edition is None or self.edition.year >= Edition.E2018.year

    @property
    def spoken(self) -> Edition:
        """The edition of the answer: that of the body, or the one that the asker last used."""
        last = self.asker.edition if self.asker else None
        return self.edition or last or self.settings.edition

    @property
    def der(self) -> int:
        """The number of the DER in the URI. Raises NotFound when the device has no such DER."""
        number = self.params["der"]
        if not 1 <= number <= self.device.der_count:
            raise NotFound(f"EndDevice {self.device.number} has no DER {number}")
        return number

    @property
    def fsa(self) -> Assignments:
        """The FunctionSetAssignments in the URI. Raises NotFound when the device has none such."""
        number = self.params["fsa"]
        for fsa in self.fleet.programs.assignments(self.device):
            if fsa.number == number:
                return fsa
        raise NotFound(f"EndDevice {self.device.number} has no FunctionSetAssignments {number}")

    def mirror(self, param: str, name: str) -> Mirror:
        """The mirror whose number the URI has as ``param``, for the client a resource ``name``.

        Raises NotFound when there is none that the client may see.
        """
        number = self.params[param]
        mirror = self.fleet.mirrors.by_number(number)
        device = None if mirror is None else self.fleet.device(mirror.sfdi)
        if mirror is None or device is None or not self.scope.sees(device):
            raise self.not_found(f"there is no {name} {number}", mirror)
        self.contact = device
        self.refuse_disabled(device)
        return mirror

    def href(self, name: str, **params: int) -> str:
        """The URI of a resource by name; numbers that are not given are those of this request."""
        return self.table.href(name, self.params | params)

    def reply_to(
        self, program: int, required: bytes | None = None
    ) -> tuple[str, bytes] | tuple[None, None]:
        """``replyTo`` and ``responseRequired`` of a program's events: both, or neither.

        ``required``: what an event asks for itself, None for what the server asks of all.
        Source: IEEE 2030.5-2018 RespondableResource.
        """
        required = self.settings.responses_to(required)
        if not any(required):
            return None, None
        return self.table.href("ResponseList", {"rsps": program}), required

    def link(self, link_type: Callable[..., LinkType], **params: int) -> LinkType:
        """A Link to the resource that its type is named after (``DERSettingsLink``)."""
        name = link_type.__name__.removesuffix("Link")
        return link_type(href=self.href(name, **params))

    def list_link(self, link_type: Callable[..., LinkType], count: int, **params: int) -> LinkType:
        """A ListLink with the number of members that this client would find."""
        name = link_type.__name__.removesuffix("Link")
        return link_type(href=self.href(name, **params), all=count)

    def page(
        self,
        list_type: Callable[..., Any],
        members: Sequence[Member],
        make: Callable[[Member], Any],
        time_key: TimeKey[Member] | None = None,
        **attributes: int,
    ) -> Answer:
        """The page of a list that the query asks for; ``make`` builds each member's model."""
        query = ListQuery.parse(
            self.request.query,
            self.settings.default_list_limit,
            self.settings.max_list_limit,
        )
        if time_key is not None and query.after is not None:
            members = time_key.after(members, query.after)
        shown = [make(member) for member in query.page(members)]
        self._mark_subscribable(shown)
        name = list_type.__name__.removesuffix("List")
        return ok(
            list_type(
                href=self.self_href,
                all=len(members),
                results=len(shown),
                **{name: shown},
                **attributes,
            )
        )

    def subscribable(self, route: Route) -> int:
        """SubscribableType of a resource: what no notification can tell of is not subscribable."""
        return route.subscribable if self.settings.notifies else NOT_SUBSCRIBABLE

    def _mark_subscribable(self, shown: Sequence[Any]) -> None:
        """Members of a list say the same of themselves there and when they are read alone."""
        href = shown[0].href if shown else None
        if href is None:
            return
        route, _, _ = self.table.match("GET", href)
        if subscribable := self.subscribable(route):
            for member in shown:
                member.subscribable = subscribable

    def csip_aus_namespace(self, device: EndDevice | None) -> str | None:
        """The namespace for CSIP-AUS elements, None for a device that must not see them."""
        if device is not None and not device.registration.csip_aus:
            return None
        return self.settings.csip_aus_namespace

    def poll_rate(self, name: str) -> int:
        """Seconds between polls of a resource, for its ``pollRate`` attribute."""
        return self.fleet.rating.rates.poll.get(name, DEFAULT_POLL_RATE_S)
