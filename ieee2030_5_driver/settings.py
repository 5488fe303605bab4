"""What a device configuration says about an IEEE 2030.5 device (``remote_config``)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import field_validator
from volttron.driver.base.config import RemoteConfig

DEFAULT_AGENT_ID = "ieee2030_5"
# Devices polled within one second share one request to the agent.
DEFAULT_CACHE_EXPIRY_S = 1.0
DEFAULT_RPC_TIMEOUT_S = 5.0

SFDI_DIGITS = 12
# IEEE 2030.5-2018, device credentials: an SFDI is the first 36 bits of the LFDI and a check digit.
SFDI_BITS = 36


class RemoteSettings(RemoteConfig):
    """The configuration as platform.driver keeps and compares it.

    Deliberately checks nothing: platform.driver builds it outside its error handling when a
    configuration is updated, so a refusal here would stop the update of all other devices.
    ``device_settings`` does the checking.
    """

    @field_validator("heart_beat_point", mode="before")
    @classmethod
    def _no_heart_beat(cls, _: object) -> None:
        """A heartbeat would write 0 and 1 to a set point in turn.

        IEEE 2030.5 has none: devices poll the server, and a set point ends with its control.
        """


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """The checked settings of one device."""

    sfdi: str
    agent_id: str = DEFAULT_AGENT_ID
    cache_expiry_s: float = DEFAULT_CACHE_EXPIRY_S
    rpc_timeout_s: float = DEFAULT_RPC_TIMEOUT_S
    # Whether a point without a value is published as null, or left out.
    publish_null: bool = True
    # Whether changed points are published at once, besides what the polls publish.
    push_changes: bool = False


def device_settings(raw: Mapping[str, Any]) -> DeviceSettings:
    """Checks a device's configuration; the ``ValueError`` names every bad key.

    Keys are found in any spelling of upper and lower case (the original driver's is
    ``IEEE2030_5_agent_id``); keys that are not ours are left alone.
    """
    given = {key.lower(): value for key, value in raw.items() if value not in (None, "")}
    found: dict[str, Any] = {}
    problems: list[str] = []
    for field, key, check in (
        ("sfdi", "sfdi", parse_sfdi),
        ("agent_id", "ieee2030_5_agent_id", _identity),
        ("cache_expiry_s", "cache_expiry_s", _seconds_or_zero),
        ("rpc_timeout_s", "rpc_timeout_s", _seconds),
        ("push_changes", "push_changes", _yes_or_no),
        ("publish_null", "publish_null", _yes_or_no),
    ):
        if key not in given:
            if key == "sfdi":
                problems.append("sfdi: missing")
            continue
        try:
            found[field] = check(given[key])
        except ValueError as error:
            problems.append(f"{key}: {error}")
    if problems:
        raise ValueError("; ".join(problems))
    return DeviceSettings(**found)


def parse_sfdi(value: object) -> str:
    """An SFDI as 12 digits, from text or a number (which has lost its leading zeros).

    The last digit makes the sum of all digits a multiple of ten.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError(f"{value!r} is no SFDI: a text or number of 12 digits is expected")
    text = str(value).strip()
    digits = re.sub("[- ]", "", text)
    if not re.fullmatch("[0-9]+([- ][0-9]+)*", text) or len(digits) > SFDI_DIGITS:
        raise ValueError(f"{value!r} is no SFDI: 12 digits are expected")
    if int(digits) == 0 or int(digits) // 10 >= 1 << SFDI_BITS:
        raise ValueError(f"{value!r} is no SFDI: out of range")
    if sum(map(int, digits)) % 10:
        raise ValueError(f"{value!r} is no SFDI: the last (check) digit is wrong")
    return digits.zfill(SFDI_DIGITS)


def _identity(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is no VIP identity")
    return value.strip()


def _yes_or_no(value: object) -> bool:
    text = str(value).strip().lower()
    if text not in ("true", "false"):
        raise ValueError(f"{value!r} is neither true nor false")
    return text == "true"


def _seconds(value: object) -> float:
    seconds = _seconds_or_zero(value)
    if not seconds:
        raise ValueError("must be greater than 0")
    return seconds


def _seconds_or_zero(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"{value!r} is no number of seconds")
    try:
        seconds = float(value)
    except ValueError:
        raise ValueError(f"{value!r} is no number of seconds") from None
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError(f"{value!r} is no number of seconds")
    return seconds
