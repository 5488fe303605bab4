"""Self Device: the server describes itself, with the original's sample configuration too."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.protocol.conftest import Site


def test_the_original_sample_is_served(site: Site) -> None:
    device = site.get("/dcap/sdev")
    assert device.sFDI == 413707194130
    assert device.lFDI.hex() == "0000029834592834729384728374562039847629"
    assert device.deviceCategory == b"\x20"


def test_its_device_information_and_its_empty_log(site: Site) -> None:
    information = site.get("/dcap/sdev/di")
    assert information.mfModel == "volttron-ieee2030-5"
    assert information.swActTime == int(site.server.started)
    assert site.get("/dcap/sdev/log").all == 0


@pytest.mark.parametrize("path", ["/dcap/sdev", "/dcap/sdev/di"])
def test_without_a_configured_identity_there_is_none(
    make_site: Callable[..., Site], path: str
) -> None:
    site = make_site(IEEE2030_5_server_sfdi=None, IEEE2030_5_server_lfdi=None)
    assert site.ask("GET", path).status == 404
    assert site.get("/dcap").SelfDeviceLink is None
