"""Changed points are published at once, where the configuration of a device asks for it."""

from __future__ import annotations

import time

from tests.platform.under_test import PlatformUnderTest

# Long before the next poll, and long enough for a busy machine.
INTERVAL_S = 20
AT_ONCE_S = 8.0
STATUS = (
    '<DERStatus xmlns="urn:ieee:std:2030.5:ns"><readingTime>1780000000</readingTime>'
    "<stateOfChargeStatus><dateTime>1780000000</dateTime><value>{charge}</value>"
    "</stateOfChargeStatus></DERStatus>"
)


def test_a_changed_point_is_on_the_bus_before_the_next_poll(platform: PlatformUnderTest) -> None:
    device = platform.add_device()
    with platform.bus("devices/push/") as bus:
        topic = platform.add_to_driver(
            device, f"push/d{device.sfdi}", interval=INTERVAL_S, push_changes=True
        )
        polled = bus.wait(timeout=2 * INTERVAL_S, what="a first poll")
        whole = set(polled.body[0])
        assert polled.body[0]["b802_SoC"] is None
        for charge in (9300, 0):
            seen = len(bus)
            href = platform.href(device) + "/der/1/ders"
            assert platform.http("PUT", href, STATUS.format(charge=charge)).status_code < 300
            sent = time.time()
            pushed = bus.wait(
                lambda message: message.body[0].get("b802_SoC") is not None,
                AT_ONCE_S,
                after=seen,
                what="the new state of charge",
            )
            assert pushed.topic == f"devices/{topic}/multi"
            assert pushed.body[0]["b802_SoC"] == charge / 100
            assert pushed.body[1]["b802_SoC"]["units"] == "%"
            assert pushed.at - sent < AT_ONCE_S
            # Only what has changed: a poll publishes all points.
            assert set(pushed.body[0]) < whole
        # The polls go on in their rhythm.
        again = bus.wait(
            lambda message: set(message.body[0]) == whole, 2 * INTERVAL_S, after=1, what="a poll"
        )
        assert again.at - polled.at < 1.5 * INTERVAL_S
        assert again.body[0]["b802_SoC"] == 0
