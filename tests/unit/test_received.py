"""The latest resources of a device."""

from __future__ import annotations

import re
import sys
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings

from ieee2030_5_agent.model.received import Received
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.sep.packing import pack
from tests.strategies import resources

WRITTEN = ("DERStatus", "DERSettings", "DERCapability", "DeviceInformation", "PowerStatus")


@pytest.mark.parametrize("class_name", WRITTEN)
def test_what_a_device_writes_is_read_and_what_it_changed_is_told(class_name: str) -> None:
    @settings(max_examples=40, deadline=None, derandomize=True)
    @given(resources(class_name), resources(class_name))
    def check(former: Any, latest: Any) -> None:
        received, key = Received(), (class_name, 1)
        assert received.put(key, former) is None
        assert received.put(key, former) == frozenset()
        names = {field.name for field in fields(latest)}
        different = {name for name in names if getattr(former, name) != getattr(latest, name)}
        assert received.put(key, latest) == different
        assert received[key] == received.get(key) == latest

    check()


def test_a_change_to_what_was_given_is_no_change_to_what_is_held() -> None:
    received, status = Received(), models.DERStatus(readingTime=1)
    received.put(("DERStatus", 1), status)
    status.readingTime = 2
    assert received["DERStatus", 1] == models.DERStatus(readingTime=1)


def test_what_programs_hold_is_the_same_object() -> None:
    received, control = Received(), models.DERControl()
    received["DERControl", "opModMaxLimW"] = control
    assert received["DERControl", "opModMaxLimW"] is control
    del received["DERControl", "opModMaxLimW"]
    assert (len(received), received.get(("DERControl", "opModMaxLimW"))) == (0, None)


def test_what_is_packed_is_held_among_the_small_objects(
    capfd: pytest.CaptureFixture[str],
) -> None:
    # Elsewhere it leaves gaps when it is replaced, and a fleet that is running grows by a fifth.
    def octets() -> int:
        sys._debugmallocstats()
        found = re.search("bytes in allocated blocks += +([0-9,]+)", capfd.readouterr().err)
        assert found is not None
        return int(found[1].replace(",", ""))

    before = octets()
    held = [
        pack(models.DeviceInformation(mfInfo=f"{number:032}", mfModel="M" * 32))
        for number in range(1000)
    ]
    assert octets() - before >= sum(map(sys.getsizeof, held))
