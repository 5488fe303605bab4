"""What `vctl install FOLDER` makes of this repository, and what the platform finds in it."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.platform.under_test import AGENT, DRIVER, PlatformProblem, PlatformUnderTest
from tools.private_platform import PrivatePlatform

PROJECT = Path(__file__).resolve().parents[2]
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
DRIVER_PACKAGE = SITE_PACKAGES / "volttron" / "driver" / "interfaces" / "ieee2030_5"


def test_agent_has_its_default_identity(platform: PlatformUnderTest) -> None:
    status = platform.platform.vctl("status")
    line = next(line for line in status.splitlines() if "volttron-ieee2030-5" in line)
    assert AGENT in line.split()
    assert "running" in line


@pytest.mark.parametrize(
    ("source", "installed", "pattern"),
    [
        ("ieee2030_5_agent", SITE_PACKAGES / "ieee2030_5_agent", "*.py"),
        ("ieee2030_5_agent", SITE_PACKAGES / "ieee2030_5_agent", "*.csv"),
        ("ieee2030_5_agent", SITE_PACKAGES / "ieee2030_5_agent", "*.xsd"),
        ("ieee2030_5_driver", DRIVER_PACKAGE, "*.py"),
    ],
    ids=["agent", "registries", "schemas", "driver"],
)
def test_every_file_is_installed_as_it_is(
    platform: PlatformUnderTest, source: str, installed: Path, pattern: str
) -> None:
    """Neither a forgotten file nor one of an earlier build."""
    expected = contents(PROJECT / source, pattern)
    assert expected
    assert contents(installed, pattern) == expected


def contents(folder: Path, pattern: str) -> dict[str, bytes]:
    """All files below a folder, in the repository also through the links to data files."""
    folders = [folder, folder / "config", folder / "schemas"]
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for one in folders
        for file in one.rglob(pattern)
    }


def test_shared_packages_stay_namespace_packages(platform: PlatformUnderTest) -> None:
    """An __init__.py of ours in one of them would hide VOLTTRON's own modules."""
    record = subprocess.run(
        [sys.executable, "-m", "pip", "show", "--files", "volttron-ieee2030-5"],
        capture_output=True,
        text=True,
        check=True,
        cwd=SITE_PACKAGES,
    ).stdout
    assert "volttron/driver/interfaces/ieee2030_5/ieee2030_5.py" in record
    for package in ("volttron", "volttron/driver", "volttron/driver/interfaces"):
        assert f" {package}/__init__.py" not in record


def test_versions_fit_together(platform: PlatformUnderTest) -> None:
    """The ranges in setup.py hold for what the platform runs with."""
    answer = subprocess.run(
        [sys.executable, "-m", "pip", "check"],
        capture_output=True,
        text=True,
        check=False,
        cwd=SITE_PACKAGES,
    )
    assert answer.returncode == 0, answer.stdout


def test_platform_driver_lists_the_interface(platform: PlatformUnderTest) -> None:
    assert "ieee2030_5" in platform.rpc(DRIVER, "list_interfaces")


def test_agent_and_driver_are_on_the_bus(platform: PlatformUnderTest) -> None:
    assert {AGENT, DRIVER} <= set(platform.peer.peers())


def test_device_capability_through_the_web_service(platform: PlatformUnderTest) -> None:
    answer = platform.http("GET", "/dcap")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/sep+xml")
    assert b"<DeviceCapability" in answer.content


def test_only_one_platform_at_a_time_installs_into_the_venv(
    platform: PlatformUnderTest, tmp_path: Path
) -> None:
    """One that installs nothing may run beside it, as in make test."""
    other = PrivatePlatform(tmp_path / "other")
    with pytest.raises(PlatformProblem, match=r"process \d+ since .* wait for its end"):
        other.install(str(PROJECT), AGENT, default=True)
