"""All points of the registries: HTTP -> agent RPC -> driver RPC -> a message on the bus.

The documents and the expected values are those of the unit tests of points.
"""

from __future__ import annotations

import csv
import json
import re
import uuid
from typing import Any

import pytest
from volttron.utils.jsonrpc import RemoteError

from tests.platform.under_test import DRIVER, Device, PlatformUnderTest
from tests.point_cases import POINTS, REPOSITORY

SET_POINT = "b124_WChaMax"
# The points that tell who the device is: each run has a device of its own.
IDENTITY = ("b1_SN", "b1_Opt")
# The whole table first; in the smaller ones the points are the same.
TABLE = "ieee2030_5.csv"
REGISTRIES = [
    (TABLE, "2018"),
    ("points/legacy.csv", "2018"),
    ("ieee2030_5_original.csv", "2013"),
]
PATHS = {
    "DeviceInformation": "di",
    "PowerStatus": "ps",
    "DERCapability": "der/1/dercap",
    "DERSettings": "der/1/derg",
    "DERStatus": "der/1/ders",
    "DERAvailability": "der/1/dera",
}
TYPES = {"float": float | int, "integer": int, "string": str, "boolean": bool}


def expected(registry: str, documents: str) -> dict[str, Any]:
    """The 26 points of the original in a registry, and what the documents make of them."""
    registry = TABLE if registry == "points/legacy.csv" else registry
    with (POINTS / "expected.csv").open(newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if (row["registry"], row["documents"]) == (registry, documents)
        ]
    return {row["point"]: json.loads(row["value"]) for row in rows}


def documents_of(folder: str, device: Device) -> dict[str, str]:
    """The documents, with the LFDI of the device and mRIDs of its own."""
    texts = {path.stem: path.read_text() for path in sorted((POINTS / folder).glob("*.xml"))}
    for name, text in texts.items():
        text = re.sub(r"<(lFDI|deviceLFDI)>\w+<", rf"<\1>{device.lfdi}<", text)
        own = uuid.uuid5(uuid.NAMESPACE_OID, device.lfdi + name)
        texts[name] = re.sub(
            r"<mRID>(\w+)<", lambda mrid, own=own: f"<mRID>{uuid.uuid5(own, mrid[1]).hex}<", text
        )
    return texts


def send_everything(platform: PlatformUnderTest, device: Device, folder: str) -> None:
    href = platform.href(device)
    for name, text in documents_of(folder, device).items():
        if name in PATHS:
            answer = platform.http("PUT", f"{href}/{PATHS[name]}", text)
        elif name.startswith("Mirror"):
            answer = platform.http("POST", "/dcap/mup", text)
        else:
            continue
        assert answer.status_code == 201, (name, answer.text)


@pytest.mark.parametrize(("registry", "folder"), REGISTRIES)
def test_every_point_reaches_the_bus(
    platform: PlatformUnderTest, registry: str, folder: str
) -> None:
    device = platform.add_device()
    name = registry.rpartition("/")[2]
    platform.store(DRIVER, name, (REPOSITORY / "config" / registry).read_text())
    topic = platform.add_to_driver(device, registry=f"config://{name}")
    wanted = expected(registry, folder)
    assert len(wanted) == 26
    unset = dict.fromkeys(wanted) | {"b1_SN": device.sfdi}

    def has(message: Any, values: Any) -> bool:
        return {point: message.body[0].get(point, ...) for point in wanted} == values

    with platform.bus(f"devices/{topic}/multi") as bus:
        # Never received is null, not 0.
        message = bus.wait(lambda message: has(message, unset), what="26 empty points")
        send_everything(platform, device, folder)
        # Positive charges; the documents set a charge rate of 20 W and a discharge rate of 40 W.
        watts = platform.driver("set_point", topic, SET_POINT, 5)
        wanted |= {SET_POINT: watts, "b1_SN": device.sfdi, "b1_Opt": device.lfdi}
        close = pytest.approx(wanted)  # derived values differ in their last bit
        message = bus.wait(lambda message: has(message, close), what=f"{wanted}")
    assert {name: platform.agent("get_points", device.sfdi)[name] for name in wanted} == close
    assert {point: platform.driver("get_point", topic, point) for point in wanted} == close
    check_metadata(*message.body, registry)


def check_metadata(values: dict[str, Any], metadata: dict[str, Any], registry: str) -> None:
    with (REPOSITORY / "config" / registry).open(newline="") as file:
        units = {row["Volttron Point Name"]: row["Units"] for row in csv.DictReader(file)}
    assert set(metadata) == set(values) == set(units)
    for point, about in metadata.items():
        assert about["units"] == units[point].replace("NA", ""), point
        assert values[point] is None or isinstance(values[point], TYPES[about["type"]]), point
        assert about.get("sunspec") == (point if point.startswith("b") else None), point


def test_a_row_that_nobody_has_shipped(platform: PlatformUnderTest) -> None:
    """A user's registry on the running platform: its points, then two more, no line of Python."""
    device = platform.add_device()
    titles = "Volttron Point Name,Point Name,Resource,Field,Units,Type,Mapping,Writable\n"
    first = "soc,b802_SoC,DERStatus,stateOfChargeStatus,%,,,\n"
    more = (
        "state,,DERStatus,inverterStatus,,symbol,2=0:asleep;5=1:awake,\n"
        "headroom,,,=DERSettings.setMaxDischargeRateW-DERSettings.setMaxChargeRateW,W,,,\n"
    )
    shipped = (REPOSITORY / "config" / TABLE).read_text()
    assert not re.search(
        "^(state|headroom),|asleep|=DERSettings.setMaxDischargeRateW-", shipped, re.M
    )
    platform.store(DRIVER, "mine.csv", titles + first)
    topic = platform.add_to_driver(device, registry="config://mine.csv")
    send_everything(platform, device, "2018")
    with platform.bus(f"devices/{topic}/multi") as bus:
        bus.wait(lambda message: message.body[0] == {"soc": 7.77}, what="one point")
        platform.store(DRIVER, "mine.csv", titles + first + more)
        wanted = {"soc": 7.77, "state": "asleep", "headroom": 20.0}
        message = bus.wait(lambda message: message.body[0] == wanted, what="three points")
    about = {name: (each["units"], each["type"]) for name, each in message.body[1].items()}
    assert about == {"soc": ("%", "float"), "state": ("", "string"), "headroom": ("W", "float")}


def test_a_set_point_reaches_the_device_and_is_read_back(platform: PlatformUnderTest) -> None:
    device = platform.add_device()
    topic = platform.add_to_driver(device)
    with pytest.raises(RemoteError, match="has not been reported yet"):
        platform.driver("set_point", topic, SET_POINT, 1000)
    send_everything(platform, device, "2018")
    controls = platform.href(device) + "/derc"
    for watts in (5, 0, -10):
        assert platform.driver("set_point", topic, SET_POINT, watts) == watts
        assert platform.driver("get_point", topic, SET_POINT) == watts
    text = platform.http("GET", controls).text
    assert text.count("<currentStatus>1</currentStatus>") == 1
    assert "<opModFixedW>" in text
    platform.driver("revert_point", topic, SET_POINT)
    assert platform.driver("get_point", topic, SET_POINT) is None
    assert "<currentStatus>1<" not in platform.http("GET", controls).text


BAD_WRITES = [
    ("b802_SoC", 50, "b802_SoC"),
    (SET_POINT, float("nan"), SET_POINT),
    (SET_POINT, "much", SET_POINT),
    (SET_POINT, True, SET_POINT),
    (SET_POINT, 1e9, SET_POINT),
    ("b999_Nothing", 1, "b999_Nothing"),
]


@pytest.mark.parametrize(("point", "value", "named"), BAD_WRITES)
def test_a_bad_write_is_refused_and_changes_nothing(
    platform: PlatformUnderTest, point: str, value: Any, named: str
) -> None:
    device = platform.add_device()
    topic = platform.add_to_driver(device)
    send_everything(platform, device, "2018")
    before = platform.agent("get_points", device.sfdi)
    with pytest.raises(RemoteError, match=named):
        platform.driver("set_point", topic, point, value)
    assert platform.agent("get_points", device.sfdi) == before
