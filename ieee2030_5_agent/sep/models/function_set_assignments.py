from __future__ import annotations

from dataclasses import dataclass, field

from .common import (
    Resource,
    SubscribableList,
)
from .links import (
    CustomerAccountListLink,
    DemandResponseProgramListLink,
    DERProgramListLink,
    FileListLink,
    MessagingProgramListLink,
    PrepaymentListLink,
    ResponseSetListLink,
    TariffProfileListLink,
    TimeLink,
    UsagePointListLink,
)

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class FunctionSetAssignmentsBase(Resource):
    """
    Links to the function sets that are offered.
    """

    CustomerAccountListLink: None | CustomerAccountListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    DemandResponseProgramListLink: None | DemandResponseProgramListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    DERProgramListLink: None | DERProgramListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    FileListLink: None | FileListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    MessagingProgramListLink: None | MessagingProgramListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    PrepaymentListLink: None | PrepaymentListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    ResponseSetListLink: None | ResponseSetListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    TariffProfileListLink: None | TariffProfileListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    TimeLink: None | TimeLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    UsagePointListLink: None | UsagePointListLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class FunctionSetAssignments(FunctionSetAssignmentsBase):
    """
    A group of programs for the devices that see it.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    mRID: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 16,
            "format": "base16",
        },
    )
    description: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 32,
        },
    )
    version: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    subscribable: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class FunctionSetAssignmentsList(SubscribableList):
    """
    The groups of a device.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    FunctionSetAssignments: list[FunctionSetAssignments] = field(
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
