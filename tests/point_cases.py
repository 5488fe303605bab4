"""What the tests of points share: resources from documents or from short texts, and one point."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from ieee2030_5_agent.model.changes import PointValue
from ieee2030_5_agent.model.mirrors import Mirror
from ieee2030_5_agent.model.places import MODES
from ieee2030_5_agent.model.point import Point
from ieee2030_5_agent.model.points import PointMap
from ieee2030_5_agent.model.readings import Frame
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.sep.codec import decode
from ieee2030_5_agent.sep.facets import ELEMENTS, SIMPLE

REPOSITORY = Path(__file__).parent.parent
POINTS = Path(__file__).parent / "data" / "points"

Resources = dict[tuple[str, int | str], Any]
CURVE_MODES = SIMPLE["DERCurveType"].codes


@functools.cache
def registry(name: str) -> PointMap:
    """One of the registries that we ship."""
    return PointMap.from_csv((REPOSITORY / "config" / name).read_text(encoding="utf-8"))


def received(paths: list[Path]) -> tuple[Resources, list[Mirror]]:
    """Resources and readings as a device has them after it sent these documents.

    Controls and curves are there as the server keeps them: by the modes that they are for.
    """
    resources: Resources = {}
    mirrors: list[Mirror] = []
    for number, path in enumerate(paths):
        model = decode(path.read_bytes())
        name = type(model).__name__
        if isinstance(model, models.MirrorUsagePoint):
            mirror = Mirror(number, "097935300833", (), model, 300)
            mirror.meter_readings |= mirror.merged(
                model.MirrorMeterReading, strict=False, received=0.0
            )
            mirrors.append(mirror)
        elif isinstance(model, models.DERCurve):
            resources[name, CURVE_MODES[model.curveType]] = model
        else:
            resources[name, 1] = model
        if isinstance(model, models.DERControl):
            commanded = [mode for mode in MODES if getattr(model.DERControlBase, mode) is not None]
            resources |= {(name, mode): model for mode in commanded}
    return resources, mirrors


def reported(text: str) -> Resources:
    """Resources from `DERSettings.setMaxW=10 ...`; scaled types take the number as significand."""
    resources: Resources = {}
    for part in text.split():
        path, _, number = part.partition("=")
        resource, field = path.split(".")
        type_name = ELEMENTS[resource][field].type
        value: Any = int(number)
        if type_name not in SIMPLE:
            value = getattr(models, type_name)(multiplier=0, value=value)
        model = resources.setdefault((resource, 1), getattr(models, resource)())
        setattr(model, field, value)
    return resources


def point(resource: str, field: str, **cells: str) -> Point:
    """The point of one row; cells by lower-case column title."""
    row = {"Volttron Point Name": "point", "Resource": resource, "Field": field}
    row |= {title.capitalize(): cell for title, cell in cells.items()}
    return PointMap.from_rows([row]).rows["point"]


def value_of(one: Point, resources: Resources) -> PointValue:
    return one.evaluate(resources, {}, Frame.CUSTOMER)
