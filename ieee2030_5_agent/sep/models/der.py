from __future__ import annotations

from dataclasses import dataclass, field

from .common import (
    List,
    Resource,
    SubscribableResource,
)
from .links import (
    AssociatedDERProgramListLink,
    AssociatedUsagePointLink,
    CurrentDERControlsLink,
    CurrentDERProgramLink,
    DERAvailabilityLink,
    DERCapabilityLink,
    DERComponentListLink,
    DERSettingsLink,
    DERStatusLink,
)
from .quantities import (
    ActivePower,
    AmpereHour,
    ApparentPower,
    CurrentRMS,
    PowerFactor,
    ReactivePower,
    ReactiveSusceptance,
    UnsignedActivePower,
    UnsignedReactivePower,
    VoltageRMS,
    WattHour,
)

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class ConnectStatusType:
    """
    Connection of the generator or the storage, and since when.
    """

    dateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    value: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 1,
            "format": "base16",
        },
    )


@dataclass(slots=True, kw_only=True)
class ConnectStatusType2:
    """
    Connection of the DER, and since when.
    """

    dateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    value: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 1,
            "format": "base16",
        },
    )


@dataclass(slots=True, kw_only=True)
class InverterStatusType:
    """
    State of the inverter, and since when.
    """

    dateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    value: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class LocalControlModeStatusType:
    """
    Who commands the DER, and since when.
    """

    dateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    value: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class ManufacturerStatusType:
    """
    The maker's own state code, and since when.
    """

    dateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    value: None | str = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "max_length": 6,
        },
    )


@dataclass(slots=True, kw_only=True)
class OperationalModeStatusType:
    """
    State of operation, and since when.
    """

    dateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    value: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class StateOfChargeStatusType:
    """
    State of charge, and since when.
    """

    dateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    value: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "min_inclusive": 0,
            "max_inclusive": 10000,
        },
    )


@dataclass(slots=True, kw_only=True)
class StorageModeStatusType:
    """
    What the storage does, and since when.
    """

    dateTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    value: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class DER(SubscribableResource):
    """
    A distributed energy resource; what it reports stands behind the links.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    AssociatedDERProgramListLink: None | AssociatedDERProgramListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    AssociatedUsagePointLink: None | AssociatedUsagePointLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    CurrentDERControlsLink: None | CurrentDERControlsLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    CurrentDERProgramLink: None | CurrentDERProgramLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    DERAvailabilityLink: None | DERAvailabilityLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    DERCapabilityLink: None | DERCapabilityLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    DERComponentListLink: None | DERComponentListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    DERSettingsLink: None | DERSettingsLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    DERStatusLink: None | DERStatusLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERAvailability(SubscribableResource):
    """
    Reserve of a DER.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    availabilityDuration: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    maxChargeDuration: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    readingTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    reserveChargePercent: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "min_inclusive": 0,
            "max_inclusive": 10000,
        },
    )
    reservePercent: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "min_inclusive": 0,
            "max_inclusive": 10000,
        },
    )
    statVarAbsorbAvail: None | UnsignedReactivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    statVarAvail: None | ReactivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    statWAbsorbAvail: None | UnsignedActivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    statWAvail: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERCapability(Resource):
    """
    Nameplate of a DER.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    modesSupported: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 4,
            "format": "base16",
        },
    )
    modesSupported2: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 4,
            "format": "base16",
        },
    )
    rtgAbnormalCategory: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMaxA: None | CurrentRMS = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMaxAh: None | AmpereHour = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMaxChargeRateVA: None | ApparentPower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMaxChargeRateW: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMaxDischargeRateVA: None | ApparentPower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMaxDischargeRateW: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMaxV: None | VoltageRMS = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMaxVA: None | ApparentPower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMaxVar: None | ReactivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMaxVarNeg: None | ReactivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMaxW: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMaxWh: None | WattHour = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMinPFOverExcited: None | PowerFactor = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMinPFUnderExcited: None | PowerFactor = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgMinV: None | VoltageRMS = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgNormalCategory: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgOverExcitedPF: None | PowerFactor = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgOverExcitedW: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgReactiveSusceptance: None | ReactiveSusceptance = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgUnderExcitedPF: None | PowerFactor = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgUnderExcitedW: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rtgVNom: None | VoltageRMS = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    type: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    doeModesSupported: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "https://csipaus.org/ns",
            "max_length": 1,
            "format": "base16",
        },
    )
    vppModesSupported: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "https://csipaus.org/ns",
            "max_length": 1,
            "format": "base16",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERComponentBase(SubscribableResource):
    """
    What a part of a DER has.
    """

    AssociatedUsagePointLink: None | AssociatedUsagePointLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    DERAvailabilityLink: None | DERAvailabilityLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    DERCapabilityLink: None | DERCapabilityLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    DERSettingsLink: None | DERSettingsLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    DERStatusLink: None | DERStatusLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERSettings(SubscribableResource):
    """
    Settings of a DER, within its nameplate.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    modesEnabled: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 4,
            "format": "base16",
        },
    )
    modesEnabled2: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 4,
            "format": "base16",
        },
    )
    setESDelay: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setESHighFreq: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setESHighVolt: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setESLowFreq: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setESLowVolt: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setESRampTms: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setESRandomDelay: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setGradW: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMaxA: None | CurrentRMS = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMaxAh: None | AmpereHour = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMaxChargeRateVA: None | ApparentPower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMaxChargeRateW: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMaxDischargeRateVA: None | ApparentPower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMaxDischargeRateW: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMaxV: None | VoltageRMS = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMaxVA: None | ApparentPower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMaxVar: None | ReactivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMaxVarNeg: None | ReactivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMaxW: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMaxWh: None | WattHour = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMinPFOverExcited: None | PowerFactor = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMinPFUnderExcited: None | PowerFactor = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setMinV: None | VoltageRMS = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setSoftGradW: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setVNom: None | VoltageRMS = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setVRef: None | VoltageRMS = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    setVRefOfs: None | VoltageRMS = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    updatedTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    doeModesEnabled: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "https://csipaus.org/ns",
            "max_length": 1,
            "format": "base16",
        },
    )
    vppModesEnabled: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "https://csipaus.org/ns",
            "max_length": 1,
            "format": "base16",
        },
    )
    setMinWh: None | WattHour = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "https://csipaus.org/ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERStatus(SubscribableResource):
    """
    Present state of a DER.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    alarmStatus: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 4,
            "format": "base16",
        },
    )
    connectStatus: None | ConnectStatusType2 = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    genConnectStatus: None | ConnectStatusType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    inverterStatus: None | InverterStatusType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    localControlModeStatus: None | LocalControlModeStatusType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    manufacturerStatus: None | ManufacturerStatusType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    operationalModeStatus: None | OperationalModeStatusType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    readingTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    stateOfChargeStatus: None | StateOfChargeStatusType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    storageModeStatus: None | StorageModeStatusType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    storConnectStatus: None | ConnectStatusType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERComponent(DERComponentBase):
    """
    A part of a DER, such as the storage of a PV system.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    lFDI: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 20,
            "format": "base16",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERList(List):
    """
    The DERs of a device.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    DER: list[DER] = field(
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


@dataclass(slots=True, kw_only=True)
class DERComponentList(List):
    """
    The parts of a DER.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    DERComponent: list[DERComponent] = field(
        default_factory=list,
        metadata={
            "type": "Element",
        },
    )
