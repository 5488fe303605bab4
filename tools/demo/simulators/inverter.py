"""A photovoltaic inverter under passing clouds, behind py20305.

py20305 is the SunSpec Alliance's client of IEEE 2030.5. It speaks the protocol, this connector is
the device: ``python -m py20305`` loads it by its name.
"""

from __future__ import annotations

import math
import time
from typing import Any

from py20305.connectors.base import BaseConnector, ConnectorPayload

RATED_W = 8000
VOLTS = 240.0
POWER_FACTOR = 0.985
# DERControlType bits: opModMaxLimW.
MODES = 1 << 20


class Inverter(BaseConnector):
    """Makes power, and no more of it than it is told to."""

    connector_name = "demo inverter 8 kW"
    der_type = 4

    def __init__(self) -> None:
        self.age_s = 0.0
        self.exported_wh = 1_284_300.0
        self.limit = 1.0
        self._seen = time.monotonic()

    @property
    def power_w(self) -> float:
        """A slow rise and fall of the sun with a faster one of clouds, cut off at the limit."""
        sun = 0.65 + 0.15 * math.sin(self.age_s / 60)
        clouds = 0.08 * math.sin(self.age_s / 7) + 0.04 * math.sin(self.age_s / 3)
        return RATED_W * min(sun + clouds, self.limit)

    def advance(self) -> None:
        """Lets it live until now."""
        now = time.monotonic()
        seconds, self._seen = now - self._seen, now
        self.age_s += seconds
        self.exported_wh += self.power_w * seconds / 3600

    async def fetch_monitoring(self) -> dict[str, Any]:
        self.advance()
        return {
            "W": round(self.power_w),
            "VA": round(self.power_w / POWER_FACTOR),
            "A": self.power_w / VOLTS / POWER_FACTOR,
            "V": VOLTS + math.sin(self.age_s / 11),
            "Hz": 60.0,
            "PF": POWER_FACTOR,
            "WhRev": round(self.exported_wh),
        }

    async def fetch_nameplate(self) -> dict[str, Any]:
        return {"WMaxRtg": RATED_W, "VAMaxRtg": RATED_W, "VNomRtg": VOLTS, "CtrlModes": MODES}

    async def fetch_configuration(self) -> dict[str, Any]:
        return {"WMax": 7500, "VAMax": RATED_W, "VNom": VOLTS, "CtrlModes": MODES}

    async def fetch_availability(self) -> dict[str, Any]:
        return {"statWAvail": {"value": round(self.power_w), "multiplier": 0}}

    async def fetch_status(self) -> dict[str, Any]:
        return {
            "alarmStatus": 0,
            "genConnectStatus": {"value": 7},
            "inverterStatus": {"value": 4},
            "localControlModeStatus": {"value": 1},
            "operationalModeStatus": {"value": 2},
        }

    async def update_p_lim(self, params: dict[str, Any]) -> ConnectorPayload:
        """opModMaxLimW in percent of setMaxW; switched off when it ends."""
        self.advance()
        limited = params.get("p_lim_mode_enable") and params.get("p_lim_w") is not None
        self.limit = params["p_lim_w"] / 100 if limited else 1.0
        return None
