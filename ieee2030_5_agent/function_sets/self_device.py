"""Self Device: the server describes itself.

Source: IEEE 2030.5-2018 SelfDevice, DeviceInformation, LogEventList.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from ..rest.call import Answer, Call, ok
from ..rest.errors import NotFound
from ..rest.routing import Route
from ..sep import models

DISTRIBUTION = "volttron-ieee2030-5"
# PowerSourceType: the server cannot know what powers it.
UNKNOWN_POWER_SOURCE = 5


def read(call: Call) -> Answer:
    settings, lfdi = call.settings, _server_lfdi(call)
    return ok(
        models.SelfDevice(
            href=call.self_href,
            pollRate=call.poll_rate("SelfDevice"),
            deviceCategory=settings.category,
            DeviceInformationLink=(
                None
                if lfdi is None
                else models.DeviceInformationLink(href=call.href("SelfDeviceInformation"))
            ),
            lFDI=lfdi,
            LogEventListLink=models.LogEventListLink(href=call.href("SelfLogEventList"), all=0),
            sFDI=_server_sfdi(call),
        )
    )


def read_information(call: Call) -> Answer:
    lfdi = _server_lfdi(call)
    if lfdi is None:
        raise NotFound("the server's own LFDI is not configured, so it cannot describe itself")
    return ok(
        models.DeviceInformation(
            href=call.self_href,
            pollRate=call.poll_rate("DeviceInformation"),
            lFDI=lfdi,
            mfDate=0,
            mfHwVer="",
            # The enterprise number of whoever runs the server, as in the mRIDs that it makes.
            mfID=call.settings.pen,
            mfModel=DISTRIBUTION,
            mfSerNum="",
            primaryPower=UNKNOWN_POWER_SOURCE,
            secondaryPower=UNKNOWN_POWER_SOURCE,
            swActTime=int(call.started),
            swVer=software_version(),
        )
    )


def read_log(call: Call) -> Answer:
    return call.page(models.LogEventList, (), lambda event: event)


def software_version() -> str:
    """The installed version, or a dash when run from a checkout that is not installed."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "-"


def _server_sfdi(call: Call) -> int:
    if call.settings.server_sfdi is None:
        raise NotFound("the server's own SFDI is not configured")
    return int(call.settings.server_sfdi)


def _server_lfdi(call: Call) -> bytes | None:
    lfdi = call.settings.server_lfdi
    return None if lfdi is None else bytes.fromhex(lfdi)


ROUTES = (
    Route("SelfDevice", "/sdev", GET=read),
    Route("SelfDeviceInformation", "/sdev/di", GET=read_information),
    Route("SelfLogEventList", "/sdev/log", GET=read_log),
)
