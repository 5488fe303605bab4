"""A charger with an electric vehicle that has to be full at a certain time."""

from __future__ import annotations

import math

from .client import Client
from .device import Device
from .documents import IS_MIRROR, IS_PEV, IS_SUBMETER, document, fields, scaled, status

RATED_W = 11_000
VOLTS = 400.0
CAPACITY_WH = 60_000
TARGET = 0.9
DEPARTURE_S = 3 * 3600


class Charger(Device):
    """Charges a vehicle and tells about it in PowerStatus."""

    model = "Demo charger 11 kW"
    role = IS_MIRROR | IS_PEV | IS_SUBMETER

    def __init__(self, client: Client, sfdi: str, lfdi: str) -> None:
        super().__init__(client, sfdi, lfdi)
        self.age_s = 0.0
        self.energy_wh = 0.42 * CAPACITY_WH
        self.imported_wh = 88_050.0
        self.departure = self.clock.now() + DEPARTURE_S

    @property
    def power_w(self) -> float:
        """Charging power; a real vehicle never takes quite the same."""
        return 7200 + 150 * math.sin(self.age_s / 5)

    @property
    def missing_wh(self) -> float:
        """What the vehicle still wants."""
        return max(0.0, TARGET * CAPACITY_WH - self.energy_wh)

    def advance(self, seconds: float) -> None:
        self.age_s += seconds
        self.energy_wh += self.power_w * seconds / 3600
        self.imported_wh += self.power_w * seconds / 3600

    def nameplate(self) -> dict[str, str]:
        return {
            "DERCapabilityLink": document(
                "DERCapability",
                fields(
                    modesSupported="00000001",
                    rtgMaxA=scaled(16),
                    rtgMaxChargeRateW=scaled(RATED_W, 3),
                    rtgMaxW=scaled(0),
                    rtgMaxWh=scaled(CAPACITY_WH, 3),
                    type=82,
                ),
            ),
            "DERSettingsLink": document(
                "DERSettings",
                fields(
                    setGradW=0,
                    setMaxChargeRateW=scaled(RATED_W, 3),
                    setMaxW=scaled(0),
                    updatedTime=self.clock.now(),
                ),
            ),
        }

    def state(self) -> dict[str, str]:
        now = self.clock.now()
        return {
            "DERStatusLink": document(
                "DERStatus",
                fields(
                    inverterStatus=status(4, now),
                    localControlModeStatus=status(0, now),
                    readingTime=now,
                    stateOfChargeStatus=status(round(self.energy_wh / CAPACITY_WH * 10_000), now),
                    storageModeStatus=status(0, now),
                    storConnectStatus=status("05", now),
                ),
            ),
            "DERAvailabilityLink": document("DERAvailability", fields(readingTime=now)),
        }

    def power_status(self) -> str:
        now = self.clock.now()
        return document(
            "PowerStatus",
            fields(
                batteryStatus=1,
                changedTime=now,
                currentPowerSource=1,
                estimatedChargeRemaining=round(self.energy_wh / CAPACITY_WH * 10_000),
                PEVInfo=fields(
                    chargingPowerNow=scaled(self.power_w),
                    energyRequestNow=scaled(self.missing_wh),
                    maxForwardPower=scaled(RATED_W, 1),
                    minimumChargingDuration=round(self.missing_wh / RATED_W * 3600),
                    targetStateOfCharge=round(TARGET * 10_000),
                    timeChargeIsNeeded=self.departure,
                    timeChargingStatusPEV=now,
                ),
            ),
        )

    def readings(self) -> dict[str, float]:
        return {
            "PhaseCurrentAvg": self.power_w / VOLTS / math.sqrt(3),
            "LineVoltageAvg": VOLTS,
            "PhasePowerAvg": -self.power_w,
            "PhasePFA": 0.99,
            "EnergyIMP": self.imported_wh,
        }
