"""The XML documents that the simulated devices send, elements in the order of the 2018 schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from xml.sax.saxutils import escape

NAMESPACE = "urn:ieee:std:2030.5:ns"
ENTERPRISE = 32473  # the enterprise number that IANA keeps for examples (RFC 5612)

# ReadingType: uom and kind of what is measured, by IEC 61968-9.
AMPERE, VOLT, WATT, WATT_HOUR, COS_PHI, CELSIUS = 5, 29, 38, 72, 65, 23
POWER, ENERGY, NO_KIND = 37, 12, 0
AVERAGE, NORMAL = 2, 12
TO_CUSTOMER, FROM_CUSTOMER = 1, 19
IS_MIRROR, IS_PEV, IS_DER, IS_SUBMETER = 0x01, 0x04, 0x08, 0x40


class Channel(NamedTuple):
    """One kind of reading: the description under which the points know it, and its type."""

    description: str
    uom: int
    multiplier: int = 0
    kind: int = NO_KIND
    qualifier: int = AVERAGE
    flow: int = 0


CHANNELS = {
    channel.description: channel
    for channel in (
        Channel("PhaseCurrentAvg", AMPERE, -1),
        Channel("InstantPackCurrent", AMPERE, -1, qualifier=NORMAL),
        Channel("LineVoltageAvg", VOLT, -1),
        Channel("PhasePowerAvg", WATT, 0, POWER, flow=FROM_CUSTOMER),
        Channel("PhasePFA", COS_PHI, -3, qualifier=NORMAL),
        Channel("EnergyIMP", WATT_HOUR, 0, ENERGY, 0, TO_CUSTOMER),
        Channel("EnergyEXP", WATT_HOUR, 0, ENERGY, 0, FROM_CUSTOMER),
        Channel("InstantPackTemp", CELSIUS, -1, qualifier=NORMAL),
    )
}


def document(name: str, *children: str) -> str:
    """A whole document: a root element in the namespace of the 2018 edition."""
    return f'<{name} xmlns="{NAMESPACE}">{"".join(children)}</{name}>'


def element(name: str, *children: object) -> str:
    """An element with text or elements in it; the latter are strings that begin with <."""
    content = "".join(
        child if isinstance(child, str) and child.startswith("<") else escape(str(child))
        for child in children
    )
    return f"<{name}>{content}</{name}>"


def fields(**values: object) -> str:
    """Elements with their values, in the order given; None leaves one out."""
    return "".join(element(name, value) for name, value in values.items() if value is not None)


def scaled(value: float, multiplier: int = 0) -> str:
    """A quantity as a power of ten and a whole number: 5000 W may be 5 times 10^3."""
    return fields(multiplier=multiplier, value=round(value / 10**multiplier))


def status(value: object, now: int) -> str:
    """A value of DERStatus with the time since when it holds."""
    return fields(dateTime=now, value=value)


def device_information(lfdi: str, model: str, serial: str, now: int) -> str:
    """Who made the device."""
    return document(
        "DeviceInformation",
        fields(
            lFDI=lfdi,
            mfDate=1700000000,
            mfHwVer="2.1",
            mfID=ENTERPRISE,
            mfModel=model,
            mfSerNum=serial,
            primaryPower=1,
            secondaryPower=0,
            swActTime=now,
            swVer="1.0",
        ),
    )


def mirror_usage_point(lfdi: str, role: int, channels: Iterable[Channel]) -> str:
    """Announces the kinds of readings that will follow."""
    readings = (
        element(
            "MirrorMeterReading",
            fields(
                mRID=reading_mrid(lfdi, channel),
                description=channel.description,
                ReadingType=fields(
                    accumulationBehaviour=9 if channel.kind == ENERGY else 12,
                    commodity=1,
                    dataQualifier=channel.qualifier,
                    flowDirection=channel.flow,
                    kind=channel.kind,
                    powerOfTenMultiplier=channel.multiplier,
                    uom=channel.uom,
                ),
            ),
        )
        for channel in channels
    )
    return document(
        "MirrorUsagePoint",
        fields(
            mRID=_mrid(lfdi, 0),
            description="demo meter",
            roleFlags=f"{role:02X}",
            serviceCategoryKind=0,
            status=1,
            deviceLFDI=lfdi,
        ),
        *readings,
    )


def meter_readings(lfdi: str, values: dict[str, float], now: int) -> str:
    """A new value for each of the announced readings."""
    readings = (
        element(
            "MirrorMeterReading",
            fields(
                mRID=reading_mrid(lfdi, channel),
                Reading=fields(
                    timePeriod=fields(duration=0, start=now),
                    value=round(values[channel.description] / 10**channel.multiplier),
                ),
            ),
        )
        for channel in (CHANNELS[name] for name in values)
    )
    return document("MirrorMeterReadingList", *readings)


def reading_mrid(lfdi: str, channel: Channel) -> str:
    """A number of its own for each reading of each device."""
    return _mrid(lfdi, 1 + list(CHANNELS).index(channel.description))


def _mrid(lfdi: str, number: int) -> str:
    # 32 hex digits, unique by the device's LFDI; the last 8 are the maker's enterprise number.
    return f"{lfdi[:16].upper()}{number:08X}{ENTERPRISE:08X}"
