"""Server.handle: who asks -> route -> may they -> function set -> bytes. No socket, no sleep.

The order of the checks gives every mistake one stable answer: who asks (403), route (404),
method (405), Content-Type (415), size (413), parsing (400), then what the function set refuses.
Nothing is parsed for a client that may not write there: parsing is what costs most.
"""

from __future__ import annotations

import functools
import http
import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from typing import Any

from .configuration import check_configuration, configure_fleet
from .function_sets import ALL_ROUTES
from .model.changes import Changed
from .model.end_device import REPEATED
from .model.errors import ModelError
from .model.fleet import Fleet
from .model.points import PointMap
from .notifying.affected import Affected
from .notifying.notices import Notices
from .notifying.outbox import Outbox
from .refusals import Refusals
from .rest import errors
from .rest.access import scope_of
from .rest.call import CHANGING_METHODS, Answer, Call
from .rest.failures import failure
from .rest.messages import MEDIA_TYPE, Request, Response
from .rest.one_line import one_line
from .rest.routing import Route, Table
from .sep import models
from .sep.codec import CodecError, encode, is_complete, parse
from .sep.editions import Edition
from .sep.identity import new_mrid
from .settings import Settings
from .store.outgoing import Outgoing

_log = logging.getLogger(__name__)

BODY_METHODS = frozenset({"PUT", "POST"})
# Of a client that is not registered, in octets: its EndDevice is all that it may send.
MAX_STRANGER_BODY = 4096
# Tags of a document, which is what takes time to read. A day of five-minute Readings of eleven
# quantities has some 32,000; a megabyte could have 262,000.
MAX_TAGS = 2**15

# No device sends these, and they are read most: what the server makes is complete.
MADE_HERE = frozenset({models.DERControlList, models.DERControl, models.DERProgramList})


class Server:
    """The IEEE 2030.5 server: bytes in, bytes out, on top of one fleet."""

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] | None = None,
    ) -> None:
        """``timer``: what pauses and ages are measured by; None: the clock."""
        self.clock = clock
        self._timer = timer or clock
        self.settings = settings
        self.started = clock()
        self._began = self._timer()  # for the time it has run, whatever the clock says
        # What those outside hear of the fleet, whichever is in force.
        # Called when another fleet is there: its cursor is another one, though nothing has changed.
        self.adopted: Callable[[], object] = lambda: None
        self.outgoing = Outgoing()
        self.fleet = self.new_fleet(settings)
        self.fleet.listen(self.outgoing.tell)
        self.refusals = Refusals(self._timer)
        self._answers: Counter[int] = Counter()
        self._last_error: str | None = None
        self.table = Table(ALL_ROUTES, settings.root, settings.post_as_put)
        self.notices = Notices(self)
        self.outbox = Outbox(
            self.fleet.subscriptions,
            Affected(self.table, self.fleet),
            self.notices.digest,
            self.notices.forget,
            clock,
            self._timer,
        )
        self.listen(self.outbox.tell)
        self.configure(settings)

    def new_fleet(self, settings: Settings) -> Fleet:
        """A fleet with nothing in it, to be filled, adopted and configured."""
        fleet = Fleet(
            self.clock,
            shipped_points(),
            new_mrid=lambda: new_mrid(self.settings.pen),
            epoch=secrets.token_hex(4),
        )
        fleet.subscriptions.timer = self._timer
        fleet.dispatch.curve_at = self._curve_at
        fleet.set_points.commits.curve_href = lambda program, number: self.href(
            "DERCurve", derp=program.number, dc=number
        )
        _limit(fleet, settings)
        return fleet

    def adopt(self, fleet: Fleet) -> None:
        """Goes on with another fleet, as the store has it."""
        former, self.fleet = self.fleet, fleet
        if former.default_points is not fleet.default_points:
            fleet.set_default_points(former.default_points)
        fleet.close(former.closed)
        self.outbox.follow(fleet.subscriptions, Affected(self.table, fleet))
        fleet.listen(self.outgoing.tell)
        self.adopted()

    def listen(self, listener: Callable[[Changed], None]) -> None:
        """Calls ``listener`` after each change that is for good."""
        self.outgoing.listen(listener)

    @property
    def root(self) -> str:
        return self.settings.root

    def href(self, name: str, **params: int) -> str:
        """The URI of a resource by name."""
        return self.table.href(name, params)

    def configure(self, settings: Settings) -> None:
        """Puts a validated configuration in force: devices are added, changed and removed.

        Raises DuplicateProgram, and then nothing has changed.
        """
        check_configuration(self.fleet, settings)
        self.table = Table(ALL_ROUTES, settings.root, settings.post_as_put)
        self.settings = settings
        _limit(self.fleet, settings)
        self.fleet.rating.configure(settings.poll_rates, settings.post_rate)
        self.outbox.give_up_s = settings.subscriptions.give_up_s
        self.fleet.contents.new_default_mrid = settings.compatibility.new_default_mrid
        self.fleet.dispatch.randomized_cancellation = settings.compatibility.randomized_cancellation
        configure_fleet(self.fleet, settings)
        self.fleet.apply_limits()
        self.fleet.configured()

    def _curve_at(self, href: str) -> models.DERCurve | None:
        """The DERCurve at a URI, None where there is none."""
        try:
            route, _, params = self.table.match("GET", href)
        except errors.ProtocolError:
            return None
        if route.name != "DERCurve":
            return None
        program = self.fleet.programs.by_number(params["derp"])
        return None if program is None else program.curves.get(params["dc"])

    # --- requests ------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answers a request. Never raises: what is refused is an Error with its status."""
        self.fleet.advance(self.clock())
        edition = self.settings.edition
        try:
            call = self.call_for(request)
            edition = call.spoken
            route, handler, call.params = self.table.match(request.method, request.path)
            if call.scope.own is not None:
                call.refuse_disabled(call.scope.own)
            try:
                self._note_contact(call)
                if _is_kept(request.method, route):
                    self.fleet.check_open()
                self._read_body(call, route)
                answer = handler(call)
            finally:
                self._note_heard(call)
                edition = call.spoken
                csip_aus = call.csip_aus_namespace(call.asker)
            if subscribable := call.subscribable(route):
                answer = _marked(answer, subscribable)
            if answer.model is not None:
                edition = self.edition_of(answer.model, edition)
            response = _success(answer, edition, csip_aus)
        except errors.ProtocolError as refusal:
            response = self._refused(request, refusal, edition)
        except CodecError as unreadable:
            response = self._refused(request, errors.BadRequest(str(unreadable)), edition)
        except ModelError as unacceptable:
            response = self._refused(request, errors.of_model(unacceptable), edition)
        except Exception:  # noqa: BLE001 - the outermost edge: a device gets an answer whatever fails
            _log.exception("%s %s failed", request.method, request.path)
            self._last_error = one_line(
                f"{request.method} {request.path}: internal error, see the log"
            )
            response = failure(errors.ProtocolError("internal error"), edition)
        self._answers[response.status] += 1
        return response

    def call_for(self, request: Request) -> Call:
        """A request whose URI is not looked at yet. Raises Forbidden for who may not even ask."""
        settings = self.settings
        scope = scope_of(
            request.client, self.fleet, settings.access == "certificate", settings.revoked
        )
        return Call(
            request=request,
            params={},
            scope=scope,
            contact=scope.own,
            fleet=self.fleet,
            settings=settings,
            table=self.table,
            now=self.clock(),
            started=self.started,
        )

    def edition_of(self, model: Any, edition: Edition) -> Edition:
        """What an old client left out cannot be told in an edition that demands it, and nothing is
        invented: the answer is then a document of the edition in which it is complete."""
        if edition.year < Edition.E2018.year or type(model) in MADE_HERE or is_complete(model):
            return edition
        return Edition.ZIGBEE_2013

    def _note_contact(self, call: Call) -> None:
        """The device of the URI was heard of, also when the request is refused."""
        device = self.fleet.registry.by_number(call.params.get("edev", -1))
        if device is not None and call.scope.sees(device):
            call.contact = device

    def _note_heard(self, call: Call) -> None:
        """An aggregator's documents tell its own edition, not that of the devices behind it."""
        for device in {call.asker, call.contact}:
            if device is not None:
                self.fleet.heard(device, call.edition if device is call.asker else None)

    def _read_body(self, call: Call, route: Route) -> None:
        request = call.request
        if request.method not in BODY_METHODS:
            return
        call.refuse_unregistered(route)
        if not _is_xml(request.content_type):
            raise errors.UnsupportedMediaType(
                f"Content-Type {request.content_type!r} is not {MEDIA_TYPE}"
            )
        most = self.settings.max_body_bytes
        if not call.scope.registered:
            most = min(most, MAX_STRANGER_BODY)
        if len(request.body) > most:
            raise errors.TooLarge(
                f"the body has {len(request.body)} bytes, at most {most} are taken"
            )
        # Each tag has one, so they are counted before anything is parsed.
        if (tags := request.body.count(b"<")) > MAX_TAGS:
            raise errors.TooLarge(f"the body has {tags} tags, at most {MAX_TAGS} are taken")
        try:
            document = parse(request.body)
        except CodecError as unreadable:
            call.edition = unreadable.edition
            raise
        call.edition = document.edition
        if type(document.model) not in route.bodies:
            raise errors.BadRequest(
                f"root element {type(document.model).__name__}, expected is "
                + " or ".join(body.__name__ for body in route.bodies)
            )
        call.body = document.model

    def _refused(
        self, request: Request, refusal: errors.ProtocolError, edition: Edition
    ) -> Response:
        self._last_error = one_line(f"{request.method} {request.path[:100]}: {refusal}")
        _log.debug("%s: %s", refusal.status, self._last_error)
        cause = refusal.cause or f"{refusal.status} {http.HTTPStatus(refusal.status).phrase}"
        self.refusals.note(cause, request.client.lfdi or "a client", self._last_error)
        return failure(refusal, edition)

    def keeps(self, request: Request) -> bool:
        """Whether a success promises that a change is kept, and not only what devices repeat."""
        try:
            route, _, _ = self.table.match(request.method, request.path)
        except errors.ProtocolError:
            return False
        return _is_kept(request.method, route)

    def unavailable(
        self, request: Request, reason: str, instead_of: Response | None = None
    ) -> Response:
        """The answer while nothing can be kept, also ``instead_of`` one that promised too much."""
        response = self._refused(request, errors.Unavailable(reason), self.settings.edition)
        if instead_of is not None:
            self._answers[instead_of.status] -= 1
        self._answers[response.status] += 1
        return response

    # --- counters ------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """Counters since start: JSON types."""
        answers = {str(status): count for status, count in sorted(self._answers.items())}
        return {
            "uptime_s": round(self._timer() - self._began, 3),
            "devices": len(self.fleet.registry.listed),
            "mirrors": len(self.fleet.mirrors.listed),
            "requests": sum(self._answers.values()),
            "requests_by_status": answers,
            "refused": sum(n for status, n in self._answers.items() if status >= 400),
            "refusals": self.refusals.summary(),
            "last_error": self._last_error,
        }


@functools.cache
def shipped_points() -> PointMap:
    """The registry that the distribution carries: what a device has until it is configured."""
    path = resources.files("ieee2030_5_agent") / "config" / "ieee2030_5.csv"
    return PointMap.from_csv(path.read_text(encoding="utf-8"))


def _limit(fleet: Fleet, settings: Settings) -> None:
    """How much and how long: what the configuration says and holds for what comes."""
    fleet.set_points.controls.duration_s = settings.set_point_duration_s
    fleet.mirroring.max_mirrors = settings.max_mirrors
    fleet.logs.most = settings.max_log_events
    fleet.subscriptions.configure(
        settings.subscriptions.max_per_device, settings.subscriptions.expiry_s
    )
    fleet.logs.keep_s = settings.store.keep_log_events_s
    fleet.response_sets.remembered_s = settings.store.keep_events_s
    fleet.response_sets.most_remembered = settings.store.max_remembered_events
    fleet.response_sets.most_responses = settings.store.max_responses
    fleet.dispatch.most_ended = settings.store.max_ended_controls


def _is_kept(method: str, route: Route) -> bool:
    """Whether a request changes what must be on disk before it is answered. What devices repeat
    all the time, and readings of a mirror that is there, may be written a little later."""
    repeated = route.name in REPEATED or (route.name == "MirrorUsagePoint" and method == "POST")
    return method in CHANGING_METHODS and not repeated


def _is_xml(content_type: str | None) -> bool:
    """Absent, or XML by whatever name: clients in the field use several."""
    if not content_type:
        return True
    essence = content_type.partition(";")[0].strip().lower()
    return essence in ("application/xml", "text/xml") or essence.endswith("+xml")


def _success(answer: Answer, edition: Edition, csip_aus: str | None) -> Response:
    headers: list[tuple[str, str]] = []
    if answer.location is not None:
        headers.append(("Location", answer.location))
    if answer.model is None:
        return Response(answer.status, tuple(headers))
    headers.append(("Content-Type", MEDIA_TYPE))
    return Response(answer.status, tuple(headers), encode(answer.model, edition, csip_aus))


def _marked(answer: Answer, subscribable: int) -> Answer:
    """The answer with its attribute ``subscribable``; a stored model stays as it is."""
    if answer.model is None:
        return answer
    return replace(answer, model=replace(answer.model, subscribable=subscribable))
