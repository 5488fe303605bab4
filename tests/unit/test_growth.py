"""What is kept is bounded in time and in number, also when the limits become others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from ieee2030_5_agent.model.controls import CROWDED_S, Status
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Request
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.clock import Clock
from tests.protocol import documents
from tests.stored import Following

BATTERY = "097935300833"
LFDI = "247bd68e3378fe57ba604e3c8bdf9e3f78a3d743"
YEAR = 365 * 86400
PROGRAM = "C0000000000000000000000000000001"


@dataclass
class Site:
    """A server with one device and one program, and the store that follows it."""

    clock: Clock
    server: Server
    store: Following

    def restarted(self, **limits: Any) -> Site:
        """The server of the next start, with another configuration."""
        server = Server(Settings.load({}), self.clock)
        server.adopt(self.store.restored(server))
        store = Following(server)
        server.configure(settings(**limits))
        return Site(self.clock, server, store)

    def configure(self, **limits: Any) -> Site:
        """The same server with another configuration."""
        self.server.configure(settings(**limits))
        return self

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds
        self.server.fleet.advance(self.clock.now)

    def create(self, start: int = 0, duration: int = 50, **where: str) -> str:
        """The mRID of a control that begins ``start`` seconds from now."""
        create = dict(Operations(self.server).all())["create_control"]
        (control,) = create(
            **(where or {"program": PROGRAM}),
            modes={"opModMaxLimW": 50},
            start=int(self.clock.now) + start,
            duration=duration,
        )
        return str(control["mRID"])

    def over(self, count: int, **where: str) -> list[str]:
        """So many controls that ran to their end and left their list, one after the other."""
        mrids = []
        for _ in range(count):
            mrids.append(self.create(**where))
            self.wait(100)
        return mrids

    def cancelled(self, count: int) -> list[str]:
        """So many controls of tomorrow that were cancelled, one after the other."""
        mrids = [self.create(start=86400 + 100 * number) for number in range(count)]
        for mrid in mrids:
            self.server.fleet.dispatch.cancel(bytes.fromhex(mrid))
        return mrids

    def answer(self, mrid: str, *codes: int) -> None:
        number = self.server.fleet.response_sets.subject(bytes.fromhex(mrid)).program.number
        for code in codes:
            self._post(f"/dcap/rsps/{number}/rsp", documents.response(bytes.fromhex(mrid), code))

    def log(self, count: int) -> None:
        for code in range(count):
            self._post("/dcap/edev/0/lel", documents.log_event(code))

    def _post(self, path: str, body: str) -> None:
        body = body.replace(">", ' xmlns="urn:ieee:std:2030.5:ns">', 1)
        request = Request("POST", path, body=body.encode(), content_type="application/sep+xml")
        assert self.server.handle(request).status == 201

    # --- what is there, in the fleet as in the store ------------------------------------------

    def remembered(self, mrids: Sequence[str]) -> list[int]:
        """The places of those that are remembered."""
        self._check()
        knows = self.server.fleet.response_sets.knows
        return [place for place, mrid in enumerate(mrids) if knows(bytes.fromhex(mrid))]

    def listed(self, mrids: Sequence[str]) -> list[int]:
        """The places of those that are in their DERControlList."""
        self._check()
        known = {control.mrid for _, control in self.server.fleet.dispatch.controls_of(self.device)}
        return [place for place, mrid in enumerate(mrids) if bytes.fromhex(mrid) in known]

    @property
    def answers(self) -> int:
        """How many answers are kept."""
        self._check()
        return self._stored("response")

    @property
    def logged(self) -> list[int]:
        """The codes of the log events that are kept, in the order in which they came."""
        self._check()
        entries = sorted(self.device.log.listed, key=lambda entry: entry.number)
        return [entry.event.logEventCode or 0 for entry in entries]

    @property
    def device(self) -> Any:
        return self.server.fleet.device(BATTERY)

    def _stored(self, kind: str) -> int:
        return sum(row[0] == kind for row in self.store.rows)

    def _check(self) -> None:
        self.store.check()


Change = Callable[..., Site]
# How a site comes to a configuration: at the next start, and while it runs.
CHANGES = [Site.restarted, Site.configure]


def settings(**limits: Any) -> Settings:
    """A configuration; ``max_log_events`` is no key of ``store``."""
    top = {name: limits.pop(name) for name in list(limits) if name == "max_log_events"}
    return Settings.load(
        {
            "devices": [{"lfdi": LFDI}],
            "programs": [{"mRID": PROGRAM, "primacy": 5, "all": True}],
            "store": limits,
            **top,
        }
    )


@pytest.fixture
def site() -> Site:
    clock = Clock()
    server = Server(settings(), clock)
    return Site(clock, server, Following(server))


# --- how long -----------------------------------------------------------------------------------


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("before", "after", "kept"), [(86400, 60, []), (1000, 86400, [0])])
def test_how_long_events_are_remembered_holds_for_those_that_left_before(
    site: Site, change: Change, before: int, after: int, kept: list[int]
) -> None:
    mrids = site.configure(keep_events_s=before).over(1)
    site = change(site, keep_events_s=after)
    site.wait(2000)
    assert site.remembered(mrids) == kept


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("before", "after", "kept"), [(86400, 60, False), (1000, 86400, True)])
def test_how_long_events_are_remembered_holds_for_programs_that_were_removed_before(
    site: Site, change: Change, before: int, after: int, kept: bool
) -> None:
    site.configure(keep_events_s=before)
    mrid = site.create()
    program = site.server.fleet.programs.find(bytes.fromhex(PROGRAM))
    assert program is not None
    site.server.fleet.programming.remove(program)
    site = change(site, keep_events_s=after)
    site.wait(2000)
    assert site.remembered([mrid]) == [0] * kept


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("before", "after", "kept"), [(86400, 60, []), (1000, 86400, [0, 1])])
def test_how_long_log_events_are_kept_holds_for_those_that_were_received_before(
    site: Site, change: Change, before: int, after: int, kept: list[int]
) -> None:
    site.configure(keep_log_events_s=before).log(2)
    site = change(site, keep_log_events_s=after)
    site.wait(2000)
    assert site.logged == kept


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_shorter_time_than_has_passed_holds_at_once(site: Site, seconds: int) -> None:
    mrids = site.over(2)
    site.log(2)
    site.wait(1000)
    site.configure(keep_events_s=seconds, keep_log_events_s=max(1, seconds))
    assert (site.remembered(mrids), site.logged) == ([], [])


def test_a_time_that_was_shorter_for_a_while_does_not_end_the_longer_one(site: Site) -> None:
    """Each change brings a step of its own to the agenda."""
    mrids = site.over(1)
    site.configure(keep_events_s=1000).configure(keep_events_s=5000)
    site.wait(2000)
    assert site.remembered(mrids) == [0]
    site.wait(3000)
    assert site.remembered(mrids) == []


def test_a_program_that_is_removed_takes_its_events_along_where_none_are_remembered(
    site: Site,
) -> None:
    site.configure(keep_events_s=0)
    mrids = [site.create(duration=3600), site.create(duration=3600, device=BATTERY)]
    program = site.server.fleet.programs.find(bytes.fromhex(PROGRAM))
    assert program is not None
    site.server.fleet.programming.remove(program)
    site.server.fleet.remove(BATTERY)
    assert site.remembered(mrids) == []


# --- how many events are remembered ---------------------------------------------------------------


def test_of_the_events_that_left_their_list_the_last_ones_are_remembered(site: Site) -> None:
    site.configure(max_remembered_events=3)
    mrids = site.over(5)
    assert site.remembered(mrids) == [2, 3, 4]


def test_an_event_that_is_listed_is_remembered_whatever_the_number(site: Site) -> None:
    site.configure(max_remembered_events=1)
    listed = site.create(duration=3600, device=BATTERY)
    assert site.remembered([listed, *site.over(3, device=BATTERY)]) == [0, 3]


def test_an_event_that_is_forgotten_takes_its_answers_along(site: Site) -> None:
    site.configure(max_remembered_events=1)
    (first,) = site.over(1)
    site.answer(first, 1, 2)
    assert site.answers == 2
    site.over(1)
    assert site.answers == 0


@pytest.mark.parametrize("change", CHANGES)
def test_a_lower_number_of_remembered_events_holds_for_those_that_are_there(
    site: Site, change: Change
) -> None:
    mrids = site.over(5)
    site = change(site, max_remembered_events=2)
    assert site.remembered(mrids) == [3, 4]


def test_after_a_restart_the_first_that_left_is_forgotten_first(site: Site) -> None:
    """Not the first that ended: who is cancelled is listed longer than who is completed."""
    cancelled = site.create(duration=500)
    site.wait(10)
    site.server.fleet.dispatch.cancel(bytes.fromhex(cancelled))
    completed = site.over(1)
    site.wait(500)
    site = site.restarted(max_remembered_events=1)
    assert site.remembered([cancelled, *completed]) == [0]


def test_of_the_set_points_of_a_device_fewer_are_remembered(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ieee2030_5_agent.model.responses.MOST_REMEMBERED_OWN", 2)
    assert site.remembered(site.over(3)) == [0, 1, 2]
    assert site.remembered(site.over(3, device=BATTERY)) == [1, 2]


# --- how many of the rest are kept --------------------------------------------------------------


@pytest.mark.parametrize("change", CHANGES)
def test_a_lower_number_of_answers_holds_for_those_that_are_there(
    site: Site, change: Change
) -> None:
    mrid = site.create(duration=3600)
    site.answer(mrid, 1, 2, 4, 5)
    site = change(site, max_responses=2)
    assert site.answers == 2


def test_there_is_room_for_the_number_of_answers_also_where_there_were_more(site: Site) -> None:
    """As the number may be lowered before the next answer comes, also without a configuration."""
    mrid = site.create(duration=3600)
    site.answer(mrid, 1, 2, 4)
    site.server.fleet.response_sets.most_responses = 1
    site.answer(mrid, 5)
    assert site.answers == 1


@pytest.mark.parametrize("change", CHANGES)
def test_a_lower_number_of_log_events_holds_for_those_that_are_there(
    site: Site, change: Change
) -> None:
    site.log(5)
    site = change(site, max_log_events=2)
    assert site.logged == [3, 4]


def test_log_events_for_which_there_is_no_room_any_more_are_told_to_have_gone(site: Site) -> None:
    site.log(4)
    told: list[Any] = []
    site.server.listen(told.append)
    site.configure(max_log_events=2)
    gone = [change.detail for change in told if change.what == "log_event_removal"]
    assert gone == [{"number": 0}, {"number": 1}]
    assert site.device.resources["LogEventList", 1].all == 2


@pytest.mark.parametrize("change", CHANGES)
def test_a_lower_number_of_ended_controls_holds_for_those_that_are_listed(
    site: Site, change: Change
) -> None:
    mrids = site.cancelled(5)
    site.wait(1000)
    site = change(site, max_ended_controls=2)
    assert site.listed(mrids) == [3, 4]
    assert site.remembered(mrids) == [0, 1, 2, 3, 4]


def test_one_that_ended_while_the_clock_was_in_the_future_holds_up_no_other(site: Site) -> None:
    site.configure(max_ended_controls=2)
    site.clock.now += YEAR
    mrids = site.cancelled(1)
    site.clock.now -= YEAR
    mrids += site.cancelled(5)
    site.wait(max(CROWDED_S.values()) + 1)
    assert site.listed(mrids) == [0, 5]


@pytest.mark.parametrize("change", CHANGES)
def test_controls_that_clients_had_no_time_to_see_leave_when_they_had(
    site: Site, change: Change
) -> None:
    mrids = site.cancelled(5)
    site = change(site, max_ended_controls=2)
    site.wait(CROWDED_S[Status.CANCELLED] - 1)
    assert site.listed(mrids) == [0, 1, 2, 3, 4]
    site.wait(1)
    assert site.listed(mrids) == [3, 4]


def test_controls_of_a_program_that_is_removed_meanwhile_are_left_alone(site: Site) -> None:
    mrids = site.configure(max_ended_controls=2).cancelled(5)
    program = site.server.fleet.programs.find(bytes.fromhex(PROGRAM))
    assert program is not None
    site.server.fleet.programming.remove(program)
    site.wait(1000)
    assert (site.listed(mrids), site.remembered(mrids)) == ([], [0, 1, 2, 3, 4])
