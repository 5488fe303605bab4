"""Power Status: battery and supply of a device, and the charging of a vehicle (PEVInfo).

Source: IEEE 2030.5-2018 PowerStatus, PEVInfo.
"""

from __future__ import annotations

from ..rest.routing import Route
from ..rest.stored import read, write
from ..sep import models

ROUTES = (
    Route(
        "PowerStatus",
        "/edev/{edev}/ps",
        GET=read("PowerStatus"),
        PUT=write("PowerStatus"),
        bodies=(models.PowerStatus,),
        post_as_put=True,
    ),
)
