"""The agent's own HTTPS listener on a real platform: devices by their certificates."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.listening import Files
from tests.platform.at_listener import Device, listener, listening
from tests.platform.under_test import AGENT, PlatformUnderTest
from tests.protocol import documents
from tools.private_platform.processes import free_ports


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files.make(tmp_path_factory.mktemp("listener"))


@pytest.fixture
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture
def configured(platform: PlatformUnderTest) -> Iterator[PlatformUnderTest]:
    """The platform, with the agent's configuration as it was before the test."""
    before = dict(platform.agent_config)
    yield platform
    platform.agent_config = before
    platform.configure_agent(listener=None)
    platform.until(lambda: health(platform)[0] == "GOOD", "a healthy agent")


def health(platform: PlatformUnderTest) -> tuple[str, str]:
    found = platform.agent("health.get_status")
    return found["status"], str(found["context"])


def test_a_device_by_its_certificate(
    configured: PlatformUnderTest, files: Files, port: int
) -> None:
    """What it puts becomes points; another device does not see it; the web service goes on."""
    one, other = Device(files, "one", port), Device(files, "other", port)
    devices = [*configured.agent_config["devices"], one.entry, other.entry]
    configured.configure_agent(devices=devices, listener=listener(files, port))
    configured.until(lambda: listening(port), "a listener")
    status, listed = one.ask("GET", "/dcap/edev")
    assert (status, listed.count("<EndDevice ")) == (200, 1)
    assert str(int(one.issued.sfdi)) in listed
    summaries = {device["sfdi"]: device for device in configured.agent("get_devices")}
    path = f"{summaries[one.issued.sfdi]['href']}/der/1/ders"
    end = documents.DER_STATUS.index(">")
    namespace = ' xmlns="urn:ieee:std:2030.5:ns"'
    body = documents.DER_STATUS[:end] + namespace + documents.DER_STATUS[end:]
    assert one.ask("PUT", path, body) == (201, "")
    assert configured.agent("get_point", one.issued.sfdi, "b802_SoC") == 93
    for method in ("GET", "PUT", "POST", "DELETE"):
        assert other.ask(method, path, body)[0] in (404, 405)
    assert configured.http("GET", "/dcap").status_code == 200
    assert configured.agent("get_status")["connections"] == 2
    one.close()
    other.close()


def test_who_has_no_business_there_is_counted(
    configured: PlatformUnderTest, files: Files, port: int, tmp_path: Path
) -> None:
    configured.configure_agent(listener=listener(files, port))
    configured.until(lambda: listening(port), "a listener")
    stranger = Device(Files.make(tmp_path), "stranger", port, trust=files)
    with pytest.raises(OSError):  # noqa: PT011 - TLS or the system says it, in several words
        stranger.ask("GET", "/dcap")
    stranger.close()

    def counted() -> bool:
        refusals = configured.agent("get_status")["refusals"]
        return bool(refusals.get("unknown CA", {}).get("clients", {}).get("127.0.0.1"))

    configured.until(counted, "a count of the stranger")


def test_what_prevents_it_is_told_and_tried_again(
    configured: PlatformUnderTest, files: Files
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        configured.configure_agent(listener=listener(files, port))
        configured.until(
            lambda: (
                health(configured) == ("BAD", f"listener: 127.0.0.1:{port}: Address already in use")
            ),
            "a word on the port in use",
        )
        assert configured.http("GET", "/dcap").status_code == 200
    configured.until(lambda: listening(port), "a listener")
    configured.until(lambda: health(configured)[0] == "GOOD", "a healthy agent")
    configured.configure_agent(listener=None)
    configured.until(lambda: not listening(port), "no listener")


def test_a_stopped_agent_closes_its_connections(
    configured: PlatformUnderTest, files: Files, port: int
) -> None:
    configured.configure_agent(listener=listener(files, port))
    configured.until(lambda: listening(port), "a listener")
    context = files.client("one")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
        idle = context.wrap_socket(plain, server_hostname="localhost")
        configured.stop(AGENT)
        try:
            assert idle.recv(1) == b""
            assert not listening(port)
        finally:
            idle.close()
            configured.start(AGENT)
    configured.until(lambda: listening(port), "a listener after the restart")
