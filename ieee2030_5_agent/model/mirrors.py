"""MirrorUsagePoint: what a device measures, merged over its posts.

Source: IEEE 2030.5-2018 Metering Mirror (rules h and i).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..sep import models
from ..sep.packing import pack, unpack
from .changes import Record
from .errors import BadValue, LimitReached, NotOwner
from .listing import Listing
from .meter_readings import MeterReading

# The monitoring list of CSIP has a dozen quantities, each on three phases and in some kinds
# (average, maximum, ...).
MAX_METER_READINGS = 256


# The mRID of a meter reading as a number. Clients of 2013-era editions use one mRID for several
# readings and tell them apart by description, so there the description is part of the key.
ReadingKey = int | tuple[int, str]


def key_text(key: ReadingKey) -> str:
    """A key as text: the mRID in 32 hex digits, and the description behind a slash."""
    return f"{key:032X}" if isinstance(key, int) else f"{key[0]:032X}/{key[1]}"


def key_of(text: str) -> ReadingKey:
    """The key that ``key_text`` made a text of."""
    mrid, slash, description = text.partition("/")
    return (int(mrid, 16), description) if slash else int(mrid, 16)


class Mirror:
    """One MirrorUsagePoint and the meter readings below it.

    ``meter_readings``: as many as the device measures, so what tells them apart is no text.
    """

    __slots__ = (
        "_usage_point",
        "claimed",
        "meter_readings",
        "mrid",
        "number",
        "owners",
        "post_rate",
        "role_flags",
        "sfdi",
    )

    def __init__(
        self,
        number: int,
        sfdi: str,
        owners: tuple[str, ...],
        usage_point: models.MirrorUsagePoint,
        post_rate: int,
        claimed: tuple[int, ...] = (),
    ) -> None:
        self.number = number
        self.sfdi = sfdi
        self.owners = owners
        self.usage_point = usage_point
        # In which seconds it is to send.
        self.post_rate = post_rate
        self.meter_readings: dict[ReadingKey, MeterReading] = {}
        # mRIDs of its meter readings that no other device may use.
        self.claimed = claimed

    @property
    def usage_point(self) -> models.MirrorUsagePoint:
        """What was posted last, without its meter readings."""
        usage_point: models.MirrorUsagePoint = unpack("MirrorUsagePoint", self._usage_point)
        return usage_point

    @usage_point.setter
    def usage_point(self, posted: models.MirrorUsagePoint) -> None:
        self._usage_point = pack(replace(posted, MirrorMeterReading=[]))
        # The mRID as the number it is compared by.
        self.mrid = int.from_bytes(posted.mRID or b"")
        self.role_flags = int.from_bytes(posted.roleFlags or b"")

    @property
    def record(self) -> Record:
        return ("mirror", self.number)

    @property
    def listed(self) -> Sequence[MeterReading]:
        """The MeterReadingList: highest mRID first."""
        return sorted(self.meter_readings.values(), key=lambda item: (-item.mrid, item.number))

    def meter_reading(self, number: int) -> MeterReading | None:
        return next((m for m in self.meter_readings.values() if m.number == number), None)

    def model(self, href: str, usage_point_href: str | None = None) -> models.MirrorUsagePoint:
        """The resource as a client reads it, with the latest of each meter reading.

        Reading sets are not repeated here: they are found below the UsagePoint.
        """
        return replace(
            self.usage_point,
            href=href,
            MirrorMeterReading=[item.latest for item in self.meter_readings.values()],
            postRate=self.post_rate,
            UsagePointLink=(
                None if usage_point_href is None else models.UsagePointLink(href=usage_point_href)
            ),
        )

    def merged(
        self, posted: Iterable[models.MirrorMeterReading], strict: bool, received: float
    ) -> dict[ReadingKey, MeterReading]:
        """The meter readings after a post; nothing is changed yet.

        What later posts leave out (ReadingType, description, version) stays from the first.
        Raises BadValue for a new mRID without ReadingType in a strict edition (rule h.3),
        LimitReached for too many meter readings.
        """
        known = dict(self.meter_readings)
        merged: dict[ReadingKey, MeterReading] = {}
        for reading in posted:
            key = self._key(reading, strict, known)
            before = known.get(key)
            if before is None:
                _check_new(key, reading, strict, len(known))
                known[key] = MeterReading.first(len(known), reading, received)
            else:
                known[key] = before.merged(reading, received)
            merged[key] = known[key]
        return merged

    def _key(
        self,
        reading: models.MirrorMeterReading,
        strict: bool,
        known: dict[ReadingKey, MeterReading],
    ) -> ReadingKey:
        if reading.mRID is None:
            raise BadValue("MirrorMeterReading has no mRID")
        mrid = int.from_bytes(reading.mRID)
        if strict:
            return mrid
        if reading.description is not None:
            return (mrid, reading.description)
        return next((key for key in reversed(known) if _mrid(key) == mrid), mrid)


class Mirrors:
    """All mirrors by number and mRID, and in the order of the MirrorUsagePointList."""

    def __init__(self) -> None:
        self._listing: Listing[Mirror] = Listing(lambda mirror: (-mirror.mrid, mirror.number))
        self._by_number: dict[int, Mirror] = {}
        self._by_mrid: dict[int, list[Mirror]] = {}
        # By mRID the numbers of the mirrors that claim it, mostly one.
        self._claims: dict[int, tuple[int, ...]] = {}
        self._counts: Counter[str] = Counter()
        self.next_number = 0

    @property
    def listed(self) -> Sequence[Mirror]:
        """All mirrors, highest mRID first."""
        return self._listing.all

    def of(self, sfdi: str) -> Sequence[Mirror]:
        """The mirrors of a device, or of all devices that an aggregator manages."""
        return self._listing.of(sfdi)

    def by_number(self, number: int) -> Mirror | None:
        return self._by_number.get(number)

    def by_mrid(self, mrid: int) -> list[Mirror]:
        """One mirror, or several where devices of 2013-era editions share an mRID."""
        return self._by_mrid.get(mrid, [])

    def known(self, sfdi: str, mrid: int, strict: bool) -> Mirror | None:
        """A device's mirror of this mRID. Raises NotOwner when another device has the mRID.

        2013-era devices of one make send the same mRIDs, as the original's samples do, so they
        are told apart by device.
        """
        others = self.by_mrid(mrid)
        own = next((mirror for mirror in others if mirror.sfdi == sfdi), None)
        if own is None and others and strict:
            raise NotOwner("another device has a MirrorUsagePoint with this mRID")
        return own

    def count(self, sfdi: str) -> int:
        """How many mirrors a device has itself."""
        return self._counts[sfdi]

    def refuse_foreign(self, sfdi: str, posted: Iterable[models.MirrorMeterReading]) -> None:
        """Raises NotOwner when another device has the mRID of one of these meter readings."""
        for mrid in _mrids(posted):
            if any(self._by_number[n].sfdi != sfdi for n in self._claims.get(mrid, ())):
                raise NotOwner(f"another device has a MirrorMeterReading with mRID {mrid:X}")

    def claim(self, mirror: Mirror, keys: Iterable[ReadingKey]) -> None:
        """Keeps the mRIDs of these meter readings for the device of the mirror."""
        alone = (mirror.number,)  # one for all of them: hardly any has two claims
        for mrid in map(_mrid, keys):
            if mrid not in mirror.claimed:
                mirror.claimed += (mrid,)
                self._claims[mrid] = self._claims.get(mrid, ()) + alone

    def add(self, mirror: Mirror) -> None:
        """Gives the mirror its number; numbers are never used again."""
        mirror.number = self.next_number
        self.next_number += 1
        self.put(mirror)

    def put(self, mirror: Mirror) -> None:
        """Lists a mirror that has its number, as one from the store has."""
        alone = (mirror.number,)
        for mrid in mirror.claimed:
            self._claims[mrid] = self._claims.get(mrid, ()) + alone
        self._by_number[mirror.number] = mirror
        self._by_mrid.setdefault(mirror.mrid, []).append(mirror)
        self._counts[mirror.sfdi] += 1
        self._listing.add(mirror, mirror.owners)

    def remove(self, mirror: Mirror) -> None:
        self._listing.remove(mirror, mirror.owners)
        self._counts[mirror.sfdi] -= 1
        for mrid in mirror.claimed:
            left = tuple(n for n in self._claims.pop(mrid) if n != mirror.number)
            if left:
                self._claims[mrid] = left
        del self._by_number[mirror.number]
        self._by_mrid[mirror.mrid].remove(mirror)
        if not self._by_mrid[mirror.mrid]:
            del self._by_mrid[mirror.mrid]

    def hand_over(self, sfdi: str, owners: tuple[str, ...]) -> None:
        """A device has another manager now, who sees its mirrors instead of the one before."""
        for mirror in list(self._listing.of(sfdi)):
            if mirror.sfdi == sfdi:
                self._listing.remove(mirror, mirror.owners)
                mirror.owners = owners
                self._listing.add(mirror, owners)


def _check_new(
    key: ReadingKey, reading: models.MirrorMeterReading, strict: bool, count: int
) -> None:
    if strict and reading.ReadingType is None:
        raise BadValue(f"MirrorMeterReading {key_text(key)} is new and has no ReadingType")
    if count >= MAX_METER_READINGS:
        raise LimitReached(f"a MirrorUsagePoint has at most {MAX_METER_READINGS} meter readings")


def _mrid(key: ReadingKey) -> int:
    return key if isinstance(key, int) else key[0]


def _mrids(posted: Iterable[models.MirrorMeterReading]) -> set[int]:
    return {int.from_bytes(item.mRID) for item in posted if item.mRID is not None}
