"""Calls that change something need a capability; platform.auth is played by a fake."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from volttron.utils.jsonrpc import RemoteError

from ieee2030_5_agent.authorisation import Gate, NotAuthorised
from ieee2030_5_agent.rpc import guarded


class Vip:
    """A platform; ``answer`` is what platform.auth does."""

    def __init__(self, peers: tuple[str, ...] = ("platform.auth",)) -> None:
        self.peers = peers
        self.answer: BaseException | None = None
        self.asked: list[dict[str, Any]] = []
        message = SimpleNamespace(peer="my.app", user="my.app")
        self.rpc = SimpleNamespace(call=self._call, context=SimpleNamespace(vip_message=message))

    def peerlist(self) -> Any:
        return SimpleNamespace(get=lambda timeout: list(self.peers))

    def _call(self, peer: str, method: str, **arguments: Any) -> Any:
        assert (peer, method) == ("platform.auth", "check_rpc_authorization")
        self.asked.append(arguments)

        def get(timeout: float) -> bool:
            if self.answer is not None:
                raise self.answer
            return True

        return SimpleNamespace(get=get)


def refusal(text: str) -> RemoteError:
    return RemoteError(text, exc_type="AuthException", exc_args=[text], exc_tb="")


def gate(vip: Vip, *, without_auth: bool = False) -> Gate:
    return Gate(vip, "me", lambda: without_auth)


def set_point(sfdi: str, value: float = 1.0) -> float:
    return value


def get_points(sfdi: str) -> str:
    return sfdi


def test_a_call_that_changes_something_is_asked_for_with_its_arguments() -> None:
    vip = Vip()
    assert guarded(set_point, gate(vip).pass_)("19", value=2.5) == 2.5
    assert vip.asked == [
        {
            "identity": "my.app",
            "method_name": "me.set_point",
            "method_args": {"sfdi": "19", "value": 2.5},
        }
    ]


def test_a_call_that_only_reads_is_open() -> None:
    vip = Vip()
    vip.answer = refusal("no")
    assert guarded(get_points, gate(vip).pass_)("19") == "19"
    assert vip.asked == []


def test_the_refusal_has_the_command_that_grants(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    vip = Vip()
    vip.answer = refusal("User my.app does not have access")
    with pytest.raises(NotAuthorised) as caught:
        guarded(set_point, gate(vip).pass_)("19")
    text = str(caught.value)
    assert "User my.app does not have access" in text
    assert text.endswith("vctl authz add agent my.app --rpc-capabilities me.set_point")
    assert {record.levelno for record in caplog.records} == {logging.INFO}


def test_without_an_answer_nobody_passes() -> None:
    vip = Vip()
    vip.answer = gevent.Timeout(10)
    with pytest.raises(TimeoutError, match=r"platform\.auth does not answer"):
        gate(vip).pass_("set_point", {})


def test_nobody_passes_while_platform_auth_is_missing() -> None:
    vip = Vip(peers=("platform.web",))
    with pytest.raises(NotAuthorised, match=r"^platform\.auth is not running.*me\.set_point"):
        gate(vip).pass_("set_point", {})
    assert guarded(get_points, gate(vip).pass_)("19") == "19"


def test_a_platform_without_authorisation_has_to_be_configured(
    caplog: pytest.LogCaptureFixture,
) -> None:
    opened = gate(Vip(peers=()), without_auth=True)
    opened.pass_("set_point", {})
    opened.pass_("set_point", {})
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_where_platform_auth_runs_it_is_asked_whatever_is_configured() -> None:
    vip = Vip()
    vip.answer = refusal("no")
    with pytest.raises(NotAuthorised):
        gate(vip, without_auth=True).pass_("set_point", {})
