"""Controls: created one by one or as a whole schedule, cancelled, listed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..model.controls import Control, Status
from ..model.drafts import check
from ..model.errors import DuplicateControl, ModelError
from ..model.programs import Assignment, Program
from ..sep.facets import SIMPLE
from ..sep.identity import IdentityError
from ..sep.json_form import JsonError, to_json
from .arguments import moment, mrid_of, one_of, shown, yes_or_no
from .orders import Order, Orders
from .part import RPC, Part

Found = tuple[Program, Control]
STATUSES = {status.words: status for status in Status}
_REFUSALS = (ModelError, IdentityError, JsonError)


class Controls(Part):
    """The life of DERControls as an operator rules it."""

    def create_control(
        self,
        program: str | None = None,
        group: str | None = None,
        device: str | int | None = None,
        devices: list[str | int] | None = None,
        start: float | str | None = None,
        duration: int | None = None,
        modes: Mapping[str, Any] | None = None,
        randomize_start: int | None = None,
        randomize_duration: int | None = None,
        response_required: str | int | None = None,
        device_category: str | int | None = None,
        description: str | None = None,
        mRID: str | None = None,
    ) -> list[dict[str, Any]]:
        """Creates a DERControl in a program, for a group, or one for each of some devices.

        ``program``: its mRID. ``start``: seconds since 1970 (UTC), ISO 8601 text with its zone, or
        nothing for now. ``modes``: fields of DERControlBase with wire values, or writable points
        with engineering units. The same order with the same mRID is done once; with ``devices``
        the mRID of each control follows from it and the SFDI.

        Returns ``{"mRID", "href", "program", "sfdi", "status"}`` of each. Raises ValueError that
        names the argument; then nothing was created.
        """
        order = {
            "program": program,
            "group": group,
            "device": device,
            "devices": devices,
            "start": start,
            "duration": duration,
            "modes": modes,
            "randomize_start": randomize_start,
            "randomize_duration": randomize_duration,
            "response_required": response_required,
            "device_category": device_category,
            "description": description,
            "mRID": mRID,
        }
        now = int(self._server.clock())
        orders = Orders(self._server, now).read(order)
        self._check(orders, now)
        return self._create(orders, now)

    def create_controls(
        self, controls: list[Mapping[str, Any]], **common: Any
    ) -> list[dict[str, Any]]:
        """Creates a whole schedule: all of it or, when anything is refused, nothing.

        Each entry has the keys of ``create_control``; ``common`` holds for those that lack a key.
        The refusal names the entry.
        """
        if not isinstance(controls, list | tuple) or not controls:
            raise ModelError(f"controls is {shown(controls)}, a list of controls is expected")
        now = int(self._server.clock())
        reader, orders = Orders(self._server, now), list[Order]()
        for number, entry in enumerate(controls):
            try:
                if not isinstance(entry, Mapping):
                    raise ModelError("an object with keys is expected")
                read = reader.read({**common, **entry})
                self._check(read, now, orders)
            except _REFUSALS as error:
                raise type(error)(f"controls[{number}]: {error}") from error
            orders += read
        return self._create(orders, now)

    def cancel_control(self, mRID: str, randomize: bool | None = None) -> dict[str, Any]:
        """Cancels a control that is scheduled or active; devices end it and answer.

        ``randomize``: false stops all at once, true within the control's randomisation; nothing:
        randomised when the control is and the configuration lets it. Returns the control. Raises
        ValueError.
        """
        if randomize is not None:
            yes_or_no("randomize", randomize)
        mrid = mrid_of(mRID)
        self._fleet.dispatch.cancel(mrid, randomize=randomize)
        return self._shown(*self._fleet.dispatch.find(mrid))

    def get_controls(
        self,
        sfdi: str | int | None = None,
        program: str | None = None,
        status: str | list[str] | None = None,
        start: float | str | None = None,
        end: float | str | None = None,
    ) -> list[dict[str, Any]]:
        """The listed DERControls by start, also those of set points.

        ``sfdi``: of the programs of one device. ``status``: a word or several; nothing: all but
        those that are completed, which leave their list after some seconds. ``start``, ``end``:
        in effect at some moment from start on, before end.
        """
        words = _statuses(status)
        low = None if start is None else moment("start", start)
        high = None if end is None else moment("end", end)
        found = [
            (owner, control)
            for owner, control in self._listed(sfdi, program)
            if control.status in words and _within(control, low, high)
        ]
        found.sort(key=lambda pair: (pair[1].start, pair[0].number, pair[1].number))
        return [self._shown(*pair) for pair in found]

    # --- creating ------------------------------------------------------------------------------

    def _check(self, orders: Iterable[Order], now: int, earlier: Iterable[Order] = ()) -> None:
        """Raises what creating would raise, so that a schedule is never created by half.

        ``now``: the moment of the call; what is not over then is created however long it takes.
        """
        used = {order.draft.mrid for order in earlier}
        for order in orders:
            mrid = order.draft.mrid
            if mrid is not None and mrid in used:
                raise DuplicateControl(f"mRID: {mrid.hex().upper()} is used twice")
            if self._fleet.dispatch.known(order.target.program, order.draft) is None:
                check(order.draft, now, self._fleet.dispatch.curve_at)

    def _create(self, orders: Iterable[Order], now: int) -> list[dict[str, Any]]:
        made: dict[str, Program] = {}
        created = []
        for order in orders:
            program = order.target.program or made.get(order.target.group)
            if program is None:
                program = made[order.target.group] = self._program_for(order.target.group)
            control = self._fleet.dispatch.create(program, order.draft, ordered=now)
            created.append(
                {
                    "mRID": control.mrid.hex().upper(),
                    "href": self._href(program, control),
                    "program": program.mrid.hex().upper(),
                    "sfdi": order.target.own.sfdi if order.target.own else None,
                    "status": control.status.words,
                }
            )
        return created

    def _program_for(self, group: str) -> Program:
        """A program for exactly this group, to hold the operator's controls."""
        description = group.encode()[: SIMPLE["String32"].octets].decode(errors="ignore")
        assignment = Assignment(groups=frozenset({group}))
        primacy = self._server.settings.group_primacy
        return self._fleet.programming.create(description, primacy, assignment, RPC)

    # --- listing -------------------------------------------------------------------------------

    def _listed(self, sfdi: Any, program: Any) -> Iterator[Found]:
        self._fleet.dispatch.catch_up()
        wanted = None if program is None else self._program(program, "program")
        if sfdi is not None:
            for owner, control in self._fleet.dispatch.controls_of(self._device(sfdi)):
                if wanted is None or owner is wanted:
                    yield owner, control
            return
        for owner in self._fleet.programs.all if wanted is None else [wanted]:
            for control in owner.listed:
                yield owner, control

    def _shown(self, program: Program, control: Control) -> dict[str, Any]:
        """The resource as a device reads it, the words of its status, and whom it is for."""
        required = self._server.settings.responses_to(control.response_required)
        answered = any(required)
        reply_to = self._server.href("ResponseList", rsps=program.number) if answered else None
        href = self._href(program, control)
        return {
            **to_json(control.model(href, reply_to, required if answered else None)),
            "status": control.status.words,
            "program": program.mrid.hex().upper(),
            "devices": sorted(program.assignment.devices),
            "groups": sorted(program.assignment.groups),
            "all": program.assignment.everyone,
        }

    def _href(self, program: Program, control: Control) -> str:
        return self._server.href("DERControl", derp=program.number, derc=control.number)


def _statuses(status: Any) -> set[Status]:
    if status is None:
        return set(Status) - {Status.COMPLETED}
    words = [status] if isinstance(status, str) else status
    if not isinstance(words, list | tuple):
        raise ModelError(f"status is {shown(status)}, a word or a list of words is expected")
    return {STATUSES[one_of("status", word, STATUSES)] for word in words}


def _within(control: Control, low: int | None, high: int | None) -> bool:
    return (low is None or control.latest_end > low) and (
        high is None or control.earliest_start < high
    )
