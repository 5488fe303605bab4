"""py20305, the SunSpec Alliance's client, as its users run it: its runner in a process of its own.

Its print connector stands for the inverter: it tells fixed measurements, and prints what it is
told to do. What was printed is what the device followed.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from typing import Any, NamedTuple

from tests.interop.laboratory import Identity, Laboratory
from tools.private_platform import PrivatePlatform, processes, until

# What the connector was told: PrintDemo.update_p_lim({'p_lim_mode_enable': 1, 'p_lim_w': 50.0})
_TOLD = re.compile(r"PrintDemo\.(update_\w+)\((\{.*\})\)$", re.MULTILINE)
# The client polls no more often than this, whatever the server's pollRate says.
SHORTEST_POLL_S = 10.0
# A poll, and what a busy machine takes for the rest.
PATIENCE_S = SHORTEST_POLL_S + 15.0


class Told(NamedTuple):
    """A command that reached the device."""

    method: str
    parameters: dict[str, Any]


class Py20305:
    """One client: ``compatible`` is its mode for servers of the 2018 edition."""

    def __init__(
        self,
        platform: PrivatePlatform,
        laboratory: Laboratory,
        identity: Identity,
        *,
        compatible: bool,
        subscribes: bool = False,
    ) -> None:
        self.name = identity.name
        self.sfdi = identity.sfdi
        self.lfdi = identity.lfdi
        # Of the platform driver, below devices/.
        self.topic = f"interop/{identity.name}"
        self.compatible = compatible
        self.subscribes = subscribes
        self._platform = platform
        self._folder = laboratory.folder / f"{identity.name}.client"
        self._log = self._folder / "py20305.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._folder.mkdir()
        self._file = self._folder / "client.json"
        self._file.write_text(json.dumps(self._configuration(laboratory.url, identity)))

    def _configuration(self, url: str, identity: Identity) -> dict[str, Any]:
        configuration: dict[str, Any] = {
            "server": {"url": url, "server_2018_compat": self.compatible},
            "tls": {
                "client_cert": str(identity.certificate),
                "client_key": str(identity.key),
                "ca_cert": str(identity.ca),
            },
            "devices": [{"type": "print_demo", "lfdi": identity.lfdi}],
            "history": {"enabled": False},
            # The server's postRate counts only down to 30 s, unless the client is set to less.
            "telemetry": {"post_rate_seconds": 2, "der_settings_poll_rate_seconds": 5},
            "connection": {"initial_delay_seconds": 1, "max_delay_seconds": 2},
        }
        if self.subscribes:
            (port,) = processes.free_ports(1)
            configuration["subscription"] = {
                "enabled": True,
                "notification_host": "127.0.0.1",
                "notification_external_host": "127.0.0.1",
                "notification_port": port,
                "notification_client_cert_mode": "enforce",
            }
        return configuration

    def start(self) -> None:
        """Starts the client; while nobody answers, it tries again."""
        self._process = self._platform.spawn(
            [sys.executable, "-m", "py20305", "--config", str(self._file)],
            log=self._log,
            cwd=self._folder,
        )

    def stop(self) -> None:
        if self._process is not None:
            processes.end([self._process])

    @property
    def said(self) -> str:
        """All that the client has logged so far."""
        return self._log.read_text(errors="replace")

    @property
    def told(self) -> list[Told]:
        """What the device was told, in order."""
        return [Told(name, ast.literal_eval(text)) for name, text in _TOLD.findall(self.said)]

    def until_told(
        self, method: str, timeout: float = PATIENCE_S, **parameters: object
    ) -> dict[str, Any]:
        """Waits for a command with at least these parameters; all that it has."""

        def found() -> dict[str, Any] | None:
            for told in self.told:
                if told.method == method and parameters.items() <= told.parameters.items():
                    return told.parameters
            return None

        return until(found, f"{method} with {parameters} at {self.name}", timeout)
