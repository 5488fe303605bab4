"""What a laboratory has besides the server: an authority, certificates, and the listener's port."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

from ieee2030_5_agent.pki import make_ca, save
from tools.private_platform import processes

HOST = "localhost"


class Identity(NamedTuple):
    """A device with its files: certificate, private key, and the authority that it trusts."""

    name: str
    sfdi: str
    lfdi: str
    certificate: Path
    key: Path
    ca: Path


class Laboratory:
    """Certificates of one authority, for the server and for devices by their names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ca = make_ca("interop")
        save(folder, "ca", self._ca)
        save(folder, "server", self._ca.issue_server([HOST, "127.0.0.1"]))
        (self.port,) = processes.free_ports(1)
        self.device = functools.cache(self._make_device)

    @property
    def url(self) -> str:
        """Where devices find the server."""
        return f"https://{HOST}:{self.port}"

    @property
    def listener(self) -> dict[str, str]:
        """The section ``listener`` of the agent's configuration."""
        return {
            "address": f"127.0.0.1:{self.port}",
            "certificate": str(self.folder / "server.crt"),
            "key": str(self.folder / "server.key"),
            "ca": str(self.folder / "ca.crt"),
        }

    def _make_device(self, name: str) -> Identity:
        made = self._ca.issue_device(name)
        save(self.folder, name, made)
        files = (self.folder / f"{name}.crt", self.folder / f"{name}.key", self.folder / "ca.crt")
        return Identity(name, made.sfdi, made.lfdi, *files)
