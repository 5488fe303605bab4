"""``python -m ieee2030_5_agent.cli`` is ``ieee2030-5`` without an installation."""

from .main import main

main(prog_name="ieee2030-5")
