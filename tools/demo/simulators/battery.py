"""A battery that follows the DERControls of its programs."""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element

from .client import Client, Unanswered, link, text
from .device import Device, say
from .documents import IS_DER, IS_MIRROR, IS_SUBMETER, document, fields, scaled, status
from .events import Answers, Control, followed

CAPACITY_WH = 13_500
RATED_W = 5000
PACK_VOLTS = 400.0
LINE_VOLTS = 240.0
RESERVE = 0.1
# It reaches a new power within a few seconds, so that one can see it follow.
RAMP_W_PER_S = 500.0
MODE = "opModFixedW"


class Battery(Device):
    """Charges and discharges as commanded, rests without a command."""

    model = "Demo battery 13.5 kWh"
    role = IS_MIRROR | IS_DER | IS_SUBMETER

    def __init__(self, client: Client, sfdi: str, lfdi: str) -> None:
        super().__init__(client, sfdi, lfdi)
        self.power_w = 0.0  # positive discharges
        self.wanted_w = 0.0
        self.energy_wh = 0.55 * CAPACITY_WH
        self.exported_wh = 214_000.0
        self.imported_wh = 251_700.0
        self.celsius = 24.0
        self.age_s = 0.0
        self.answers = Answers(self.lfdi, self.client.post)

    def advance(self, seconds: float) -> None:
        step = RAMP_W_PER_S * seconds
        self.power_w += max(-step, min(step, self.wanted_w - self.power_w))
        moved_wh = self.power_w * seconds / 3600
        self.energy_wh = max(0.0, min(CAPACITY_WH, self.energy_wh - moved_wh))
        self.exported_wh += max(moved_wh, 0)
        self.imported_wh += max(-moved_wh, 0)
        heat_for = 24.0 + abs(self.power_w) / 500
        self.celsius += (heat_for - self.celsius) * min(seconds / 30, 1)
        self.age_s += seconds

    @property
    def pack_volts(self) -> float:
        """Fuller means more volts, charging too, and it is never quite the same."""
        charge = self.energy_wh / CAPACITY_WH - 0.5
        return PACK_VOLTS + 40 * charge - self.power_w / 1000 + 0.3 * math.sin(self.age_s / 9)

    def read_controls(self) -> None:
        """Its assignments, their programs, their controls: follows one, answers for all."""
        if self.registered is None:
            return
        controls = [
            Control.read(element, int(text(program, "primacy")))
            for program in self._programs()
            for element in self.client.members(link(program, "DERControlListLink"), "DERControl")
        ]
        control = followed(controls, MODE)
        percent = "" if control is None else text(control.base, MODE)
        # Hundredths of a percent of the set charge rate when negative, else of the discharge rate.
        wanted = int(percent) / 10_000 * RATED_W if percent else 0.0
        if wanted != self.wanted_w:
            say(f"follows {MODE} {percent or 'no longer'}: {wanted:.0f} W")
            self.wanted_w = wanted
        for line in self.answers.update(controls, control, self.clock.now()):
            say(line)

    def _programs(self) -> list[Element]:
        if self.registered is None:
            return []
        assignments = self.client.members(
            link(self.registered, "FunctionSetAssignmentsListLink"), "FunctionSetAssignments"
        )
        programs = [
            program
            for assignment in assignments
            for program in self.client.members(link(assignment, "DERProgramListLink"), "DERProgram")
        ]
        if not programs:
            raise Unanswered("no DERProgram is assigned to the battery")
        return programs

    def nameplate(self) -> dict[str, str]:
        return {
            "DERCapabilityLink": document(
                "DERCapability",
                fields(
                    modesSupported="00000083",
                    rtgMaxA=scaled(RATED_W / LINE_VOLTS, -1),
                    rtgMaxAh=scaled(CAPACITY_WH / PACK_VOLTS, -2),
                    rtgMaxChargeRateW=scaled(RATED_W, 3),
                    rtgMaxDischargeRateW=scaled(RATED_W, 3),
                    rtgMaxW=scaled(RATED_W, 3),
                    rtgMaxWh=scaled(CAPACITY_WH, 2),
                    type=80,
                ),
            ),
            "DERSettingsLink": document(
                "DERSettings",
                fields(
                    modesEnabled="00000083",
                    setGradW=round(RAMP_W_PER_S / RATED_W * 10_000),
                    setMaxChargeRateW=scaled(RATED_W),
                    setMaxDischargeRateW=scaled(RATED_W),
                    setMaxW=scaled(RATED_W),
                    updatedTime=self.clock.now(),
                ),
            ),
        }

    def state(self) -> dict[str, str]:
        now = self.clock.now()
        mode = 2 if self.power_w == 0 else 0 if self.power_w < 0 else 1
        deliverable_wh = max(0.0, self.energy_wh - RESERVE * CAPACITY_WH)
        return {
            "DERStatusLink": document(
                "DERStatus",
                fields(
                    inverterStatus=status(8 if self.power_w == 0 else 4, now),
                    localControlModeStatus=status(1, now),
                    operationalModeStatus=status(2, now),
                    readingTime=now,
                    stateOfChargeStatus=status(round(self.energy_wh / CAPACITY_WH * 10_000), now),
                    storageModeStatus=status(mode, now),
                    storConnectStatus=status("07", now),
                ),
            ),
            "DERAvailabilityLink": document(
                "DERAvailability",
                fields(
                    availabilityDuration=round(deliverable_wh / RATED_W * 3600),
                    readingTime=now,
                    statWAvail=scaled(RATED_W),
                ),
            ),
        }

    def readings(self) -> dict[str, float]:
        return {
            "PhaseCurrentAvg": abs(self.power_w) / LINE_VOLTS,
            "InstantPackCurrent": self.power_w / self.pack_volts,
            "LineVoltageAvg": self.pack_volts,
            "PhasePowerAvg": self.power_w,
            "PhasePFA": 1.0,
            "EnergyIMP": self.imported_wh,
            "EnergyEXP": self.exported_wh,
            "InstantPackTemp": self.celsius,
        }
