from __future__ import annotations

from dataclasses import dataclass, field

from .common import (
    IdentifiedObject,
    List,
    RandomizableEvent,
    SubscribableIdentifiedObject,
    SubscribableList,
    SubscribableResource,
)
from .links import (
    ActiveDERControlListLink,
    DefaultDERControlLink,
    DERControlListLink,
    DERCurveLink,
    DERCurveListLink,
)
from .quantities import (
    ActivePower,
    PowerFactorWithExcitation,
    ReactivePower,
    UnsignedActivePower,
    UnsignedReactivePower,
    VoltageRMS,
)

__NAMESPACE__ = "urn:ieee:std:2030.5:ns"


@dataclass(slots=True, kw_only=True)
class CurveData:
    """
    A point of a curve.
    """

    excitation: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    xvalue: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    yvalue: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class FixedVar:
    """
    Reactive power as a percentage, with sign.
    """

    refType: None | int = field(
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
            "min_inclusive": -10000,
            "max_inclusive": 10000,
        },
    )


@dataclass(slots=True, kw_only=True)
class UnsignedFixedVar:
    """
    Reactive power as a percentage, never negative.
    """

    refType: None | int = field(
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
class ActivePowerControlType(ActivePower):
    """
    W, as a control mode that can be disabled.
    """

    disabled: None | bool = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class ActivePowerDeltaControlType(ActivePower):
    """
    Change of W, as a control mode.
    """

    bidirectional: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )
    disabled: None | bool = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERCurve(IdentifiedObject):
    """
    A curve that a control mode follows.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    autonomousVRefEnable: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    autonomousVRefTimeConstant: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    creationTime: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    CurveData: list[CurveData] = field(
        default_factory=list,
        metadata={
            "type": "Element",
            "max_occurs": 10,
        },
    )
    curveType: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    openLoopTms: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rampDecTms: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rampIncTms: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    rampPT1Tms: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    vRef: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "min_inclusive": 0,
            "max_inclusive": 10000,
        },
    )
    xMultiplier: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "min_inclusive": -9,
            "max_inclusive": 9,
        },
    )
    yMultiplier: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "min_inclusive": -9,
            "max_inclusive": 9,
        },
    )
    yRefType: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERProgram(SubscribableIdentifiedObject):
    """
    A source of controls; programs are ranked by primacy.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    ActiveDERControlListLink: None | ActiveDERControlListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    DefaultDERControlLink: None | DefaultDERControlLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    DERControlListLink: None | DERControlListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    DERCurveListLink: None | DERCurveListLink = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    primacy: None | int = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class FixedVarControlType(FixedVar):
    """
    Reactive power percentage, as a control mode that can be disabled.
    """

    disabled: None | bool = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class FreqDroopType:
    """
    Parameters of the frequency droop.
    """

    dBOF: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    dBUF: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    kOF: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    kUF: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    openLoopTms: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    pMin: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    disabled: None | bool = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class PowerFactorWithExcitationControlType(PowerFactorWithExcitation):
    """
    Power factor, as a control mode that can be disabled.
    """

    disabled: None | bool = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class ReactivePowerControlType(ReactivePower):
    """
    var, as a control mode that can be disabled.
    """

    disabled: None | bool = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class ReactivePowerDeltaControlType(ReactivePower):
    """
    Change of var, as a control mode.
    """

    bidirectional: None | int = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )
    disabled: None | bool = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class UnsignedActivePowerControlType(UnsignedActivePower):
    """
    W, never negative, as a control mode that can be disabled.
    """

    disabled: None | bool = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class UnsignedFixedVarControlType(UnsignedFixedVar):
    """
    Reactive power percentage, never negative, as a control mode that can be disabled.
    """

    disabled: None | bool = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class UnsignedReactivePowerControlType(UnsignedReactivePower):
    """
    var, never negative, as a control mode that can be disabled.
    """

    disabled: None | bool = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class VoltageRMSControlType(VoltageRMS):
    """
    V, as a control mode that can be disabled.
    """

    disabled: None | bool = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERControlBase:
    """
    The control modes of a control or a default.

    What is absent is not commanded. Elements of 2018 have their types of 2018: the attribute
    disabled, which 2023 puts on some of them, is not kept.
    """

    opModConnect: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModDeltaVar: None | ReactivePowerDeltaControlType = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModDeltaW: None | ActivePowerDeltaControlType = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModEnergize: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModFixedPFAbsorbW: None | PowerFactorWithExcitation = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModFixedPFInjectW: None | PowerFactorWithExcitation = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModFixedV: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "min_inclusive": -10000,
            "max_inclusive": 10000,
        },
    )
    opModFixedVar: None | FixedVar = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModFixedW: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "min_inclusive": -10000,
            "max_inclusive": 10000,
        },
    )
    opModFreqDroop: None | FreqDroopType = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModFreqWatt: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModGridConnectPermit: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModHFRTMayTrip: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModHFRTMustTrip: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModHVRTMayTrip: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModHVRTMomentaryCessation: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModHVRTMustTrip: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModIslandPermit: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModLFRTMayTrip: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModLFRTMustTrip: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModLVRTMayTrip: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModLVRTMomentaryCessation: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModLVRTMustTrip: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModMaxLimPctVAAbsorb: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "min_inclusive": 0,
            "max_inclusive": 10000,
        },
    )
    opModMaxLimPctVAInject: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "min_inclusive": 0,
            "max_inclusive": 10000,
        },
    )
    opModMaxLimPctVarAbsorb: None | UnsignedFixedVarControlType = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModMaxLimPctVarInject: None | UnsignedFixedVarControlType = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModMaxLimPctWAbsorb: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "min_inclusive": 0,
            "max_inclusive": 10000,
        },
    )
    opModMaxLimVarAbsorb: None | UnsignedReactivePowerControlType = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModMaxLimVarInject: None | UnsignedReactivePowerControlType = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModMaxLimW: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
            "min_inclusive": 0,
            "max_inclusive": 10000,
        },
    )
    opModMaxLimWAbsorb: None | UnsignedActivePowerControlType = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModMaxLimWInject: None | UnsignedActivePowerControlType = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModTargetV: None | VoltageRMSControlType = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModTargetVar: None | ReactivePower = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModTargetW: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModVoltVar: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModVoltWatt: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModWattPF: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModWattVar: None | DERCurveLink = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    rampTms: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "urn:ieee:std:2030.5:ns",
        },
    )
    opModImpLimW: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "https://csipaus.org/ns",
        },
    )
    opModExpLimW: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "https://csipaus.org/ns",
        },
    )
    opModGenLimW: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "https://csipaus.org/ns",
        },
    )
    opModLoadLimW: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "https://csipaus.org/ns",
        },
    )
    opModStorageTargetW: None | ActivePower = field(
        default=None,
        metadata={
            "type": "Element",
            "namespace": "https://csipaus.org/ns",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERCurveControlType(DERCurve):
    """
    A curve as it is in force.
    """

    disabled: None | bool = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERCurveList(List):
    """
    The curves of a program.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    DERCurve: list[DERCurve] = field(
        default_factory=list,
        metadata={
            "type": "Element",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERProgramList(SubscribableList):
    """
    Programs that a client may see.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    DERProgram: list[DERProgram] = field(
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
class CurrentDERControls(SubscribableResource):
    """
    The control modes that a DER follows now, whoever commanded them; meanings as in
    DERControlBase.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    opModConnect: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModDeltaVar: None | ReactivePowerDeltaControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModDeltaW: None | ActivePowerDeltaControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModEnergize: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModFixedPFAbsorbW: None | PowerFactorWithExcitationControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModFixedPFInjectW: None | PowerFactorWithExcitationControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModFixedV: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "min_inclusive": -10000,
            "max_inclusive": 10000,
        },
    )
    opModFixedVar: None | FixedVarControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModFixedW: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "min_inclusive": -10000,
            "max_inclusive": 10000,
        },
    )
    opModFreqDroop: None | FreqDroopType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModFreqWatt: None | DERCurveControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModGridConnectPermit: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModHFRTMayTrip: None | DERCurveControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModHFRTMustTrip: None | DERCurveControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModHVRTMayTrip: None | DERCurveControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModHVRTMomentaryCessation: None | DERCurveControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModHVRTMustTrip: None | DERCurveControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModIslandPermit: None | bool = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModLFRTMayTrip: None | DERCurveControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModLFRTMustTrip: None | DERCurveControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModLVRTMayTrip: None | DERCurveControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModLVRTMomentaryCessation: None | DERCurveControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModLVRTMustTrip: None | DERCurveControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModMaxLimPctVAAbsorb: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "min_inclusive": 0,
            "max_inclusive": 10000,
        },
    )
    opModMaxLimPctVAInject: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "min_inclusive": 0,
            "max_inclusive": 10000,
        },
    )
    opModMaxLimPctVarAbsorb: None | UnsignedFixedVarControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModMaxLimPctVarInject: None | UnsignedFixedVarControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModMaxLimPctWAbsorb: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "min_inclusive": 0,
            "max_inclusive": 10000,
        },
    )
    opModMaxLimVarAbsorb: None | UnsignedReactivePowerControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModMaxLimVarInject: None | UnsignedReactivePowerControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModMaxLimW: None | int = field(
        default=None,
        metadata={
            "type": "Element",
            "min_inclusive": 0,
            "max_inclusive": 10000,
        },
    )
    opModMaxLimWAbsorb: None | UnsignedActivePowerControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModMaxLimWInject: None | UnsignedActivePowerControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModTargetV: None | VoltageRMSControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModTargetVar: None | ReactivePowerControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModTargetW: None | ActivePowerControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModVoltVar: None | DERCurveControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModVoltWatt: None | DERCurveControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModWattPF: None | DERCurveControlType = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    opModWattVar: None | DERCurveControlType = field(
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


@dataclass(slots=True, kw_only=True)
class DERControl(RandomizableEvent):
    """
    An event that commands control modes.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    DERControlBase: None | DERControlBase = field(
        default=None,
        metadata={
            "type": "Element",
        },
    )
    deviceCategory: None | bytes = field(
        default=None,
        metadata={
            "type": "Element",
            "max_length": 4,
            "format": "base16",
        },
    )


@dataclass(slots=True, kw_only=True)
class DefaultDERControl(SubscribableIdentifiedObject):
    """
    What holds while no control is active.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    DERControlBase: None | DERControlBase = field(
        default=None,
        metadata={
            "type": "Element",
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
    setSoftGradW: None | int = field(
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
    replyTo: None | str = field(
        default=None,
        metadata={
            "type": "Attribute",
        },
    )
    responseRequired: None | bytes = field(
        default=None,
        metadata={
            "type": "Attribute",
            "max_length": 1,
            "format": "base16",
        },
    )


@dataclass(slots=True, kw_only=True)
class DERControlList(SubscribableList):
    """
    The controls of a program.
    """

    class Meta:
        namespace = "urn:ieee:std:2030.5:ns"

    DERControl: list[DERControl] = field(
        default_factory=list,
        metadata={
            "type": "Element",
        },
    )
