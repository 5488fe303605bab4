"""The section ``proxy`` of the configuration: its secret is understood, checked and never shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ieee2030_5_agent.settings import Settings, SettingsError
from ieee2030_5_agent.settings.proxy import PLACEHOLDER

SECRET = "0123456789abcdef-secret"


def file(folder: Path, content: bytes, mode: int = 0o600) -> str:
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return str(path)


def secret_of(section: dict[str, Any]) -> str | None:
    settings = Settings.load({"proxy": section})
    assert settings.proxy is not None
    assert not settings.warnings
    return settings.proxy.secret


def test_without_the_section_there_is_no_proxy() -> None:
    assert Settings.load({}).proxy is None


def test_secret_as_text() -> None:
    assert secret_of({"secret": SECRET}) == SECRET
    assert secret_of({"secret": SECRET, "secret_file": ""}) == SECRET


def test_secret_from_a_file(tmp_path: Path) -> None:
    assert secret_of({"secret_file": file(tmp_path, SECRET.encode() + b"\n")}) == SECRET


def test_a_file_that_others_can_read_is_used_with_a_warning(tmp_path: Path) -> None:
    path = file(tmp_path, SECRET.encode(), 0o644)
    settings = Settings.load({"proxy": {"secret_file": path}})
    assert settings.warnings == (
        f"proxy.secret_file: {path} is open to others than its owner (mode 644)",
    )


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"secret": "short-secret"}, "proxy.secret: 16 to 256 letters"),
        ({"secret": "s" * 257}, "proxy.secret: 16 to 256 letters"),
        ({"secret": "with a blank, quite long"}, "proxy.secret: 16 to 256 letters"),
        ({"secret": 'with-a-quote-"-quite-long'}, "proxy.secret: 16 to 256 letters"),
        ({"secret": "with-a-semicolon;-quite-long"}, "proxy.secret: 16 to 256 letters"),
        ({"secret": "sécret-of-the-proxy-of-the"}, "proxy.secret: 16 to 256 letters"),
        ({"secret": 12345678901234567890}, "proxy.secret: text is expected"),
        ({"secret": [SECRET]}, "proxy.secret: text is expected"),
        ({"secret": PLACEHOLDER}, "proxy.secret: it is the placeholder"),
        ({}, "proxy: one of secret and secret_file is expected"),
        ({"secret": " "}, "proxy: one of secret and secret_file is expected"),
        ({"secret": SECRET, "secret_file": "/x"}, "proxy: one of secret and secret_file"),
        ({"secret_file": "relative"}, "proxy.secret_file: an absolute path is expected"),
        ({"secret_file": 3}, "proxy.secret_file: an absolute path is expected"),
        ({"secret_file": "/no/such/file"}, "/no/such/file: No such file"),
        ({"secret_file": "/"}, "/: Is a directory"),
        ({"secrets": SECRET}, "proxy.secrets: unknown key (did you mean secret?)"),
        ("my-secret-in-the-wrong-place", "proxy: an object with secret or secret_file"),
        (["my-secret-in-the-wrong-place"], "proxy: an object with secret or secret_file"),
    ],
    ids=str,
)
def test_refused_without_showing_what_it_was(section: Any, problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({"proxy": section})
    text = str(caught.value)
    assert problem in text
    values = section.values() if isinstance(section, dict) else [section]
    for value in values:
        assert str(value) not in text or not str(value).strip() or str(value).startswith("/")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "16 to 256 letters"),
        (b"short", "16 to 256 letters"),
        (b"\xff" * 30, "it is no plain text"),
        (SECRET.encode() + b"\nsecond line of text\n", "16 to 256 letters"),
        (PLACEHOLDER.encode(), "it is the placeholder"),
        (b"a" * 5000, "16 to 256 letters"),
    ],
    ids=["empty", "short", "binary", "two lines", "placeholder", "long"],
)
def test_a_bad_file_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    path = file(tmp_path, content)
    with pytest.raises(SettingsError, match=f"proxy: secret_file: {path}: {problem}"):
        Settings.load({"proxy": {"secret_file": path}})


def test_the_secret_is_not_in_the_representation() -> None:
    assert SECRET not in repr(Settings.load({"proxy": {"secret": SECRET}}))
