"""The configuration: what is accepted, what is refused and how the refusal reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ieee2030_5_agent.sep.editions import Edition
from ieee2030_5_agent.settings import EDITIONS, Settings, SettingsError

DATA = Path(__file__).parents[1] / "data" / "settings"


def rows(name: str) -> list[Any]:
    cases = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["name"]) for case in cases]


def plain(value: Any) -> Any:
    """A setting as the JSON tables write it: bytes as hex digits, tuples as lists."""
    if isinstance(value, bytes):
        return value.hex().upper()
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("case", rows("accepted"))
def test_accepted(case: dict[str, Any]) -> None:
    settings = Settings.load(case["config"])
    assert {key: plain(getattr(settings, key)) for key in case["settings"]} == case["settings"]
    device = settings.devices[0] if settings.devices else None
    assert {key: plain(getattr(device, key)) for key in case["device"]} == case["device"]
    assert len(settings.warnings) == len(case["warnings"])
    for text, start in zip(settings.warnings, case["warnings"], strict=True):
        assert text.startswith(start)


@pytest.mark.parametrize("case", rows("refused"))
def test_refused(case: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(case["config"])
    problems = caught.value.problems
    assert str(caught.value) == "\n".join(problems)
    assert len(problems) == len(case["problems"]), str(caught.value)
    for text, start in zip(problems, case["problems"], strict=True):
        assert text.startswith(start)


def test_sample_of_the_original_loads_as_it_is() -> None:
    settings = Settings.load(json.loads((DATA / "original.json").read_text(encoding="utf-8")))
    assert [(d.sfdi, d.lfdi, d.pin, d.category) for d in settings.devices] == [
        ("097935300833", "247BD68E3378FE57BA604E3C8BDF9E3F78A3D743", 111115, b"\x02\x00"),
        ("111576577659", "2990C58A59935A7D5838C952B1A453C967341A07", 130178, b"\x02\x00"),
    ]
    assert settings.server_sfdi == "413707194130"
    assert settings.server_lfdi == "0000029834592834729384728374562039847629"
    assert (settings.category, settings.timezone) == (b"\x00\x20", "America/Los_Angeles")
    assert settings.warnings == (
        "IEEE2030_5_server_lfdi: it has 35 hex digits instead of 40; it is filled with zeros in"
        " front",
        "IEEE2030_5_server_lfdi: it does not belong to IEEE2030_5_server_sfdi 413707194130;"
        " the SFDI of this LFDI is 000000106274",
    )


def test_cannot_be_changed() -> None:
    settings = Settings.load({"devices": [{"sfdi": 19}], "poll_rates": {"Time": 60}})
    with pytest.raises(ValidationError):
        settings.root = "/other"
    with pytest.raises(ValidationError):
        settings.devices[0].pin = 1
    with pytest.raises(TypeError):
        settings.poll_rates["Time"] = 1  # type: ignore[index]


def test_does_not_change_what_it_is_given() -> None:
    raw = {"devices": [{"lfdi": "2990c58a59935a7d5838c952b1a453c967341a07"}]}
    before = json.dumps(raw)
    Settings.load(raw)
    assert json.dumps(raw) == before


@pytest.mark.parametrize(("name", "edition"), EDITIONS.items())
def test_edition(name: str, edition: Edition) -> None:
    assert Settings.load({"default_edition": name}).edition is edition


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0.0.0.0:8443", ("0.0.0.0", 8443)),  # noqa: S104 - the text is what is tested
        ("[::1]:443", ("::1", 443)),
        (" der.example.org:0 ", ("der.example.org", 0)),
    ],
    ids=["IPv4", "IPv6", "a name"],
)
def test_addresses_of_the_listener(text: str, address: tuple[str, int]) -> None:
    files = {"certificate": "c", "key": "k", "ca": "a"}
    listener = Settings.load({"listener": {"address": text, **files}}).listener
    assert listener is not None
    assert listener.address == address
    assert Settings.load({}).listener is None
