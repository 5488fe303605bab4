"""Section ``store``: what survives a restart, where it is, and how long it is kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from .base import Strict
from .fields import UINT32, no_bool

MEMORY = "memory"
# An installed agent may write below its own folder, which is where it starts.
DEFAULT_FILE = Path("data", "ieee2030_5.sqlite")


class Store(Strict):
    """``path``: the file; None for ``data/ieee2030_5.sqlite`` of an installed agent.

    ``memory``: nothing survives, as with the original. The rest bounds what grows.
    """

    memory: bool = False
    path: Annotated[str, Field(min_length=1)] | None = None
    # After an event left its list: as long it can be answered, and its answers are kept.
    keep_events_s: Annotated[int, Field(ge=0, le=UINT32), BeforeValidator(no_bool)] = 86_400
    # Of them, of one program; the first that left are forgotten first.
    max_remembered_events: Annotated[int, Field(ge=1, le=10**6), BeforeValidator(no_bool)] = 10_000
    # Of one program; the oldest go first.
    max_responses: Annotated[int, Field(ge=1, le=10**7), BeforeValidator(no_bool)] = 100_000
    # After they were received; max_log_events bounds their number.
    keep_log_events_s: Annotated[int, Field(ge=1, le=UINT32), BeforeValidator(no_bool)] = 7_776_000
    # Controls that ended early and are still listed, of one program.
    max_ended_controls: Annotated[int, Field(ge=1, le=10**6), BeforeValidator(no_bool)] = 1000

    @model_validator(mode="before")
    @classmethod
    def _memory_alone(cls, raw: object) -> object:
        """``memory`` by itself is the whole section."""
        if isinstance(raw, str):
            if raw != MEMORY:
                raise ValueError(f'{raw!r} is neither "{MEMORY}" nor an object with keys')
            return {"memory": True}
        return raw

    def file(self, environ: Mapping[str, str] = os.environ) -> Path | None:
        """The file that is configured, or in the data folder of an installed agent.

        None: nothing is kept. An agent that is run by hand has no data folder.
        """
        if self.memory:
            return None
        if self.path is not None:
            return Path(self.path).absolute()
        return DEFAULT_FILE.absolute() if environ.get("AGENT_UUID") else None
