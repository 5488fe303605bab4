"""RPC calls to the agent, with every way in which they fail turned into one of two errors."""

from __future__ import annotations

from typing import Any

import gevent
from volttron.client.vip.agent.errors import VIPError
from volttron.driver.base.interfaces import DriverInterfaceError
from volttron.utils.jsonrpc import Error as JsonRpcError
from volttron.utils.jsonrpc import RemoteError


class AgentError(DriverInterfaceError):
    """The agent did not do what it was asked for."""


class AgentUnavailable(AgentError):
    """There is no agent that answers."""


class AgentRefused(AgentError):
    """The agent answered with a refusal; the text is its reason."""


class AgentRpc:
    """Calls to one agent. ``gevent.Timeout`` never leaves: it is no ``Exception``, and an RPC
    method of platform.driver that raises it sends no reply at all."""

    def __init__(self, vip: Any, identity: str) -> None:
        self.identity = identity
        self._vip = vip

    def call(self, method: str, *arguments: Any, timeout: float) -> Any:
        """The result of the agent's ``method``."""
        try:
            return self._vip.rpc.call(self.identity, method, *arguments).get(timeout=timeout)
        except gevent.Timeout:
            raise no_answer(self.identity, timeout) from None
        except VIPError as error:
            raise AgentUnavailable(f"agent {self.identity!r} cannot be reached: {error}") from None
        except RemoteError as error:
            raise AgentRefused(_reason(error)) from None
        except JsonRpcError as error:
            raise AgentRefused(
                f"agent {self.identity!r} refused {method}: {error.message}"
            ) from None

    def check_connected(self, timeout: float) -> None:
        """Tells in milliseconds what a call would tell after the time-out: nobody is there."""
        try:
            peers = self._vip.peerlist().get(timeout=timeout)
        except gevent.Timeout:
            raise AgentUnavailable(
                f"the platform does not answer (timeout {timeout:g} s)"
            ) from None
        if self.identity not in peers:
            raise AgentUnavailable(
                f"agent {self.identity!r} does not answer (it is not connected to the platform):"
                " is it installed and running?"
            )


def no_answer(identity: str, timeout: float) -> AgentUnavailable:
    """What is said of an agent that has not answered in time."""
    return AgentUnavailable(
        f"agent {identity!r} does not answer (timeout {timeout:g} s): is it installed and running?"
    )


def _reason(error: Any) -> str:
    """The text of the exception that was raised in the agent."""
    arguments = (getattr(error, "exc_info", None) or {}).get("exc_args") or ()
    return str(arguments[0]) if arguments else str(error)
