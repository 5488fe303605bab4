"""The section ``proxy``: what proves that a request came through the TLS proxy."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from ..proxy_identity import SECRET
from .base import Strict
from .fields import absent, warn

# The placeholder of config/tls: it is public.
PLACEHOLDER = "CHANGE-ME-to-a-long-random-secret"
_MAX_FILE = 4096


def _checked(secret: str) -> str:
    """The secret; what is refused is not shown, because the message goes to the log."""
    if secret == PLACEHOLDER:
        raise ValueError("it is the placeholder of the proxy configurations, make one of your own")
    if not SECRET.fullmatch(secret):
        raise ValueError("16 to 256 letters, digits and _ . ~ + / = - are expected")
    return secret


def _secret(value: object) -> str | None:
    if absent(value):
        return None
    if not isinstance(value, str):
        raise ValueError("text is expected")
    return _checked(value.strip())


def _path(value: object) -> str | None:
    if absent(value):
        return None
    if not isinstance(value, str) or not Path(value).is_absolute():
        raise ValueError("an absolute path is expected")
    return value


class Proxy(Strict):
    """The secret that the proxy and the agent share: as text, or in a file."""

    secret: Annotated[str | None, BeforeValidator(_secret)] = Field(None, repr=False)
    secret_file: Annotated[str | None, BeforeValidator(_path)] = None

    @model_validator(mode="before")
    @classmethod
    def _section(cls, raw: object) -> object:
        # What stands here in place of an object may be the secret, which is not to be logged.
        if not isinstance(raw, Mapping):
            raise ValueError("an object with secret or secret_file is expected")
        return raw

    @model_validator(mode="after")
    def _one_of_both(self, info: ValidationInfo) -> Self:
        if (self.secret is None) == (self.secret_file is None):
            raise ValueError("one of secret and secret_file is expected")
        if self.secret_file is None:
            return self
        # Read once, here: the configuration is in force as a whole or not at all.
        return self.model_copy(update={"secret": _read(Path(self.secret_file), info)})


def _read(path: Path, info: ValidationInfo) -> str:
    try:
        with path.open(encoding="ascii") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            content = file.read(_MAX_FILE)
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no plain text"
        raise ValueError(f"secret_file: {path}: {reason}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        warn(info, f"proxy.secret_file: {path} is open to others than its owner (mode {mode:o})")
    try:
        return _checked(content.strip())
    except ValueError as refusal:
        raise ValueError(f"secret_file: {path}: {refusal}") from None
