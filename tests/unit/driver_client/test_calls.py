"""Every failure of a call is one of two errors."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import gevent
import pytest
from volttron.client.vip.agent.errors import Unreachable
from volttron.driver.base.interfaces import DriverInterfaceError
from volttron.utils.jsonrpc import MethodNotFound, RemoteError

from ieee2030_5_driver.rpc import AgentRefused, AgentRpc, AgentUnavailable


class Failing:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def get(self, timeout: float) -> Any:
        raise self.error


@pytest.mark.parametrize(
    ("error", "expected", "text"),
    [
        (gevent.Timeout(5), AgentUnavailable, "agent 'a' does not answer (timeout 5 s): is it"),
        (Unreachable(113, "no route", "a", "RPC"), AgentUnavailable, "agent 'a' cannot be reached"),
        (RemoteError("why", exc_type="x.Y", exc_args=["why"]), AgentRefused, "why"),
        (MethodNotFound(-32601, "no such"), AgentRefused, "agent 'a' refused m: no such"),
    ],
    ids=lambda value: getattr(value, "__name__", None) or type(value).__name__,
)
def test_every_failure_of_a_call_is_a_driver_error(
    error: BaseException, expected: type[Exception], text: str
) -> None:
    vip = MagicMock()
    vip.rpc.call.return_value = Failing(error)
    with pytest.raises(expected) as raised:
        AgentRpc(vip, "a").call("m", timeout=5.0)
    assert str(raised.value).startswith(text)
    assert isinstance(raised.value, DriverInterfaceError)


def test_a_platform_that_does_not_answer() -> None:
    vip = MagicMock()
    vip.peerlist.return_value = Failing(gevent.Timeout(5))
    with pytest.raises(AgentUnavailable, match="the platform does not answer"):
        AgentRpc(vip, "a").check_connected(5.0)
