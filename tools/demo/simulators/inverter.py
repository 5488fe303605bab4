"""A photovoltaic inverter under passing clouds."""

from __future__ import annotations

import math

from .client import Client
from .device import Device
from .documents import IS_DER, IS_MIRROR, IS_SUBMETER, document, fields, scaled, status

RATED_W = 8000
VOLTS = 240.0
POWER_FACTOR = 0.985


class Inverter(Device):
    """Makes power, takes no commands."""

    model = "Demo inverter 8 kW"
    role = IS_MIRROR | IS_DER | IS_SUBMETER

    def __init__(self, client: Client, sfdi: str, lfdi: str) -> None:
        super().__init__(client, sfdi, lfdi)
        self.age_s = 0.0
        self.exported_wh = 1_284_300.0

    @property
    def power_w(self) -> float:
        """A slow rise and fall of the sun with a faster one of clouds."""
        sun = 0.65 + 0.15 * math.sin(self.age_s / 60)
        clouds = 0.08 * math.sin(self.age_s / 7) + 0.04 * math.sin(self.age_s / 3)
        return RATED_W * (sun + clouds)

    def advance(self, seconds: float) -> None:
        self.age_s += seconds
        self.exported_wh += self.power_w * seconds / 3600

    def nameplate(self) -> dict[str, str]:
        return {
            "DERCapabilityLink": document(
                "DERCapability",
                fields(
                    modesSupported="00100000",
                    rtgMaxA=scaled(RATED_W / VOLTS, -1),
                    rtgMaxVA=scaled(RATED_W, 1),
                    rtgMaxW=scaled(RATED_W, 3),
                    rtgVNom=scaled(VOLTS),
                    type=4,
                ),
            ),
            "DERSettingsLink": document(
                "DERSettings",
                fields(setGradW=0, setMaxW=scaled(7500, 2), updatedTime=self.clock.now()),
            ),
        }

    def state(self) -> dict[str, str]:
        now = self.clock.now()
        return {
            "DERStatusLink": document(
                "DERStatus",
                fields(
                    genConnectStatus=status("07", now),
                    inverterStatus=status(4, now),
                    localControlModeStatus=status(1, now),
                    operationalModeStatus=status(2, now),
                    readingTime=now,
                ),
            ),
            "DERAvailabilityLink": document(
                "DERAvailability",
                fields(readingTime=now, statWAvail=scaled(self.power_w)),
            ),
        }

    def readings(self) -> dict[str, float]:
        return {
            "PhaseCurrentAvg": self.power_w / VOLTS / POWER_FACTOR,
            "LineVoltageAvg": VOLTS + math.sin(self.age_s / 11),
            "PhasePowerAvg": self.power_w,
            "PhasePFA": POWER_FACTOR,
            "EnergyEXP": self.exported_wh,
        }
