"""Function Set Assignments and DER Programs: which programs reach which device, in what order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.settings import Settings, SettingsError
from tests.protocol import documents
from tests.protocol.conftest import BATTERY, INVERTER, Site

CURVE = {
    "mRID": "C1",
    "curveType": 11,
    "CurveData": [{"xvalue": 92, "yvalue": 30}, {"xvalue": 108, "yvalue": -30}],
    "xMultiplier": 0,
    "yMultiplier": 0,
    "yRefType": 2,
}
PROGRAMS = [
    {"mRID": "A1", "description": "system", "primacy": 89, "all": True},
    {"mRID": "A2", "description": "feeder", "primacy": 86, "groups": ["feeder:12"]},
    {"mRID": "A3", "description": "site", "primacy": 84, "devices": [BATTERY], "fsa": "site"},
    {"mRID": "A4", "description": "also feeder", "primacy": 86, "groups": ["feeder:12"]},
]


@pytest.fixture
def grouped(make_site: Callable[..., Site], original_settings: dict[str, Any]) -> Site:
    battery, inverter = original_settings["devices"]
    return make_site(devices=[battery | {"groups": ["feeder:12"]}, inverter], programs=PROGRAMS)


def descriptions(site: Site, path: str) -> list[str]:
    """The programs of a list, without the one for the device's own set points."""
    return [
        program.description
        for program in site.get(path).DERProgram
        if not program.description.startswith("Set points")
    ]


def test_all_group_and_device_reach_whom_they_name(grouped: Site) -> None:
    assert descriptions(grouped, "/dcap/edev/0/derp") == ["site", "also feeder", "feeder", "system"]
    assert descriptions(grouped, "/dcap/edev/1/derp") == ["system"]


def test_programs_are_ordered_by_primacy_then_highest_mrid(grouped: Site) -> None:
    programs = grouped.get("/dcap/edev/0/derp").DERProgram
    keys = [(program.primacy, -int.from_bytes(program.mRID)) for program in programs]
    assert keys == sorted(keys)


def test_each_assignment_lists_its_programs(grouped: Site) -> None:
    listed = grouped.get("/dcap/edev/0/fsa").FunctionSetAssignments
    assert [fsa.mRID for fsa in listed] == sorted((fsa.mRID for fsa in listed), reverse=True)
    programs = {
        fsa.description: descriptions(grouped, fsa.DERProgramListLink.href) for fsa in listed
    }
    assert programs == {"default": ["also feeder", "feeder", "system"], "site": ["site"]}
    for fsa in listed:
        assert grouped.get(fsa.DERProgramListLink.href).all == fsa.DERProgramListLink.all
        assert grouped.get(fsa.href) == fsa


def test_a_device_may_be_in_fifteen_groups(
    make_site: Callable[..., Site], original_settings: dict[str, Any]
) -> None:
    groups = [f"group:{n}" for n in range(15)]
    programs = [{"mRID": f"{n + 1:02X}", "primacy": n, "groups": [groups[n]]} for n in range(15)]
    device = original_settings["devices"][0] | {"groups": groups}
    site = make_site(devices=[device], programs=programs)
    assert site.get("/dcap/edev/0/derp").all == 16


def test_membership_changes_at_run_time(grouped: Site, original_settings: dict[str, Any]) -> None:
    original_settings["devices"][1]["groups"] = ["feeder:12"]
    href = grouped.get("/dcap/edev/0/derp").DERProgram[0].href
    grouped.server.configure(Settings.load(original_settings | {"programs": PROGRAMS}))
    assert descriptions(grouped, "/dcap/edev/0/derp") == ["site", "system"]
    assert descriptions(grouped, "/dcap/edev/1/derp") == ["also feeder", "feeder", "system"]
    assert grouped.get("/dcap/edev/0/derp").DERProgram[0].href == href


def test_a_changed_program_keeps_its_uri_and_gets_a_new_version(
    grouped: Site, original_settings: dict[str, Any]
) -> None:
    before = grouped.get("/dcap/edev/1/derp").DERProgram[-1]
    changed = [PROGRAMS[0] | {"primacy": 90}]
    grouped.server.configure(Settings.load(original_settings | {"programs": changed}))
    after = grouped.get(before.href)
    assert (after.primacy, after.version) == (90, before.version + 1)
    assert grouped.get("/dcap/edev/0/derp").all == 2


def test_a_default_control_comes_from_the_configuration(
    make_site: Callable[..., Site], original_settings: dict[str, Any]
) -> None:
    default = {"DERControlBase": {"opModMaxLimW": 5000}, "setGradW": 100}
    program = PROGRAMS[0] | {"DefaultDERControl": default}
    site = make_site(programs=[program])
    listed = site.get("/dcap/edev/1/derp").DERProgram[-1]
    before = site.get(listed.DefaultDERControlLink.href)
    assert (before.DERControlBase.opModMaxLimW, before.setGradW) == (5000, 100)
    program["DefaultDERControl"] = {"setGradW": 0}
    site.server.configure(Settings.load(original_settings | {"programs": [program]}))
    after = site.get(listed.DefaultDERControlLink.href)
    assert (after.DERControlBase.opModMaxLimW, after.setGradW) == (None, 0)
    assert (after.mRID, after.version) == (before.mRID, before.version + 1)


def test_curves_come_from_the_configuration(make_site: Callable[..., Site]) -> None:
    site = make_site(programs=[PROGRAMS[0] | {"DERCurve": [CURVE]}])
    program = site.get("/dcap/edev/1/derp").DERProgram[-1]
    assert program.DERCurveListLink.all == 1
    curve = site.get(program.DERCurveListLink.href).DERCurve[0]
    assert [point.yvalue for point in curve.CurveData] == [30, -30]
    assert site.get(curve.href) == curve


REFUSED = [
    ({"primacy": 256}, "programs[0].primacy"),
    ({"primacy": 1, "mRID": "x"}, "programs[0].mRID"),
    ({"primacy": 1, "mRID": ""}, "programs[0].mRID: is missing"),
    ({"primacy": 1, "devices": ["18"]}, "programs[0].devices"),
    ({"primacy": 1, "DefaultDERControl": {"setGradw": 1}}, "did you mean setGradW?"),
    ({"primacy": 1, "DefaultDERControl": {"setGradW": 65536}}, "65536 is outside 0..65535"),
    ({"primacy": 1, "DefaultDERControl": {"setGradW": "1"}}, "a whole number is expected"),
    ({"primacy": 1, "DERCurve": [CURVE | {"CurveData": [{}] * 11}]}, "has 11 members, at most 10"),
    ({"primacy": 1, "color": "red"}, "unknown key"),
]


def test_the_current_program_is_the_first_with_an_active_control(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(programs=[{"mRID": "A1", "primacy": 0, "all": True}])
    site.put("/dcap/edev/0/der/1/dercap", documents.DER_CAPABILITY)
    current = site.get("/dcap/edev/0/der").DER[0].CurrentDERProgramLink.href
    assert site.get(current).primacy == 0
    site.server.fleet.set_point(BATTERY, "b124_WChaMax", 0)
    current = site.get("/dcap/edev/0/der").DER[0].CurrentDERProgramLink.href
    assert site.get(current).ActiveDERControlListLink.all == 1


@pytest.mark.parametrize(("entry", "message"), REFUSED, ids=[row[1] for row in REFUSED])
def test_a_bad_program_is_named(
    original_settings: dict[str, Any], entry: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load(original_settings | {"programs": [{"mRID": "A1"} | entry]})
    assert message in str(refused.value)


def test_the_inverter_does_not_follow_the_batterys_set_points(grouped: Site) -> None:
    own = {sfdi: grouped.server.fleet.device(sfdi).program for sfdi in (BATTERY, INVERTER)}
    hrefs = [program.href for program in grouped.get("/dcap/edev/1/derp").DERProgram]
    assert f"/dcap/derp/{own[INVERTER]}" in hrefs
    assert f"/dcap/derp/{own[BATTERY]}" not in hrefs
