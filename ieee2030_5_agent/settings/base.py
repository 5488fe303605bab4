"""What every section of the configuration has in common."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from .problems import SettingsError, line


class Strict(BaseModel):
    """No unknown keys, no change after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=False)

    @classmethod
    def read(cls, raw: object) -> Self:
        """One entry by itself, as an RPC call gives it. Raises SettingsError."""
        try:
            return cls.model_validate(raw)
        except ValidationError as exc:
            problems = [line(details, cls) for details in exc.errors(include_url=False)]
            raise SettingsError(problems) from exc
