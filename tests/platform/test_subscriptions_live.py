"""A client that subscribes through platform.web is notified of what an operator orders by RPC."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.platform.under_test import PlatformUnderTest
from tests.protocol import documents

PROJECT = Path(__file__).resolve().parents[2]
NAMESPACE = ' xmlns="urn:ieee:std:2030.5:ns"'


@pytest.fixture
def received(platform: PlatformUnderTest, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A subscriber in a process of its own: its port, and the file of what arrived."""
    file = tmp_path / "received"
    file.touch()
    process = subprocess.Popen(
        [sys.executable, str(PROJECT / "tests" / "subscribers.py"), str(file)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline()), file
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_control_is_notified_and_nobody_waits_for_a_subscriber_that_hangs(
    platform: PlatformUnderTest, received: tuple[int, Path]
) -> None:
    port, file = received
    device = platform.add_device()
    below = platform.href(device)
    platform.http("PUT", f"{below}/der/1/dercap", _document(documents.DER_CAPABILITY))
    programs = etree.fromstring(platform.http("GET", f"{below}/derp").content)
    (controls,) = {link.get("href") for link in programs.iter("{*}DERControlListLink")}
    for path in ("good", "hang"):
        body = _document(documents.subscription(controls, f"http://127.0.0.1:{port}/{path}"))
        response = platform.http("POST", f"{below}/sub", body)
        assert response.status_code == 201
        assert platform.http("GET", response.headers["Location"]).status_code == 200
    began = time.monotonic()
    (order,) = platform.agent(
        "create_control", device=device.sfdi, duration=600, modes={"opModMaxLimW": 5000}
    )
    (line,) = platform.until(lambda: _lines(file, "/good"), "a notification")
    assert time.monotonic() - began < 5
    notification = etree.fromstring(line["body"].encode())
    (mrid,) = notification.iter("{*}mRID")
    assert mrid.text == order["mRID"]
    platform.until(lambda: _lines(file, "/hang"), "the other notification")
    began = time.monotonic()
    assert platform.http("GET", below).status_code == 200
    assert time.monotonic() - began < 2
    good, hanging = platform.agent("get_subscriptions", device.sfdi)
    assert (good["sent"], hanging["sent"]) == (1, 0)
    assert platform.agent("get_status")["notifications"]["in_flight"] == 1
    for subscription in (good, hanging):
        platform.agent("remove_subscription", subscription["number"])
    ended = platform.until(lambda: _lines(file, "/good")[1:], "the end of the subscription")
    assert "<status>1</status>" in ended[0]["body"]


def _document(text: str) -> str:
    end = text.index(">")
    return text[:end] + NAMESPACE + text[end:]


def _lines(file: Path, path: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [line for line in lines if line["path"] == path]
