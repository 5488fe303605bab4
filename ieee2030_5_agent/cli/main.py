"""The entry point of ``ieee2030-5``."""

from __future__ import annotations

import click

from ..function_sets.self_device import software_version
from .identity import identity
from .pki import pki
from .points import points
from .store import store


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(software_version(), message="%(version)s")
def main() -> None:
    """Tools for operators of the IEEE 2030.5 server for VOLTTRON."""


main.add_command(identity)
main.add_command(pki)
main.add_command(points)
main.add_command(store)
