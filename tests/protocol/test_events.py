"""The life of DERControls, as clients read it: stories told line by line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.model import errors
from ieee2030_5_agent.model.controls import COMPLETED_VISIBLE_S, MODES, Control
from ieee2030_5_agent.model.drafts import CURVE_MODES, Draft
from ieee2030_5_agent.model.errors import (
    BadValue,
    DuplicateControl,
    ModelError,
    NotCancellable,
    UnknownControl,
)
from ieee2030_5_agent.model.programs import Assignment, Program
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.sep.editions import Edition
from ieee2030_5_agent.sep.facets import ELEMENTS, SIMPLE
from ieee2030_5_agent.sep.json_form import from_json
from tests.protocol.conftest import BATTERY, INVERTER, START, Site
from tests.vectors import rules

VOLT_VAR = {
    "mRID": "C1",
    "curveType": 11,
    "xMultiplier": 0,
    "yMultiplier": 0,
    "yRefType": 3,
    "CurveData": [{"xvalue": 90, "yvalue": 30}, {"xvalue": 110, "yvalue": -30}],
}
PROGRAMS = [
    {"mRID": "0A", "primacy": 2, "devices": [BATTERY], "DERCurve": [VOLT_VAR]},
    {"mRID": "0B", "primacy": 0, "devices": [BATTERY]},
    {
        "mRID": "0C",
        "primacy": 5,
        "devices": [BATTERY],
        "DefaultDERControl": {"DERControlBase": {"opModMaxLimW": 5000}},
    },
]
NAMES = {"p": b"\x0a", "high": b"\x0b", "low": b"\x0c"}
LETTERS = {
    "W": ("opModFixedW", 10),
    "L": ("opModMaxLimW", 20),
    "C": ("opModConnect", True),
    "E": ("opModEnergize", False),
}


@pytest.fixture
def feeder(make_site: Callable[..., Site]) -> Site:
    """The battery follows three programs besides its own."""
    return make_site(programs=PROGRAMS)


def program_of(site: Site, name: str = "p") -> Program:
    return site.server.fleet.programs.by_mrid(NAMES[name])


def create(site: Site, program: str = "p", **more: Any) -> Control:
    draft = {
        "base": models.DERControlBase(opModFixedW=10),
        "start": START + 100,
        "duration": 60,
    } | more
    return site.server.fleet.dispatch.create(program_of(site, program), Draft(**draft))


class Teller:
    """Reads the lines of a story."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.controls: dict[str, tuple[str, Control]] = {}

    def tell(self, line: str) -> None:
        seconds, *words = line.split()
        self.site.clock.now = START + int(seconds)
        if words[0] in ("create", "cancel", "force"):
            getattr(self, words[0])(*words[1:])
        elif words[1] in ("over", "gone"):
            getattr(self, words[1])(words[0])
        else:
            self.shows(words[0], *words[1:])

    def create(self, name: str, period: str, *words: str) -> None:
        start, duration = map(int, period.split("+"))
        how = dict(word.split("=") for word in words if "=" in word)
        values = dict(LETTERS[word] for word in words if "=" not in word)
        program = how.get("in", "p")
        control = create(
            self.site,
            program,
            base=models.DERControlBase(**values),
            start=START + start,
            duration=duration,
            randomize_start=int(how.get("start", 0)),
            randomize_duration=int(how.get("duration", 0)),
            device_category=bytes.fromhex(how["category"]) if "category" in how else None,
        )
        number = program_of(self.site, program).number
        self.controls[name] = (f"/dcap/derp/{number}", control)

    def cancel(self, name: str, how: str = "") -> None:
        mrid = self.controls[name][1].mrid
        randomize = {"at_once": False, "randomized": True, "": None}[how]
        self.site.server.fleet.dispatch.cancel(mrid, randomize=randomize)

    def shows(self, name: str, status: str, *words: str) -> None:
        path, control = self.controls[name]
        shown = self.site.get(f"{path}/derc/{control.number}")
        life = {key: int(value) for key, value in zip(words[::2], words[1::2], strict=True)}
        event = shown.EventStatus
        assert (event.currentStatus, event.dateTime - START) == (int(status), life["since"])
        assert shown.version == life["version"]
        flagged = event.potentiallySupersededTime
        assert event.potentiallySuperseded is ("flagged" in life)
        assert (flagged and flagged - START) == life.get("flagged")
        listed = self.site.get(f"{path}/derc?l=255").DERControl
        assert shown in listed
        active = self.site.get(f"{path}/actderc?l=255").DERControl
        assert (shown in active) == (status == "1")
        program = self.site.get(path)
        links = program.DERControlListLink, program.ActiveDERControlListLink
        assert [link.all for link in links] == [len(listed), len(active)]

    def over(self, name: str) -> None:
        """2018 has no status for it; the list of the active ones has it no more."""
        path, control = self.controls[name]
        shown = self.site.get(f"{path}/derc/{control.number}")
        assert shown.EventStatus.currentStatus == 1
        assert shown in self.site.get(f"{path}/derc?l=255").DERControl
        active = self.site.get(f"{path}/actderc?l=255").DERControl
        assert control.mrid not in [member.mRID for member in active]

    def gone(self, name: str) -> None:
        path, control = self.controls[name]
        assert self.site.ask("GET", f"{path}/derc/{control.number}").status == 404
        for listed in ("derc", "actderc"):
            members = self.site.get(f"{path}/{listed}?l=255").DERControl
            assert control.mrid not in [member.mRID for member in members]

    def force(self, *words: str) -> None:
        wanted = dict(word.split("=") for word in words)
        by_mode = {mode: letter for letter, (mode, _) in LETTERS.items()}
        names = {control: name for name, (_, control) in self.controls.items()}
        fleet = self.site.server.fleet
        in_force = fleet.dispatch.in_force(fleet.device(BATTERY))
        found = {
            by_mode[mode]: "default" if holds.control is None else names[holds.control]
            for mode, holds in in_force.items()
        }
        assert found == wanted
        for mode, holds in in_force.items():
            assert holds.value == (5000 if holds.control is None else dict(LETTERS.values())[mode])


@pytest.mark.parametrize("rule", rules("dispatch/stories.toml"))
def test_story(rule: dict[str, Any], feeder: Site) -> None:
    teller = Teller(feeder)
    for line in rule["story"].strip().splitlines():
        teller.tell(line)


@pytest.mark.parametrize("rule", rules("dispatch/refused.toml"))
def test_refused(rule: dict[str, Any], feeder: Site) -> None:
    changes = {key: rule[key] for key in rule.keys() - {"name", "reason", "error"}}
    if "base" in changes:
        changes["base"] = _base(changes["base"])
    for key in ("mrid", "response_required", "device_category"):
        if key in changes:
            changes[key] = bytes.fromhex(changes[key])
    with pytest.raises(getattr(errors, rule.get("error", "BadValue"))) as caught:
        create(feeder, **changes)
    assert rule["reason"] in str(caught.value)
    assert all(not program.controls for program in feeder.server.fleet.programs.all)


def _base(values: dict[str, Any]) -> models.DERControlBase:
    """Without any check: the range of a number is for the server to find out."""
    nested = {name: value for name, value in values.items() if isinstance(value, dict)}
    base: models.DERControlBase = from_json("DERControlBase", _without_href(nested))
    for name, value in values.items():
        if name not in nested:
            setattr(base, name, value)
        elif "href" in value:
            setattr(base, name, models.DERCurveLink(href=value["href"]))
    return base


def _without_href(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if "href" not in value}


def _one(type_name: str) -> int | bool:
    return True if SIMPLE[type_name].base == "bool" else 1


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_served_as_it_was_commanded(mode: str, feeder: Site) -> None:
    value: Any
    declared = ELEMENTS["DERControlBase"][mode].type
    if mode in CURVE_MODES:
        kinds = {name: code for code, name in SIMPLE["DERCurveType"].codes.items()}
        program = program_of(feeder)
        curve = models.DERCurve(mRID=b"\x0d", curveType=kinds[mode])
        feeder.server.fleet.contents.set_curves(program, [curve])
        (number,) = program.curves
        value = models.DERCurveLink(href=feeder.server.href("DERCurve", derp=2, dc=number))
    elif declared in SIMPLE:
        value = _one(declared)
    else:
        value = from_json(
            declared,
            {
                name: _one(element.type)
                for name, element in ELEMENTS[declared].items()
                if element.required or name == "value"
            },
        )
    feeder.server.fleet.device(BATTERY).edition = Edition.E2023
    control = create(feeder, base=models.DERControlBase(**{mode: value}), start=START)
    assert control.modes == {mode}
    model = control.model("")
    assert model.DERControlBase is not None
    assert getattr(model.DERControlBase, mode) == value
    in_force = feeder.server.fleet.dispatch.in_force(feeder.server.fleet.device(BATTERY))
    assert in_force[mode].value == value


def test_what_is_not_randomised_has_no_such_element(feeder: Site) -> None:
    control = create(feeder)
    body = feeder.ask("GET", f"/dcap/derp/2/derc/{control.number}").body
    for absent in (b"randomize", b"rampTms", b"deviceCategory", b"SupersededTime"):
        assert absent not in body


def test_ranges_and_ramp_are_served(feeder: Site) -> None:
    base = models.DERControlBase(opModFixedW=10, rampTms=3000)
    control = create(
        feeder,
        base=base,
        randomize_start=60,
        randomize_duration=-30,
        device_category=b"\x01",
        description="peak",
    )
    shown = feeder.get(f"/dcap/derp/2/derc/{control.number}")
    assert (shown.randomizeStart, shown.randomizeDuration) == (60, -30)
    assert (shown.deviceCategory, shown.description) == (b"\x01", "peak")
    assert shown.DERControlBase == base


@pytest.mark.parametrize(
    ("required", "shown"), [(None, b"\x03"), (b"\x01", b"\x01"), (b"\x00", None)]
)
def test_what_answers_a_control_asks_for(
    required: bytes | None, shown: bytes | None, make_site: Callable[..., Site]
) -> None:
    site = make_site(programs=PROGRAMS, response_required="03")
    control = create(site, response_required=required)
    model = site.get(f"/dcap/derp/2/derc/{control.number}")
    assert model.responseRequired == shown
    assert (model.replyTo is None) == (shown is None)


def test_potentially_superseded_is_always_true_since_2023(make_site: Callable[..., Site]) -> None:
    programs = [program | {"devices": [], "all": True} for program in PROGRAMS]
    site = make_site(programs=programs)
    site.server.fleet.device(INVERTER).edition = Edition.E2023
    control = create(site, mrid=None, start=START)
    assert not control.potentially_superseded
    own = site.server.fleet.device(INVERTER).program
    site.server.fleet.dispatch.create(
        site.server.fleet.programs.all[own],
        Draft(base=control.base, start=START, duration=60),
    )
    shown = site.get(f"/dcap/derp/{own}/derc").DERControl[0]
    assert shown.EventStatus.potentiallySuperseded is True
    assert site.get("/dcap/derp/2/derc").DERControl[0].EventStatus.potentiallySuperseded is False


def test_creation_times_of_a_program_are_strictly_increasing(feeder: Site) -> None:
    controls = [create(feeder, start=START + 100 * n) for n in range(1, 6)]
    feeder.clock.now += 2
    controls.append(create(feeder, start=START + 1000))
    times = [control.creation_time - START for control in controls]
    assert times == [0, 1, 2, 3, 4, 5]


def test_the_same_mrid_and_content_is_the_same_control(feeder: Site) -> None:
    control = create(feeder, mrid=b"\x0e")
    assert create(feeder, mrid=b"\x0e") is control
    assert create(feeder, mrid=b"\0\x0e") is control
    assert len(program_of(feeder).controls) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"duration": 61}, "mRID: 0+E is a control with another duration"),
        ({"base": models.DERControlBase(opModFixedW=11)}, "another base"),
        ({"program": "low"}, "mRID: 0+E is a control of another program"),
    ],
    ids=["duration", "base", "program"],
)
def test_an_mrid_is_of_one_control(changes: dict[str, Any], reason: str, feeder: Site) -> None:
    create(feeder, mrid=b"\x0e")
    with pytest.raises(DuplicateControl, match=reason):
        create(feeder, **{"mrid": b"\x0e"} | changes)


def test_an_mrid_is_not_used_again_for_a_day(feeder: Site) -> None:
    create(feeder, mrid=b"\x0e", start=START)
    feeder.clock.now += 3600
    with pytest.raises(DuplicateControl, match=r"mRID: 0+E was used before"):
        create(feeder, mrid=b"\x0e", start=START + 3600)
    feeder.clock.now = START + 60 + COMPLETED_VISIBLE_S + 86400
    create(feeder, mrid=b"\x0e", start=START + 90000)


def test_of_equal_primacy_and_creation_the_higher_mrid_counts(feeder: Site) -> None:
    """The standard leaves it open; it must not change from one look to the next."""
    fleet = feeder.server.fleet
    device = fleet.device(BATTERY)
    for number, mrid in enumerate((b"\x20", b"\x22", b"\x21")):
        assignment = Assignment(devices=frozenset({BATTERY}))
        program = fleet.programming.create(str(number), 0, assignment, "rpc")
        base = models.DERControlBase(opModFixedW=number)
        fleet.dispatch.create(program, Draft(base=base, start=START, duration=60, mrid=mrid))
    assert fleet.dispatch.in_force(device)["opModFixedW"].value == 1


def test_what_cannot_be_cancelled(feeder: Site) -> None:
    dispatch = feeder.server.fleet.dispatch
    with pytest.raises(UnknownControl, match=r"mRID: no DERControl 0+E is listed"):
        dispatch.cancel(b"\x0e")
    create(feeder, mrid=b"\x0e", start=START)
    with pytest.raises(BadValue, match="randomize is true"):
        dispatch.cancel(b"\x0e", randomize=True)
    create(feeder, mrid=b"\x0f", start=START)
    with pytest.raises(NotCancellable, match=r"mRID: DERControl 0+E is superseded already"):
        dispatch.cancel(b"\x0e")
    feeder.clock.now += 60
    with pytest.raises(NotCancellable, match=r"mRID: DERControl 0+F is completed already"):
        dispatch.cancel(b"\x0f")
    feeder.clock.now += COMPLETED_VISIBLE_S
    with pytest.raises(UnknownControl):
        dispatch.cancel(b"\x0f")
    assert issubclass(NotCancellable, ModelError)


def test_cancelled_in_another_way_than_before_is_refused(feeder: Site) -> None:
    create(feeder, mrid=b"\x0e", randomize_start=60)
    feeder.server.fleet.dispatch.cancel(b"\x0e")
    with pytest.raises(NotCancellable, match="cancelled with randomization already"):
        feeder.server.fleet.dispatch.cancel(b"\x0e", randomize=False)
