"""Coded values that the interim schema of 2013-era clients numbers in another way.

A client compiled from schema 2.0.4 (namespace ``http://ieee.org/2030.5``) sends and expects its
own numbers inside otherwise equal documents. Inside the program only the numbers of 2018 exist.
Source: schema 2.0.4 compared with IEEE 2030.5-2018 DERType, DERCurveType, DERControlType.
"""

from __future__ import annotations

from collections.abc import Mapping

# Interim number -> number of 2018. What is missing here means the same in both.
VALUES: Mapping[str, Mapping[int, int]] = {
    # 81 is a vehicle or its supply equipment, 82 photovoltaic with storage.
    "DERType": {81: 82, 82: 83},
    "DERCurveType": {0: 11, 1: 0, 2: 13, 3: 12, 4: 9, 5: 10, 6: 4, 7: 5, 8: 7, 9: 2, 10: 14},
}
# The same for the bits of bitmaps.
BITS: Mapping[str, Mapping[int, int]] = {
    "DERControlType": {
        0: 23,  # opModVoltVar
        1: 9,  # opModFreqWatt
        2: 8,  # opModFreqDroop
        3: 25,  # opModWattPF
        4: 24,  # opModVoltWatt
        5: 18,  # opModLVRTMomentaryCessation
        6: 19,  # opModLVRTMustTrip
        7: 13,  # opModHVRTMomentaryCessation
        8: 14,  # opModHVRTMustTrip
        9: 16,  # opModLFRTMustTrip
        10: 11,  # opModHFRTMustTrip
        11: 2,  # opModConnect
        12: 3,  # opModEnergize
        13: 20,  # opModMaxLimW
        14: 6,  # opModFixedVar
        15: 5,  # opModFixedPF, which became opModFixedPFInjectW
        16: 7,  # opModFixedW
        17: 22,  # opModTargetW
        18: 21,  # opModTargetVar
        19: 0,  # charge mode
        20: 1,  # discharge mode
        21: 26,  # opModWattVar
    },
}


def number(type_name: str, value: int, *, to_interim: bool = False) -> int:
    """A coded value in the other numbering; what has no other number stays."""
    table = VALUES[type_name]
    return _inverse(table).get(value, value) if to_interim else table.get(value, value)


def bits(type_name: str, value: bytes, *, to_interim: bool = False) -> bytes:
    """A bitmap in the other numbering; bits that the other side does not have are dropped."""
    table = _inverse(BITS[type_name]) if to_interim else BITS[type_name]
    flags = int.from_bytes(value)
    moved = sum(1 << new for old, new in table.items() if flags >> old & 1)
    return moved.to_bytes(max(1, (moved.bit_length() + 7) // 8))


def _inverse(table: Mapping[int, int]) -> dict[int, int]:
    return {new: old for old, new in table.items()}
