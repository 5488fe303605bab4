"""How py20305 is run for a device of the demo: its own runner, with our connector as the device."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .ders import Der

CONNECTOR = "tools.demo.simulators.inverter.Inverter"
# The least that the server's postRate may ask for.
REPORT_S = 2


def command(der: Der, server: str, authority: Path, folder: Path) -> list[str]:
    """The command that runs the client; its configuration is written into ``folder``."""
    file = folder / f"{der.kind}.py20305.json"
    configuration = {
        "server": {"url": server, "server_2018_compat": True},
        "tls": {
            "client_cert": f"{der.certificate}.crt",
            "client_key": f"{der.certificate}.key",
            "ca_cert": str(authority),
        },
        "devices": [{"type": "custom", "class_path": CONNECTOR, "lfdi": der.lfdi}],
        "telemetry": {"post_rate_seconds": REPORT_S},
        "history": {"enabled": False},
        "connection": {"initial_delay_seconds": 1, "max_delay_seconds": 5},
    }
    file.write_text(json.dumps(configuration, indent=4))
    return [sys.executable, "-m", "py20305", "--config", str(file)]
