"""What survives on a real platform: the agent ended under load, the platform restarted, a bad file.

Each test notes in how many seconds all was well again.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.platform.recovery import RECOVERS_S, Record, recovery
from tests.platform.under_test import AGENT, DRIVER, Device, PlatformUnderTest
from tests.protocol import documents

XMLNS = ' xmlns="urn:ieee:std:2030.5:ns">'


def put(platform: PlatformUnderTest, method: str, path: str, document: str) -> str:
    """Sends a document that must be taken; the Location, or the path."""
    answer = platform.http(method, path, document.replace(">", XMLNS, 1))
    assert answer.status_code in (201, 204), (path, answer.status_code, answer.text)
    return answer.headers.get("Location", path)


def file_of(platform: PlatformUnderTest) -> Path:
    return platform.platform.home / "agents" / AGENT / "data" / "ieee2030_5.sqlite"


class Something:
    """A device with one of much, and what of it must be the same later."""

    def __init__(self, platform: PlatformUnderTest) -> None:
        self._platform = platform
        self.device: Device = platform.add_device()
        self.href = platform.href(self.device)
        put(platform, "PUT", f"{self.href}/der/1/dercap", documents.DER_CAPABILITY)
        put(platform, "PUT", f"{self.href}/der/1/ders", documents.DER_STATUS)
        self.log = put(platform, "POST", f"{self.href}/lel", documents.log_event())
        lfdi = self.device.lfdi
        mirror = documents.mirror(lfdi[:32], documents.reading(lfdi[8:], 24), lfdi)
        self.mirror = put(platform, "POST", "/dcap/mup", mirror)
        platform.agent("set_point", self.device.sfdi, "b124_WChaMax", 2000)
        (control,) = platform.agent(
            "create_control",
            device=self.device.sfdi,
            start=time.time() + 3600,
            duration=600,
            modes={"opModMaxLimW": 5000},
        )
        self.control = control["href"]
        platform.until(lambda: platform.agent("get_status")["store"]["backlog"] == 0, "all on disk")
        self.before = self.seen()

    def seen(self) -> dict[str, Any]:
        """The documents as devices read them, and the points."""
        paths = (
            f"{self.href}/der",
            f"{self.href}/der/1/dercap",
            f"{self.href}/der/1/ders",
            f"{self.href}/fsa",
            self.log,
            self.mirror,
            self.control,
        )
        found: dict[str, Any] = {path: self._platform.http("GET", path).text for path in paths}
        points = self._platform.agent("get_points", self.device.sfdi)
        # What counts the time that is left is another one each second.
        found["points"] = {name: value for name, value in points.items() if "Rem" not in name}
        return found

    def check(self) -> None:
        now = self.seen()
        assert now == self.before


def serves(platform: PlatformUnderTest) -> bool:
    try:
        return platform.http("GET", "/dcap/edev", timeout=2).status_code == 200
    except requests.RequestException:
        return False


@pytest.mark.parametrize("ended", ["killed", "stopped"])
def test_an_agent_that_ends_under_load_goes_on_where_it_was(
    platform: PlatformUnderTest, ended: str, record_property: Record
) -> None:
    platform.configure_agent(max_log_events=5000)  # all that are posted
    something = Something(platform)
    acknowledged: list[str] = []

    def post() -> None:
        session = requests.Session()
        session.trust_env = False
        body = documents.log_event().replace(">", XMLNS, 1)
        address = f"{platform.platform.web_address}{something.href}/lel"
        headers = {"Content-Type": "application/sep+xml"}
        while True:
            try:
                answer = session.post(address, body, headers=headers, timeout=10)
            except requests.RequestException:
                return
            if answer.status_code != 201:
                return
            acknowledged.append(answer.headers["Location"])

    posters = [threading.Thread(target=post) for _ in range(4)]
    for poster in posters:
        poster.start()
    platform.until(lambda: len(acknowledged) > 20, "some log events")
    {"killed": platform.kill, "stopped": platform.stop}[ended](AGENT)
    for poster in posters:
        poster.join(timeout=60)
    with recovery(record_property, f"the agent {ended} under load"):
        platform.platform.start_agent(AGENT)
        platform.until(lambda: serves(platform), "an answer", RECOVERS_S)
    something.check()
    lost = [href for href in acknowledged if platform.http("GET", href).status_code != 200]
    assert not lost
    assert platform.agent("health.get_status")["status"] == "GOOD"
    platform.configure_agent(max_log_events=None)


def test_a_restarted_platform_goes_on_where_it_was(
    platform: PlatformUnderTest, record_property: Record
) -> None:
    something = Something(platform)
    with recovery(record_property, "the platform restarted, agents started by vctl"):
        platform.restart_everything()
        platform.until(lambda: serves(platform), "an answer", RECOVERS_S)
    something.check()


def test_a_driver_that_is_killed_polls_again(
    platform: PlatformUnderTest, record_property: Record
) -> None:
    something = Something(platform)
    topic = platform.add_to_driver(something.device)
    with platform.bus(f"devices/{topic}/multi") as heard:
        heard.wait()
    platform.kill(DRIVER)
    with recovery(record_property, "the driver killed between polls"):
        platform.platform.start_agent(DRIVER)
        with platform.bus(f"devices/{topic}/multi") as heard:
            heard.wait(timeout=RECOVERS_S)
    platform.remove_from_driver(topic)


def test_a_damaged_file_is_told_until_somebody_knows(
    platform: PlatformUnderTest, record_property: Record
) -> None:
    something = Something(platform)
    platform.stop(AGENT)
    path = file_of(platform)
    assert path.stat().st_mode & 0o777 == 0o600
    content = path.read_bytes()
    at = content.index(b'{"class":"DERCapability"')
    path.write_bytes(content[: at + 30] + b"XXXX" + content[at + 34 :])
    with recovery(record_property, "the file damaged"):
        platform.platform.start_agent(AGENT)
        platform.until(lambda: serves(platform), "an answer", RECOVERS_S)
    status = platform.agent("health.get_status")
    assert status["status"] == "BAD"
    assert "kept as ieee2030_5.damaged-" in status["context"]
    assert len(list(path.parent.glob("ieee2030_5.damaged-*.sqlite"))) == 1
    assert platform.href(something.device) == something.href
    platform.agent("acknowledge_store")
    assert platform.agent("health.get_status")["status"] == "GOOD"
