"""The documents of a device in the field, with everything in them that such a device knows."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from string import Template

NAMESPACE = "urn:ieee:std:2030.5:ns"
FOLDER = Path(__file__).with_name("documents")
# Which resource a device puts where, below its EndDevice.
PLACES = {
    "DeviceInformation": "/di",
    "DeviceStatus": "/dstat",
    "PowerStatus": "/ps",
    "DERCapability": "/der/1/dercap",
    "DERSettings": "/der/1/derg",
    "DERStatus": "/der/1/ders",
    "DERAvailability": "/der/1/dera",
}
# What is metered: description, uom, flowDirection, accumulationBehaviour, value.
METERED = (
    ("PhaseCurrentAvg", 5, 1, 12, 38),
    ("PhasePFA", 65, 1, 12, 98),
    ("EnergyIMP", 72, 1, 9, 123456),
    ("EnergyEXP", 72, 19, 9, 654321),
    ("InstantPackCurrent", 5, 1, 12, 21),
    ("LineVoltageAvg", 29, 1, 12, 400),
    ("PhasePowerAvg", 38, 1, 12, 9000),
    ("InstantPackTemp", 23, 1, 12, 31),
)
# A number of three digits or more is a quantity and no code.
_QUANTITY = re.compile(rb"(?<=<value>)[1-9][0-9]{2,}(?=</value>)")
_READING = (
    "<MirrorMeterReading><mRID>{mrid:032X}</mRID><description>{description}</description>"
    "<Reading><timePeriod><duration>300</duration><start>1780000000</start></timePeriod>"
    "<value>{value}</value></Reading><ReadingType>"
    "<accumulationBehaviour>{behaviour}</accumulationBehaviour><commodity>1</commodity>"
    "<dataQualifier>2</dataQualifier><flowDirection>{flow}</flowDirection><kind>37</kind>"
    "<phase>0</phase><powerOfTenMultiplier>0</powerOfTenMultiplier><uom>{uom}</uom>"
    "</ReadingType></MirrorMeterReading>"
)


def document(name: str, **values: object) -> bytes:
    """A document of the folder as a device sends it: its blanks filled in (those not given get
    something), and without the white space that makes it readable for us."""
    given = {"time": 1780000000, "value": 9300, "lfdi": "0A" * 20, "number": 1, "mrid": "0B" * 16}
    return _template(name).substitute(given | values).encode()


def statuses(number: int = 0) -> list[bytes]:
    """Two DERStatus to be put in turn: each changes a point, also where those of other numbers
    (0 to 999) come between them."""
    return [document("DERStatus", value=charge - number) for charge in (9200, 8200)]


def with_other_values(document: bytes, less: int) -> bytes:
    """The same document with each quantity in it smaller by so many."""
    return _QUANTITY.sub(lambda found: b"%d" % (int(found[0]) - less), document)


def mirror(lfdi: str, number: int) -> bytes:
    """A MirrorUsagePoint with eight readings, of the device with this number."""
    readings = "".join(
        _READING.format(
            mrid=reading_mrid(number, place),
            description=description,
            uom=uom,
            flow=flow,
            behaviour=behaviour,
            value=value,
        )
        for place, (description, uom, flow, behaviour, value) in enumerate(METERED)
    )
    return (
        f'<MirrorUsagePoint xmlns="{NAMESPACE}"><mRID>{number * 16 + 15:032X}</mRID>'
        "<description>inverter</description><roleFlags>0049</roleFlags>"
        "<serviceCategoryKind>0</serviceCategoryKind><status>1</status>"
        f"<deviceLFDI>{lfdi}</deviceLFDI>{readings}</MirrorUsagePoint>"
    ).encode()


def reading_mrid(number: int, place: int) -> int:
    """The mRID of one of the readings of a device."""
    return number * 16 + place


@cache
def _template(name: str) -> Template:
    lines = (FOLDER / f"{name}.xml").read_text().splitlines()
    return Template("".join(line.strip() for line in lines))
