"""Settings: the configuration as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Self, cast

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ..sep.editions import Edition
from ..sep.identity import (
    IdentityError,
    format_sfdi,
    has_check_digit,
    normalise_lfdi,
    parse_sfdi,
    sfdi_of_lfdi,
)
from .base import Strict
from .compatibility import Compatibility
from .duplicates import duplicates
from .entries import Device, InBand, Program
from .fields import (
    EDITIONS,
    MAX_BODY,
    MAX_LIST,
    MIN_BODY,
    UINT32,
    Seconds,
    absent,
    device_category,
    edition_name,
    no_bool,
    pattern,
    polled_resource,
    root_path,
    warn,
    zone,
)
from .fields import csip_aus_namespace as csip_aus
from .fields import response_required as response_bits
from .listener import Listener
from .problems import SettingsError, line, type_name
from .proxy import Proxy
from .store import Store
from .subscriptions import Subscriptions

DEFAULT_ROOT = "/dcap"


class Settings(Strict):
    """Everything that an operator can configure. ``load`` is the only way to one."""

    devices: tuple[Device, ...] = ()
    aggregators: tuple[Device, ...] = ()
    programs: tuple[Program, ...] = ()
    # open: a client without certificate sees all (laboratory); certificate: it is refused.
    access: Literal["open", "certificate"] = "open"
    # Calls that change something, from every agent: for a platform that runs without platform.auth.
    allow_rpc_without_auth: bool = False
    # LFDIs of certificates that count no more, whatever CA signed them.
    revoked: frozenset[Annotated[str, BeforeValidator(normalise_lfdi)]] = frozenset()
    in_band_registration: InBand = InBand()
    listener: Listener | None = None
    proxy: Proxy | None = None
    # What a ConnectionPoint may be called; Australian utilities have rules for it.
    connection_point_pattern: Annotated[str, AfterValidator(pattern)] = ".+"
    # The namespace of CSIP-AUS elements; without it nobody is shown them.
    csip_aus_namespace: Annotated[str | None, AfterValidator(csip_aus)] = None
    # MirrorUsagePoints of one device.
    max_mirrors: Annotated[int, Field(ge=1, le=MAX_LIST), BeforeValidator(no_bool)] = 1000
    max_log_events: Annotated[int, Field(ge=1, le=MAX_LIST), BeforeValidator(no_bool)] = 100
    # What devices answer to events: bit 0 that they know of it, 1 what became of it, 2 what the
    # customer decided. CSIP asks for the first two.
    response_required: Annotated[bytes, BeforeValidator(response_bits)] = b"\x03"
    server_sfdi: str | None = Field(None, alias="IEEE2030_5_server_sfdi")
    server_lfdi: str | None = Field(None, alias="IEEE2030_5_server_lfdi")
    category: Annotated[bytes | None, BeforeValidator(device_category)] = Field(
        None, alias="load_shed_device_category"
    )
    timezone: Annotated[str, AfterValidator(zone)] = "UTC"
    # Time.quality of the standard: 3 external reference .. 7 intentionally uncoordinated. The
    # server cannot see how good the machine's clock is; 4 is a clock that follows a level 3 one.
    time_quality: Annotated[int, Field(ge=3, le=7), BeforeValidator(no_bool)] = 4
    root: Annotated[str, AfterValidator(root_path)] = DEFAULT_ROOT
    default_edition: Annotated[str, BeforeValidator(edition_name)] = "2018"
    post_as_put: bool = True
    # Clients in the field do not page; the letter of the standard is 1.
    default_list_limit: Annotated[int, Field(ge=1, le=MAX_LIST), BeforeValidator(no_bool)] = 255
    max_list_limit: Annotated[int, Field(ge=1, le=MAX_LIST), BeforeValidator(no_bool)] = Field(
        255, validate_default=True
    )
    max_body_bytes: Annotated[int, Field(ge=MIN_BODY, le=MAX_BODY), BeforeValidator(no_bool)] = (
        2**20
    )
    poll_rates: Annotated[
        Mapping[Annotated[str, AfterValidator(polled_resource)], Seconds],
        AfterValidator(lambda rates: MappingProxyType(dict(rates))),
    ] = Field(default_factory=lambda: MappingProxyType({}))
    post_rate: Seconds = 300
    # The programs that are made for controls of a group; 1 is that of each device's own program.
    group_primacy: Annotated[int, Field(ge=0, le=255), BeforeValidator(no_bool)] = 2
    set_point_duration_s: Annotated[int, Field(ge=1, le=UINT32), BeforeValidator(no_bool)] = 86400
    compatibility: Compatibility = Compatibility()
    store: Store = Store()
    pen: Annotated[int, Field(ge=0, le=UINT32), BeforeValidator(no_bool)] = 0
    subscriptions: Subscriptions = Subscriptions()
    _warnings: tuple[str, ...] = PrivateAttr(())

    @classmethod
    def load(cls, raw: object) -> Settings:
        """The settings of a configuration as the config store gives it.

        Raises SettingsError that names every bad field.
        """
        if not isinstance(raw, Mapping):
            raise SettingsError(
                [f"config: an object with keys is expected, this is {type_name(raw)}"]
            )
        warnings: list[str] = []
        problems: list[str] = []
        settings: Settings | None = None
        try:
            settings = cls.model_validate(raw, context=warnings)
        except ValidationError as exc:
            problems = [line(details, cls) for details in exc.errors(include_url=False)]
        problems += duplicates(raw)
        if problems or settings is None:
            raise SettingsError(problems)
        settings._warnings = tuple(warnings)
        return settings

    @model_validator(mode="after")
    def _known_references(self) -> Self:
        """Managers and programs name what exists."""
        aggregators = {aggregator.sfdi for aggregator in self.aggregators}
        for index, device in enumerate(self.devices):
            if device.manager is not None and device.manager not in aggregators:
                raise ValueError(f"devices[{index}].aggregator: no aggregator is {device.manager}")
        mrids = [program.mrid for program in self.programs]
        for index, mrid in enumerate(mrids):
            if mrid is None:
                # A program of the configuration is recognised by its mRID at the next change.
                raise ValueError(f"programs[{index}].mRID: is missing")
            if mrid in mrids[:index]:
                raise ValueError(f"programs[{index}].mRID: {mrid.hex().upper()} is used twice")
        return self

    @model_validator(mode="after")
    def _reachable_networks(self) -> Self:
        self.subscriptions.check_networks(self.notifies_loopback)
        return self

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd but usable, one sentence each, for the log."""
        return self._warnings

    @property
    def edition(self) -> Edition:
        """The edition in which a device is answered that has not shown one of its own."""
        return EDITIONS[self.default_edition]

    def responses_to(self, own: bytes | None) -> bytes:
        """The responseRequired of an event: its own, or (None) what is asked of all."""
        return self.response_required if own is None else own

    @property
    def notifies_loopback(self) -> bool:
        """Whether this is a laboratory to subscriptions: loopback and plain HTTP are allowed."""
        laboratory = self.subscriptions.laboratory
        return self.access == "open" if laboratory is None else laboratory

    @property
    def notifies(self) -> bool:
        """Whether there is any address that subscriptions may notify."""
        return self.notifies_loopback or bool(self.subscriptions.networks)

    @model_validator(mode="before")
    @classmethod
    def _derive_server_sfdi(cls, raw: object) -> object:
        if not isinstance(raw, Mapping):
            return raw
        lfdi = raw.get("IEEE2030_5_server_lfdi")
        if absent(raw.get("IEEE2030_5_server_sfdi")) and not absent(lfdi):
            try:
                return {**raw, "IEEE2030_5_server_sfdi": sfdi_of_lfdi(cast(str, lfdi))}
            except IdentityError:
                return raw  # the field's own validation reports it
        return raw

    @field_validator("server_sfdi", mode="before")
    @classmethod
    def _check_server_sfdi(cls, value: object, info: ValidationInfo) -> str | None:
        if absent(value):
            return None
        sfdi = format_sfdi(parse_sfdi(cast("str | int", value), check=False))
        if not has_check_digit(int(sfdi)):
            warn(info, f"IEEE2030_5_server_sfdi: {sfdi} has a wrong check digit; it is used so")
        return sfdi

    @field_validator("server_lfdi", mode="before")
    @classmethod
    def _check_server_lfdi(cls, value: object, info: ValidationInfo) -> str | None:
        """The server's LFDI; one that is too short is filled with zeros in front.

        The original's sample has 35 digits here, so this is no reason to refuse to start.
        """
        if absent(value):
            return None
        digits = value.strip() if isinstance(value, str) else ""
        if re.fullmatch(r"[0-9A-Fa-f]{1,39}", digits, re.ASCII):
            warn(
                info,
                f"IEEE2030_5_server_lfdi: it has {len(digits)} hex digits instead of 40; it is"
                " filled with zeros in front",
            )
            value = digits.zfill(40)
        lfdi = normalise_lfdi(cast(str, value))
        sfdi = info.data.get("server_sfdi")
        if sfdi is not None and format_sfdi(sfdi_of_lfdi(lfdi)) != sfdi:
            warn(
                info,
                f"IEEE2030_5_server_lfdi: it does not belong to IEEE2030_5_server_sfdi {sfdi};"
                f" the SFDI of this LFDI is {format_sfdi(sfdi_of_lfdi(lfdi))}",
            )
        return lfdi

    @field_validator("max_list_limit")
    @classmethod
    def _not_below_default(cls, value: int, info: ValidationInfo) -> int:
        default = info.data.get("default_list_limit")
        if default is not None and value < default:
            raise ValueError(f"{value} is less than default_list_limit, which is {default}")
        return value
