"""The demo's own certificates, made as a laboratory makes them: by the command line tool."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

HOST = "127.0.0.1"


class DeviceCertificate(NamedTuple):
    """A device's certificate: the files without ending, and the identity that follows from it."""

    path: Path
    lfdi: str
    sfdi: str


class Certificates:
    """An authority, a server certificate for this machine, and one for each device that asks."""

    def __init__(self, folder: Path, run: Callable[[list[str]], str]) -> None:
        """``run`` executes a command and returns what it printed."""
        self.folder = folder
        self._run = run
        shutil.rmtree(folder, ignore_errors=True)
        self._make("ca")
        self._make("server", "--host", HOST)

    @property
    def authority(self) -> Path:
        """The file of the authority that server and devices trust."""
        return self.folder / "ca.crt"

    def listener(self, port: int) -> dict[str, str]:
        """The section ``listener`` of the agent's configuration."""
        return {
            "address": f"{HOST}:{port}",
            "certificate": str(self.folder / "server.crt"),
            "key": str(self.folder / "server.key"),
            "ca": str(self.authority),
        }

    def device(self, name: str) -> DeviceCertificate:
        """Makes the certificate of a device."""
        said = dict(re.findall(r"^(LFDI|SFDI) +([0-9A-F]+)$", self._make("device", name), re.M))
        return DeviceCertificate(self.folder / name, said["LFDI"], said["SFDI"])

    def _make(self, *arguments: str) -> str:
        tool = Path(sys.executable).with_name("ieee2030-5")
        return self._run([str(tool), "pki", *arguments, "--dir", str(self.folder)])
