"""What the tests of points share: resources from documents or from short texts, and one point."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ieee2030_5_agent.model.changes import PointValue
from ieee2030_5_agent.model.mirrors import stored_reading
from ieee2030_5_agent.model.point import Point
from ieee2030_5_agent.model.points import PointMap
from ieee2030_5_agent.model.readings import Frame, StoredReading
from ieee2030_5_agent.sep import models
from ieee2030_5_agent.sep.codec import decode
from ieee2030_5_agent.sep.facets import ELEMENTS, SIMPLE

REPOSITORY = Path(__file__).parent.parent
POINTS = Path(__file__).parent / "data" / "points"

Resources = dict[tuple[str, int], Any]


def registry(name: str) -> PointMap:
    """One of the registries that we ship."""
    return PointMap.from_csv((REPOSITORY / "config" / name).read_text(encoding="utf-8"))


def received(paths: list[Path]) -> tuple[Resources, dict[str, StoredReading]]:
    """Resources and readings as a device has them after it sent these documents."""
    resources: Resources = {}
    readings: dict[str, StoredReading] = {}
    for path in paths:
        model = decode(path.read_bytes())
        if isinstance(model, models.MirrorUsagePoint):
            for number, meter_reading in enumerate(model.MirrorMeterReading):
                key = f"{path.stem}/{number}"
                reading = stored_reading(key, meter_reading, model.roleFlags, received=0.0)
                assert reading is not None
                readings[key] = reading
        else:
            resources[type(model).__name__, 1] = model
    return resources, readings


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
