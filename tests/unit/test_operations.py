"""What an operator does at run time: JSON in, JSON out, refusals that name the argument."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings

DEVICE = {"sfdi": "097935300833", "pin_code": "111115"}
LFDI = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5"
AGGREGATOR = "167261211391"


@pytest.fixture
def server() -> Server:
    return Server(Settings.load({"devices": [DEVICE]}), lambda: 1_780_000_000.0)


@pytest.fixture
def operations(server: Server) -> Operations:
    return Operations(server)


def test_a_device_is_registered_like_one_of_the_configuration(
    operations: Operations, server: Server
) -> None:
    summary = operations.register_device(lfdi=LFDI, pin_code="123455", groups=["north"])
    assert json.loads(json.dumps(summary)) == summary
    assert (summary["sfdi"], summary["href"], summary["origin"]) == (
        AGGREGATOR,
        "/dcap/edev/1",
        "rpc",
    )
    server.configure(Settings.load({"devices": [DEVICE]}))
    assert [device["sfdi"] for device in operations.get_devices()] == ["097935300833", AGGREGATOR]
    operations.remove_device(AGGREGATOR)
    assert [device["sfdi"] for device in operations.get_devices()] == ["097935300833"]


def test_an_aggregator_is_named_by_what_it_manages(operations: Operations) -> None:
    operations.register_aggregator(lfdi=LFDI)
    operations.register_device(sfdi="19", aggregator=AGGREGATOR)
    with pytest.raises(ValueError, match="still manages 1 device"):
        operations.remove_device(AGGREGATOR)


def test_a_program_is_created_assigned_and_removed(operations: Operations) -> None:
    program = operations.create_program(primacy=5, description="feeder", groups=["north"])
    again = operations.create_program(mRID=program["mRID"], primacy=6, groups=["north"])
    assert (again["mRID"], again["primacy"], again["version"]) == (program["mRID"], 6, 1)
    assigned = operations.assign_program(program["mRID"], devices=["97935300833"])
    assert (assigned["groups"], assigned["devices"]) == (["north"], ["097935300833"])
    assigned = operations.assign_program(program["mRID"], groups=["south"], all=True)
    assert (assigned["groups"], assigned["devices"]) == (["south"], ["097935300833"])
    assert assigned["all"]
    assert operations.get_programs() == [assigned]
    operations.remove_program(program["mRID"].lower())
    assert operations.get_programs() == []


def test_a_program_that_is_created_again_is_what_the_call_says(operations: Operations) -> None:
    default = {"DERControlBase": {"opModMaxLimW": 5000}}
    mrid = operations.create_program(primacy=5, groups=["north"], DefaultDERControl=default)["mRID"]
    curve = {"curveType": 12, "xMultiplier": 0, "yMultiplier": 0, "yRefType": 1}
    operations.create_curve(mrid, curve | {"CurveData": [{"xvalue": 1, "yvalue": 1}]})
    program = operations._fleet.programs.find(bytes.fromhex(mrid))
    assert program is not None
    assert program.has_default
    assert program.curves
    assert operations.create_program(mRID=mrid, primacy=5)["groups"] == []
    assert not program.has_default
    assert not program.curves


def test_a_default_control_is_set_with_the_names_of_the_standard(operations: Operations) -> None:
    mrid = operations.create_program(primacy=5)["mRID"]
    default = {"DERControlBase": {"opModMaxLimW": 5000, "opModEnergize": False}, "setGradW": 0}
    result = operations.set_default_control(mrid, default)
    assert {key: result[key] for key in default} == default


@pytest.mark.parametrize(
    ("modes", "message"),
    [
        ({"opModExpLimW": {"multiplier": 0, "value": -5}}, "opModExpLimW is -5"),
        ({"opModVoltVar": {"href": "/nope"}}, "is no DERCurve"),
    ],
)
def test_a_default_is_held_to_the_rules_of_a_control(
    operations: Operations, modes: dict[str, Any], message: str
) -> None:
    mrid = operations.create_program(primacy=9, groups=["north"])["mRID"]
    with pytest.raises(ValueError, match=message):
        operations.set_default_control(mrid, {"DERControlBase": modes})


def test_a_poll_rate_is_shown_by_the_next_answer(operations: Operations, server: Server) -> None:
    operations.set_poll_rate("EndDeviceList", 60)
    assert server.fleet.rating.rates.poll["EndDeviceList"] == 60


def test_what_the_configuration_names_is_removed_there(
    operations: Operations, server: Server
) -> None:
    """By RPC it would be back, as another one, with the next start or connection."""
    named = {"devices": [DEVICE], "programs": [{"mRID": "A1", "primacy": 3, "all": True}]}
    server.configure(Settings.load(named))
    before = operations.get_devices(), operations.get_programs()
    removals: list[tuple[Callable[[Any], None], str]] = [
        (operations.remove_device, DEVICE["sfdi"]),
        (operations.remove_program, before[1][0]["mRID"]),
    ]
    for remove, name in removals:
        with pytest.raises(ValueError, match=f"{name} is named in the configuration"):
            remove(name)
    assert (operations.get_devices(), operations.get_programs()) == before


def test_what_was_registered_and_is_configured_later_is_the_configurations(
    operations: Operations, server: Server
) -> None:
    operations.register_device(lfdi=LFDI)
    server.configure(Settings.load({"devices": [DEVICE, {"lfdi": LFDI}]}))
    with pytest.raises(ValueError, match="is named in the configuration"):
        operations.remove_device(AGGREGATOR)


REFUSED: list[tuple[str, Callable[[Operations], Any], str]] = [
    ("unknown device", lambda o: o.remove_device("19"), "000000000019"),
    ("not an SFDI", lambda o: o.remove_device("18"), "18"),
    ("twice", lambda o: o.register_device(**DEVICE), "registered already"),
    ("unknown key", lambda o: o.register_device(sfdi="19", colour="red"), "colour: unknown key"),
    ("unknown manager", lambda o: o.register_device(sfdi="19", aggregator="109"), "000000000109"),
    (
        "a manager that is none",
        lambda o: o.register_device(sfdi="19", aggregator="097935300833"),
        "is no aggregator",
    ),
    ("access in words", lambda o: o.set_access(LFDI, "no"), "granted"),  # type: ignore[arg-type]
    ("not an LFDI", lambda o: o.set_access("ZZ", True), "LFDI"),
    ("no primacy", lambda o: o.create_program(), "primacy: is missing"),
    ("unknown program", lambda o: o.remove_program("A1"), "A1"),
    ("not an mRID", lambda o: o.remove_program("x"), "mRID"),
    ("unknown mirror", lambda o: o.remove_mirror("AB"), "AB"),
    (
        "a resource without rate",
        lambda o: o.set_poll_rate("DERControlList", 5),
        "carries no pollRate",
    ),
    ("a rate of nothing", lambda o: o.set_poll_rate("Time", 0), "seconds is 0"),
    ("a rate beyond a week", lambda o: o.set_post_rate(604801), "seconds is 604801"),
    (
        "a text that no document can carry",
        lambda o: o.create_program(primacy=1, description="\x07"),
        "description: '\\x07' holds a character that XML cannot carry",
    ),
    (
        "a long name of assignments",
        lambda o: o.create_program(primacy=1, fsa="x" * 33),
        "longer than 32 octets",
    ),
    (
        "a curve without its type",
        lambda o: o.create_program(primacy=1, DERCurve=[{"xMultiplier": 0, "yMultiplier": 0}]),
        "is missing",
    ),
]


@pytest.mark.parametrize(("call", "message"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_refuses(operations: Operations, call: Callable[[Operations], Any], message: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        call(operations)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda o, mrid: o.remove_program(mrid),
        lambda o, mrid: o.assign_program(mrid, all=True),
        lambda o, mrid: o.set_default_control(mrid, None),
    ],
)
def test_the_program_of_the_set_points_is_not_an_operators_to_change(
    operations: Operations, server: Server, change: Callable[[Operations, str], Any]
) -> None:
    device = server.fleet.device("097935300833")
    program = server.fleet.programs.by_number(device.program)
    assert program is not None
    with pytest.raises(ValueError, match="own set points"):
        change(operations, program.mrid.hex())
    assert list(server.fleet.programs.of(device)) == [program]
