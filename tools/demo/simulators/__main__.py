"""Runs one simulated device: python -m tools.demo.simulators battery --server URL ..."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from .battery import Battery
from .charger import Charger
from .client import Client, mutual_tls
from .device import Device, say

KINDS: dict[str, Callable[[Client, str, str], Device]] = {
    "battery": Battery,
    "charger": Charger,
}


def main() -> None:
    """Reads the arguments and lives until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tools.demo.simulators")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--server", required=True, help="http(s)://HOST:PORT")
    parser.add_argument("--certificate", help="for https: path of its files without .crt and .key")
    parser.add_argument("--ca", help="for https: the authority of the server, a file")
    parser.add_argument("--sfdi", required=True)
    parser.add_argument("--lfdi", required=True)
    arguments = parser.parse_args()
    tls = mutual_tls(arguments.certificate, arguments.ca) if arguments.certificate else None
    client = Client(arguments.server, tls)
    device = KINDS[arguments.kind](client, arguments.sfdi, arguments.lfdi)
    try:
        device.run()
    except KeyboardInterrupt:
        say("interrupted")


if __name__ == "__main__":
    main()
