"""A real VOLTTRON platform with our agent and driver on it, and a handle for what a test does.

Devices stay registered from test to test, so a test takes devices of its own with
``add_device`` instead of counting on an empty platform.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import requests

from ieee2030_5_agent.sep.identity import format_sfdi, sfdi_of_lfdi
from tools.private_platform import (
    Peer,
    PlatformProblem,
    PrivatePlatform,
    Recording,
    until,
)

AGENT = "ieee2030_5"
DRIVER = "platform.driver"
DRIVER_CALLS = ("config_points", "set_point", "revert_point")
STORE = "platform.config_store"
TESTER = "tester"
MEDIA_TYPE = "application/sep+xml"
REGISTRY = "config://legacy.csv"
READY_S = 30.0


class Device(NamedTuple):
    """A device as the agent's configuration knows it."""

    sfdi: str
    lfdi: str

    @property
    def entry(self) -> dict[str, str]:
        """Its entry in ``devices`` of the agent's configuration."""
        return {"sfdi": self.sfdi, "lfdi": self.lfdi}


def new_device() -> Device:
    """A device with an identity that no other test has."""
    lfdi = (uuid.uuid4().hex + uuid.uuid4().hex)[:40].upper()
    return Device(format_sfdi(sfdi_of_lfdi(lfdi)), lfdi)


class PlatformUnderTest:
    """Agent, driver, platform, message bus and HTTP, each with one short call."""

    def __init__(self, platform: PrivatePlatform, agent_config: Mapping[str, Any]) -> None:
        self.platform = platform
        self.agent_config: dict[str, Any] = dict(agent_config)
        self._credentials = platform.make_peer_credentials(TESTER, admin=True)
        self.peer = Peer(self._credentials, platform.vip_address)
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy between us and the loopback interface

    def connect(self) -> None:
        """Connects to the platform again after it was away."""
        self.peer = Peer(self._credentials, self.platform.vip_address)

    def close(self) -> None:
        """Disconnects from the platform."""
        self.session.close()
        self.peer.close()

    # --- RPC and bus ---------------------------------------------------------------------------

    def rpc(
        self, peer: str, method: str, *args: object, timeout: float = 15.0, **kwargs: object
    ) -> Any:
        """Calls a method; RemoteError when it raises, TimeoutError when nobody answers."""
        return self.peer.rpc(peer, method, *args, timeout=timeout, **kwargs)

    def agent(self, method: str, *args: object, timeout: float = 15.0, **kwargs: object) -> Any:
        """Calls a method of our agent."""
        return self.rpc(AGENT, method, *args, timeout=timeout, **kwargs)

    def driver(self, method: str, *args: object, timeout: float = 15.0) -> Any:
        """Calls a method of platform.driver."""
        return self.rpc(DRIVER, method, *args, timeout=timeout)

    @contextmanager
    def bus(self, prefix: str) -> Iterator[Recording]:
        """Records the message bus below a prefix while the block runs; see ``Recording.wait``."""
        with self.peer.bus(prefix) as recording:
            yield recording

    @staticmethod
    def until(condition: Callable[[], Any], what: str, timeout: float = 15.0) -> Any:
        """Waits for a condition; the failure says ``what`` never came."""
        return until(condition, what, timeout)

    # --- HTTP ----------------------------------------------------------------------------------

    def http(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 20.0,
    ) -> requests.Response:
        """A request through platform.web, by a client that is not ours."""
        sent = {"Accept": MEDIA_TYPE}
        if body is not None:
            sent["Content-Type"] = MEDIA_TYPE
        return self.session.request(
            method,
            self.platform.web_address + path,
            data=body.encode() if isinstance(body, str) else body,
            headers={**sent, **(headers or {})},
            timeout=timeout,
            allow_redirects=False,
        )

    def href(self, device: Device) -> str:
        """The path of a device's EndDevice."""
        summaries = self.agent("get_devices")
        return str(next(one["href"] for one in summaries if one["sfdi"] == device.sfdi))

    # --- configuration -------------------------------------------------------------------------

    def store(self, identity: str, name: str, content: object) -> None:
        """Writes a configuration: text as CSV, everything else as JSON."""
        kind = "csv" if isinstance(content, str) else "json"
        raw = content if isinstance(content, str) else json.dumps(content)
        self.rpc(STORE, "set_config", identity, name, raw, kind)

    def delete(self, identity: str, name: str) -> None:
        """Removes a configuration."""
        self.rpc(STORE, "delete_config", identity, name)

    def configure_agent(self, **changes: object) -> None:
        """Stores the agent's configuration with some keys changed, and waits until it is in force.

        None removes a key.
        """
        config = {**self.agent_config, **changes}
        self.agent_config = {key: value for key, value in config.items() if value is not None}
        self.store(AGENT, "config", self.agent_config)
        wanted = {device["sfdi"] for device in self.agent_config["devices"]}
        self.until(
            lambda: {one["sfdi"] for one in self.agent("get_devices")} == wanted,
            f"the devices {wanted}",
        )

    def add_device(self) -> Device:
        """Registers a new device with the running agent."""
        device = new_device()
        self.configure_agent(devices=[*self.agent_config["devices"], device.entry])
        return device

    def add_to_driver(
        self,
        device: Device,
        topic: str | None = None,
        *,
        interval: int = 1,
        registry: object = REGISTRY,
        **remote: object,
    ) -> str:
        """Adds a device to platform.driver; the topic below ``devices/``."""
        topic = topic or f"test/d{device.sfdi}"
        config = {
            "remote_config": {"driver_type": "ieee2030_5", "sfdi": device.sfdi, **remote},
            "registry_config": registry,
            "interval": interval,
        }
        self.store(DRIVER, f"devices/{topic}", config)
        self.until(lambda: self._driver_knows(topic), f"{topic} in platform.driver")
        return topic

    def remove_from_driver(self, topic: str) -> None:
        """Takes a device out of platform.driver."""
        self.delete(DRIVER, f"devices/{topic}")

    def _driver_knows(self, topic: str) -> bool:
        return any(str(known).startswith(f"devices/{topic}/") for known in self._driver_topics())

    def _driver_topics(self) -> list[str]:
        values, errors = self.driver("get", None, "devices/.*")
        return [*values, *errors]

    # --- life cycle ----------------------------------------------------------------------------

    def ready(self) -> None:
        """Waits until agent and driver answer calls, and HTTP reaches the agent."""
        self.until(
            lambda: {AGENT, DRIVER} <= set(self.peer.peers()),
            "agent and driver on the bus",
            READY_S,
        )
        self.until(self._agent_serves, "an answer of the agent through HTTP", READY_S)

    def _agent_serves(self) -> bool:
        try:
            return self.http("GET", "/dcap", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def restart(self, identity: str) -> None:
        """Stops and starts an agent the way vctl does, and waits for it."""
        self.platform.restart_agent(identity)
        self.ready()

    def kill(self, identity: str) -> None:
        """Kills an agent without warning."""
        self.platform.kill_agent(identity)

    def stop(self, identity: str) -> None:
        """Stops an agent the way vctl does."""
        self.platform.stop_agent(identity)

    def start(self, identity: str) -> None:
        """Starts an agent that is not running, and waits for it."""
        self.platform.start_agent(identity)
        self.ready()

    def restart_everything(self) -> None:
        """Shuts the platform down with all agents and starts it and them again."""
        self.peer.close()
        try:
            self.platform.stop()
        finally:  # what fails here is no fault of the tests that follow
            self._start_platform()

    def _start_platform(self) -> None:
        self.platform.start()
        self.connect()
        for identity in (AGENT, DRIVER):
            self.platform.start_agent(identity)
        self.ready()

    def log(self) -> str:
        """The platform's log, which holds what agents print as well."""
        return self.platform.log.read_text(errors="replace")


__all__ = ["AGENT", "DRIVER", "Device", "PlatformProblem", "PlatformUnderTest", "new_device"]
