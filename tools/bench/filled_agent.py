"""Our agent with a fleet that has sent everything: what devices would take a while to do."""

from __future__ import annotations

from collections import Counter
from typing import Any

from volttron.client.vip.agent import RPC
from volttron.utils.commands import vip_main

from ieee2030_5_agent.agent import IEEE2030_5Agent
from ieee2030_5_agent.model.points import PointMap

from . import site

# Calls of the driver that are counted.
COUNTED = ("get_points", "get_changes")


class FilledAgent(IEEE2030_5Agent):
    """Fills its fleet as soon as it is configured."""

    def __init__(self, config_path: Any = None, **kwargs: Any) -> None:
        super().__init__(config_path, **kwargs)
        self._calls: Counter[str] = Counter()
        self._filled = 0
        for name in COUNTED:
            self.vip.rpc.export(self._counted(name), name)

    def _on_config(self, name: str, action: str, contents: Any) -> None:
        super()._on_config(name, action, contents)
        self._server.fleet.set_default_points(PointMap.from_rows(site.registry_rows()))
        known = sorted(self._server.fleet.registry.listed, key=lambda device: device.number)
        for each in known[self._filled :]:
            site.fill(self._server, site.device_of(each.number, str(each.lfdi)))
            self._filled += 1

    def _counted(self, name: str) -> Any:
        exported = self.vip.rpc._exports[name]

        def call(*args: Any, **kwargs: Any) -> Any:
            self._calls[name] += 1
            return exported(*args, **kwargs)

        return call

    @RPC.export
    def bench_filled(self) -> int:
        """How many devices have sent everything, and whose registration was told on the bus."""
        return self._filled - len(self._bus._queue)

    @RPC.export
    def bench_calls(self) -> dict[str, int]:
        """How often each counted call was made."""
        return dict(self._calls)

    @RPC.export
    def bench_connections(self) -> int:
        """How many connections the listener has."""
        return self._listener.connections


if __name__ == "__main__":
    vip_main(FilledAgent, version="0.1")
