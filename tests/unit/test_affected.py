"""The table of what a change affects speaks of resources that there are, and of all of them."""

from __future__ import annotations

import pytest

from ieee2030_5_agent.function_sets import ALL_ROUTES
from ieee2030_5_agent.model.changes import Changed
from ieee2030_5_agent.notifying.affected import AFFECTED, ALL, EVERY, Affected, Key
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.clock import START

SUBSCRIBABLE = {route.name for route in ALL_ROUTES if route.subscribable}
SFDI = "097935300833"
OF_PROGRAM = ("DERProgram", "DERControlList", "ActiveDERControlList", "DERControl")
OF_DEVICES = (
    "EndDeviceDERProgramList",
    "FunctionSetAssignmentsDERProgramList",
    "EndDeviceDERControlList",
    "EndDeviceDERControl",
    "DER",
)


def test_every_name_in_the_table_is_a_subscribable_resource_and_each_is_there() -> None:
    named = {name for names in AFFECTED.values() for name in names}
    assert named == SUBSCRIBABLE


@pytest.mark.parametrize(
    ("change", "some"),
    [
        (("resource", SFDI, {"resource": "DERStatus", "instance": 1}), {("DERStatus", 0)}),
        (("resource", SFDI, {"resource": "DERCapability", "instance": 1}), set()),
        (
            ("poll_rate", None, {"resource": "EndDeviceList", "pollRate": 1}),
            {("EndDeviceList", None)},
        ),
        (
            ("poll_rate", None, {"resource": "DERProgramList", "pollRate": 1}),
            {("EndDeviceDERProgramList", EVERY), ("FunctionSetAssignmentsDERProgramList", EVERY)},
        ),
        (
            ("program", None, {"program": 3, "change": "default"}),
            {
                ("DefaultDERControl", 3),
                ("DERProgram", 3),
                ("EndDeviceDERProgramList", EVERY),
                ("FunctionSetAssignmentsDERProgramList", EVERY),
            },
        ),
        (("configuration", None, {}), {ALL}),
        (("access", None, {"lFDI": "", "granted": False}), {ALL}),
        (("log_event", SFDI, {"number": 7}), {("LogEventList", 0)}),
        (("points", SFDI, {}), {("DER", 0)}),
        (("schedule", None, {"program": 1}), {(name, 1) for name in OF_PROGRAM}),
        (("control", SFDI, {"program": "A1"}), {(name, 0) for name in OF_DEVICES}),
        (
            ("control_overlap", None, {"program": "A1"}),
            {
                *((name, 1) for name in OF_PROGRAM),
                *((name, EVERY) for name in OF_DEVICES),
            },
        ),
        (("response", SFDI, {}), set()),
        (("what is not known", SFDI, {}), set()),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_a_change_affects(
    change: tuple[str, str | None, dict[str, object]], some: set[Key]
) -> None:
    config = {"devices": [{"sfdi": SFDI}], "programs": [{"mRID": "A1", "primacy": 5, "all": True}]}
    server = Server(Settings.load(config), lambda: float(START))
    affected = Affected(server.table, server.fleet)
    what, sfdi, detail = change
    changed = Changed(what, sfdi, float(START), {}, detail)  # type: ignore[arg-type]
    assert set(affected(changed)) == some


def test_a_device_that_is_gone_is_told_of_by_its_number() -> None:
    server = Server(Settings.load({}), lambda: float(START))
    affected = Affected(server.table, server.fleet)
    keys = set(affected(Changed("removal", "000000000019", 0.0, {}, {"number": 4})))
    assert {("EndDevice", 4), ("DERStatus", 4), ("EndDeviceList", None)} <= keys
