"""The codec beside lxml, which only parses, and beside xsdata, which makes the same models."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from lxml import etree
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.serializers import XmlSerializer

from ieee2030_5_agent.sep.codec import decode, encode

from . import documents, site
from .figures import Figure
from .timing import side_by_side

# Sent by devices, so they are read; and written when somebody asks for them.
READ = ("DERStatus", "DERSettings", "PowerStatus")
MEMBERS = 10
ROUNDS = 101


def measure() -> Iterator[Figure]:
    parser, serializer = XmlParser(), XmlSerializer()
    bodies = {name: documents.document(name) for name in READ}
    bodies["MirrorUsagePoint"] = documents.mirror("0A" * 20, 1)
    for name, raw in bodies.items():
        made = type(decode(raw))
        taken = side_by_side(
            {
                "ours": partial(decode, raw),
                "lxml": partial(etree.fromstring, raw),
                "xsdata": partial(parser.from_bytes, raw, made),
            },
            ROUNDS,
        )
        yield figure(f"decode {name} / lxml", taken, "lxml", "ratio <= 4")
        yield figure(f"decode {name} / xsdata", taken, "xsdata", "ratio <= 0.125")
    for name, raw in (bodies | lists()).items():
        model: Any = decode(raw)
        tree = etree.fromstring(raw)
        taken = side_by_side(
            {
                "ours": partial(encode, model),
                "lxml": partial(etree.tostring, tree),
                "xsdata": partial(serializer.render, model),
            },
            ROUNDS,
        )
        yield figure(f"encode {name} / lxml", taken, "lxml", "ratio <= 4")
        yield figure(f"encode {name} / xsdata", taken, "xsdata", "ratio <= 0.2")


def figure(name: str, taken: dict[str, float], reference: str, goal: str) -> Figure:
    return Figure(name, taken["ours"] * 1e6, taken[reference] * 1e6, "us", goal)


def lists() -> dict[str, bytes]:
    """Pages of ten members, as the server answers them."""
    devices = site.fleet(MEMBERS)
    server = site.start(devices)
    for each in devices:
        site.fill(server, each)
    site.schedule(server, devices[0], MEMBERS)
    controls = site.ask(server, "GET", devices[0].href + "/derc").body
    return {
        "DERControlList of 10": controls,
        "EndDeviceList of 10": site.ask(server, "GET", "/dcap/edev").body,
    }
