"""What the file holds, kind by kind, in the words of the clients of the kill test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.kill.asking import Key

# By kind and key.
Documents = dict[str, dict[str, Any]]
Found = tuple[Key, Any]


@dataclass(frozen=True)
class Followed:
    """How the records of a kind are compared.

    ``found``: what they say, as the facts that clients write down. ``told``: the first words of
    those facts; each of them has to be acknowledged in every run, so that something is compared.
    """

    found: Callable[[Documents], Iterator[Found]]
    told: tuple[str, ...]


def _devices(documents: Documents) -> Iterator[Found]:
    for sfdi, document in documents["device"].items():
        yield ("device", sfdi), document["number"]
        if document["post_rate_ruled"]:
            yield ("post_rate", sfdi), document["post_rate"]


def _registries(documents: Documents) -> Iterator[Found]:
    for sfdi, document in documents["device"].items():
        if document["registry"] is not None:
            yield ("registry", sfdi), _point_of(documents, document["registry"])


def _kept_registries(documents: Documents) -> Iterator[Found]:
    for sfdi, document in documents["kept_registry"].items():
        yield ("kept_registry", sfdi), _point_of(documents, document["registry"])


def _point_of(documents: Documents, digest: str) -> str:
    (row,) = documents["registry"][digest]["rows"]
    name: str = row["Volttron Point Name"]
    return name


def _resources(documents: Documents) -> Iterator[Found]:
    for key, document in documents["resource"].items():
        sfdi, name, _ = key.split("/")
        fields = document["fields"]
        if name == "DERStatus":
            yield ("latest", sfdi, name), fields["stateOfChargeStatus"]["value"]
        if name == "DERCapability":
            yield ("resource", sfdi, name), fields["rtgMaxW"]["value"]


def _times(documents: Documents) -> Iterator[Found]:
    """Of a point of the DERStatus, with what it says: when that was received at the earliest, and
    at the latest."""
    for sfdi, document in documents["times"].items():
        status = documents["resource"].get(f"{sfdi}/DERStatus/1")
        number = None if status is None else status["fields"]["stateOfChargeStatus"]["value"]
        for at, names in document["received"]:
            if "b713_SoC" in names:
                yield ("times", sfdi), [number, at, at]


def _log_events(documents: Documents) -> Iterator[Found]:
    for key, document in documents["log_event"].items():
        sfdi, number = key.split("/")
        yield ("log_event", sfdi, str(document["event"]["logEventID"])), number


def _programs(documents: Documents) -> Iterator[Found]:
    for document in documents["program"].values():
        if document["origin"] == "rpc":
            mrid = document["mRID"].upper()
            yield ("program", mrid), "there" if document["closed"] is None else "closed"
            base = document["default"].get("DERControlBase", {})
            if "opModMaxLimW" in base:
                yield ("default", mrid), base["opModMaxLimW"]


def _events(documents: Documents) -> Iterator[Found]:
    grants = {}
    for key, document in documents["event"].items():
        event = document["event"]
        if document["class"] == "Grant":
            grants[event["number"]] = event["energy"]["value"]
        else:
            cancelled = event["status"] == 2
            yield ("control", key.split("/")[1]), "cancelled" if cancelled else "there"
    for document in documents["reservation"].values():
        if document["grant"] is not None:
            yield ("grant", document["mRID"].upper()), grants[document["grant"]]


def _standings(documents: Documents) -> Iterator[Found]:
    for sfdi, document in documents["standing"].items():
        for mrid, modes in document["lost"].items():
            yield ("standing", sfdi, mrid), modes


def _meter_readings(documents: Documents) -> Iterator[Found]:
    for document in documents["meter_reading"].values():
        latest = document["reading"]["latest"]
        mrid = latest["mRID"].upper()
        yield ("meter_reading", mrid), "there"
        yield ("reading", mrid), document["reading"]["last"]["value"]


def _each(kind: str, of: Callable[[str, Any], Found]) -> Callable[[Documents], Iterator[Found]]:
    """Of each record one fact."""
    return lambda documents: (of(key, document) for key, document in documents[kind].items())


FOLLOWED = {
    "counter": Followed(
        _each("counter", lambda key, doc: (("counter", key), doc["next"])), ("counter",)
    ),
    "fsa": Followed(
        _each("fsa", lambda key, doc: (("fsa", key), [doc["number"], doc["mRID"]])), ("fsa",)
    ),
    "rates": Followed(
        lambda documents: (
            (("poll_rate", name), seconds)
            for document in documents["rates"].values()
            for name, seconds in document["poll"].items()
        ),
        ("poll_rate",),
    ),
    "access": Followed(_each("access", lambda key, _: (("access", key), "withdrawn")), ("access",)),
    "registry": Followed(_registries, ("registry",)),
    "kept_registry": Followed(_kept_registries, ("kept_registry",)),
    "program": Followed(_programs, ("program", "default")),
    "curve": Followed(
        _each("curve", lambda key, doc: (("curve", doc["mRID"].upper()), key.split("/")[1])),
        ("curve",),
    ),
    "device": Followed(_devices, ("device", "post_rate")),
    "contact": Followed(
        _each("contact", lambda key, doc: (("contact", key), doc["last_contact"])), ("contact",)
    ),
    "resource": Followed(_resources, ("resource", "latest")),
    "times": Followed(_times, ("times",)),
    "log_event": Followed(_log_events, ("log_event",)),
    "event": Followed(_events, ("control", "grant")),
    "standing": Followed(_standings, ("standing",)),
    "reservation": Followed(
        _each("reservation", lambda _, doc: (("reservation", doc["mRID"].upper()), "there")),
        ("reservation",),
    ),
    "response": Followed(
        _each(
            "response",
            lambda _, doc: (("response", doc["subject"], doc["sfdi"], str(doc["code"])), "there"),
        ),
        ("response",),
    ),
    "mirror": Followed(
        _each("mirror", lambda _, doc: (("mirror", doc["usage_point"]["mRID"].upper()), "there")),
        ("mirror",),
    ),
    "reading_set": Followed(
        _each(
            "reading_set",
            lambda _, doc: (
                ("reading_set", doc["header"]["mRID"].upper()),
                doc["intervals"][0]["reading"]["value"],
            ),
        ),
        ("reading_set",),
    ),
    "meter_reading": Followed(_meter_readings, ("meter_reading", "reading")),
    "subscription": Followed(
        _each(
            "subscription",
            lambda _, doc: (
                ("subscription", doc["sfdi"], doc["notification_uri"]),
                "over" if "ended" in doc else "there",
            ),
        ),
        ("subscription",),
    ),
}
