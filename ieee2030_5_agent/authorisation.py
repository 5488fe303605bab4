"""Who may make which RPC call: VOLTTRON's capabilities decide, from the first call on.

VOLTTRON by itself protects only what an operator has listed, and learns that list at an agent's
first call to somebody else. A call that commands inverters is not open until somebody closes it:
what changes something needs the capability ``<our identity>.<method>``, what only reads does not.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import gevent
from volttron.client.known_identities import AUTH
from volttron.utils.jsonrpc import RemoteError

_log = logging.getLogger(__name__)

READING = "get_"
AUTH_TIMEOUT_S = 10.0


class NotAuthorised(PermissionError):
    """The caller lacks the capability; the text has the command that grants it."""


class Gate:
    """Asks platform.auth for each call that changes something."""

    def __init__(self, vip: Any, identity: str) -> None:
        """``vip``: the agent's subsystems; the caller is that of the call being answered."""
        self._vip = vip
        self._identity = identity
        self._warned = False

    def pass_(self, method: str, arguments: Mapping[str, object]) -> None:
        """Returns when the caller may make this call. Raises NotAuthorised, TimeoutError."""
        if method.startswith(READING):
            return
        message = self._vip.rpc.context.vip_message
        caller, call = str(message.user or message.peer), f"{self._identity}.{method}"
        try:
            if AUTH not in self._vip.peerlist().get(timeout=AUTH_TIMEOUT_S):
                self._warn()
                return
            self._vip.rpc.call(
                AUTH,
                "check_rpc_authorization",
                identity=caller,
                method_name=call,
                method_args=dict(arguments),
            ).get(timeout=AUTH_TIMEOUT_S)
        except RemoteError as refusal:
            raise NotAuthorised(
                f"{str(refusal.exc_info.get('exc_args') or refusal).strip()}; to grant it: vctl"
                f" authz add agent {caller} --rpc-capabilities {call}"
            ) from None
        except gevent.Timeout:
            raise TimeoutError(f"{AUTH} does not answer whether {caller} may call {call}") from None

    def _warn(self) -> None:
        if not self._warned:
            self._warned = True
            _log.warning("the platform runs without %s: every agent may call everything", AUTH)
