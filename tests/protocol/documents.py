"""Documents that a device sends, as a device of each edition would write them."""

from __future__ import annotations

from typing import Any

LFDI = "247BD68E3378FE57BA604E3C8BDF9E3F78A3D743"


def watts(name: str, value: int, multiplier: int = 0) -> str:
    return f"<{name}><multiplier>{multiplier}</multiplier><value>{value}</value></{name}>"


DER_CAPABILITY = (
    "<DERCapability><modesSupported>00100084</modesSupported>"
    + watts("rtgMaxChargeRateW", 5, 3)
    + watts("rtgMaxDischargeRateW", 6, 3)
    + watts("rtgMaxW", 1, 4)
    + "<type>80</type></DERCapability>"
)
DER_SETTINGS = (
    "<DERSettings><setGradW>0</setGradW>"
    + watts("setMaxChargeRateW", 5, 3)
    + watts("setMaxW", 1, 4)
    + "<updatedTime>1780000000</updatedTime></DERSettings>"
)
DER_STATUS = (
    "<DERStatus><inverterStatus><dateTime>1</dateTime><value>4</value></inverterStatus>"
    "<readingTime>1780000000</readingTime>"
    "<stateOfChargeStatus><dateTime>1</dateTime><value>9300</value></stateOfChargeStatus>"
    "</DERStatus>"
)
DER_AVAILABILITY = (
    "<DERAvailability><availabilityDuration>3600</availabilityDuration>"
    "<readingTime>1780000000</readingTime></DERAvailability>"
)
DEVICE_INFORMATION = (
    f"<DeviceInformation><lFDI>{LFDI}</lFDI><mfDate>0</mfDate><mfHwVer>1</mfHwVer><mfID>1</mfID>"
    "<mfModel>m</mfModel><mfSerNum>1</mfSerNum><primaryPower>1</primaryPower>"
    "<secondaryPower>0</secondaryPower><swActTime>0</swActTime><swVer>1</swVer>"
    "</DeviceInformation>"
)
DEVICE_STATUS = "<DeviceStatus><changedTime>1</changedTime><onCount>5</onCount></DeviceStatus>"
POWER_STATUS = (
    "<PowerStatus><batteryStatus>1</batteryStatus><changedTime>1</changedTime>"
    "<currentPowerSource>1</currentPowerSource><PEVInfo>"
    + watts("chargingPowerNow", 3000)
    + "<energyRequestNow><multiplier>0</multiplier><value>6100</value></energyRequestNow>"
    + watts("maxForwardPower", 7, 3)
    + "<minimumChargingDuration>4337</minimumChargingDuration>"
    "<targetStateOfCharge>8000</targetStateOfCharge>"
    "<timeChargeIsNeeded>1780003600</timeChargeIsNeeded>"
    "<timeChargingStatusPEV>1780000000</timeChargingStatusPEV></PEVInfo></PowerStatus>"
)
READING_TYPE = (
    "<ReadingType><powerOfTenMultiplier>0</powerOfTenMultiplier><uom>38</uom></ReadingType>"
)


def reading(mrid: str, value: int, description: str = "", reading_type: str = READING_TYPE) -> str:
    named = f"<description>{description}</description>" if description else ""
    return (
        f"<MirrorMeterReading><mRID>{mrid}</mRID>{named}"
        f"<Reading><value>{value}</value></Reading>{reading_type}</MirrorMeterReading>"
    )


def mirror(mrid: str = "AA", readings: str = "", lfdi: str = LFDI) -> str:
    return (
        f"<MirrorUsagePoint><mRID>{mrid}</mRID><roleFlags>49</roleFlags>"
        "<serviceCategoryKind>0</serviceCategoryKind><status>1</status>"
        f"<deviceLFDI>{lfdi}</deviceLFDI>{readings}</MirrorUsagePoint>"
    )


def interval(start: int, value: int, local_id: str = "", more: str = "") -> str:
    """A Reading of five minutes."""
    local = f"<localID>{local_id}</localID>" if local_id else ""
    return (
        f"<Reading><timePeriod><duration>300</duration><start>{start}</start></timePeriod>{more}"
        f"<value>{value}</value>{local}</Reading>"
    )


def reading_set(mrid: str, start: int, intervals: str = "") -> str:
    return (
        f"<MirrorReadingSet><mRID>{mrid}</mRID><timePeriod><duration>900</duration>"
        f"<start>{start}</start></timePeriod>{intervals}</MirrorReadingSet>"
    )


def meter_reading(mrid: str, content: str, reading_type: str = "") -> str:
    return f"<MirrorMeterReading><mRID>{mrid}</mRID>{content}{reading_type}</MirrorMeterReading>"


def log_event(code: int = 0, created: int = 1_780_000_000, number: int = 1, **changes: Any) -> str:
    """A LogEvent with the codes of a DER; an element that is changed to "" is left out."""
    elements: dict[str, Any] = {
        "createdDateTime": created,
        "details": "",
        "extendedData": "",
        "functionSet": 11,
        "logEventCode": code,
        "logEventID": number,
        "logEventPEN": 40732,
        "profileID": 2,
    } | changes
    content = "".join(
        f"<{name}>{value}</{name}>" for name, value in elements.items() if value != ""
    )
    return f"<LogEvent>{content}</LogEvent>"


def response(
    subject: bytes | str, status: int | str = 1, root: str = "DERControlResponse", **changes: str
) -> str:
    """An answer to an event; an element that is changed to "" is left out."""
    elements = {
        "createdDateTime": "1780000000",
        "endDeviceLFDI": LFDI,
        "status": str(status),
        "subject": subject if isinstance(subject, str) else subject.hex(),
    } | changes
    content = "".join(f"<{name}>{value}</{name}>" for name, value in elements.items() if value)
    return f"<{root}>{content}</{root}>"


def reservation(
    mrid: str = "F1", start: int = 1_780_003_600, status: int = 0, created: int = 1_780_000_000
) -> str:
    """A request for 10 kWh at 7 kW within two hours."""
    return (
        f"<FlowReservationRequest><mRID>{mrid}</mRID><creationTime>{created}</creationTime>"
        "<durationRequested>5143</durationRequested>"
        "<energyRequested><multiplier>3</multiplier><value>10</value></energyRequested>"
        f"<intervalRequested><duration>7200</duration><start>{start}</start></intervalRequested>"
        + watts("powerRequested", 7, 3)
        + f"<RequestStatus><dateTime>{created}</dateTime><requestStatus>{status}</requestStatus>"
        "</RequestStatus></FlowReservationRequest>"
    )


def subscription(
    resource: str, uri: str = "http://127.0.0.1:1/ntfy", condition: str = "", **changes: Any
) -> str:
    """A Subscription; an element that is changed to "" is left out."""
    elements: dict[str, Any] = {
        "encoding": 0,
        "level": "+S1",
        "limit": 255,
        "notificationURI": uri,
    } | changes
    content = "".join(
        f"<{name}>{value}</{name}>" for name, value in elements.items() if value != ""
    )
    return (
        f"<Subscription><subscribedResource>{resource}</subscribedResource>{condition}{content}"
        "</Subscription>"
    )


def condition(lower: int, upper: int, attribute: int = 0) -> str:
    return (
        f"<Condition><attributeIdentifier>{attribute}</attributeIdentifier>"
        f"<lowerThreshold>{lower}</lowerThreshold><upperThreshold>{upper}</upperThreshold>"
        "</Condition>"
    )


SINGLETONS = {
    "/dcap/edev/0/di": DEVICE_INFORMATION,
    "/dcap/edev/0/dstat": DEVICE_STATUS,
    "/dcap/edev/0/ps": POWER_STATUS,
    "/dcap/edev/0/der/1/dercap": DER_CAPABILITY,
    "/dcap/edev/0/der/1/derg": DER_SETTINGS,
    "/dcap/edev/0/der/1/ders": DER_STATUS,
    "/dcap/edev/0/der/1/dera": DER_AVAILABILITY,
}
