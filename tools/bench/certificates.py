"""Certificates for a fleet, in a folder that the processes of the benchmark share."""

from __future__ import annotations

from pathlib import Path

from ieee2030_5_agent.pki import make_ca, read_certificate
from ieee2030_5_agent.sep.identity import lfdi_of_certificate
from ieee2030_5_agent.settings import Listener

from . import site

AUTHORITY, SERVER = "ca.crt", "server.pem"


def make(folder: Path, devices: int) -> None:
    """An authority, a server, and some devices; certificate and key in one file each."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = make_ca("bench")
    (folder / AUTHORITY).write_bytes(authority.cert_pem)
    server = authority.issue_server(["localhost", "127.0.0.1"])
    (folder / SERVER).write_bytes(server.chain_pem + server.key_pem)
    for number in range(devices):
        issued = authority.issue_device(f"bench-{number}")
        device_file(folder, number).write_bytes(issued.chain_pem + issued.key_pem)


def device_file(folder: Path, number: int) -> Path:
    return folder / f"device{number}.pem"


def load_device(folder: Path, number: int) -> site.Device:
    """The device that a certificate is for, as number ``number`` of its fleet."""
    der = read_certificate(device_file(folder, number).read_bytes())
    return site.device_of(number, lfdi_of_certificate(der))


def listener(folder: Path, address: str, connections: int) -> Listener:
    """The settings of a listener with these certificates and so many connections."""
    return Listener.read(section(folder, address, connections))


def section(folder: Path, address: str, connections: int) -> dict[str, object]:
    """The section ``listener`` of the agent's configuration."""
    server = str(folder / SERVER)
    return {
        "address": address,
        "certificate": server,
        "key": server,
        "ca": str(folder / AUTHORITY),
        "max_connections": connections,
        # One machine plays all of them.
        "max_connections_per_client": connections,
        "max_handshakes_per_address": connections,
    }
