from __future__ import annotations

from dataclasses import dataclass, field

from .common import (
    IdentifiedObject,
    List,
    Resource,
)
from .links import ResponseListLink

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class Response(Resource):
    """
    What a device answers to an event.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    createdDateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    endDeviceLFDI: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 20,
            "format": "base16",
        },
    )
    status: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    subject: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 16,
            "format": "base16",
        },
    )


@dataclass(slots=True, kw_only=True)
class ResponseSet(IdentifiedObject):
    """
    A collection of responses.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    ResponseListLink: None | ResponseListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERControlResponse(Response):
    """
    Response to a DERControl.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    modesResponded: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 4,
            "format": "base16",
        },
    )
    modesResponded2: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 4,
            "format": "base16",
        },
    )


@dataclass(slots=True, kw_only=True)
class DefaultDERControlResponse(Response):
    """
    Response to a DefaultDERControl.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    defaultsResponded: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 4,
            "format": "base16",
        },
    )
    modesResponded: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 4,
            "format": "base16",
        },
    )
    modesResponded2: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 4,
            "format": "base16",
        },
    )


@dataclass(slots=True, kw_only=True)
class FlowReservationResponseResponse(Response):
    """
    Response to a FlowReservationResponse.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class ResponseList(List):
    """
    The responses of a set.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    Response: list[Response] = field(
        default_factory=list,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class ResponseSetList(List):
    """
    The collections of a server.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    ResponseSet: list[ResponseSet] = field(
        default_factory=list,
        metadata={
            "type": "Element",
        },
    )
    pollRate: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )
