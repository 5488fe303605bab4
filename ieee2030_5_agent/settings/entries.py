"""Entries of the configuration's lists: devices, aggregators, programs; and who may join."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ..model.readings import Frame
from ..sep.identity import IdentityError, format_sfdi, normalise_lfdi, sfdi_of_lfdi
from .base import Strict
from .fields import (
    MAX_DERS,
    absent,
    curve_model,
    device_category,
    no_bool,
    optional_lfdi,
    optional_mrid,
    optional_sfdi,
    pin_code,
    resource_model,
    sfdi_text,
    string32,
    warn,
)


class Program(Strict):
    """A DERProgram: one entry of ``programs``. It is assigned to all, to groups or to devices."""

    mrid: Annotated[bytes | None, BeforeValidator(optional_mrid)] = Field(None, alias="mRID")
    description: Annotated[str, AfterValidator(string32)] = ""
    primacy: Annotated[int, Field(ge=0, le=255), BeforeValidator(no_bool)]
    everyone: bool = Field(False, alias="all")
    groups: frozenset[Annotated[str, Field(min_length=1)]] = frozenset()
    devices: frozenset[Annotated[str, BeforeValidator(sfdi_text)]] = frozenset()
    fsa: Annotated[str, Field(min_length=1), AfterValidator(string32)] = "default"
    # Models, read by their schema: models.DefaultDERControl and a tuple of models.DERCurve.
    default: Annotated[Any, BeforeValidator(resource_model("DefaultDERControl"))] = Field(
        None, alias="DefaultDERControl"
    )
    curves: tuple[Annotated[Any, BeforeValidator(curve_model)], ...] = Field((), alias="DERCurve")


class InBand(Strict):
    """Registration by POST of an EndDevice. ``permitted``: the LFDIs that may; empty: all."""

    enabled: bool = False
    permitted: frozenset[Annotated[str, BeforeValidator(normalise_lfdi)]] = frozenset()


class Device(Strict):
    """A device that may speak to the server: one entry of ``devices``."""

    sfdi: Annotated[str, BeforeValidator(sfdi_text)]
    lfdi: Annotated[str | None, BeforeValidator(optional_lfdi)] = None
    pin: Annotated[int | None, BeforeValidator(pin_code)] = Field(None, alias="pin_code")
    category: Annotated[bytes | None, BeforeValidator(device_category)] = Field(
        None, alias="load_shed_device_category"
    )

    manager: Annotated[str | None, BeforeValidator(optional_sfdi)] = Field(None, alias="aggregator")
    groups: frozenset[Annotated[str, Field(min_length=1)]] = frozenset()
    ders: Annotated[int, Field(ge=1, le=MAX_DERS), BeforeValidator(no_bool)] = 1
    enabled: bool = True
    csip_aus: bool = True
    # From whose side its readings count flowDirection: the 2018 text takes the customer's, the
    # 2023 text the generator's.
    direction_frame: Frame = Frame.CUSTOMER

    @model_validator(mode="before")
    @classmethod
    def _derive_sfdi(cls, raw: object) -> object:
        """An entry with only an LFDI is complete: the SFDI follows from it."""
        if isinstance(raw, Mapping) and absent(raw.get("sfdi")) and not absent(raw.get("lfdi")):
            try:
                return {**raw, "sfdi": sfdi_of_lfdi(raw["lfdi"])}
            except IdentityError:
                return raw  # the field's own validation reports it
        return raw

    @field_validator("lfdi")
    @classmethod
    def _belongs_to_sfdi(cls, lfdi: str | None, info: ValidationInfo) -> str | None:
        sfdi = info.data.get("sfdi")
        if lfdi is not None and sfdi is not None:
            right = format_sfdi(sfdi_of_lfdi(lfdi))
            if right != sfdi:
                raise ValueError(
                    f"{lfdi} does not belong to sfdi {sfdi}: the SFDI of this LFDI is {right}"
                )
        return lfdi

    @model_validator(mode="after")
    def _note_missing_lfdi(self, info: ValidationInfo) -> Self:
        if self.lfdi is None:
            warn(
                info,
                f"device {self.sfdi}: lfdi is not given; the device is known by its sfdi only and"
                " cannot be recognised by its certificate",
            )
        return self
