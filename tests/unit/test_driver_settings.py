"""The configuration of a device in the platform driver."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from ieee2030_5_driver.settings import RemoteSettings, device_settings

TABLE = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "driver" / "settings.toml").read_text(encoding="utf-8")
)


def cases(kind: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in TABLE[kind]]


@pytest.mark.parametrize("case", cases("accepted"))
def test_accepted(case: dict[str, Any]) -> None:
    settings = device_settings(case["config"])
    assert {key: getattr(settings, key) for key in case["settings"]} == case["settings"]


@pytest.mark.parametrize("case", cases("refused"))
def test_refused_naming_every_bad_key(case: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 the text is compared
        device_settings(case["config"])
    assert str(refusal.value) == case["reason"]


def test_what_platform_driver_keeps_is_never_refused() -> None:
    kept = RemoteSettings(driver_type="ieee2030_5", sfdi="nonsense", rpc_timeout_s=-1, color="red")
    assert kept.model_dump()["sfdi"] == "nonsense"


def test_a_heartbeat_point_is_dropped() -> None:
    assert RemoteSettings(driver_type="x", heart_beat_point="Heartbeat").heart_beat_point is None
