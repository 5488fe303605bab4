"""The README's grants name calls that exist and that need a grant."""

from __future__ import annotations

import re
from pathlib import Path

from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings

README = Path(__file__).parents[2] / "README.md"
# The driver's own word for the calls that it makes: ieee2030_5_driver/agent_client.py.
DRIVER_CALLS = {"config_points", "set_point", "revert_point"}


def test_the_readme_grants_what_is_needed_and_no_more() -> None:
    calls = {name for name, _ in Operations(Server(Settings.load({}), lambda: 0.0)).all()}
    commands = re.findall(
        r"vctl authz add agent (\S+) --rpc-capabilities((?:[\s\\]+ieee2030_5\.[a-z_]+)+)",
        README.read_text(encoding="utf-8"),
    )
    granted: dict[str, list[set[str]]] = {}
    for identity, names in commands:
        granted.setdefault(identity, []).append(set(re.findall(r"ieee2030_5\.([a-z_]+)", names)))
    assert granted.keys() == {"platform.driver", "my.controller"}
    assert granted["platform.driver"] == [DRIVER_CALLS]
    for names in (name for sets in granted.values() for name in sets):
        assert names <= calls
        assert not any(name.startswith("get_") for name in names)
