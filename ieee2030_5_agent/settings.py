"""The agent's configuration, validated: what an operator wrote is either understood or refused.

Unknown keys are refused, because a mistyped optional key would otherwise silently leave its
default in force. All mistakes are reported at once, each with its key path. The keys of the
original VOLTTRON agent keep their names and meanings.
"""

from __future__ import annotations

import difflib
import re
import zoneinfo
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from .sep.codec import CSIPAUS_NAMESPACES, read_text
from .sep.editions import Edition
from .sep.identity import (
    IdentityError,
    format_sfdi,
    has_check_digit,
    mrid_text,
    normalise_lfdi,
    parse_pin,
    parse_sfdi,
    sfdi_of_lfdi,
)
from .sep.json_form import from_json

DEFAULT_ROOT = "/dcap"

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
    }
)

# Paths that platform.web keeps for itself: it refuses routes that cover them.
_RESERVED = ("/admin", "/authenticate", "/vui")
# Only characters that mean themselves in a regular expression and in a URI.
_ROOT = re.compile(r"(/[A-Za-z0-9_-]+)+", re.ASCII)

WEEK_S = 7 * 86400  # a client that asks less often than weekly is as good as gone
_UINT32 = 2**32 - 1
_MIN_BODY = 4096  # the largest ordinary document of a client, a mirror with ten readings, fits
_MAX_BODY = 16 * 2**20  # a body crosses the message bus as one frame: 10 MB take 0.7 s
_MAX_LIST = 10_000
_MAX_DERS = 100  # a device with more is better shown as several, behind an aggregator
_CATEGORY_OCTETS = 4  # DeviceCategoryType is HexBinary32


class SettingsError(ValueError):
    """A configuration that cannot be used: one line per problem, each with its key path."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class _Strict(BaseModel):
    """No unknown keys, no change after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=False)

    @classmethod
    def read(cls, raw: object) -> Self:
        """One entry by itself, as an RPC call gives it. Raises SettingsError."""
        try:
            return cls.model_validate(raw)
        except ValidationError as exc:
            problems = [_line(details, cls) for details in exc.errors(include_url=False)]
            raise SettingsError(problems) from exc


def _warn(info: ValidationInfo, text: str) -> None:
    if isinstance(info.context, list):
        info.context.append(text)


def _absent(value: object) -> bool:
    """True for a key that is there but says nothing, as templates have it."""
    return value is None or (isinstance(value, str) and not value.strip())


def _sfdi(value: object) -> str:
    return format_sfdi(parse_sfdi(cast("str | int", value)))


def _lfdi(value: object) -> str | None:
    return None if _absent(value) else normalise_lfdi(cast(str, value))


def _optional_sfdi(value: object) -> str | None:
    return None if _absent(value) else _sfdi(value)


def _mrid(value: object) -> bytes | None:
    return None if _absent(value) else bytes.fromhex(mrid_text(cast("str | int", value)))


def _string32(value: str) -> str:
    text: str = read_text("String32", value)
    return text


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as exc:
        raise ValueError(f"{value!r} is no regular expression: {exc}") from None
    return value


def _csipaus(value: str | None) -> str | None:
    if value is not None and value not in CSIPAUS_NAMESPACES:
        raise ValueError(f"{value!r} is none of {', '.join(CSIPAUS_NAMESPACES)}")
    return value


def _model(class_name: str) -> Callable[[object], Any]:
    """A validator that reads a resource in JSON, with the standard's names."""

    def read(value: object) -> Any:
        return None if value is None else from_json(class_name, value)

    return read


def _pin(value: object, info: ValidationInfo) -> int | None:
    """The PIN; one with a wrong check digit is used, because servers in the field issue such."""
    if _absent(value):
        return None
    pin = parse_pin(cast("str | int", value), check=False)
    if not has_check_digit(pin):
        sfdi = info.data.get("sfdi", "unknown")
        _warn(
            info,
            f"device {sfdi}: pin_code {pin:06d} has a wrong check digit (its digits add up to no"
            " multiple of 10); it is used as it is, but clients may refuse it",
        )
    return pin


def _category(value: object) -> bytes | None:
    if _absent(value):
        return None
    expected = 'expected are hex digits in quotes, up to 8, such as "0200"'
    if not isinstance(value, str):
        # YAML reads an unquoted 0200 as an octal number, so a number tells nothing certain.
        raise ValueError(f"{value!r} is {type(value).__name__}, {expected}")
    digits = value.strip()
    if not re.fullmatch(r"[0-9A-Fa-f]{1,8}", digits, re.ASCII):
        raise ValueError(f"{value!r} is not a device category, {expected}")
    return bytes.fromhex(digits.zfill(len(digits) + len(digits) % 2))


def _response_required(value: object) -> bytes:
    if not isinstance(value, str) or not re.fullmatch(r"0[0-7]", value.strip(), re.ASCII):
        raise ValueError(f'{value!r} is not "00" to "07", two hex digits in quotes')
    return bytes.fromhex(value.strip())


def _zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # OSError: a name such as "America" is a folder of the time zone data base.
        near = _near(value, zoneinfo.available_timezones())
        raise ValueError(
            f"{value!r} is no time zone of the IANA data base, such as America/Los_Angeles{near}"
        ) from None
    return value


def _root(value: str) -> str:
    if not _ROOT.fullmatch(value):
        raise ValueError(
            f"{value!r} is no root, expected are letters, digits, - and _ after each slash and"
            " no slash at the end, such as /dcap"
        )
    first = "/" + value.split("/")[1]
    if first in _RESERVED:
        raise ValueError(f"{value!r} lies below {first}, which platform.web keeps for itself")
    return value


def _edition(value: object) -> object:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or text not in EDITIONS:
        raise ValueError(f"{value!r} is no edition, expected is one of {', '.join(EDITIONS)}")
    return text


def _no_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is a boolean, a number is expected")
    return value


def _polled(name: str) -> str:
    if name not in POLLED:
        raise ValueError(f"no resource with a poll rate has this name{_near(name, POLLED)}")
    return name


_Seconds = Annotated[int, Field(ge=1, le=WEEK_S), BeforeValidator(_no_bool)]


class Program(_Strict):
    """A DERProgram: one entry of ``programs``. It is assigned to all, to groups or to devices."""

    mrid: Annotated[bytes | None, BeforeValidator(_mrid)] = Field(None, alias="mRID")
    description: Annotated[str, AfterValidator(_string32)] = ""
    primacy: Annotated[int, Field(ge=0, le=255), BeforeValidator(_no_bool)]
    everyone: bool = Field(False, alias="all")
    groups: frozenset[Annotated[str, Field(min_length=1)]] = frozenset()
    devices: frozenset[Annotated[str, BeforeValidator(_sfdi)]] = frozenset()
    fsa: Annotated[str, Field(min_length=1), AfterValidator(_string32)] = "default"
    # Models, read by their schema: models.DefaultDERControl and a tuple of models.DERCurve.
    default: Annotated[Any, BeforeValidator(_model("DefaultDERControl"))] = Field(
        None, alias="DefaultDERControl"
    )
    curves: tuple[Annotated[Any, BeforeValidator(_model("DERCurve"))], ...] = Field(
        (), alias="DERCurve"
    )


class InBand(_Strict):
    """Registration by POST of an EndDevice. ``permitted``: the LFDIs that may; empty: all."""

    enabled: bool = False
    permitted: frozenset[Annotated[str, BeforeValidator(normalise_lfdi)]] = frozenset()


class Device(_Strict):
    """A device that may speak to the server: one entry of ``devices``."""

    sfdi: Annotated[str, BeforeValidator(_sfdi)]
    lfdi: Annotated[str | None, BeforeValidator(_lfdi)] = None
    pin: Annotated[int | None, BeforeValidator(_pin)] = Field(None, alias="pin_code")
    category: Annotated[bytes | None, BeforeValidator(_category)] = Field(
        None, alias="load_shed_device_category"
    )

    manager: Annotated[str | None, BeforeValidator(_optional_sfdi)] = Field(
        None, alias="aggregator"
    )
    groups: frozenset[Annotated[str, Field(min_length=1)]] = frozenset()
    ders: Annotated[int, Field(ge=1, le=_MAX_DERS), BeforeValidator(_no_bool)] = 1
    enabled: bool = True
    csip_aus: bool = True

    @model_validator(mode="before")
    @classmethod
    def _derive_sfdi(cls, raw: object) -> object:
        """An entry with only an LFDI is complete: the SFDI follows from it."""
        if isinstance(raw, Mapping) and _absent(raw.get("sfdi")) and not _absent(raw.get("lfdi")):
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
            _warn(
                info,
                f"device {self.sfdi}: lfdi is not given; the device is known by its sfdi only and"
                " cannot be recognised by its certificate",
            )
        return self


class Settings(_Strict):
    """Everything that an operator can configure. ``load`` is the only way to one."""

    devices: tuple[Device, ...] = ()
    aggregators: tuple[Device, ...] = ()
    programs: tuple[Program, ...] = ()
    # open: a client without certificate sees all (laboratory); certificate: it is refused.
    access: Literal["open", "certificate"] = "open"
    in_band_registration: InBand = InBand()
    # What a ConnectionPoint may be called; Australian utilities have rules for it.
    connection_point_pattern: Annotated[str, AfterValidator(_pattern)] = ".+"
    # The namespace of CSIP-AUS elements; without it nobody is shown them.
    csip_aus_namespace: Annotated[str | None, AfterValidator(_csipaus)] = None
    # MirrorUsagePoints of one device.
    max_mirrors: Annotated[int, Field(ge=1, le=_MAX_LIST), BeforeValidator(_no_bool)] = 1000
    max_log_events: Annotated[int, Field(ge=1, le=_MAX_LIST), BeforeValidator(_no_bool)] = 100
    # What devices answer to events: bit 0 that they know of it, 1 what became of it, 2 what the
    # customer decided. CSIP asks for the first two.
    response_required: Annotated[bytes, BeforeValidator(_response_required)] = b"\x03"
    server_sfdi: str | None = Field(None, alias="IEEE2030_5_server_sfdi")
    server_lfdi: str | None = Field(None, alias="IEEE2030_5_server_lfdi")
    category: Annotated[bytes | None, BeforeValidator(_category)] = Field(
        None, alias="load_shed_device_category"
    )
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    # Time.quality of the standard: 3 external reference .. 7 intentionally uncoordinated. The
    # server cannot see how good the machine's clock is; 4 is a clock that follows a level 3 one.
    time_quality: Annotated[int, Field(ge=3, le=7), BeforeValidator(_no_bool)] = 4
    root: Annotated[str, AfterValidator(_root)] = DEFAULT_ROOT
    default_edition: Annotated[str, BeforeValidator(_edition)] = "2018"
    post_as_put: bool = True
    # Clients in the field do not page; the letter of the standard is 1.
    default_list_limit: Annotated[int, Field(ge=1, le=_MAX_LIST), BeforeValidator(_no_bool)] = 255
    max_list_limit: Annotated[int, Field(ge=1, le=_MAX_LIST), BeforeValidator(_no_bool)] = Field(
        255, validate_default=True
    )
    max_body_bytes: Annotated[int, Field(ge=_MIN_BODY, le=_MAX_BODY), BeforeValidator(_no_bool)] = (
        2**20
    )
    poll_rates: Annotated[
        Mapping[Annotated[str, AfterValidator(_polled)], _Seconds],
        AfterValidator(lambda rates: MappingProxyType(dict(rates))),
    ] = Field(default_factory=lambda: MappingProxyType({}))
    post_rate: _Seconds = 300
    # The programs that are made for controls of a group; 1 is that of each device's own program.
    group_primacy: Annotated[int, Field(ge=0, le=255), BeforeValidator(_no_bool)] = 2
    set_point_duration_s: Annotated[int, Field(ge=1, le=_UINT32), BeforeValidator(_no_bool)] = 86400
    pen: Annotated[int, Field(ge=0, le=_UINT32), BeforeValidator(_no_bool)] = 0
    _warnings: tuple[str, ...] = PrivateAttr(())

    @classmethod
    def load(cls, raw: object) -> Settings:
        """The settings of a configuration as the config store gives it.

        Raises SettingsError that names every bad field.
        """
        if not isinstance(raw, Mapping):
            raise SettingsError(
                [f"config: an object with keys is expected, this is {_type_name(raw)}"]
            )
        warnings: list[str] = []
        problems: list[str] = []
        settings: Settings | None = None
        try:
            settings = cls.model_validate(raw, context=warnings)
        except ValidationError as exc:
            problems = [_line(details) for details in exc.errors(include_url=False)]
        problems += _duplicates(raw)
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

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is odd but usable, one sentence each, for the log."""
        return self._warnings

    @property
    def edition(self) -> Edition:
        """The edition in which a device is answered that has not shown one of its own."""
        return EDITIONS[self.default_edition]

    @model_validator(mode="before")
    @classmethod
    def _derive_server_sfdi(cls, raw: object) -> object:
        if not isinstance(raw, Mapping):
            return raw
        lfdi = raw.get("IEEE2030_5_server_lfdi")
        if _absent(raw.get("IEEE2030_5_server_sfdi")) and not _absent(lfdi):
            try:
                return {**raw, "IEEE2030_5_server_sfdi": sfdi_of_lfdi(cast(str, lfdi))}
            except IdentityError:
                return raw  # the field's own validation reports it
        return raw

    @field_validator("server_sfdi", mode="before")
    @classmethod
    def _check_server_sfdi(cls, value: object, info: ValidationInfo) -> str | None:
        if _absent(value):
            return None
        sfdi = format_sfdi(parse_sfdi(cast("str | int", value), check=False))
        if not has_check_digit(int(sfdi)):
            _warn(info, f"IEEE2030_5_server_sfdi: {sfdi} has a wrong check digit; it is used so")
        return sfdi

    @field_validator("server_lfdi", mode="before")
    @classmethod
    def _check_server_lfdi(cls, value: object, info: ValidationInfo) -> str | None:
        """The server's LFDI; one that is too short is filled with zeros in front.

        The original's sample has 35 digits here, so this is no reason to refuse to start.
        """
        if _absent(value):
            return None
        digits = value.strip() if isinstance(value, str) else ""
        if re.fullmatch(r"[0-9A-Fa-f]{1,39}", digits, re.ASCII):
            _warn(
                info,
                f"IEEE2030_5_server_lfdi: it has {len(digits)} hex digits instead of 40; it is"
                " filled with zeros in front",
            )
            value = digits.zfill(40)
        lfdi = normalise_lfdi(cast(str, value))
        sfdi = info.data.get("server_sfdi")
        if sfdi is not None and format_sfdi(sfdi_of_lfdi(lfdi)) != sfdi:
            _warn(
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


_ENTRIES: dict[str, type[BaseModel]] = {
    "devices": Device,
    "aggregators": Device,
    "programs": Program,
    "in_band_registration": InBand,
}
_TYPE_TEXTS = {
    "missing": "is missing",
    "tuple_type": "a list is expected",
    "model_type": "an object with keys is expected",
    "mapping_type": "an object with keys is expected",
    "dict_type": "an object with keys is expected",
    "string_type": "text is expected",
}


def _line(details: ErrorDetails, entry: type[BaseModel] | None = None) -> str:
    """One problem as ``devices[0].lfdi: what is wrong``."""
    path = ""
    for part in details["loc"]:
        if part == "[key]":  # pydantic's mark for "the key itself, not its value"
            continue
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    kind, given = details["type"], details["input"]
    if kind == "extra_forbidden":
        known = entry or _ENTRIES.get(str(details["loc"][0]), Settings)
        names = [field.alias or name for name, field in known.model_fields.items()]
        return f"{path}: unknown key{_near(str(details['loc'][-1]), names)}"
    if kind == "value_error":
        error = str(details["ctx"]["error"])
        return f"{path}: {error}" if path else error
    text = _TYPE_TEXTS.get(kind) or details["msg"].replace("Input should be", "should be")
    if kind == "missing":
        return f"{path}: {text}"
    shown = repr(given) if isinstance(given, str | int | float | None) else _type_name(given)
    return f"{path}: {text}, this is {shown[:80]}"


def _near(name: str, names: object) -> str:
    """`` (did you mean X?)`` when a known name looks similar, else nothing."""
    candidates = [str(candidate) for candidate in cast("list[str]", names)]
    close = difflib.get_close_matches(name, candidates, n=1, cutoff=0.5)
    return f" (did you mean {close[0]}?)" if close else ""


def _type_name(value: object) -> str:
    names = {str: "text", list: "a list", dict: "an object", type(None): "nothing"}
    return names.get(type(value), type(value).__name__)


def _duplicates(raw: Mapping[str, object]) -> list[str]:
    """A line for each entry whose SFDI or LFDI an earlier entry has; unreadable ones are skipped.

    Works on the raw entries, so that duplicates are reported together with all other mistakes.
    """
    lines: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    for name in ("aggregators", "devices"):
        entries = raw.get(name)
        for index, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
            if not isinstance(entry, Mapping):
                continue
            where = f"{name}[{index}]"
            for key, value in _identifiers(entry):
                first = seen.setdefault((key, value), where)
                if first != where:
                    lines.append(f"{where}.{key}: {value} is already that of {first}")
    return lines


def _identifiers(entry: Mapping[str, object]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    lfdi = entry.get("lfdi")
    try:
        normal = _lfdi(lfdi)
    except IdentityError:
        normal = None
    try:
        sfdi = None if _absent(entry.get("sfdi")) else _sfdi(entry.get("sfdi"))
    except IdentityError:
        sfdi = None
    if sfdi is None and normal is not None:
        sfdi = format_sfdi(sfdi_of_lfdi(normal))
    if sfdi is not None:
        found.append(("sfdi", sfdi))
    if normal is not None:
        found.append(("lfdi", normal))
    return found
