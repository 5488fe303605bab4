"""Who may make which RPC call: VOLTTRON's capabilities decide, from the first call on.

VOLTTRON by itself protects only what an operator has listed, and learns that list at an agent's
first call to somebody else. A call that commands inverters is not open until somebody closes it:
what changes something needs the capability ``<our identity>.<method>``, what only reads does not.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import gevent
from volttron.client.known_identities import AUTH
from volttron.utils.jsonrpc import RemoteError

from .operations import only_reads

_log = logging.getLogger(__name__)

AUTH_TIMEOUT_S = 10.0


class NotAuthorised(PermissionError):
    """The caller lacks the capability, or nobody can say; the text has what helps."""


class Gate:
    """Asks platform.auth for each call that changes something."""

    def __init__(self, vip: Any, identity: str, without_auth: Callable[[], bool]) -> None:
        """``vip``: the agent's subsystems; the caller is that of the call being answered.

        ``without_auth``: whether calls pass on a platform that runs without platform.auth.
        """
        self._vip = vip
        self._identity = identity
        self._without_auth = without_auth
        self._warned = False

    def pass_(self, method: str, arguments: Mapping[str, object]) -> None:
        """Returns when the caller may make this call. Raises NotAuthorised, TimeoutError."""
        if only_reads(method):
            return
        message = self._vip.rpc.context.vip_message
        caller, call = str(message.user or message.peer), f"{self._identity}.{method}"
        try:
            if AUTH not in self._vip.peerlist().get(timeout=AUTH_TIMEOUT_S):
                self._pass_without_auth(call)
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

    def _pass_without_auth(self, call: str) -> None:
        # It is missing also while the platform starts, so its absence says nothing by itself.
        if not self._without_auth():
            raise NotAuthorised(
                f"{AUTH} is not running, so nobody can say who may call {call}; for a platform"
                " that runs without it: allow_rpc_without_auth in the configuration"
            )
        if not self._warned:
            self._warned = True
            _log.warning("the platform runs without %s: every agent may call everything", AUTH)
