"""README and docs: links lead somewhere, and what is configured and called is all there."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ieee2030_5_agent.operations import Operations
from ieee2030_5_agent.rest.messages import Request
from ieee2030_5_agent.server import Server
from ieee2030_5_agent.settings import Device, Listener, Settings, Store
from ieee2030_5_agent.settings.base import Strict
from ieee2030_5_agent.settings.compatibility import Compatibility
from ieee2030_5_agent.settings.subscriptions import Subscriptions

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = sorted(
    path
    for path in (README, ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md"), *ROOT.glob("config/**/*"))
    if path.suffix == ".md"
)
CODE = re.compile(r"`([^`]+)`")
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


def keys(document: str) -> set[str]:
    """What stands as code in the first column of a document's tables."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    return {key for cell in re.findall(r"(?m)^\|([^|]*)\|", text) for key in CODE.findall(cell)}


@pytest.mark.parametrize(
    ("document", "section"),
    [
        ("configuration.md", Settings),
        ("configuration.md", Device),
        ("listener.md", Listener),
        ("store.md", Store),
        ("subscriptions.md", Subscriptions),
        ("interop.md", Compatibility),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_every_key_of_the_configuration_is_documented(document: str, section: type[Strict]) -> None:
    fields = section.model_fields.items()
    assert not {field.alias or name for name, field in fields} - keys(document)


def written(name: str, call: Callable[..., Any]) -> str:
    """A call as the documentation writes it."""
    given = inspect.signature(call).parameters.values()
    return f"{name}({', '.join(str(each.replace(annotation=each.empty)) for each in given)})"


def test_every_call_is_documented_with_its_arguments() -> None:
    documented = {call.partition("(")[0]: call for call in keys("rpc.md")}
    calls = {
        name: written(name, call) for name, call in Operations(Server(Settings.load({}))).all()
    }
    assert documented.keys() == calls.keys() | {"acknowledge_store", "get_cursor", "get_status"}
    in_full = {name for name, call in documented.items() if "..." not in call}
    assert len(in_full) > 20
    for name in in_full & calls.keys():
        assert documented[name] == calls[name]


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
