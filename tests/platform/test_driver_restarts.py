"""Either side may restart: the device is published again under its own registry."""

from __future__ import annotations

import pytest

from tests.platform.under_test import AGENT, DRIVER, PlatformUnderTest

# Names that the shipped registry does not have: only config_points can have told the agent.
OWN_REGISTRY = [
    {"Volttron Point Name": "serial", "Resource": "EndDevice", "Field": "sFDI"},
    {
        "Volttron Point Name": "charge",
        "Resource": "DERStatus",
        "Field": "stateOfChargeStatus",
        "Units": "%",
    },
]
STATUS = (
    '<DERStatus xmlns="urn:ieee:std:2030.5:ns"><readingTime>1</readingTime><stateOfChargeStatus>'
    "<dateTime>1</dateTime><value>{}</value></stateOfChargeStatus></DERStatus>"
)


@pytest.mark.parametrize("identity", [DRIVER, AGENT])
def test_values_come_back_by_themselves(platform: PlatformUnderTest, identity: str) -> None:
    device = platform.add_device()
    topic = platform.add_to_driver(device, registry=OWN_REGISTRY)
    platform.restart(identity)
    status = f"{platform.href(device)}/der/1/ders"
    assert platform.http("PUT", status, STATUS.format(4200)).status_code == 201
    with platform.bus(f"devices/{topic}/multi") as bus:
        bus.wait(
            lambda message: message.body[0] == {"serial": device.sfdi, "charge": 42},
            what="the points of its own registry",
        )
    platform.remove_from_driver(topic)
