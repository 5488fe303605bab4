"""What single values of a configuration may be: validators and types that sections share."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from typing import Annotated, Any, cast

from pydantic import BeforeValidator, Field, ValidationInfo

from ..model.curve_limits import check_points
from ..sep.codec import CSIPAUS_NAMESPACES, read_text
from ..sep.editions import Edition
from ..sep.identity import (
    format_sfdi,
    has_check_digit,
    mrid_text,
    normalise_lfdi,
    parse_pin,
    parse_sfdi,
)
from ..sep.json_form import from_json
from .problems import near

EDITIONS = {
    "2013": Edition.ZIGBEE_2013,
    "2013-ieee": Edition.INTERIM_2013,
    "2018": Edition.E2018,
    "2023": Edition.E2023,
}

# Resources whose schema has the attribute pollRate; others have no rate to set.
POLLED = frozenset(
    {
        "DeviceCapability",
        "SelfDevice",
        "EndDeviceList",
        "Registration",
        "DeviceStatus",
        "DeviceInformation",
        "PowerStatus",
        "Time",
        "FunctionSetAssignmentsList",
        "LogEventList",
        "DERList",
        "DERProgramList",
        "MirrorUsagePointList",
        "UsagePointList",
        "ResponseSetList",
        "FlowReservationRequestList",
        "FlowReservationResponseList",
        "SubscriptionList",
    }
)

# Paths that platform.web keeps for itself: it refuses routes that cover them.
_RESERVED = ("/admin", "/authenticate", "/vui")
# Only characters that mean themselves in a regular expression and in a URI.
_ROOT = re.compile(r"(/[A-Za-z0-9_-]+)+", re.ASCII)

WEEK_S = 7 * 86400  # a client that asks less often than weekly is as good as gone
UINT32 = 2**32 - 1
MIN_BODY = 4096  # the largest ordinary document of a client, a mirror with ten readings, fits
MAX_BODY = 16 * 2**20  # a body crosses the message bus as one frame: 10 MB take 0.7 s
MAX_LIST = 10_000
MAX_DERS = 100  # a device with more is better shown as several, behind an aggregator


def warn(info: ValidationInfo, text: str) -> None:
    if isinstance(info.context, list):
        info.context.append(text)


def absent(value: object) -> bool:
    """True for a key that is there but says nothing, as templates have it."""
    return value is None or (isinstance(value, str) and not value.strip())


def sfdi_text(value: object) -> str:
    return format_sfdi(parse_sfdi(cast("str | int", value)))


def optional_lfdi(value: object) -> str | None:
    return None if absent(value) else normalise_lfdi(cast(str, value))


def optional_sfdi(value: object) -> str | None:
    return None if absent(value) else sfdi_text(value)


def optional_mrid(value: object) -> bytes | None:
    return None if absent(value) else bytes.fromhex(mrid_text(cast("str | int", value)))


def string32(value: str) -> str:
    text: str = read_text("String32", value)
    return text


def pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as exc:
        raise ValueError(f"{value!r} is no regular expression: {exc}") from None
    return value


def csip_aus_namespace(value: str | None) -> str | None:
    if value is not None and value not in CSIPAUS_NAMESPACES:
        raise ValueError(f"{value!r} is none of {', '.join(CSIPAUS_NAMESPACES)}")
    return value


def resource_model(class_name: str) -> Callable[[object], Any]:
    """A validator that reads a resource in JSON, with the standard's names."""

    def read(value: object) -> Any:
        return None if value is None else from_json(class_name, value)

    return read


def curve_model(value: object) -> Any:
    """A DERCurve in JSON, whose points its mode can have."""
    curve = from_json("DERCurve", value)
    check_points(curve, "")
    return curve


def pin_code(value: object, info: ValidationInfo) -> int | None:
    """The PIN; one with a wrong check digit is used, because servers in the field issue such."""
    if absent(value):
        return None
    pin = parse_pin(cast("str | int", value), check=False)
    if not has_check_digit(pin):
        sfdi = info.data.get("sfdi", "unknown")
        warn(
            info,
            f"device {sfdi}: pin_code {pin:06d} has a wrong check digit (its digits add up to no"
            " multiple of 10); it is used as it is, but clients may refuse it",
        )
    return pin


def device_category(value: object) -> bytes | None:
    if absent(value):
        return None
    expected = 'expected are hex digits in quotes, up to 8, such as "0200"'
    if not isinstance(value, str):
        # YAML reads an unquoted 0200 as an octal number, so a number tells nothing certain.
        raise ValueError(f"{value!r} is {type(value).__name__}, {expected}")
    digits = value.strip()
    if not re.fullmatch(r"[0-9A-Fa-f]{1,8}", digits, re.ASCII):
        raise ValueError(f"{value!r} is not a device category, {expected}")
    return bytes.fromhex(digits.zfill(len(digits) + len(digits) % 2))


def response_required(value: object) -> bytes:
    if not isinstance(value, str) or not re.fullmatch(r"0[0-7]", value.strip(), re.ASCII):
        raise ValueError(f'{value!r} is not "00" to "07", two hex digits in quotes')
    return bytes.fromhex(value.strip())


def zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # OSError: a name such as "America" is a folder of the time zone data base.
        hint = near(value, zoneinfo.available_timezones())
        raise ValueError(
            f"{value!r} is no time zone of the IANA data base, such as America/Los_Angeles{hint}"
        ) from None
    return value


def root_path(value: str) -> str:
    if not _ROOT.fullmatch(value):
        raise ValueError(
            f"{value!r} is no root, expected are letters, digits, - and _ after each slash and"
            " no slash at the end, such as /dcap"
        )
    first = "/" + value.split("/")[1]
    if first in _RESERVED:
        raise ValueError(f"{value!r} lies below {first}, which platform.web keeps for itself")
    return value


def edition_name(value: object) -> object:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or text not in EDITIONS:
        raise ValueError(f"{value!r} is no edition, expected is one of {', '.join(EDITIONS)}")
    return text


def no_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is a boolean, a number is expected")
    return value


def polled_resource(name: str) -> str:
    if name not in POLLED:
        raise ValueError(f"no resource with a poll rate has this name{near(name, POLLED)}")
    return name


Seconds = Annotated[int, Field(ge=1, le=WEEK_S), BeforeValidator(no_bool)]
