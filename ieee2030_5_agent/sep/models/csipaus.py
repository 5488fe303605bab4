from __future__ import annotations

from dataclasses import dataclass, field

from .common import Resource

__NAMESPACE__ = "https://csipaus.org/ns"


@dataclass(slots=True, kw_only=True)
class ConnectionPoint(Resource):
    """
    The point of the grid that an EndDevice is connected to.
    """

    class Meta:
        namespace = "https://csipaus.org/ns"

    connectionPointId: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 32,
        },
    )
