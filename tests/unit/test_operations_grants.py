"""The README tells which calls to protect: all that change something, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from ieee2030_5_agent.agent import IEEE2030_5Agent
from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings

README = Path(__file__).parents[2] / "README.md"
# For platform.web alone, which it checks itself.
OPEN = {"web_request"}


def calls() -> set[str]:
    """The names of all RPC methods of the agent."""
    operations = Operations(Server(Settings.load({}), lambda: 0.0))
    exported = {
        name
        for name, member in vars(IEEE2030_5Agent).items()
        if getattr(member, "_annotations", None) and "__rpc__" in str(member._annotations)
    }
    return {name for name, _ in operations.all()} | exported


def test_the_readme_protects_every_call_that_changes_something() -> None:
    text = README.read_text(encoding="utf-8")
    command = re.search(r"--protected-rpcs ((?:[a-z_]+|\\\n|\s)+)\nvctl", text)
    assert command is not None
    protected = set(command[1].replace("\\", " ").split())
    assert protected == {name for name in calls() if not name.startswith("get_")} - OPEN
