"""No device is asked for more than it reported that it can do."""

from __future__ import annotations

import pytest

from ieee2030_5_agent.model import capability
from ieee2030_5_agent.model.errors import BadValue
from ieee2030_5_agent.sep import models

SETTINGS = models.DERSettings(
    setMaxW=models.ActivePower(multiplier=3, value=5),
    setMaxChargeRateW=models.ActivePower(multiplier=3, value=4),
    setMaxVarNeg=models.ReactivePower(multiplier=0, value=-1000),
)
RATINGS = models.DERCapability(
    rtgMaxW=models.ActivePower(multiplier=3, value=9),
    rtgMaxVar=models.ReactivePower(multiplier=0, value=2000),
)
RESOURCES = {("DERSettings", 1): SETTINGS, ("DERCapability", 1): RATINGS}


def base(mode: str, value: int) -> models.DERControlBase:
    kind = models.ActivePower if mode.endswith("W") else models.ReactivePower
    return models.DERControlBase(**{mode: kind(multiplier=0, value=value)})


@pytest.mark.parametrize(
    ("mode", "value"),
    [
        ("opModTargetW", 5000),
        ("opModTargetW", 0),
        ("opModTargetW", -4000),
        ("opModTargetVar", 2000),
        ("opModTargetVar", -1000),
    ],
)
def test_takes_what_the_device_can(mode: str, value: int) -> None:
    capability.check(base(mode, value), RESOURCES)


@pytest.mark.parametrize(
    ("mode", "value", "field"),
    [
        ("opModTargetW", 5001, "DERSettings.setMaxW, which is 5000"),
        ("opModTargetW", -4001, "DERSettings.setMaxChargeRateW, which is 4000"),
        ("opModTargetVar", 2001, "DERCapability.rtgMaxVar, which is 2000"),
        ("opModTargetVar", -1001, "DERSettings.setMaxVarNeg, which is 1000"),
    ],
)
def test_refuses_more(mode: str, value: int, field: str) -> None:
    with pytest.raises(BadValue, match=field):
        capability.check(base(mode, value), RESOURCES)


def test_what_was_not_reported_limits_nothing() -> None:
    capability.check(base("opModTargetW", 30000), {})
    capability.check(models.DERControlBase(opModConnect=True), RESOURCES)
