"""README and docs: every link leads somewhere, every document can be found."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ieee2030_5_agent.rest.messages import Request
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Settings

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = sorted(
    path
    for path in (README, ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md"), *ROOT.glob("config/**/*"))
    if path.suffix == ".md"
)
BATTERY = "111576577659"


def links(document: Path) -> list[str]:
    """The targets of a document's links, but for those to other sites."""
    text = re.sub(r"(?s)```.*?```", "", document.read_text(encoding="utf-8"))
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    text = re.sub(r"(?s)```.*?```", "", document.read_text(encoding="utf-8"))
    headings = re.findall(r"(?m)^#+ (.*)$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    broken = []
    for link in links(document):
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_the_readme_leads_to_every_document() -> None:
    found = {(ROOT / link.partition("#")[0]).resolve() for link in links(README)}
    assert not {path for path in ROOT.glob("docs/*.md") if path not in found}


def test_the_first_device_of_the_readme_is_seen() -> None:
    """The curl command, in the process, with the configuration that the README stores."""
    text = README.read_text(encoding="utf-8")
    command = re.search(r"curl -X PUT http://<web address>(\S+) .*?-d '(.*?)'\n```", text, re.S)
    assert command is not None
    path, document = command.groups()
    config = (ROOT / "config" / "agent.json").read_text(encoding="utf-8")
    server = Server(Settings.load(json.loads(config)), lambda: 1780000000.0)
    request = Request("PUT", path, "", document.encode(), "application/sep+xml")
    assert server.handle(request).status == 201
    assert server.fleet.get_point(BATTERY, "b802_SoC") == 93
    assert "`b802_SoC` 93 % on `devices/site/battery/multi`" in text
