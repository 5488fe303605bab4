"""A device that is watched while the platform is at fault, and what of it must be well again."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import gevent
import requests

from tests.listening import Files
from tests.platform import under_test
from tests.platform.at_listener import Device, listener, listening
from tests.platform.recovery import RECOVERS_S, Record, note
from tests.platform.under_test import PlatformUnderTest
from tests.protocol import documents
from tools.private_platform import Message

XMLNS = ' xmlns="urn:ieee:std:2030.5:ns">'
CHARGE = "b802_SoC"
STATUS = (
    f"<DERStatus{XMLNS}<readingTime>1</readingTime><stateOfChargeStatus>"
    "<dateTime>1</dateTime><value>{}</value></stateOfChargeStatus></DERStatus>"
)
# What a device may wait for an answer meanwhile; two shared cores may be busy with much else.
PATIENCE_S = 15.0


class FaultSite:
    """A device at the agent's own listener that the driver publishes each second."""

    def __init__(self, platform: PlatformUnderTest, files: Files, port: int) -> None:
        self.platform = platform
        self.device = Device(files, "watched", port)
        self.sfdi: str = self.device.issued.sfdi
        platform.configure_agent(
            devices=[*platform.agent_config["devices"], self.device.entry],
            listener=listener(files, port),
            max_log_events=1000,  # more than are posted while a fault lasts
        )
        platform.until(lambda: listening(port), "a listener")
        summaries = platform.agent("get_devices")
        self.href = next(one["href"] for one in summaries if one["sfdi"] == self.sfdi)
        self._charges = count(100, 100)
        self._log_events = count(1)
        self.put_charge()
        self.topic = platform.add_to_driver(under_test.Device(self.sfdi, self.device.issued.lfdi))
        self.news = f"ieee2030_5/{self.sfdi}"

    def put_charge(self) -> float:
        """The device puts another state of charge than ever before; the value of its point."""
        charge = next(self._charges)
        status, text = self.device.ask("PUT", f"{self.href}/der/1/ders", STATUS.format(charge))
        assert status in (201, 204), text
        return charge / 100

    def post_log_event(self, device: Device | None = None) -> tuple[str, int]:
        """The device posts a log event; where it is, and its logEventID."""
        number = next(self._log_events)
        event = documents.log_event(number=number).replace(">", XMLNS, 1)
        return (device or self.device).post(f"{self.href}/lel", event), number

    def create_control(self, start: float, duration: int, **modes: object) -> str:
        """Creates a DERControl of the device; its path."""
        (control,) = self.platform.agent(
            "create_control",
            device=self.sfdi,
            start=int(start),
            duration=duration,
            modes=modes or {"opModMaxLimW": 5000},
        )
        return str(control["href"])

    def status_of(self, control: str, device: Device | None = None) -> int | None:
        """EventStatus.currentStatus as the device reads it; None when it is listed no more."""
        status, text = (device or self.device).ask("GET", control)
        found = re.search(r"<currentStatus>(\d+)</currentStatus>", text)
        if found is None:
            assert status == 404, text
            return None
        return int(found[1])

    # --- well again ----------------------------------------------------------------------------

    def recovered(self, record_property: Record, fault: str, began: float | None = None) -> None:
        """Waits until all parts work, and notes the seconds each took since ``began``, or now.

        What counts is new: a charge and a log event that the device sends only now.
        """
        began = time.monotonic() if began is None else began
        with (
            self.platform.bus(f"devices/{self.topic}/multi") as polled,
            self.platform.bus(self.news) as news,
        ):
            charge, (_, log_event) = self.put_charge(), self.post_log_event()
            seconds: dict[str, float] = {}
            checks: dict[str, Callable[[], object]] = {
                "platform.web": self._web_serves,
                "RPC": lambda: self._rpc("get_point", self.sfdi, CHARGE) == charge,
                "news": lambda: any(_is(message, log_event) for message in news),
                "driver": lambda: any(has(message, charge) for message in polled),
                "health": lambda: self.health() == "GOOD",
            }

            def wait(part: str) -> None:
                self.platform.until(checks[part], f"{part} to be well again", RECOVERS_S)
                seconds[part] = time.monotonic() - began

            gevent.joinall([gevent.spawn(wait, part) for part in checks], raise_error=True)
        note(record_property, fault, seconds)

    def health(self) -> str | None:
        found = self._rpc("health.get_status")
        return None if found is None else str(found["status"])

    def _web_serves(self) -> bool:
        try:
            return self.platform.http("GET", "/dcap", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def _rpc(self, method: str, *args: object) -> Any:
        """An answer of the agent; None when there is none in good time."""
        try:
            return self.platform.agent(method, *args, timeout=2)
        except TimeoutError:
            return None

    def answered(self) -> bool:
        """Whether the agent's own listener answers the device."""
        try:
            return self.device.ask("GET", self.href)[0] == 200
        except (OSError, http.client.HTTPException):
            self.device.close()  # the next request connects again
            return False

    # --- meanwhile -----------------------------------------------------------------------------

    @contextmanager
    def goes_on(self) -> Iterator[list[str]]:
        """The device posts log events in the block; where they are.

        After it: each was answered in good time, and is there to be read.
        """
        device, posted, slowest = self.device.another(), list[str](), [0.0]

        def post() -> None:
            while True:
                began = time.monotonic()
                posted.append(self.post_log_event(device)[0])
                slowest[0] = max(slowest[0], time.monotonic() - began)
                gevent.sleep(0.25)

        poster = gevent.spawn(post)
        try:
            yield posted
        finally:
            failed = poster.ready()
            poster.kill()
            device.close()
        assert not failed, "a post was not answered as it should be"
        assert slowest[0] < PATIENCE_S
        lost = [href for href in posted if self.device.ask("GET", href)[0] != 200]
        assert not lost

    def close(self) -> None:
        self.platform.remove_from_driver(self.topic)
        self.device.close()


def has(message: Message, charge: float) -> bool:
    """Whether a message of the driver has this state of charge."""
    return bool(message.body[0].get(CHARGE) == charge)


def _is(message: Message, log_event: int) -> bool:
    return bool(message.body.get("logEventID") == log_event)
