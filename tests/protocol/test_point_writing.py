"""Every writable row of the shipped registry: from the point to what the device reads, and back.

The vectors are worked out from the reference table of points and its worked examples.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ieee2030_5_agent.model.errors import BadValue
from ieee2030_5_agent.sep import models
from tests.writing_site import WritingSite, WrittenDevice, at
from tests.writing_vectors import ROWS, VECTORS, WRITABLE, curve, is_of_2023, recipe_of


@pytest.fixture(scope="module")
def site() -> WritingSite:
    return WritingSite()


def test_every_writable_row_has_vectors() -> None:
    assert set(WRITABLE) == set(VECTORS)


@pytest.mark.parametrize("name", VECTORS)
def test_row(site: WritingSite, name: str) -> None:
    for vector in VECTORS[name]:
        device = site.device(2023 if is_of_2023(name) else 2018)
        value = json.loads(vector["value"])
        if vector["sends"] == "refused":
            with pytest.raises(BadValue, match=name):
                device.set(name, value)
            assert device.device.staged == {}, value
            assert device.active() == [], value
            continue
        follow(device, name, value, vector["sends"].startswith(("default", "Default")))
        for what in vector["sends"].split(" "):
            check_sent(device, name, what, vector["sends"])
        if vector["reads"]:
            reads = json.loads(vector["reads"])
            wanted = reads if isinstance(reads, list) else pytest.approx(reads)
            assert device.point(name) == wanted, value


def follow(device: WrittenDevice, name: str, value: Any, default: bool) -> None:
    """Sets the point with all that its recipe asks for."""
    recipe = recipe_of(name)
    before = dict(recipe.get("values", {}))
    last = dict(recipe.get("default_switch" if default else "switch", {}))
    if default:
        before |= recipe.get("default_values", {})
    adopt = recipe.get("adopt", {})
    before.pop(name, None)
    middle = {} if name in adopt or name in last else {name: value}
    for each, given in [*before.items(), *middle.items(), *adopt.items(), *last.items()]:
        device.set(each, value if each == name else curve(given))


def check_sent(device: WrittenDevice, name: str, what: str, sends: str) -> None:
    mode = next(iter(ROWS[name].writing.modes), "")
    found = list(device.sent())
    if sends in ("on", "default on"):
        owner = "DERControl" if sends == "on" else "DefaultDERControl"
        assert any(at(each, f"{owner}.DERControlBase.{mode}") is not None for each in found), found
    elif sends == "commit":
        assert device.active()
    elif what.startswith("count="):
        lengths = [len(each["DERCurve"]["CurveData"]) for each in found if "DERCurve" in each]
        assert int(what.removeprefix("count=")) in lengths
    else:
        if ROWS[name].row.resource == "DERSettings":
            report(device, ROWS[name].path, what)
        path, _, text = what.partition("=")
        wanted = {"true": True, "false": False}.get(text, text)
        values = [at(each, path) for each in found]
        assert wanted in [v if isinstance(v, bool) else str(v) for v in values], (what, found)


def report(device: WrittenDevice, field: str, what: str) -> None:
    """The device takes a field of its default over into its settings, and says so."""
    settings = models.DERSettings(**{field: int(what.partition("=")[2])})
    device.site.fleet.put_resource(device.device, ("DERSettings", 1), settings)
