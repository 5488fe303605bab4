"""A server on which points are written, and what the device then finds by GET."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from ieee2030_5_agent.model.changes import PointValue
from ieee2030_5_agent.model.end_device import EndDevice, Registration
from ieee2030_5_agent.rest.messages import Client, Request
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.sep.codec import decode
from ieee2030_5_agent.sep.editions import Edition
from ieee2030_5_agent.sep.json_form import to_json
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings
from tests.clock import Clock
from tests.dispatch_site import sfdi

WATTS = {"setMaxW": 10000, "setMaxChargeRateW": 5000, "setMaxDischargeRateW": 6000}
_EDITIONS = {2018: Edition.E2018, 2023: Edition.E2023}
_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")


class WritingSite:
    """Devices of one server; each new one has reported what it can do."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.server = Server(Settings(), self.clock)
        self.fleet = self.server.fleet
        self._count = 0

    def device(self, year: int = 2018, *, reported: bool = True) -> WrittenDevice:
        registration = Registration(sfdi(self._count))
        self._count += 1
        device = self.fleet.register(registration, "rpc")
        self.fleet.heard(device, _EDITIONS[year])
        if reported:
            settings = models.DERSettings(
                **{name: models.ActivePower(multiplier=0, value=w) for name, w in WATTS.items()}
            )
            modes = {"modesSupported": b"\xff\xff\xff\xff"}
            if year == 2023:
                modes["modesSupported2"] = b"\xff\xff\xff\xff"
            rated = models.ActivePower(multiplier=0, value=WATTS["setMaxW"])
            capability = models.DERCapability(rtgMaxW=rated, **modes)
            self.fleet.put_resource(device, ("DERSettings", 1), settings)
            self.fleet.put_resource(device, ("DERCapability", 1), capability)
        return WrittenDevice(self, device)


class WrittenDevice:
    """One device: its points on one side, the resources that it reads on the other."""

    def __init__(self, site: WritingSite, device: EndDevice) -> None:
        self.site = site
        self.device = device

    def set(self, name: str, value: Any) -> PointValue:
        return self.site.fleet.set_point(self.device.sfdi, name, value)

    def revert(self, name: str) -> None:
        self.site.fleet.revert_point(self.device.sfdi, name)

    def point(self, name: str) -> PointValue:
        return self.site.fleet.get_point(self.device.sfdi, name)

    @cached_property
    def _program(self) -> str:
        return f"/dcap/derp/{self.device.program}"

    def get(self, path: str) -> Any:
        response = self.site.server.handle(Request("GET", path, "", b"", client=Client()))
        assert response.status == 200, response.body
        return decode(response.body)

    def active(self) -> list[dict[str, Any]]:
        """The active DERControls of the device's own program as JSON, newest first."""
        found = self.get(f"{self._program}/actderc").DERControl
        return [to_json(each) for each in _newest_first(found)]

    def default(self) -> dict[str, Any]:
        """Its DefaultDERControl as JSON."""
        return to_json(self.get(f"{self._program}/dderc"))

    def curves(self) -> list[dict[str, Any]]:
        """Its DERCurves as JSON."""
        return [to_json(each) for each in self.get(f"{self._program}/dc").DERCurve]

    def sent(self) -> Iterator[dict[str, Any]]:
        """What the device finds: the controls, their curves, the default; by class."""
        for control in self.active():
            yield {"DERControl": control}
            for value in control["DERControlBase"].values():
                if isinstance(value, dict) and "href" in value:
                    yield {"DERCurve": to_json(self.get(value["href"]))}
        yield {"DefaultDERControl": self.default()}


def _newest_first(controls: list[models.DERControl]) -> list[models.DERControl]:
    return sorted(controls, key=lambda control: -control.creationTime)


def at(document: dict[str, Any], path: str) -> Any:
    """What stands at a dotted path in a JSON document (in lists from 1), None for nothing."""
    value: Any = document
    for step in path.split("."):
        match = _STEP.fullmatch(step)
        assert match is not None, path
        value = value.get(match[1])
        if value is not None and match[2]:
            value = value[int(match[2]) - 1] if int(match[2]) <= len(value) else None
        if value is None:
            return None
    return value
