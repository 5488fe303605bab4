"""The Interface inside platform.driver's own code: configuration, values, published metadata."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from volttron.driver.base.dynamic_helper import get_subclasses
from volttron.driver.base.interfaces import BaseInterface, DriverInterfaceError

from ieee2030_5_driver import ieee2030_5
from tests.driver_fakes import FakePlatform, fake_platform

REPOSITORY = Path(__file__).parents[2]
SFDI, OTHER_SFDI = "097935300833", "111576577659"
INTERVAL = 5

REGISTRY = [
    {"Volttron Point Name": "W", "Units": "W", "Type": "float", "Writable": "FALSE"},
    {"Volttron Point Name": "Set", "Units": "W", "Type": "float", "Writable": "TRUE"},
    {
        "Volttron Point Name": "Mode",
        "Units": "NA",
        "Type": "enum",
        "Writable": "TRUE",
        "Default": 3,
    },
    {"Volttron Point Name": "Name", "Type": "string"},
]


def device(sfdi: Any = SFDI, registry: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "driver_config": {"sfdi": sfdi, **more},
        "driver_type": "ieee2030_5",
        "registry_config": REGISTRY if registry is None else registry,
        "interval": INTERVAL,
    }


@pytest.fixture
def platform() -> Iterator[FakePlatform]:
    with fake_platform() as platform:
        yield platform


@pytest.fixture
def one(platform: FakePlatform) -> FakePlatform:
    platform.start(one=device())
    return platform


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and record.name.startswith("ieee2030_5_driver")
    ]


def test_platform_driver_finds_the_class() -> None:
    assert get_subclasses(ieee2030_5, BaseInterface, return_all=True) == [ieee2030_5.Interface]


# -- values --


def test_published_values_and_metadata(one: FakePlatform) -> None:
    one.run(INTERVAL)
    one.agent.receive(SFDI, "W", 0)
    one.agent.receive(SFDI, "Name", "PV")
    one.run(INTERVAL)
    values, meta = one.messages["one"]
    assert values == {"W": 0, "Set": None, "Mode": None, "Name": "PV"}
    assert {name: (each["type"], each["units"]) for name, each in meta.items()} == {
        "W": ("float", "W"),
        "Set": ("float", "W"),
        "Mode": ("integer", ""),
        "Name": ("string", ""),
    }


def test_points_without_a_value_are_left_out_if_wanted(platform: FakePlatform) -> None:
    platform.start(one=device(publish_null=False))
    platform.run(INTERVAL)
    assert "one" not in platform.messages
    platform.agent.receive(SFDI, "W", 0)
    platform.run(INTERVAL)
    assert platform.messages["one"][0] == {"W": 0}
    assert platform.get_point("one", "Set") is None
    platform.agent.receive(SFDI, "W", None)
    platform.agent.receive(SFDI, "Mode", 1)
    platform.run(INTERVAL)
    assert platform.messages["one"][0] == {"Mode": 1}
    node = platform.driver.equipment_tree.get_node("devices/one/W")
    assert node.last_value is None


@pytest.mark.parametrize(
    ("name", "sunspec"),
    [
        ("b802_SoC", "b802_SoC"),
        ("der[2].b802_SoC", "b802_SoC"),
        ("mup[2].b701_W", "b701_W"),
        ("sep_DERStatus_alarmStatus", None),
        ("W", None),
    ],
)
def test_metadata_has_the_sunspec_name(
    platform: FakePlatform, name: str, sunspec: str | None
) -> None:
    row = {"Volttron Point Name": "point", "Point Name": name, "Units": "W"}
    platform.start(one=device(registry=[row]))
    platform.run(INTERVAL)
    assert platform.messages["one"][1]["point"].get("sunspec") == sunspec
    # Still there when the type becomes known with the first value.
    platform.agent.receive(SFDI, "point", "text")
    platform.run(INTERVAL)
    metadata = platform.messages["one"][1]["point"]
    assert (metadata.get("sunspec"), metadata["type"]) == (sunspec, "string")
    assert (metadata["units"], metadata["tz"]) == ("W", "UTC")


def test_metadata_of_a_point_that_is_added_later(platform: FakePlatform) -> None:
    platform.start(one=device(registry=[{"Volttron Point Name": "b802_SoC"}]))
    platform.run(INTERVAL)
    both = [{"Volttron Point Name": "b802_SoC"}, {"Volttron Point Name": "b701_W"}]
    platform.store("one", device(registry=both))
    platform.run(INTERVAL)
    names = {name: each.get("sunspec") for name, each in platform.messages["one"][1].items()}
    assert names == {"b802_SoC": "b802_SoC", "b701_W": "b701_W"}


@pytest.mark.parametrize("file", ["ieee2030_5.csv", "ieee2030_5_original.csv"])
def test_metadata_of_the_shipped_registries(platform: FakePlatform, file: str) -> None:
    with (REPOSITORY / "config" / file).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    platform.start(one=device(registry=rows))
    platform.run(INTERVAL)
    platform.agent.receive(SFDI, "b1_Md", "PV 5000")
    platform.agent.receive(SFDI, "b121_WMax", 5000)
    platform.run(INTERVAL)
    values, meta = platform.messages["one"]
    assert len(values) == len(meta) == len(rows)
    assert meta["b1_Md"]["type"] == "string"
    assert meta["b121_WMax"]["type"] == ("float" if "Type" in rows[0] else "integer")
    assert meta["b121_WMax"]["units"] == "W"


def test_reading(one: FakePlatform) -> None:
    assert one.get_point("one", "W") is None
    one.agent.receive(SFDI, "W", 7.5)
    one.clock.now += 2
    assert one.get_point("one", "W") == 7.5
    assert one.driver.get(topic="devices/one") == (
        {f"devices/one/{name}": value for name, value in one.agent.values[SFDI].items()},
        {},
    )
    values, errors = one.interface("one").get_multiple_points(["devices/one/W", "devices/one/no"])
    assert values == {"devices/one/W": 7.5}
    assert errors == {"devices/one/no": "Point not configured on device: devices/one/no"}


@pytest.mark.parametrize("value", [0, 2.5, -4])
def test_setting(one: FakePlatform, value: float) -> None:
    assert one.interface("one").set_point("devices/one/Set", value, requester="tester") == value
    assert one.get_point("one", "Set") == value


@pytest.mark.parametrize(
    ("point", "value", "error"),
    [
        ("W", 1, "devices/one/W is read only: its registry row is not Writable"),
        ("Set", "1", "devices/one/Set: '1' (str) is not of type float"),
        ("Set", True, "devices/one/Set: True (bool) is not of type float"),
        ("Set", float("nan"), "devices/one/Set: nan is not a finite number"),
        ("Mode", 1.5, "devices/one/Mode: 1.5 (float) is not of type int"),
        ("Nothing", 1, "Point not configured on device: devices/one/Nothing"),
    ],
)
def test_what_cannot_be_set(one: FakePlatform, point: str, value: Any, error: str) -> None:
    with pytest.raises((ValueError, DriverInterfaceError)) as raised:
        one.interface("one").set_point(f"devices/one/{point}", value)
    assert str(raised.value) == error
    assert "set_point" not in one.agent.calls


def test_setting_several_points_names_each_error(one: FakePlatform) -> None:
    results, errors = one.interface("one").set_multiple_points(
        [("devices/one/Set", 3), ("devices/one/W", 3)]
    )
    assert results == {"devices/one/Set": 3}
    assert list(errors) == ["devices/one/W"]


def test_reverting_a_point_is_the_agents_business(one: FakePlatform) -> None:
    interface = one.interface("one")
    interface.set_point("devices/one/Set", 5)
    interface.revert_point("devices/one/Set")
    assert one.agent.calls["revert_point"] == 1
    assert one.get_point("one", "Set") is None


def test_reverting_to_the_default_of_the_registry(one: FakePlatform) -> None:
    one.interface("one").revert_point("devices/one/Mode")
    assert one.agent.values[SFDI]["Mode"] == 3
    assert "revert_point" not in one.agent.calls


@pytest.mark.parametrize(("before", "now"), [(1, True), (1, 1.0), ([[1, 2]], [[1.0, 2]])])
def test_a_default_of_another_type_is_another_default(
    platform: FakePlatform, before: Any, now: Any
) -> None:
    """platform.driver makes a register anew only if its row is not equal."""
    row = {"Volttron Point Name": "Set", "Writable": "TRUE"}
    row |= {"Type": "curve"} if isinstance(now, list) else {}
    platform.start(one=device(registry=[{**row, "Default": before}]))
    platform.run(INTERVAL)
    platform.store("one", device(registry=[{**row, "Default": now}]))
    platform.interface("one").revert_point("devices/one/Set")
    assert repr(platform.agent.values[SFDI]["Set"]) == repr(now)


def test_reverting_a_device_touches_writable_points_only(one: FakePlatform) -> None:
    assert one.driver._revert(one.driver.build_query_plan("devices/one")) == {}
    one.interface("one").revert_all()
    assert one.agent.calls["revert_point"] == one.agent.calls["set_point"] == 2


def test_reverting_all_goes_on_after_an_error(one: FakePlatform) -> None:
    one.get_point("one", "W")
    del one.agent.values[SFDI]["Set"]
    with pytest.raises(DriverInterfaceError, match=r"devices/one/Set: .* has no point Set$"):
        one.interface("one").revert_all()
    assert one.agent.values[SFDI]["Mode"] == 3


# -- the agent is away, or refuses --


def test_nothing_is_published_while_the_agent_is_away(
    one: FakePlatform, caplog: pytest.LogCaptureFixture
) -> None:
    one.run(2 * INTERVAL)
    published = len(one.polls["one"])
    one.vip.agent = None
    caplog.clear()
    one.run(10 * INTERVAL)
    assert len(one.polls["one"]) == published
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    _, errors = one.driver.get(topic="devices/one")
    assert set(errors) == {f"devices/one/{row['Volttron Point Name']}" for row in REGISTRY}
    with pytest.raises(DriverInterfaceError, match="is it installed and running"):
        one.get_point("one", "W")
    one.vip.agent = one.agent
    one.run(3 * INTERVAL)
    assert len(one.polls["one"]) >= published + 2


def test_a_refused_registry_is_said_once_and_to_everybody_who_asks(
    one: FakePlatform, caplog: pytest.LogCaptureFixture
) -> None:
    one.agent.bad_points = {"W"}
    one.run(5 * INTERVAL)
    assert warnings(caplog) == [f"devices/one is not published: device {SFDI}: bad rows: W"]
    with pytest.raises(DriverInterfaceError, match="bad rows: W"):
        one.get_point("one", "Name")
    one.agent.bad_points = set()
    one.store("one", device(registry=REGISTRY[:2]))
    one.run(INTERVAL)
    assert one.messages["one"][0] == {"W": None, "Set": None}


# -- configuration --


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        (device("123"), "sfdi: '123' is no SFDI"),
        (device(rpc_timeout_s=0), "rpc_timeout_s: must be greater than 0"),
        (device(registry=[]), "the registry has no rows"),
        (
            device(registry=REGISTRY + REGISTRY[:1]),
            r"registry line 6 \(W\): .* is the point of line 2 already",
        ),
        (device("1", [{"Units": "W"}]), r"registry line 2: .* is empty; sfdi: '1' is no SFDI"),
    ],
    ids=["sfdi", "timeout", "empty", "twice", "both"],
)
def test_a_bad_new_device_says_why_until_it_is_corrected(
    platform: FakePlatform,
    config: dict[str, Any],
    complaint: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    platform.start(good=device(OTHER_SFDI))
    platform.store("one", config)
    platform.run(2 * INTERVAL)
    (warning,) = warnings(caplog)
    assert warning.startswith("devices/one is not polled: ")
    with pytest.raises(DriverInterfaceError, match=f"^devices/one is not polled: .*{complaint}"):
        platform.interface("one").set_point("devices/one/Set", 1) if platform.interface(
            "one"
        ).point_map else platform.interface("one")._read()
    assert len(platform.polls["good"]) == 2
    assert not platform.polls["one"]
    platform.store("one", device())
    platform.run(INTERVAL)
    assert set(platform.messages["one"][0]) == {"W", "Set", "Mode", "Name"}


@pytest.mark.parametrize(
    "config",
    [device("123"), device(registry=[]), device(registry=REGISTRY + REGISTRY), device(OTHER_SFDI)],
    ids=["sfdi", "empty", "twice", "taken"],
)
def test_a_bad_update_changes_nothing(
    platform: FakePlatform, config: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    platform.start(one=device(), other=device(OTHER_SFDI))
    platform.run(INTERVAL)
    platform.agent.receive(SFDI, "W", 5)
    platform.store("one", config)
    (warning,) = warnings(caplog)
    assert warning.startswith("devices/one: the update is refused, nothing was changed: ")
    platform.run(INTERVAL)
    assert platform.messages["one"][0]["W"] == 5
    assert platform.agent.maps[SFDI] == ["W", "Set", "Mode", "Name"]
    assert len(platform.polls["other"]) == 2


def test_a_bad_update_does_not_stop_an_update_of_the_driver(platform: FakePlatform) -> None:
    platform.start(one=device(), other=device(OTHER_SFDI))
    platform.store("one", device("123"))
    platform.configure_driver(publish_single_depth=True)
    assert platform.driver.config.publish_single_depth
    platform.run(INTERVAL)
    assert platform.polls["one"]
    assert platform.polls["other"]


def test_another_device_under_the_same_topic(one: FakePlatform) -> None:
    one.run(INTERVAL)
    one.agent.receive(SFDI, "W", 5)
    one.store("one", device(OTHER_SFDI, rpc_timeout_s=2))
    one.run(INTERVAL)
    assert one.messages["one"][0]["W"] is None
    assert one.interface("one").driver_agent.config.sfdi == OTHER_SFDI
    one.store("second", device(SFDI))  # the first device is free again
    one.run(INTERVAL)
    assert one.messages["second"][0]["W"] == 5


def test_a_deleted_device_comes_back_with_another_configuration(one: FakePlatform) -> None:
    one.run(INTERVAL)
    one.delete("one")
    one.store("one", device(OTHER_SFDI, REGISTRY[:1]))
    one.run(INTERVAL)
    assert one.messages["one"][0] == {"W": None}
    assert set(one.agent.maps) == {SFDI, OTHER_SFDI}


def test_a_changed_registry(one: FakePlatform) -> None:
    one.run(INTERVAL)
    changed = [{**REGISTRY[0], "Units": "kW"}, {"Volttron Point Name": "New", "Type": "bool"}]
    one.store("one", device(registry=changed))
    one.run(INTERVAL)
    values, meta = one.messages["one"]
    assert values == {"W": None, "New": None}
    assert (meta["W"]["units"], meta["New"]["type"]) == ("kW", "boolean")
    assert one.agent.maps[SFDI] == ["W", "New"]


@pytest.mark.parametrize("at_start", [True, False])
def test_a_device_configured_twice(
    platform: FakePlatform, at_start: bool, caplog: pytest.LogCaptureFixture
) -> None:
    if at_start:
        platform.start(first=device(), second=device(registry=REGISTRY[:1]))
    else:
        platform.start(first=device())
        platform.store("second", device(registry=REGISTRY[:1]))
    platform.run(3 * INTERVAL)
    conflict = f"device {SFDI} of agent 'ieee2030_5' is already configured as devices/first"
    assert warnings(caplog) == [f"devices/second is not polled: {conflict}"]
    with pytest.raises(DriverInterfaceError, match=conflict):
        platform.get_point("second", "W")
    assert (len(platform.polls["first"]), len(platform.polls["second"])) == (3, 0)
    assert platform.agent.maps[SFDI] == ["W", "Set", "Mode", "Name"]
    platform.delete("first")
    platform.run(INTERVAL)
    assert platform.messages["second"][0] == {"W": None}


def test_two_agents(platform: FakePlatform) -> None:
    platform.start(one=device(), two=device(ieee2030_5_agent_id="another"))
    clients = {platform.interface(name)._device()[0] for name in ("one", "two")}
    assert {client.identity for client in clients} == {"ieee2030_5", "another"}


def test_devices_of_one_agent_share_the_client(platform: FakePlatform) -> None:
    platform.start(one=device(), two=device(OTHER_SFDI, IEEE2030_5_agent_id="ieee2030_5"))
    assert len({platform.interface(name)._device()[0] for name in ("one", "two")}) == 1


def test_defaults_for_all_devices(platform: FakePlatform) -> None:
    platform.vip.store["interfaces/ieee2030_5"] = {"rpc_timeout_s": 2, "cache_expiry_s": 3}
    platform.start(one=device(cache_expiry_s=4))
    _, settings = platform.interface("one")._device()
    assert (settings.rpc_timeout_s, settings.cache_expiry_s) == (2, 4)


def test_a_heartbeat_writes_nothing(
    platform: FakePlatform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    platform.start(one={**device(), "heart_beat_point": "devices/one/Set"})
    platform.interface("one").driver_agent.heart_beat()
    assert "set_point" not in platform.agent.calls
    assert "devices/one: heart_beat_point is ignored: IEEE 2030.5 has no heartbeat" in (
        caplog.messages
    )
